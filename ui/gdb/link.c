/* The wire (link.h). While the machine runs nobody reads: O_ASYNC makes the host send SIGIO when something arrives, which also
 * ends the host's sleep when every guest thread waits. */
#include "ui/gdb/link.h"

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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static Emu *volatile running; /* for the signal handler */

static bool complain(Link *link, const char *place)
{
    fprintf(stderr, "emu: cannot wait for gdb at '%s': %s\n", place, strerror(errno));
    link_close(link);
    return false;
}

static bool listen_tcp(Link *link)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(link->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int yes = 1;
    link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->listener < 0)
        return false;
    setsockopt(link->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(link->listener, (struct sockaddr *)&address, sizeof address) || listen(link->listener, 1))
        return false;
    if (link->port == 0 && getsockname(link->listener, (struct sockaddr *)&address, &size) == 0) {
        link->port = ntohs(address.sin_port);
        fprintf(stderr, "emu: waiting for gdb: target remote localhost:%u\n", link->port);
    }
    return true;
}

/* Ours, or one that an earlier run has left; never a file that is something else. */
static void remove_socket(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
}

static bool listen_unix(Link *link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(link->path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address.sun_path, link->path, strlen(link->path) + 1);
    remove_socket(link->path);
    link->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return link->listener >= 0 && bind(link->listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(link->listener, 1) == 0;
}

bool link_open(Link *link, const char *place)
{
    char *end;
    *link = (Link){.listener = -1, .in = -1, .out = -1};
    if (strcmp(place, "-") == 0) { /* whatever else writes to descriptor 1 must not disturb the conversation */
        link->in = fcntl(0, F_DUPFD_CLOEXEC, 3);
        link->out = fcntl(1, F_DUPFD_CLOEXEC, 3);
        return (link->in >= 0 && link->out >= 0) || complain(link, place);
    }
    const char *digits = strncmp(place, "localhost:", 10) == 0 ? place + 10 : strncmp(place, "127.0.0.1:", 10) == 0 ? place + 10 :
                         *place == ':' ? place + 1 : place;
    unsigned long port = strtoul(digits, &end, 10);
    link->serves = true;
    errno = ERANGE;
    if (*digits >= '0' && *digits <= '9' && !*end) {
        link->port = (uint16_t)port;
        return (port <= 65535 && listen_tcp(link)) || complain(link, place);
    }
    link->path = strdup(place);
    return (link->path && listen_unix(link)) || complain(link, place);
}

void link_drop(Link *link)
{
    if (link->in >= 0)
        close(link->in);
    if (link->out >= 0 && link->out != link->in)
        close(link->out);
    link->in = link->out = -1;
    link->at = link->have = 0;
    if (link->serves && link->listener < 0 && !(link->path ? listen_unix(link) : listen_tcp(link))) {
        fprintf(stderr, "emu: cannot wait for gdb again: %s\n", strerror(errno));
        if (link->listener >= 0)
            close(link->listener);
        link->listener = -1;
    }
}

void link_close(Link *link)
{
    link->serves = false;
    link_drop(link);
    if (link->listener >= 0)
        close(link->listener);
    if (link->path)
        remove_socket(link->path);
    free(link->path);
    link->listener = -1;
    link->path = NULL;
}

bool link_accept(Link *link)
{
    int yes = 1;
    if (link->in >= 0)
        return true;
    if (link->listener < 0)
        return false;
    do
        link->in = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);
    while (link->in < 0 && (errno == EINTR || errno == ECONNABORTED));
    link->out = link->in;
    if (link->in < 0)
        return false;
    setsockopt(link->in, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes); /* packets are small and waited for */
    close(link->listener);
    link->listener = -1;
    return true;
}

int link_byte(Link *link)
{
    if (link->at == link->have) {
        ssize_t got;
        do {
            got = read(link->in, link->buffer, sizeof link->buffer);
            if (got < 0 && errno == EAGAIN)
                poll(&(struct pollfd){.fd = link->in, .events = POLLIN}, 1, -1);
        } while (got < 0 && (errno == EINTR || errno == EAGAIN));
        if (got <= 0)
            return -1;
        link->at = 0;
        link->have = (size_t)got;
    }
    return link->buffer[link->at++];
}

bool link_write(Link *link, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t put = write(link->out, (const uint8_t *)bytes + done, size - done);
        if (put < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = link->out, .events = POLLOUT}, 1, -1);
        else if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool look(Link *link, int milliseconds)
{
    struct pollfd fd = {.fd = link->in >= 0 ? link->in : link->listener, .events = POLLIN};
    int ready;
    if (link->at < link->have)
        return true;
    do
        ready = fd.fd >= 0 ? poll(&fd, 1, milliseconds) : 0;
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

bool link_pending(Link *link) { return look(link, 0); }
bool link_wait(Link *link) { return look(link, -1); }

static void arrived(int signal)
{
    Emu *emu = running;
    (void)signal;
    if (emu)
        emu_interrupt(emu);
}

static void make_async(int fd, bool async)
{
    if (fd < 0)
        return;
    if (async)
        fcntl(fd, F_SETOWN, getpid());
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, async ? flags | O_ASYNC : flags & ~O_ASYNC);
}

void link_interrupts(Link *link, Emu *emu)
{
    struct sigaction action = {.sa_handler = arrived};
    running = emu;
    if (emu)
        sigaction(SIGIO, &action, NULL);
    make_async(link->in, emu != NULL); /* at other times the signal may be another's: a new machine gives it to its guest */
    make_async(link->listener, emu != NULL);
}
