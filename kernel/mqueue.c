/* POSIX message queues: mq_overview(7). They live in the machine, by name, and go with it; nothing of them is the host's. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "base/heap.h"
#include "kernel/fd.h"
#include "kernel/host.h"
#include "kernel/syscalls.h"
#include "kernel/time_types.h"

enum { DEFAULT_MESSAGES = 10, DEFAULT_SIZE = 8192, MAX_MESSAGES = 65536, MAX_SIZE = 16777216, MAX_PRIORITY = 32768,
    NAME_SIZE = 256, COOKIE_SIZE = 32 };
enum { COOKIE_WOKEN = 1, COOKIE_REMOVED = 2 }; /* its last byte: ipc/mqueue.c */

typedef struct Message {
    struct Message *next; /* higher priorities first, then older ones */
    u64 size;
    u32 priority;
    u8 bytes[];
} Message;

typedef struct Queue {
    struct Queue *next;
    char name[NAME_SIZE];
    u32 refs;      /* descriptions, and the name until it is unlinked */
    bool linked;
    u32 mode, uid, gid;
    u64 max_messages, max_size, count;
    Message *first;
    i32 notify_pid; /* mq_notify: who is told of the next arrival; 0: nobody */
    i32 notify_how, notify_signal;
    u64 notify_value;
    int notify_mail;          /* SIGEV_THREAD: where the cookie goes; the queue's own */
    u8 notify_cookie[COOKIE_SIZE];
    u8 can_send, can_receive; /* addresses of events */
} Queue;

typedef struct QueueAttributes { i64 flags, max_messages, max_size, count, reserved[4]; } QueueAttributes;

/* Nobody waits for an arrival any more. With SIGEV_THREAD the helper thread hears why. */
static void end_notification(Queue *queue, u8 why)
{
    if (queue->notify_pid && queue->notify_how == SIGEV_THREAD) {
        queue->notify_cookie[COOKIE_SIZE - 1] = why;
        struct iovec v = {queue->notify_cookie, COOKIE_SIZE};
        host_sendmsg(queue->notify_mail, &(struct msghdr){.msg_iov = &v, .msg_iovlen = 1}, MSG_DONTWAIT | MSG_NOSIGNAL);
        host_close(queue->notify_mail);
    }
    queue->notify_pid = 0;
}

static void queue_unref(Queue *queue)
{
    if (--queue->refs)
        return;
    end_notification(queue, COOKIE_REMOVED);
    for (Message *message = queue->first, *next; message; message = next) {
        next = message->next;
        heap_free(message);
    }
    heap_free(queue);
}

static u32 queue_poll(Task *task, OpenFile *file)
{
    (void)task;
    const Queue *queue = file->data;
    return (queue->count ? POLLIN | POLLRDNORM : 0) | (queue->count < queue->max_messages ? POLLOUT | POLLWRNORM : 0);
}

static void queue_wait(Task *task, OpenFile *file)
{
    Queue *queue = file->data;
    wait_event(task, &queue->can_send);
    wait_event(task, &queue->can_receive);
}

/* mq_close(3): the process that closes wants to hear no more. */
static void queue_closed(Task *task, OpenFile *file)
{
    Queue *queue = file->data;
    if (queue->notify_pid == task->process->pid)
        end_notification(queue, COOKIE_REMOVED);
}

static void queue_release(Kernel *kernel, OpenFile *file)
{
    (void)kernel;
    queue_unref(file->data);
}

static const FileOps queue_ops = {.name = "mqueue", .poll = queue_poll, .wait = queue_wait,
                                  .closed = queue_closed, .release = queue_release};

/* ---- names ------------------------------------------------------------------------------------------------------- */

static Queue **find(Kernel *kernel, const char *name)
{
    Queue **link = (Queue **)&kernel->message_queues;
    while (*link && strcmp((*link)->name, name))
        link = &(*link)->next;
    return link;
}

static i64 read_name(Task *task, u64 address, char *name)
{
    i64 length = string_from_guest(task, name, address, NAME_SIZE);
    if (length < 0)
        return length;
    return length == 0 ? -ENOENT : strchr(name, '/') ? -EACCES : 0;
}

static Queue *create(Task *task, const char *name, u64 mode, const QueueAttributes *attributes)
{
    Queue *queue = heap_calloc(1, sizeof *queue);
    if (!queue)
        return NULL;
    memcpy(queue->name, name, NAME_SIZE);
    queue->refs = 1;
    queue->linked = true;
    queue->mode = (u32)mode;
    queue->uid = task->credentials.fsuid;
    queue->gid = task->credentials.fsgid;
    queue->max_messages = (u64)attributes->max_messages;
    queue->max_size = (u64)attributes->max_size;
    queue->next = task->kernel->message_queues;
    task->kernel->message_queues = queue;
    return queue;
}

static bool permitted(const Task *task, const Queue *queue, u64 flags)
{
    const Credentials *c = &task->credentials;
    u32 bits = c->fsuid == queue->uid ? queue->mode >> 6 : c->fsgid == queue->gid ? queue->mode >> 3 : queue->mode;
    u32 wanted = (flags & O_ACCMODE) == O_RDONLY ? 4 : (flags & O_ACCMODE) == O_WRONLY ? 2 : 6;
    return c->fsuid == 0 || (bits & wanted) == wanted;
}

i64 sys_mq_open(Task *task, const u64 *arg)
{
    char name[NAME_SIZE] = {0};
    QueueAttributes attributes = {.max_messages = DEFAULT_MESSAGES, .max_size = DEFAULT_SIZE};
    QueueAttributes given;
    u64 flags = arg[1];
    if (arg[3] && !copy_from_guest(task, &given, arg[3], sizeof given))
        return -EFAULT;
    i64 result = read_name(task, arg[0], name);
    if (result)
        return result;
    if ((flags & O_CREAT) && arg[3])
        attributes = given;
    Queue *queue = *find(task->kernel, name);
    if (queue && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    if (!queue && !(flags & O_CREAT))
        return -ENOENT;
    bool root = task->credentials.euid == 0;
    if (!queue && (attributes.max_messages <= 0 || attributes.max_messages > (root ? MAX_MESSAGES : DEFAULT_MESSAGES) ||
                   attributes.max_size <= 0 || attributes.max_size > (root ? MAX_SIZE : DEFAULT_SIZE)))
        return -EINVAL;
    if (queue && !permitted(task, queue, flags))
        return -EACCES;
    OpenFile *file = file_new(task->kernel, &queue_ops, -1, (u32)flags & (O_ACCMODE | O_NONBLOCK));
    if (!queue && file)
        queue = create(task, name, arg[2] & 0777 & ~(u64)task->fs->umask, &attributes);
    if (!file || !queue) {
        if (file) {
            file->ops = NULL;
            file_unref(task->kernel, file);
        }
        return -ENOMEM;
    }
    queue->refs++;
    file->data = queue;
    return file_install(task, file, 0, flags & O_CLOEXEC);
}

static void unlink_queue(Queue **link)
{
    Queue *queue = *link;
    *link = queue->next;
    queue->linked = false;
    queue_unref(queue);
}

i64 sys_mq_unlink(Task *task, const u64 *arg)
{
    char name[NAME_SIZE];
    i64 result = read_name(task, arg[0], name);
    if (result)
        return result;
    Queue **link = find(task->kernel, name);
    if (!*link)
        return -ENOENT;
    u32 euid = task->credentials.euid;
    if (euid && euid != (*link)->uid)
        return -EACCES;
    unlink_queue(link);
    return 0;
}

void mqueues_destroy(Kernel *kernel)
{
    while (kernel->message_queues)
        unlink_queue((Queue **)&kernel->message_queues);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static i64 get_queue(Task *task, u64 fd, bool write, OpenFile **file, Queue **queue)
{
    *file = file_get_usable(task, fd);
    if (!*file || (*file)->ops != &queue_ops || !(write ? file_writable(*file) : file_readable(*file)))
        return -EBADF;
    *queue = (*file)->data;
    return 0;
}

/* The absolute time at `address` (0: never). */
static i64 read_deadline(Task *task, u64 address, u64 *deadline)
{
    u64 ns;
    *deadline = NO_DEADLINE;
    i64 result = address ? timespec_read(task, address, &ns) : 0;
    return result || !address ? result : clock_to_deadline(task, 0 /* CLOCK_REALTIME */, ns, deadline);
}

/* Parks until the event, or says why not. */
static i64 wait_for(Task *task, OpenFile *file, u64 deadline, const void *event)
{
    if (file->flags & O_NONBLOCK)
        return -EAGAIN;
    if (task->woken == WOKEN_SIGNAL)
        return SYS_RESTARTSYS;
    if (task->woken == WOKEN_TIMEOUT || deadline <= kernel_now(task->kernel))
        return -ETIMEDOUT;
    file_hold(task, file);
    wait_deadline(task, deadline);
    return wait_event(task, event);
}

/* The first message in an empty queue is told to whoever asked, once. mq_notify(3). */
static void notify(Kernel *kernel, Task *sender, Queue *queue)
{
    Process *process = queue->notify_pid ? process_find(kernel, queue->notify_pid) : NULL;
    end_notification(queue, COOKIE_WOKEN);
    if (process && queue->notify_how == SIGEV_SIGNAL && queue->notify_signal)
        signal_send_process(process, &(SigInfo){.signo = queue->notify_signal, .code = SI_MESGQ,
            .from = {.pid = sender->process->pid, .uid = sender->credentials.uid, .value = queue->notify_value}});
}

i64 sys_mq_timedsend(Task *task, const u64 *arg)
{
    OpenFile *file;
    Queue *queue;
    u64 deadline;
    i64 result = read_deadline(task, arg[4], &deadline);
    result = result ? result : (u32)arg[3] >= MAX_PRIORITY ? -EINVAL : get_queue(task, arg[0], true, &file, &queue);
    if (result)
        return result;
    if (arg[2] > queue->max_size)
        return -EMSGSIZE;
    if (queue->count >= queue->max_messages)
        return wait_for(task, file, deadline, &queue->can_send);
    Message *message = heap_alloc(sizeof *message + arg[2]);
    if (!message)
        return -ENOMEM;
    message->size = arg[2];
    message->priority = (u32)arg[3];
    if (!copy_from_guest(task, message->bytes, arg[1], arg[2])) {
        heap_free(message);
        return -EFAULT;
    }
    Message **link = &queue->first;
    while (*link && (*link)->priority >= message->priority)
        link = &(*link)->next;
    message->next = *link;
    *link = message;
    bool first = queue->count++ == 0;
    if (!wake_event(task->kernel, &queue->can_receive, 1) && first && queue->notify_pid)
        notify(task->kernel, task, queue);
    wake_event(task->kernel, file, UINT32_MAX);
    return 0;
}

i64 sys_mq_timedreceive(Task *task, const u64 *arg)
{
    OpenFile *file;
    Queue *queue;
    u64 deadline;
    i64 result = read_deadline(task, arg[4], &deadline);
    result = result ? result : get_queue(task, arg[0], false, &file, &queue);
    if (result)
        return result;
    if (arg[2] < queue->max_size)
        return -EMSGSIZE;
    if (!queue->count)
        return wait_for(task, file, deadline, &queue->can_receive);
    Message *message = queue->first;
    queue->first = message->next;
    queue->count--;
    i64 size = (i64)message->size;
    bool ok = copy_to_guest(task, arg[1], message->bytes, message->size) &&
              (!arg[3] || copy_to_guest(task, arg[3], &message->priority, 4));
    heap_free(message);
    wake_event(task->kernel, &queue->can_send, UINT32_MAX);
    wake_event(task->kernel, file, UINT32_MAX);
    return ok ? size : -EFAULT;
}

i64 sys_mq_getsetattr(Task *task, const u64 *arg)
{
    QueueAttributes new;
    OpenFile *file = file_get_usable(task, arg[0]);
    if (arg[1] && !copy_from_guest(task, &new, arg[1], sizeof new))
        return -EFAULT;
    if (arg[1] && (new.flags & ~(i64)O_NONBLOCK))
        return -EINVAL;
    if (!file || file->ops != &queue_ops)
        return -EBADF;
    const Queue *queue = file->data;
    QueueAttributes old = {.flags = file->flags & O_NONBLOCK, .max_messages = (i64)queue->max_messages,
                           .max_size = (i64)queue->max_size, .count = (i64)queue->count};
    if (arg[1])
        file->flags = (file->flags & ~(u32)O_NONBLOCK) | (u32)(new.flags & O_NONBLOCK);
    return arg[2] && !copy_to_guest(task, arg[2], &old, sizeof old) ? -EFAULT : 0;
}

/* SIGEV_THREAD: glibc's helper thread reads cookies from a netlink socket, which only the kernel can write to. Here it
 * becomes the end of a pair of ours. Our end, or -errno. */
static i64 open_mail(Task *task, i32 number)
{
    int ends[2], one = 1;
    OpenFile *socket = file_get_usable(task, (u32)number);
    if (!socket)
        return -EBADF;
    if (socket->ops || (socket->mode & S_IFMT) != S_IFSOCK)
        return -ENOTSOCK;
    if (!socket->mail) {
        if (host_socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
            return -errno;
        one = host_dup2(ends[0], socket->host_fd);
        host_close(ends[0]);
        socket->mail = ends[1];
    }
    return one < 0 ? -errno : host_result(host_fcntl(socket->mail, F_DUPFD_CLOEXEC, 3));
}

static i64 ask_for_mail(Task *task, Queue *queue, i32 socket, u64 cookie)
{
    if (!copy_from_guest(task, queue->notify_cookie, cookie, COOKIE_SIZE))
        return -EFAULT;
    i64 mail = open_mail(task, socket);
    queue->notify_mail = (int)mail;
    return mail < 0 ? mail : 0;
}

i64 sys_mq_notify(Task *task, const u64 *arg)
{
    struct { u64 value; i32 signo, how; i32 pad[12]; } event;
    OpenFile *file = file_get_usable(task, arg[0]);
    if (arg[1] && !copy_from_guest(task, &event, arg[1], sizeof event))
        return -EFAULT;
    if (arg[1] && ((event.how != SIGEV_SIGNAL && event.how != SIGEV_NONE && event.how != SIGEV_THREAD) ||
                   (event.how == SIGEV_SIGNAL && (u32)event.signo > SIGNALS)))
        return -EINVAL;
    if (!file || file->ops != &queue_ops)
        return -EBADF;
    Queue *queue = file->data;
    if (!arg[1]) {
        if (queue->notify_pid == task->process->pid)
            end_notification(queue, COOKIE_REMOVED);
        return 0;
    }
    if (queue->notify_pid && process_find(task->kernel, queue->notify_pid))
        return -EBUSY;
    i64 result = event.how == SIGEV_THREAD ? ask_for_mail(task, queue, event.signo, event.value) : 0;
    if (result)
        return result;
    queue->notify_pid = task->process->pid;
    queue->notify_how = event.how;
    queue->notify_signal = event.signo;
    queue->notify_value = event.value;
    return 0;
}
