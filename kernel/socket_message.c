/* send and receive in all their forms, as one structure: where from or to, buffers, ancillary data, flags. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "kernel/guest_io.h"
#include "kernel/host.h"
#include "kernel/socket.h"
#include "kernel/syscalls.h"

typedef struct GuestMessage { /* struct msghdr */
    u64 name; u32 name_size, pad;
    u64 vectors, vector_count, control, control_size;
    i32 flags, pad2;
} GuestMessage;
_Static_assert(sizeof(GuestMessage) == 56, "struct msghdr");

typedef struct GuestManyMessage { GuestMessage header; u32 length, pad; } GuestManyMessage; /* struct mmsghdr */
_Static_assert(sizeof(GuestManyMessage) == 64, "struct mmsghdr");

enum { CONTROL_MAX = 16384, STRETCH = TRANSFER_MAX, MANY_MAX = 1024 };
enum { SCRATCH_DONE = 0, SCRATCH_MESSAGES = 1 }; /* call.scratch */

typedef struct Message {
    OpenFile *file;
    GuestCursor cursor;
    SocketAddress address; /* size 0: none */
    u8 *control;           /* host form; NULL: none */
    u64 control_size;
    u32 flags;             /* the call's MSG_… */
    i32 result_flags;      /* receive: msg_flags */
} Message;

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* A stream that has taken a part of the bytes waits for room for the rest. */
static i64 send_would_block(Task *task, const Message *m, u64 done)
{
    if ((m->flags & MSG_DONTWAIT) || (m->file->flags & O_NONBLOCK))
        return done ? (i64)done : -EAGAIN;
    if (done && task->woken == WOKEN_SIGNAL)
        return (i64)done;
    task->call.scratch[SCRATCH_DONE] = done;
    return socket_park(task, m->file, POLLOUT, SYS_RESTARTSYS);
}

static i64 send_failed(Task *task, const Message *m, i64 error, u64 done)
{
    if (error == -EAGAIN)
        return send_would_block(task, m, done);
    if (error == -EPIPE && !m->file->message && !(m->flags & MSG_NOSIGNAL))
        signal_raise(task, SIGPIPE);
    return done ? (i64)done : error;
}

typedef struct SendCall { struct msghdr *header; int flags; ssize_t result; } SendCall;
static __thread SendCall send_call; /* what socket_name_call() is to send: its callback has no room for it */

static int send_named(int fd, const struct sockaddr *address, socklen_t size)
{
    send_call.header->msg_name = size ? (void *)(uintptr_t)address : NULL;
    send_call.header->msg_namelen = size;
    send_call.result = host_sendmsg(fd, send_call.header, send_call.flags);
    return send_call.result < 0 ? -1 : 0;
}

static i64 message_send(Task *task, Message *m)
{
    HostVectors host;
    u64 done = task->call.scratch[SCRATCH_DONE];
    if (done)
        cursor_skip(&m->cursor, done);
    for (;;) {
        host_vectors(task, &host, &m->cursor, STRETCH, ACCESS_READ);
        struct msghdr header = {.msg_iov = host.v, .msg_iovlen = host.count, .msg_control = done ? NULL : m->control,
                                .msg_controllen = done ? 0 : m->control_size};
        send_call = (SendCall){&header, (int)(m->flags | MSG_DONTWAIT | MSG_NOSIGNAL), 0};
        i64 sent = socket_name_call(task, send_named, m->file, &m->address);
        if (sent < 0)
            return send_failed(task, m, sent, done);
        sent = send_call.result;
        done += (u64)sent;
        cursor_skip(&m->cursor, (u64)sent);
        if (m->file->message || !m->cursor.left || !sent)
            return (i64)done;
    }
}

/* ---- receiving --------------------------------------------------------------------------------------------------- */

static i64 receive_would_block(Task *task, const Message *m, u64 done)
{
    if ((m->flags & MSG_DONTWAIT) || (m->file->flags & O_NONBLOCK))
        return done ? (i64)done : -EAGAIN;
    if (done && task->woken == WOKEN_SIGNAL)
        return (i64)done;
    task->call.scratch[SCRATCH_DONE] = done;
    i64 result = socket_park(task, m->file, m->flags & MSG_OOB ? POLLPRI : POLLIN, SYS_RESTARTSYS);
    return done && result == -EAGAIN ? (i64)done : result;
}

/* One receive; MSG_WAITALL on a stream goes on until the buffers are full. */
static i64 message_receive(Task *task, Message *m)
{
    HostVectors host;
    u64 done = task->call.scratch[SCRATCH_DONE];
    bool all = (m->flags & MSG_WAITALL) && !(m->flags & MSG_PEEK) && !m->file->message;
    if (done)
        cursor_skip(&m->cursor, done);
    for (;;) {
        host_vectors(task, &host, &m->cursor, STRETCH, ACCESS_WRITE);
        m->address.size = sizeof m->address.storage;
        struct msghdr header = {.msg_name = &m->address.storage, .msg_namelen = m->address.size, .msg_iov = host.v,
                                .msg_iovlen = host.count, .msg_control = m->control, .msg_controllen = m->control_size};
        u32 flags = (m->flags & ~(u32)MSG_WAITALL) | MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
        i64 got = host_result(host_recvmsg(m->file->host_fd, &header, (int)flags));
        if (got == -EAGAIN && !(m->flags & MSG_ERRQUEUE)) /* the error queue never waits: recv(2) */
            return receive_would_block(task, m, done);
        if (got < 0)
            return done ? (i64)done : got;
        host_vectors_wrote(task, &host, (u64)got < host.size ? (u64)got : host.size);
        m->address.size = header.msg_namelen;
        m->control_size = header.msg_controllen;
        m->result_flags = header.msg_flags;
        done += (u64)got;
        if (!all || !got)
            return (i64)done;
        cursor_skip(&m->cursor, (u64)got);
        if (!m->cursor.left || m->control_size)
            return (i64)done;
    }
}

/* ---- sendto, recvfrom -------------------------------------------------------------------------------------------- */

/* import_ubuf(): the size is cut before the range is looked at, unlike read(2)'s. */
static i64 buffer_from_guest(GuestCursor *cursor, u64 address, u64 size)
{
    return cursor_single(cursor, address, size < TRANSFER_MAX ? size : TRANSFER_MAX);
}

i64 sys_sendto(Task *task, const u64 *arg)
{
    i64 error;
    Message m = {.flags = (u32)arg[3], .file = socket_get(task, arg[0], &error)};
    i64 fault = buffer_from_guest(&m.cursor, arg[1], arg[2]);
    if (fault)
        return fault;
    if (!m.file)
        return error;
    if (arg[4])
        error = socket_address_from_guest(task, &m.address, arg[4], arg[5]);
    return error ? error : message_send(task, &m);
}

i64 sys_recvfrom(Task *task, const u64 *arg)
{
    i64 error;
    Message m = {.flags = (u32)arg[3], .file = socket_get(task, arg[0], &error)};
    i64 fault = buffer_from_guest(&m.cursor, arg[1], arg[2]);
    if (fault)
        return fault;
    if (!m.file)
        return error;
    i64 result = message_receive(task, &m);
    if (result < 0 || !arg[4])
        return result;
    error = socket_address_to_guest(task, &m.address, arg[4], arg[5]);
    return error ? error : result;
}

/* ---- sendmsg, recvmsg -------------------------------------------------------------------------------------------- */

/* What both directions take from the header. */
static i64 header_from_guest(Task *task, Message *m, const GuestMessage *guest, GuestVector *vectors)
{
    if (guest->vector_count > GUEST_VECTORS_MAX)
        return -EMSGSIZE;
    return cursor_vectors(task, &m->cursor, vectors, guest->vectors, guest->vector_count);
}

static i64 send_header(Task *task, OpenFile *file, const GuestMessage *guest, u32 flags)
{
    GuestVector vectors[GUEST_VECTORS_MAX];
    Message m = {.file = file, .flags = flags};
    i64 error = 0;
    u32 name_size = guest->name ? guest->name_size : 0;
    if ((i32)name_size < 0)
        return -EINVAL;
    if (name_size)
        error = socket_address_from_guest(task, &m.address, guest->name,
                                          name_size < sizeof m.address.storage ? name_size : sizeof m.address.storage);
    if (!error)
        error = header_from_guest(task, &m, guest, vectors);
    if (error)
        return error;
    _Alignas(struct cmsghdr) u8 control[CONTROL_MAX];
    if (guest->control_size) {
        i64 size = control_to_host(task, guest->control, guest->control_size, control, sizeof control);
        if (size < 0)
            return size;
        m.control = control;
        m.control_size = (u64)size;
    }
    return message_send(task, &m);
}

static i64 receive_header(Task *task, OpenFile *file, u64 address, GuestMessage *guest, u32 flags)
{
    GuestVector vectors[GUEST_VECTORS_MAX];
    Message m = {.file = file, .flags = flags};
    if ((i32)guest->name_size < 0)
        return -EINVAL;
    i64 error = header_from_guest(task, &m, guest, vectors);
    if (error)
        return error;
    _Alignas(struct cmsghdr) u8 control[CONTROL_MAX];
    if (guest->control && guest->control_size) {
        m.control = control;
        m.control_size = guest->control_size < sizeof control ? guest->control_size : sizeof control;
    }
    i64 result = message_receive(task, &m);
    if (result < 0)
        return result;
    if (m.control)
        control_from_host(task, control, &m.control_size, &m.result_flags, flags & MSG_CMSG_CLOEXEC);
    else
        m.control_size = 0;
    if (guest->name)
        error = socket_address_to_guest(task, &m.address, guest->name, address + offsetof(GuestMessage, name_size));
    i32 result_flags = (m.result_flags & ~MSG_CMSG_CLOEXEC) | (i32)(flags & MSG_CMSG_CLOEXEC); /* Linux echoes it */
    if (!error &&
        (!copy_to_guest(task, guest->control, control, m.control_size) ||
         !copy_to_guest(task, address + offsetof(GuestMessage, flags), &result_flags, sizeof result_flags) ||
         !copy_to_guest(task, address + offsetof(GuestMessage, control_size), &m.control_size, sizeof m.control_size)))
        error = -EFAULT;
    return error ? error : result;
}

i64 sys_sendmsg(Task *task, const u64 *arg)
{
    i64 error;
    GuestMessage guest;
    OpenFile *file = socket_get(task, arg[0], &error);
    if (!file)
        return error;
    return copy_from_guest(task, &guest, arg[1], sizeof guest) ? send_header(task, file, &guest, (u32)arg[2]) : -EFAULT;
}

i64 sys_recvmsg(Task *task, const u64 *arg)
{
    i64 error;
    GuestMessage guest;
    OpenFile *file = socket_get(task, arg[0], &error);
    if (!file)
        return error;
    return copy_from_guest(task, &guest, arg[1], sizeof guest) ? receive_header(task, file, arg[1], &guest, (u32)arg[2])
                                                               : -EFAULT;
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

/* How many messages have gone is kept across parking; an error after the first shows at the next call. */
static i64 many(Task *task, const u64 *arg, bool send)
{
    i64 error;
    OpenFile *file = socket_get(task, arg[0], &error);
    u32 count = (u32)arg[2] < MANY_MAX ? (u32)arg[2] : MANY_MAX, flags = (u32)arg[3];
    if (!file)
        return error;
    u64 done = task->call.scratch[SCRATCH_MESSAGES];
    for (; done < count; done++) {
        GuestManyMessage guest;
        u64 address = arg[1] + done * sizeof guest;
        bool last_chance = done && (!send && (flags & MSG_WAITFORONE));
        u32 now = (flags & ~(u32)MSG_WAITFORONE) | (last_chance ? MSG_DONTWAIT : 0);
        i64 result = -EFAULT;
        if (copy_from_guest(task, &guest, address, sizeof guest))
            result =
                send ? send_header(task, file, &guest.header, now) : receive_header(task, file, address, &guest.header, now);
        if (result == SYS_BLOCK) {
            task->call.scratch[SCRATCH_MESSAGES] = done;
            return result;
        }
        task->call.scratch[SCRATCH_DONE] = 0;
        guest.length = (u32)result;
        if (result >= 0 &&
            !copy_to_guest(task, address + offsetof(GuestManyMessage, length), &guest.length, sizeof guest.length))
            result = -EFAULT;
        if (result < 0)
            return done ? (i64)done : result;
    }
    return (i64)done;
}

i64 sys_sendmmsg(Task *task, const u64 *arg)
{
    return many(task, arg, true);
}

/* recvmmsg(2): the timeout is looked at after each message only, as its BUGS section says. */
i64 sys_recvmmsg(Task *task, const u64 *arg)
{
    i64 time[2];
    if (!arg[4])
        return many(task, arg, false);
    if (!copy_from_guest(task, time, arg[4], sizeof time))
        return -EFAULT;
    if (time[0] < 0 || time[1] < 0 || time[1] >= 1000000000)
        return -EINVAL;
    u64 relative = time[0] > INT64_MAX / 2000000000 ? INT64_MAX / 2 : (u64)time[0] * 1000000000 + (u64)time[1];
    u64 deadline = call_deadline(task, relative), now = kernel_now(task->kernel);
    if (task->call.scratch[SCRATCH_MESSAGES] && now >= deadline)
        return (i64)task->call.scratch[SCRATCH_MESSAGES];
    i64 result = many(task, arg, false);
    return result == SYS_BLOCK && task->call.scratch[SCRATCH_MESSAGES] ? wait_deadline(task, deadline) : result;
}
