/* The bodies of host_calls.def, and those that are written by hand because what they store depends on more than the result. */
#include "kernel/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#include "kernel/host_log_internal.h"

/* Bytes in an iovec array. */
static u64 total(const struct iovec *v, u64 count)
{
    u64 sum = 0;
    for (u64 i = 0; i < count; i++)
        sum += v[i].iov_len;
    return sum;
}

int host_file_limit_now(struct rlimit *limit)
{
    static struct rlimit given;
    static bool known;
    if (!known && getrlimit(RLIMIT_NOFILE, &given))
        return -1;
    *limit = given;
    if (known)
        return 0;
    known = true;
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){given.rlim_max, given.rlim_max});
    for (rlim_t more = 1 << 20; more > given.rlim_max; more /= 2) /* beyond the hard limit: root's right, up to fs.nr_open */
        if (!setrlimit(RLIMIT_NOFILE, &(struct rlimit){more, more}))
            break;
    return 0;
}

#define NONE (void)0
#define OBJECT(object, size) host_object(&host, object, size)
#define BYTES(bytes, capacity) host_bytes(&host, bytes, capacity)
#define VECTOR(v, count) host_vector(&host, v, (u64)(count))
#define ATTRIBUTE(bytes, size) host_attribute(&host, bytes, size)
#define AT_MOST(size) host_at_most(&host, size)
#define SENT(v, count) host_at_most(&host, total(v, (u64)(count)))
#define HOST(type, name, parameters, call, outs)                   \
    type host_##name parameters                                    \
    {                                                              \
        HostCall host = host_begin(HOST_##name);                   \
        host_end(&host, host.live ? (i64)(call) : 0);              \
        outs;                                                      \
        return (type)host_checked(&host);                          \
    }
#define HAND(name)
#include "kernel/host_calls.def"
#undef HOST
#undef HAND

/* ---- output ----------------------------------------------------------------------------------------------------- */

/* A replay is silent, unless it is to show what the program wrote. */
static void echo(const HostCall *host, int fd, const struct iovec *v, int count)
{
    int error = errno;
    i64 left = host->live || !host->log ? 0 : host->result;
    for (int stream = 0; stream < 2 && left > 0; stream++)
        for (int i = 0; i < count && left > 0 && host->log->echo[stream] == fd && fd >= 0; i++) {
            size_t part = v[i].iov_len < (u64)left ? v[i].iov_len : (size_t)left;
            if (write(stream + 1, v[i].iov_base, part) < 0) /* ours may be closed: nobody listens */
                break;
            left -= (i64)part;
        }
    errno = error;
}

ssize_t host_write(int fd, const void *from, size_t size)
{
    HostCall host = host_begin(HOST_write);
    host_end(&host, host.live ? write(fd, from, size) : 0);
    host_at_most(&host, size);
    echo(&host, fd, &(struct iovec){(void *)(uintptr_t)from, size}, 1);
    return host_checked(&host);
}

ssize_t host_writev(int fd, const struct iovec *v, int count)
{
    HostCall host = host_begin(HOST_writev);
    host_end(&host, host.live ? writev(fd, v, count) : 0);
    SENT(v, count);
    echo(&host, fd, v, count);
    return host_checked(&host);
}

/* ---- positions moved by the host ---------------------------------------------------------------------------------- */

/* Both positions as the host left them, and how much moved. */
static ssize_t moved(HostCall *host, off_t *in_at, off_t *out_at, size_t size)
{
    host_object(host, in_at, in_at ? sizeof *in_at : 0);
    host_object(host, out_at, out_at ? sizeof *out_at : 0);
    host_at_most(host, size);
    return host_checked(host);
}

ssize_t host_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags)
{
    HostCall host = host_begin(HOST_copy_file_range);
    host_end(&host, host.live ? copy_file_range(in, in_at, out, out_at, size, flags) : 0);
    return moved(&host, in_at, out_at, size);
}

ssize_t host_splice(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags)
{
    HostCall host = host_begin(HOST_splice);
    host_end(&host, host.live ? splice(in, in_at, out, out_at, size, flags) : 0);
    return moved(&host, in_at, out_at, size);
}

/* ---- sockets ------------------------------------------------------------------------------------------------------ */

/* The host stores at most `room` bytes, and says how many there would have been. */
static void object_and_size(HostCall *host, void *object, socklen_t *size, socklen_t room)
{
    if (!size || !object)
        return;
    *size = (socklen_t)host_number(host, *size, UINT32_MAX);
    host_object(host, object, *size < room ? *size : room);
}

int host_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
    HostCall host = host_begin(HOST_getsockopt);
    socklen_t room = *size;
    int result = (int)host_end(&host, host.live ? getsockopt(fd, level, name, value, size) : 0);
    object_and_size(&host, value, size, room);
    if (*size > room) /* of an option never, unless the log is damaged */
        *size = room;
    return result;
}

int host_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    HostCall host = host_begin(HOST_accept4);
    socklen_t room = size ? *size : 0;
    int result = (int)host_end(&host, host.live ? accept4(fd, address, size, flags) : 0);
    object_and_size(&host, address, size, room);
    return result;
}

int host_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    HostCall host = host_begin(HOST_getsockname);
    socklen_t room = *size;
    int result = (int)host_end(&host, host.live ? getsockname(fd, address, size) : 0);
    object_and_size(&host, address, size, room);
    return result;
}

int host_getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
    HostCall host = host_begin(HOST_getpeername);
    socklen_t room = *size;
    int result = (int)host_end(&host, host.live ? getpeername(fd, address, size) : 0);
    object_and_size(&host, address, size, room);
    return result;
}

ssize_t host_recvmsg(int fd, struct msghdr *message, int flags)
{
    HostCall host = host_begin(HOST_recvmsg);
    socklen_t name_room = message->msg_namelen;
    size_t control_room = message->msg_controllen;
    u64 room = 0;
    ssize_t result = host_end(&host, host.live ? recvmsg(fd, message, flags) : 0);
    if (result < 0 || !host.log)
        return result;
    room = total(message->msg_iov, message->msg_iovlen);
    if (message->msg_name)
        object_and_size(&host, message->msg_name, &message->msg_namelen, name_room);
    message->msg_controllen = host_number(&host, message->msg_controllen, control_room);
    host_object(&host, message->msg_control, message->msg_controllen);
    message->msg_flags = (int)host_number(&host, (u32)message->msg_flags, UINT32_MAX);
    host.result = (u64)result < room ? result : (i64)room; /* MSG_TRUNC: the length of what did not fit, too */
    host_vector(&host, message->msg_iov, message->msg_iovlen);
    host.result = result;
    host_at_most(&host, flags & MSG_TRUNC ? INT32_MAX : room);
    return host_checked(&host);
}

int host_epoll_wait(int epoll, struct epoll_event *events, int room, int timeout)
{
    HostCall host = host_begin(HOST_epoll_wait);
    int result = (int)host_end(&host, host.live ? epoll_wait(epoll, events, room, timeout) : 0);
    if (host.log && result > room) {
        host_break(&host);
        return 0;
    }
    host_object(&host, events, result > 0 ? (u64)result * sizeof *events : 0);
    return result;
}

/* ---- identity ----------------------------------------------------------------------------------------------------- */

int host_getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
    HostCall host = host_begin(HOST_getresuid);
    int result = (int)host_end(&host, host.live ? getresuid(real, effective, saved) : 0);
    host_object(&host, real, sizeof *real);
    host_object(&host, effective, sizeof *effective);
    host_object(&host, saved, sizeof *saved);
    return result;
}

int host_getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
    HostCall host = host_begin(HOST_getresgid);
    int result = (int)host_end(&host, host.live ? getresgid(real, effective, saved) : 0);
    host_object(&host, real, sizeof *real);
    host_object(&host, effective, sizeof *effective);
    host_object(&host, saved, sizeof *saved);
    return result;
}

/* ---- directories -------------------------------------------------------------------------------------------------- */

void host_directory(const char *path, HostNameVisit *visit, void *context)
{
    char entries[8192] __attribute__((aligned(8)));
    int fd = host_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    ssize_t got;
    while (fd >= 0 && (got = host_getdents64(fd, entries, sizeof entries)) > 0)
        for (ssize_t at = 0; at + (ssize_t)offsetof(struct dirent64, d_name) < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
            size_t room = (size_t)(got - at) - offsetof(struct dirent64, d_name);
            if (entry->d_reclen == 0 || strnlen(entry->d_name, room) == room)
                break; /* a damaged log */
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                visit(context, entry->d_name, entry->d_type);
            at += entry->d_reclen;
        }
    if (fd >= 0)
        host_close(fd);
}
