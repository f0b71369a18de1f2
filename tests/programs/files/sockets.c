/* Sockets: every family that needs no network card, blocking and not, names, options, messages, descriptors in messages.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) do { errno = 0; long r_ = (x); printf("%-64s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)

static struct sockaddr_un un(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(a.sun_path, path);
    return a;
}

static void tcp(int family)
{
    int s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, type = 0;
    struct sockaddr_storage a = {.ss_family = family};
    socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (family == AF_INET)
        ((struct sockaddr_in *)&a)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&a)->sin6_addr = in6addr_loopback;
    SAY(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    SAY(bind(s, (void *)&a, size));
    SAY(listen(s, 5));
    SAY(getsockname(s, (void *)&a, &size));
    socklen_t length = sizeof type;
    SAY(getsockopt(s, SOL_SOCKET, SO_TYPE, &type, &length));
    printf("type %d length %u size %u\n", type, length, size);
    if (fork() == 0) {
        int c = socket(family, SOCK_STREAM, 0);
        usleep(20000);
        if (connect(c, (void *)&a, size))
            perror("connect");
        static char data[200000];
        for (int i = 0; i < 200000; i++)
            data[i] = (char)(i / 100);
        int n = (int)send(c, data, sizeof data, 0); /* more than the buffers hold */
        shutdown(c, SHUT_WR);
        char answer[10] = "";
        recv(c, answer, 10, MSG_WAITALL);
        _exit(n == sizeof data && !memcmp(answer, "0123456789", 10) ? 0 : 1);
    }
    int c = accept4(s, NULL, NULL, 0); /* waits */
    SAY(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    long sum = 0, n, total = 0;
    char buffer[10000];
    usleep(20000);
    while ((n = read(c, buffer, sizeof buffer)) > 0)
        for (int i = 0; i < n; i++, total++)
            sum += buffer[i];
    printf("total %ld sum %ld\n", total, sum);
    write(c, "01234", 5);
    usleep(10000);
    write(c, "56789", 5);
    int status;
    wait(&status);
    printf("status %d\n", status);
    fcntl(s, F_SETFL, O_NONBLOCK);
    SAY(accept(s, NULL, NULL));
    SAY(recv(c, buffer, 1, 0));
    close(c), close(s);
    c = socket(family, SOCK_STREAM, 0);
    SAY(connect(c, (void *)&a, size)); /* nobody listens */
    close(c);
    c = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    errno = 0;
    int r = connect(c, (void *)&a, size);
    printf("%d %s\n", r, errno == EINPROGRESS || errno == ECONNREFUSED ? "refused or in progress" : strerror(errno));
    struct pollfd f = {c, POLLOUT, 0};
    poll(&f, 1, 1000);
    length = sizeof r;
    getsockopt(c, SOL_SOCKET, SO_ERROR, &r, &length);
    SAY(getpeername(c, (void *)&a, &size));
    close(c);
}

static void datagrams(void)
{
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, from;
    socklen_t size = sizeof name;
    bind(a, (void *)&name, size);
    getsockname(a, (void *)&name, &size);
    SAY(sendto(b, "datagram", 8, 0, (void *)&name, size));
    char buffer[100];
    size = sizeof from;
    SAY(recvfrom(a, buffer, 4, MSG_TRUNC, (void *)&from, &size));
    printf("%.4s from %s %u\n", buffer, inet_ntoa(from.sin_addr), size);
    SAY(recv(a, buffer, 100, MSG_DONTWAIT));
    struct timeval t = {0, 30000};
    SAY(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    SAY(recv(a, buffer, 100, 0)); /* times out */
    struct iovec v[2] = {{"two ", 4}, {"parts", 5}};
    struct mmsghdr m[2] = {{.msg_hdr = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = v, .msg_iovlen = 2}},
                           {.msg_hdr = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = v, .msg_iovlen = 1}}};
    SAY(sendmmsg(b, m, 2, 0));
    char b1[20] = "", b2[20] = "";
    struct iovec w[2] = {{b1, 20}, {b2, 20}};
    struct mmsghdr in[2] = {{.msg_hdr = {.msg_iov = &w[0], .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = &w[1], .msg_iovlen = 1}}};
    SAY(recvmmsg(a, in, 2, 0, NULL));
    printf("%s|%s %u %u\n", b1, b2, in[0].msg_len, in[1].msg_len);
    SAY(connect(b, (void *)&name, sizeof name));
    SAY(send(b, "x", 1, 0));
    int n;
    SAY(ioctl(a, FIONREAD, &n));
    printf("%d\n", n);
    close(a), close(b);
}

static void unix_names(void)
{
    mkdir("deep", 0700);
    chdir("deep");
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un a = un("name"), got = {0};
    socklen_t size = sizeof got;
    SAY(bind(s, (void *)&a, sizeof a));
    SAY(bind(s, (void *)&a, sizeof a));
    SAY(getsockname(s, (void *)&got, &size));
    printf("%s %u\n", got.sun_path, size);
    struct stat st;
    printf("socket file %d\n", !stat("name", &st) && S_ISSOCK(st.st_mode));
    SAY(listen(s, 1));
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    SAY(connect(c, (void *)&a, sizeof a));
    int d = accept(s, NULL, NULL);
    size = sizeof got;
    SAY(getpeername(c, (void *)&got, &size));
    printf("%s\n", got.sun_path);
    SAY(send(c, "oob", 3, MSG_NOSIGNAL));
    close(c);
    char buffer[10];
    SAY(recv(d, buffer, 10, MSG_PEEK));
    SAY(recv(d, buffer, 10, 0));
    SAY(recv(d, buffer, 10, 0));
    SAY(send(d, "x", 1, MSG_NOSIGNAL));
    close(d), close(s);
    unlink("name");
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    SAY(connect(c, (void *)&a, sizeof a));
    chdir("..");
    rmdir("deep");
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0emu-test"};
    int x = socket(AF_UNIX, SOCK_DGRAM, 0);
    SAY(bind(x, (void *)&abstract, 11));
    SAY(sendto(x, "self", 4, 0, (void *)&abstract, 11));
    size = sizeof got;
    SAY(recvfrom(x, buffer, 10, 0, (void *)&got, &size));
    printf("%u\n", size);
    struct ucred cred;
    size = sizeof cred;
    int sv[2];
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv);
    SAY(getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &cred, &size));
    printf("%d %d\n", cred.pid == getpid(), cred.uid == getuid());
    send(sv[0], "first", 5, 0);
    send(sv[0], "second", 6, 0);
    SAY(recv(sv[1], buffer, 3, 0));
    SAY(recv(sv[1], buffer, 10, 0));
    close(sv[0]), close(sv[1]), close(x), close(c);
}

static int pass(int s, int *fds, int count, const char *text)
{
    char control[CMSG_SPACE(8 * sizeof(int))];
    struct iovec v = {(void *)text, strlen(text)};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    return (int)sendmsg(s, &m, 0);
}

static int take(int s, int *fds, int room, int flags)
{
    char control[CMSG_SPACE(8 * sizeof(int))], text[20] = "";
    struct iovec v = {text, 19};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(room * sizeof(int))};
    int n = (int)recvmsg(s, &m, flags);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    int count = c ? (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
    if (c)
        memcpy(fds, CMSG_DATA(c), count * sizeof(int));
    printf("received %d bytes '%s', %d descriptors, flags %x\n", n, text, count, m.msg_flags);
    return count;
}

static void rights(void)
{
    int sv[2], p[2], fds[8], file = open("passed", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char buffer[20] = "";
    socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
    pipe(p);
    write(file, "abcdef", 6);
    if (fork() == 0) {
        close(sv[1]);
        int n = take(sv[0], fds, 3, 0); /* waits */
        lseek(fds[0], 2, SEEK_SET);
        write(fds[2], "from the child", 14);
        printf("child has %d, cloexec %d\n", n, fcntl(fds[0], F_GETFD));
        fflush(stdout);
        _exit(0);
    }
    usleep(20000);
    int three = (int)pass(sv[1], (int[]){file, p[0], p[1]}, 3, "three");
    wait(NULL); /* before this process prints: the child does */
    SAY(three);
    SAY(read(p[0], buffer, 20));
    SAY(lseek(file, 0, SEEK_CUR)); /* one description */
    SAY(pass(sv[1], (int[]){file, 999}, 2, "bad"));
    pass(sv[1], (int[]){p[0], p[1]}, 2, "truncated");
    close(p[0]), close(p[1]); /* alive in the message only */
    take(sv[0], fds, 1, MSG_CMSG_CLOEXEC);
    printf("cloexec %d\n", fcntl(fds[0], F_GETFD));
    close(fds[0]);
    pipe2(p, O_NONBLOCK);
    pass(sv[1], &p[0], 1, "nonblocking");
    close(p[0]);
    take(sv[0], fds, 1, 0);
    printf("flags %x\n", fcntl(fds[0], F_GETFL));
    SAY(read(fds[0], buffer, 1));
    close(fds[0]), close(p[1]);
    pipe(p);
    pass(sv[1], &p[0], 1, "blocking");
    close(p[0]);
    take(sv[0], fds, 1, 0);
    printf("flags %x\n", fcntl(fds[0], F_GETFL));
    write(p[1], "y", 1);
    SAY(read(fds[0], buffer, 1));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int sig = signalfd(-1, &set, 0);
    pass(sv[1], &sig, 1, "signalfd");
    close(sig);
    take(sv[0], fds, 1, 0);
    raise(SIGUSR1);
    struct signalfd_siginfo info;
    SAY(read(fds[0], &info, sizeof info));
    printf("signal %u\n", info.ssi_signo);
    int on = 1;
    setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    write(sv[1], "z", 1);
    char control[100];
    struct iovec v = {buffer, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    recvmsg(sv[0], &m, 0);
    struct ucred *cred = (void *)CMSG_DATA(CMSG_FIRSTHDR(&m));
    printf("credentials %d %d\n", cred->pid == getpid(), cred->uid == getuid());
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    tcp(AF_INET);
    tcp(AF_INET6);
    datagrams();
    unix_names();
    rights();
    SAY(socket(77, SOCK_STREAM, 0));
    SAY(socket(AF_INET, 99, 0));
    SAY(socket(AF_INET, SOCK_STREAM, 99));
    SAY(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}));
    SAY(listen(0, 1));
    signal(SIGPIPE, SIG_DFL);
    int sv[2], status;
    socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
    close(sv[0]);
    if (fork() == 0) {
        write(sv[1], "x", 1);
        _exit(0);
    }
    wait(&status);
    printf("died of %d\n", WTERMSIG(status));
    return 0;
}
