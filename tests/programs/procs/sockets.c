/* Stream and datagram sockets, Unix and loopback, a server and its clients as processes; descriptors passed over a socket.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
static void result(const char *what, long value) { printf("%s: %ld%s%s\n", what, value, value < 0 ? " " : "", value < 0 ? strerror(errno) : ""); }

/* struct sock_fprog and its instructions, as musl's compiler finds no kernel header. linux/filter.h */
struct insn { unsigned short code; unsigned char yes, no; unsigned k; };
struct program { unsigned short count; struct insn *insns; };

static void filtered(void)
{
    struct insn from_k[] = {{0x30, 0, 0, 0}, {0x15, 0, 1, 'k'}, {0x06, 0, 0, 3}, {0x06, 0, 0, 0}}; /* first byte 'k': keep 3 */
    struct program program = {4, from_k}, none = {0, from_k}, nowhere = {4, (struct insn *)8};
    char text[32] = "";
    int pair[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    result("filter", setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
    result("empty filter", setsockopt(pair[0], SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof none));
    result("filter nowhere", setsockopt(pair[0], SOL_SOCKET, SO_ATTACH_FILTER, &nowhere, sizeof nowhere));
    result("filter of wrong size", setsockopt(pair[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, 4));
    result("dropped", send(pair[0], "drop", 4, 0));
    result("kept", send(pair[0], "kept", 4, 0));
    result("received", recv(pair[1], text, sizeof text, MSG_DONTWAIT));
    puts(text);
    result("no more", recv(pair[1], text, sizeof text, MSG_DONTWAIT));
}

/* Every kind of ancillary data that a socket was asked for comes, and what is sent along is believed. ipv6(7) */
static void ancillary(void)
{
    enum { RECVTCLASS = 66, TCLASS = 67 };
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof name;
    int to = socket(AF_INET6, SOCK_DGRAM, 0), from = socket(AF_INET6, SOCK_DGRAM, 0), one = 1, class = 3;
    char control[128] = "", data[16];
    if (bind(to, (struct sockaddr *)&name, length))
        return;
    getsockname(to, (struct sockaddr *)&name, &length);
    result("RECVHOPLIMIT", setsockopt(to, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof one));
    result("RECVTCLASS", setsockopt(to, IPPROTO_IPV6, RECVTCLASS, &one, sizeof one));
    struct iovec v = {"class", 5}, into = {data, sizeof data};
    struct msghdr m = {.msg_name = &name, .msg_namelen = length, .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
                       .msg_controllen = CMSG_SPACE(sizeof class)};
    *CMSG_FIRSTHDR(&m) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof class), .cmsg_level = IPPROTO_IPV6, .cmsg_type = TCLASS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &class, sizeof class);
    result("sendmsg", sendmsg(from, &m, 0));
    m = (struct msghdr){.msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    result("recvmsg", recvmsg(to, &m, 0));
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&m); header; header = CMSG_NXTHDR(&m, header)) {
        memcpy(&class, CMSG_DATA(header), sizeof class);
        printf("ancillary %d %d: %d\n", header->cmsg_level, header->cmsg_type, class);
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    result("bind", bind(server, (struct sockaddr *)&address, length));
    result("listen", listen(server, 16));
    getsockname(server, (struct sockaddr *)&address, &length);
    printf("port given %d\n", address.sin_port != 0);
    enum { CLIENTS = 5 };
    for (int i = 0; i < CLIENTS; i++)
        if (fork() == 0) {
            int s = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(s, (struct sockaddr *)&address, sizeof address))
                _exit(1);
            setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            char text[100];
            int n = snprintf(text, sizeof text, "%d", i * i);
            send(s, text, n, 0);
            shutdown(s, SHUT_WR);
            n = recv(s, text, sizeof text, MSG_WAITALL);
            text[n > 0 ? n : 0] = 0;
            _exit(atoi(text) == i * i * 2 ? 0 : 2);
        }
    long sum = 0;
    for (int i = 0; i < CLIENTS; i++) {
        int s = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        char text[100] = "";
        ssize_t n, have = 0;
        while ((n = recv(s, text + have, sizeof text - have, 0)) > 0)
            have += n;
        sum += atoi(text);
        dprintf(s, "%d", atoi(text) * 2);
        close(s);
    }
    int status, good = 0;
    while (wait(&status) > 0)
        good += status == 0;
    printf("sum %ld good clients %d\n", sum, good);
    close(server);
    int refused = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int r = connect(refused, (struct sockaddr *)&address, sizeof address);
    if (r < 0 && errno == EINPROGRESS) {
        struct pollfd p = {refused, POLLOUT};
        poll(&p, 1, 1000);
        length = sizeof errno;
        int error = 0;
        getsockopt(refused, SOL_SOCKET, SO_ERROR, &error, &length);
        errno = error;
    }
    printf("refused: %s\n", strerror(errno));
    int u[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, u);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    write(fd, "through the socket", 18);
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {"x", 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (fork() == 0) {
        result("sendmsg", sendmsg(u[0], &message, 0));
        _exit(0);
    }
    wait(NULL);
    close(fd);
    char byte, text[32] = "";
    iov.iov_base = &byte;
    message.msg_controllen = sizeof control;
    result("recvmsg", recvmsg(u[1], &message, 0));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    result("read passed", pread(fd, text, 31, 0));
    puts(text);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    result("bind unix", bind(a, (struct sockaddr *)&name, sizeof name));
    result("sendto", sendto(b, "datagram", 8, 0, (struct sockaddr *)&name, sizeof name));
    result("recv", recv(a, text, 4, 0));
    result("connect none", connect(b, (struct sockaddr *)&(struct sockaddr_un){AF_UNIX, "nowhere"}, sizeof name));
    unlink("socket");
    filtered();
    ancillary();
}
