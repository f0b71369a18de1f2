/* Sockets: making, naming, connecting, options. The host's sockets, O_NONBLOCK, behind guest descriptors.
 *
 * Addresses pass through as bytes. Two things are the guest's: names of AF_UNIX sockets are relative to its working
 * directory, and --no-net leaves it no other family. */
#include "kernel/socket.h"
#include "kernel/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/path.h"
#include "kernel/pipe.h"
#include "kernel/poll.h"
#include "kernel/syscalls.h"

enum { OPTION_MAX = 4096, BACKLOG_RETRY_NS = 2 * 1000 * 1000 };
#define NS_PER_S 1000000000ull

OpenFile *socket_get(Task *task, u64 fd, i64 *error)
{
    OpenFile *file = file_get_usable(task, fd);
    *error = !file ? -EBADF : file->mode != S_IFSOCK ? -ENOTSOCK : 0;
    return *error ? NULL : file;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

i64 socket_address_from_guest(Task *task, SocketAddress *address, u64 guest, u64 size)
{
    if ((i32)size < 0 || (u32)size > sizeof address->storage)
        return -EINVAL;
    memset(&address->storage, 0, sizeof address->storage);
    address->size = (socklen_t)size;
    return !address->size || copy_from_guest(task, &address->storage, guest, (u32)size) ? 0 : -EFAULT;
}

i64 socket_address_to_guest(Task *task, const SocketAddress *address, u64 guest, u64 size_address)
{
    i32 room;
    if (!copy_from_guest(task, &room, size_address, sizeof room))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    u64 size = address->size < sizeof address->storage ? address->size : sizeof address->storage;
    if (size > (u64)room)
        size = (u64)room;
    if (size && !copy_to_guest(task, guest, &address->storage, size))
        return -EFAULT;
    return copy_to_guest(task, size_address, &address->size, sizeof address->size) ? 0 : -EFAULT;
}

/* The name's directory becomes the emulator's for the one call, so that the host records the name as the guest gave it. */
static i64 call_in_directory(Task *task, SocketNameCall *call, OpenFile *file, const SocketAddress *address)
{
    int home = host_open(".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (home < 0 || host_fchdir(task->fs->cwd_fd) < 0) {
        i64 error = -errno;
        if (home >= 0)
            host_close(home);
        return error;
    }
    i64 result = host_result(call(file->host_fd, (const struct sockaddr *)&address->storage, address->size));
    if (host_fchdir(home) < 0)
        result = -errno;
    host_close(home);
    return result;
}

/* After chroot(2) a name is resolved by us, and its host name must fit. */
static i64 call_in_root(Task *task, SocketNameCall *call, OpenFile *file, const SocketAddress *address)
{
    SocketAddress host = *address;
    struct sockaddr_un *un = (struct sockaddr_un *)&host.storage;
    char name[sizeof un->sun_path + 1] = "", link[PATH_MAX + 128];
    u64 length = address->size - offsetof(struct sockaddr_un, sun_path);
    memcpy(name, un->sun_path, length < sizeof un->sun_path ? length : sizeof un->sun_path);
    Path path;
    i64 result = path_from_name(task, &path, (u64)AT_FDCWD, name, PATH_NOFOLLOW | PATH_CREATE);
    if (!result) {
        const char *host_name = path_link(&path, link, sizeof link);
        result = strlen(host_name) < sizeof un->sun_path ? 0 : -ENAMETOOLONG;
        if (!result) {
            snprintf(un->sun_path, sizeof un->sun_path, "%s", host_name);
            result = host_result(call(file->host_fd, (const struct sockaddr *)&host.storage, sizeof *un));
        }
    }
    path_done(&path);
    return result;
}

i64 socket_name_call(Task *task, SocketNameCall *call, OpenFile *file, const SocketAddress *address)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address->storage;
    bool named = un->sun_family == AF_UNIX && address->size > offsetof(struct sockaddr_un, sun_path) && un->sun_path[0];
    if (named && task->fs->root_fd >= 0)
        return call_in_root(task, call, file, address);
    if (named && un->sun_path[0] != '/' && task->fs->cwd_fd != AT_FDCWD)
        return call_in_directory(task, call, file, address);
    return host_result(call(file->host_fd, (const struct sockaddr *)&address->storage, address->size));
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* A guest socket on a host descriptor that is already O_NONBLOCK and close-on-exec. */
static OpenFile *socket_new(Task *task, int host, u32 flags, bool message)
{
    OpenFile *file = file_from_host(task->kernel, host, O_RDWR | (flags & SOCK_NONBLOCK));
    if (file)
        file->message = message;
    return file;
}

static i64 socket_type(u64 argument, u32 *type, u32 *flags)
{
    *flags = (u32)argument & (SOCK_NONBLOCK | SOCK_CLOEXEC);
    *type = (u32)argument & ~(u32)(SOCK_NONBLOCK | SOCK_CLOEXEC);
    return *type & ~15u ? -EINVAL : 0;
}

static i64 family_allowed(Task *task, u64 family)
{
    return task->kernel->config.no_net && (i32)family != AF_UNIX ? -EACCES : 0;
}

i64 sys_socket(Task *task, const u64 *arg)
{
    u32 type, flags;
    i64 error = socket_type(arg[1], &type, &flags);
    if (!error)
        error = family_allowed(task, arg[0]);
    if (error)
        return error;
    int host = host_socket((int)arg[0], (int)(type | SOCK_NONBLOCK | SOCK_CLOEXEC), (int)arg[2]);
    if (host < 0)
        return -errno;
    OpenFile *file = socket_new(task, host, flags, type != SOCK_STREAM);
    return file ? file_install(task, file, 0, flags & SOCK_CLOEXEC) : -ENOMEM;
}

i64 sys_socketpair(Task *task, const u64 *arg)
{
    u32 type, flags;
    int host[2], numbers[2];
    i64 error = socket_type(arg[1], &type, &flags);
    if (!error && (!copy_from_guest(task, numbers, arg[3], sizeof numbers) ||
                   !copy_to_guest(task, arg[3], numbers, sizeof numbers)))
        error = -EFAULT; /* Linux stores the numbers before there are sockets */
    if (!error)
        error = family_allowed(task, arg[0]);
    if (error)
        return error;
    if (host_socketpair((int)arg[0], (int)(type | SOCK_NONBLOCK | SOCK_CLOEXEC), (int)arg[2], host) < 0)
        return -errno;
    OpenFile *a = socket_new(task, host[0], flags, type != SOCK_STREAM);
    OpenFile *b = socket_new(task, host[1], flags, type != SOCK_STREAM);
    if (a && b)
        a->peer_pid = b->peer_pid = task->process->pid;
    return file_install_pair(task, a, b, arg[3], flags & SOCK_CLOEXEC);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

i64 socket_park(Task *task, OpenFile *file, short events, i64 restart)
{
    struct timeval limit = {0, 0};
    socklen_t size = sizeof limit;
    int option = events & POLLOUT ? SO_SNDTIMEO : SO_RCVTIMEO;
    if (host_getsockopt(file->host_fd, SOL_SOCKET, option, &limit, &size) < 0 || (!limit.tv_sec && !limit.tv_usec))
        return file_park(task, file, events, restart);
    u64 deadline = call_deadline(task, (u64)limit.tv_sec * NS_PER_S + (u64)limit.tv_usec * 1000);
    if (kernel_now(task->kernel) >= deadline)
        return -EAGAIN;
    wait_deadline(task, deadline);
    return file_park(task, file, events, restart == SYS_RESTARTSYS ? -EINTR : restart); /* socket(7) */
}

/* ---- naming and connecting --------------------------------------------------------------------------------------- */

i64 sys_bind(Task *task, const u64 *arg)
{
    i64 error;
    SocketAddress address;
    OpenFile *file = socket_get(task, arg[0], &error);
    if (!file)
        return error;
    error = socket_address_from_guest(task, &address, arg[1], arg[2]);
    if (error)
        return error;
    fs_use_umask(task);
    return socket_name_call(task, host_bind, file, &address);
}

i64 sys_listen(Task *task, const u64 *arg)
{
    i64 error;
    OpenFile *file = socket_get(task, arg[0], &error);
    return file ? host_result(host_listen(file->host_fd, (int)arg[1])) : error;
}

/* connect(2). Asked again, the host says how a connection in progress stands: EALREADY, 0, or why it failed. A full backlog
 * of an AF_UNIX listener is EAGAIN without any event to wait for. */
i64 sys_connect(Task *task, const u64 *arg)
{
    i64 error;
    SocketAddress address;
    OpenFile *file = socket_get(task, arg[0], &error);
    if (!file)
        return error;
    error = socket_address_from_guest(task, &address, arg[1], arg[2]);
    if (error)
        return error;
    i64 result = socket_name_call(task, host_connect, file, &address);
    bool wait = result == -EINPROGRESS || result == -EALREADY || (result == -EAGAIN && address.storage.ss_family == AF_UNIX);
    if (!wait || (file->flags & O_NONBLOCK))
        return result;
    if (result == -EAGAIN) {
        if (task->woken == WOKEN_SIGNAL)
            return SYS_RESTARTSYS;
        file_hold(task, file);
        return wait_deadline(task, kernel_now(task->kernel) + BACKLOG_RETRY_NS);
    }
    result = socket_park(task, file, POLLOUT, SYS_RESTARTSYS);
    return result == -EAGAIN ? -EINPROGRESS : result;
}

static i64 accept_socket(Task *task, const u64 *arg, u32 flags)
{
    i64 error;
    if (flags & ~(u32)(SOCK_NONBLOCK | SOCK_CLOEXEC))
        return -EINVAL;
    OpenFile *file = socket_get(task, arg[0], &error);
    if (!file)
        return error;
    if (!files_have_room(task))
        return -EMFILE;
    SocketAddress address = {.size = sizeof address.storage};
    int host = host_accept4(file->host_fd, (struct sockaddr *)&address.storage, &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (host < 0 && errno == EAGAIN && !(file->flags & O_NONBLOCK))
        return socket_park(task, file, POLLIN, SYS_RESTARTSYS);
    if (host < 0)
        return -errno;
    OpenFile *accepted = socket_new(task, host, flags, file->message);
    if (!accepted)
        return -ENOMEM;
    error = arg[1] ? socket_address_to_guest(task, &address, arg[1], arg[2]) : 0;
    if (error) {
        file_unref(task->kernel, accepted);
        return error;
    }
    return file_install(task, accepted, 0, flags & SOCK_CLOEXEC);
}

i64 sys_accept(Task *task, const u64 *arg)
{
    return accept_socket(task, arg, 0);
}

i64 sys_accept4(Task *task, const u64 *arg)
{
    return accept_socket(task, arg, (u32)arg[3]);
}

i64 sys_shutdown(Task *task, const u64 *arg)
{
    i64 error;
    OpenFile *file = socket_get(task, arg[0], &error);
    return file ? host_result(host_shutdown(file->host_fd, (int)arg[1])) : error;
}

typedef int SocketNameQuery(int fd, struct sockaddr *address, socklen_t *size);

static i64 query_name(Task *task, const u64 *arg, SocketNameQuery *query)
{
    i64 error;
    OpenFile *file = socket_get(task, arg[0], &error);
    if (!file)
        return error;
    SocketAddress address = {.size = sizeof address.storage};
    if (query(file->host_fd, (struct sockaddr *)&address.storage, &address.size) < 0)
        return -errno;
    return socket_address_to_guest(task, &address, arg[1], arg[2]);
}

static int query_own(int fd, struct sockaddr *address, socklen_t *size) { return host_getsockname(fd, address, size); }
static int query_peer(int fd, struct sockaddr *address, socklen_t *size) { return host_getpeername(fd, address, size); }

i64 sys_getsockname(Task *task, const u64 *arg)
{
    return query_name(task, arg, query_own);
}

i64 sys_getpeername(Task *task, const u64 *arg)
{
    return query_name(task, arg, query_peer);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* Options whose value holds addresses or descriptors are not passed on. */
static bool option_forwarded(u32 level, u32 name)
{
    switch (level) {
    case SOL_SOCKET:
        return name != SO_ATTACH_BPF && name != SO_ATTACH_REUSEPORT_EBPF;
    case IPPROTO_TCP:
        return name != TCP_ZEROCOPY_RECEIVE && name != TCP_ULP;
    case IPPROTO_IP:
        return name < 64; /* from there on: iptables */
    case IPPROTO_IPV6:
        return name < 128 && name != 64 && name != 65; /* they are ip6tables'; 66 IPV6_RECVTCLASS … 78 IPV6_FREEBIND */
    case IPPROTO_UDP:
    case IPPROTO_RAW:
    case IPPROTO_ICMPV6:
    case 270: /* SOL_NETLINK */
        return true;
    default:
        return false;
    }
}

/* SO_ATTACH_FILTER and its like: struct sock_fprog points to instructions of classic BPF, which the host checks. socket(7) */
static i64 attach_filter(Task *task, const OpenFile *file, const u64 *arg)
{
    struct { u16 count; u16 pad[3]; u64 insns; } guest;
    if ((i32)arg[4] != sizeof guest)
        return -EINVAL;
    if (!copy_from_guest(task, &guest, arg[3], sizeof guest))
        return -EFAULT;
    if (!guest.count || guest.count > BPF_MAXINSNS || !guest.insns)
        return -EINVAL;
    struct sock_filter insns[BPF_MAXINSNS];
    if (!copy_from_guest(task, insns, guest.insns, guest.count * sizeof *insns))
        return -EFAULT;
    struct sock_fprog program = {.len = guest.count, .filter = insns};
    return host_result(host_setsockopt(file->host_fd, (int)arg[1], (int)arg[2], &program, sizeof program));
}

i64 sys_setsockopt(Task *task, const u64 *arg)
{
    i64 error;
    u8 value[OPTION_MAX];
    i32 size = (i32)arg[4];
    OpenFile *file = socket_get(task, arg[0], &error);
    if (size < 0)
        return -EINVAL;
    if (!file)
        return error;
    if (!option_forwarded((u32)arg[1], (u32)arg[2]))
        return -ENOPROTOOPT;
    if ((u32)arg[1] == SOL_SOCKET && ((u32)arg[2] == SO_ATTACH_FILTER || (u32)arg[2] == SO_ATTACH_REUSEPORT_CBPF))
        return attach_filter(task, file, arg);
    u64 wanted = size < OPTION_MAX ? (u64)size : OPTION_MAX; /* no option reads more, and most read only their first bytes */
    u64 moved = copy_from_guest_partial(task, value, arg[3], wanted);
    if (moved < wanted && (!moved || wanted <= 64))
        return -EFAULT;
    return host_result(host_setsockopt(file->host_fd, (int)arg[1], (int)arg[2], value, (socklen_t)moved));
}

/* SO_PEERCRED: to the host every guest process is this one. */
static void option_translate(Task *task, const OpenFile *file, u32 level, u32 name, u8 *value, socklen_t size)
{
    struct ucred credentials;
    if (level != SOL_SOCKET || name != SO_PEERCRED || size < sizeof credentials)
        return;
    memcpy(&credentials, value, sizeof credentials);
    if (credentials.pid == host_getpid()) {
        const Process *peer = file->peer_pid ? process_find(task->kernel, file->peer_pid) : task->process;
        credentials.pid = file->peer_pid ? file->peer_pid : task->process->pid;
        credentials.uid = peer ? peer->credentials.euid : credentials.uid;
        credentials.gid = peer ? peer->credentials.egid : credentials.gid;
    }
    memcpy(value, &credentials, sizeof credentials);
}

i64 sys_getsockopt(Task *task, const u64 *arg)
{
    i64 error;
    i32 room;
    u8 value[OPTION_MAX];
    OpenFile *file = socket_get(task, arg[0], &error);
    if (!file)
        return error;
    if (!option_forwarded((u32)arg[1], (u32)arg[2]))
        return -ENOPROTOOPT;
    if (!copy_from_guest(task, &room, arg[4], sizeof room))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    socklen_t size = room < OPTION_MAX ? (socklen_t)room : OPTION_MAX;
    if (host_getsockopt(file->host_fd, (int)arg[1], (int)arg[2], value, &size) < 0)
        return -errno;
    option_translate(task, file, (u32)arg[1], (u32)arg[2], value, size);
    if (size && !copy_to_guest(task, arg[3], value, size))
        return -EFAULT;
    return copy_to_guest(task, arg[4], &size, sizeof size) ? 0 : -EFAULT;
}
