/* Sockets (socket.c, socket_message.c, socket_control.c). */
#ifndef EMU_KERNEL_SOCKET_H
#define EMU_KERNEL_SOCKET_H

#include <sys/socket.h>

#include "kernel/fd.h"

typedef struct SocketAddress {
    struct sockaddr_storage storage;
    socklen_t size;
} SocketAddress;

/* An open socket: NULL with *error -EBADF or -ENOTSOCK. */
OpenFile *socket_get(Task *task, u64 fd, i64 *error);
/* A socket address argument. -EINVAL (size), -EFAULT. */
i64 socket_address_from_guest(Task *task, SocketAddress *address, u64 guest, u64 size);
/* Stores an address at `guest`, cut to the room that *size_address gives, and its full size there. -EFAULT, -EINVAL. */
i64 socket_address_to_guest(Task *task, const SocketAddress *address, u64 guest, u64 size_address);

/* As file_park, with SO_RCVTIMEO or SO_SNDTIMEO: -EAGAIN when that has passed. */
i64 socket_park(Task *task, OpenFile *file, short events, i64 restart);

/* Runs a host call on an AF_UNIX name that is relative to the task's working directory. */
typedef int SocketNameCall(int fd, const struct sockaddr *address, socklen_t size);
i64 socket_name_call(Task *task, SocketNameCall *call, OpenFile *file, const SocketAddress *address);

/* ---- ancillary data (socket_control.c) ------------------------------------------------------------------------------- */

/* Guest control messages as the host's: descriptors and credentials translated. Bytes in `host`, or -errno. */
i64 control_to_host(Task *task, u64 guest, u64 size, u8 *host, u64 capacity);
/* The other way, in place: installs received descriptors. `*flags` may gain MSG_CTRUNC. */
void control_from_host(Task *task, u8 *host, u64 *size, i32 *flags, bool cloexec);

#endif
