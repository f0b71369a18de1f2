/* Ancillary data of AF_UNIX sockets: descriptors (SCM_RIGHTS) and credentials between guest processes, and with programs
 * outside the emulator.
 *
 * A descriptor goes out as its host descriptor, and what comes in is matched against the descriptions that are open here,
 * so that sender and receiver share one OpenFile, as on Linux. A description whose sender has closed it meanwhile is made
 * anew; its O_NONBLOCK as the guest sees it travels in the host description's F_SETSIG, which nothing else here uses. A file
 * that only we know cannot be made anew: once sent it stays. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/host.h"
#include "kernel/socket.h"

enum { SCM_MAX_FD = 253, MARK_BLOCKING = 62, MARK_NONBLOCKING = 63 }; /* marks: real-time signal numbers */

/* ---- out --------------------------------------------------------------------------------------------------------- */

/* The host descriptor that stands for a file in a message. */
static int file_to_send(OpenFile *file)
{
    if (!file->ops && file->wait == WAIT_NONBLOCK)
        host_fcntl(file->host_fd, F_SETSIG, file->flags & O_NONBLOCK ? MARK_NONBLOCKING : MARK_BLOCKING);
    if (file->ops && !file->sent) { /* a message may outlive every descriptor, and nobody tells when it is gone */
        file->sent = true;
        file_ref(file);
    }
    return file->host_fd;
}

static i64 rights_to_host(Task *task, u8 *data, u64 size)
{
    u64 count = size / sizeof(i32);
    if (count > SCM_MAX_FD)
        return -EINVAL;
    for (u64 i = 0; i < count; i++) {
        i32 number;
        memcpy(&number, data + i * sizeof number, sizeof number);
        OpenFile *file = file_get(task, (u64)(i64)number);
        if (!file)
            return -EBADF;
        number = file_to_send(file);
        memcpy(data + i * sizeof number, &number, sizeof number);
    }
    return 0;
}

/* unix(7), SCM_CREDENTIALS: a process may name only itself, unless it is privileged. */
static i64 credentials_to_host(Task *task, u8 *data, u64 size)
{
    struct ucred c;
    const Credentials *own = &task->credentials;
    if (size < sizeof c)
        return -EINVAL;
    memcpy(&c, data, sizeof c);
    bool mine = c.pid == task->process->pid && (c.uid == own->uid || c.uid == own->euid || c.uid == own->suid) &&
                (c.gid == own->gid || c.gid == own->egid || c.gid == own->sgid);
    if (own->euid && !mine)
        return -EPERM;
    c = (struct ucred){host_getpid(), host_getuid(), host_getgid()};
    memcpy(data, &c, sizeof c);
    return 0;
}

i64 control_to_host(Task *task, u64 guest, u64 size, u8 *host, u64 capacity)
{
    if (size > capacity)
        return -ENOBUFS;
    if (!copy_from_guest(task, host, guest, size))
        return -EFAULT;
    for (u64 at = 0; at + sizeof(struct cmsghdr) <= size;) {
        struct cmsghdr header;
        memcpy(&header, host + at, sizeof header);
        if (header.cmsg_len < sizeof header || header.cmsg_len > size - at)
            return -EINVAL;
        u8 *data = host + at + CMSG_LEN(0);
        u64 data_size = header.cmsg_len - CMSG_LEN(0);
        i64 error = 0;
        if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS)
            error = rights_to_host(task, data, data_size);
        else if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_CREDENTIALS)
            error = credentials_to_host(task, data, data_size);
        if (error)
            return error;
        at += CMSG_ALIGN(header.cmsg_len);
    }
    return (i64)size;
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

/* The open description that a received host descriptor is, NULL: none of ours. */
static OpenFile *find_description(Kernel *kernel, int host, const struct stat *st)
{
    for (OpenFile *file = kernel->vfs->open_files; file; file = file->next) {
        bool same_inode = file->inode == st->st_ino && file->device == st->st_dev;
        if ((same_inode || file->ops) &&
            host_same_description(file->host_fd, host))
            return file;
    }
    return NULL;
}

/* Takes over `host`. */
static OpenFile *file_received(Kernel *kernel, int host)
{
    struct stat st;
    OpenFile *file = host_fstat(host, &st) == 0 ? find_description(kernel, host, &st) : NULL;
    if (file) {
        host_close(host);
        return file_ref(file);
    }
    int flags = host_fcntl(host, F_GETFL, 0), mark = host_fcntl(host, F_GETSIG, 0);
    bool ours = mark == MARK_BLOCKING || mark == MARK_NONBLOCKING;
    u32 guest_flags = (u32)flags & ~(u32)(ours && mark == MARK_BLOCKING ? O_NONBLOCK : 0);
    file = file_from_host(kernel, host, guest_flags);
    if (file && file->mode == S_IFSOCK) {
        int type = SOCK_STREAM;
        socklen_t size = sizeof type;
        host_getsockopt(host, SOL_SOCKET, SO_TYPE, &type, &size);
        file->message = type != SOCK_STREAM;
    }
    if (file && !ours && file->wait == WAIT_NONBLOCK)
        file->wait = WAIT_POLL; /* it belongs to somebody outside as well */
    return file;
}

/* Replaces host numbers by guest numbers; those that find no room are closed. How many were installed. */
static u64 rights_from_host(Task *task, u8 *data, u64 count, bool cloexec)
{
    u64 installed = 0;
    for (u64 i = 0; i < count; i++) {
        i32 number;
        memcpy(&number, data + i * sizeof number, sizeof number);
        OpenFile *file = file_received(task->kernel, number);
        i64 guest = file && installed == i ? file_install(task, file, 0, cloexec) : -EMFILE;
        if (file && installed != i)
            file_unref(task->kernel, file);
        if (guest < 0)
            continue;
        number = (i32)guest;
        memcpy(data + i * sizeof number, &number, sizeof number);
        installed++;
    }
    return installed;
}

static void credentials_from_host(Task *task, u8 *data)
{
    struct ucred c;
    memcpy(&c, data, sizeof c);
    if (c.pid == host_getpid())
        c.pid = task->process->pid;
    memcpy(data, &c, sizeof c);
}

void control_from_host(Task *task, u8 *host, u64 *size, i32 *flags, bool cloexec)
{
    for (u64 at = 0; at + sizeof(struct cmsghdr) <= *size;) {
        struct cmsghdr header;
        memcpy(&header, host + at, sizeof header);
        if (header.cmsg_len < sizeof header || header.cmsg_len > *size - at)
            break;
        u8 *data = host + at + CMSG_LEN(0);
        u64 data_size = header.cmsg_len - CMSG_LEN(0);
        if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS) {
            u64 count = data_size / sizeof(i32), kept = rights_from_host(task, data, count, cloexec);
            if (kept < count) { /* nothing can follow: AF_UNIX puts descriptors last */
                *flags |= MSG_CTRUNC;
                header.cmsg_len = CMSG_LEN(kept * sizeof(i32));
                memcpy(host + at, &header, sizeof header);
                *size = kept ? at + CMSG_SPACE(kept * sizeof(i32)) : at;
                return;
            }
        } else if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_CREDENTIALS &&
                   data_size >= sizeof(struct ucred)) {
            credentials_from_host(task, data);
        }
        at += CMSG_ALIGN(header.cmsg_len);
    }
}
