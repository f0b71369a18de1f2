/* Message queues of System V: msgget(2), msgsnd(2), msgrcv(2), msgctl(2). */
#include <errno.h>
#include <sys/msg.h>

#include "base/heap.h"
#include "kernel/syscalls.h"
#include "kernel/sysv.h"

enum { MAX_MESSAGE = 8192, DEFAULT_BYTES = 16384 };

typedef struct Message {
    struct Message *next;
    i64 type;
    u64 size;
    u8 bytes[];
} Message;

typedef struct MessageQueue {
    IpcObject object;
    Message *first; /* oldest first */
    u64 count, bytes, limit, send_time, receive_time;
    i32 last_sender, last_receiver;
} MessageQueue;

static void queue_destroy(Kernel *kernel, IpcObject *object)
{
    MessageQueue *queue = (MessageQueue *)object;
    wake_event(kernel, queue, UINT32_MAX); /* they find it gone: EIDRM */
    for (Message *message = queue->first, *next; message; message = next) {
        next = message->next;
        heap_free(message);
    }
    heap_free(queue);
}

i64 sys_msgget(Task *task, const u64 *arg)
{
    IpcObject *found;
    i64 id = ipc_get(task, IPC_MSG, arg[0], arg[1], &found);
    if (id < 0 || found)
        return id;
    MessageQueue *queue = heap_calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->object.destroy = queue_destroy;
    queue->limit = DEFAULT_BYTES;
    return ipc_add(task, &queue->object, IPC_MSG, arg[0], arg[1]);
}

/* The queue, for a call that may have been parked on it. */
static i64 get_queue(Task *task, u64 id, u32 wanted, MessageQueue **queue)
{
    IpcObject *object;
    i64 result = ipc_find(task, IPC_MSG, (i32)id, wanted, &object);
    *queue = result ? NULL : (MessageQueue *)object;
    return result == -EINVAL && task->woken != WOKEN_NOT ? -EIDRM : result;
}

static i64 wait_for(Task *task, MessageQueue *queue)
{
    return task->woken == WOKEN_SIGNAL ? SYS_RESTARTNOHAND : wait_event(task, queue);
}

i64 sys_msgsnd(Task *task, const u64 *arg)
{
    MessageQueue *queue;
    i64 type, result;
    if ((i64)arg[2] < 0 || arg[2] > MAX_MESSAGE || (i32)arg[0] < 0)
        return -EINVAL;
    if (!copy_from_guest(task, &type, arg[1], 8))
        return -EFAULT;
    if (type < 1)
        return -EINVAL;
    result = get_queue(task, arg[0], 2, &queue);
    if (result)
        return result;
    if (queue->bytes + arg[2] > queue->limit || queue->count >= queue->limit)
        return arg[3] & IPC_NOWAIT ? -EAGAIN : wait_for(task, queue);
    Message *message = heap_alloc(sizeof *message + arg[2]);
    if (!message)
        return -ENOMEM;
    *message = (Message){.type = type, .size = arg[2]};
    if (!copy_from_guest(task, message->bytes, arg[1] + 8, arg[2])) {
        heap_free(message);
        return -EFAULT;
    }
    Message **end = &queue->first;
    while (*end)
        end = &(*end)->next;
    *end = message;
    queue->count++;
    queue->bytes += arg[2];
    queue->send_time = ipc_now(task->kernel);
    queue->last_sender = task->process->pid;
    wake_event(task->kernel, queue, UINT32_MAX);
    return 0;
}

/* The link to the message that msgrcv's type asks for: 0 any, > 0 that type (MSG_EXCEPT: another), < 0 the lowest up to it. */
static Message **choose(MessageQueue *queue, i64 type, u64 flags)
{
    Message **best = NULL;
    for (Message **link = &queue->first; *link; link = &(*link)->next) {
        i64 its = (*link)->type;
        if (type == 0 || (type > 0 && (its == type) != !!(flags & MSG_EXCEPT)))
            return link;
        if (type < 0 && its <= -type && (!best || its < (*best)->type))
            best = link;
    }
    return best;
}

static Message **numbered(MessageQueue *queue, u64 number)
{
    Message **link = &queue->first;
    while (*link && number--)
        link = &(*link)->next;
    return *link ? link : NULL;
}

i64 sys_msgrcv(Task *task, const u64 *arg)
{
    MessageQueue *queue;
    bool copy = arg[4] & MSG_COPY; /* of the message with number arg[3], which stays */
    if ((i64)arg[2] < 0 || (i32)arg[0] < 0 || (copy && ((arg[4] & MSG_EXCEPT) || !(arg[4] & IPC_NOWAIT))))
        return -EINVAL;
    i64 result = get_queue(task, arg[0], 4, &queue);
    if (result)
        return result;
    Message **link = copy ? numbered(queue, arg[3]) : choose(queue, (i64)arg[3], arg[4]);
    if (!link)
        return arg[4] & IPC_NOWAIT ? -ENOMSG : wait_for(task, queue);
    Message *message = *link;
    if (message->size > arg[2] && !(arg[4] & MSG_NOERROR))
        return -E2BIG;
    u64 size = message->size < arg[2] ? message->size : arg[2];
    if (copy) {
        bool copied = copy_to_guest(task, arg[1], &message->type, 8) && copy_to_guest(task, arg[1] + 8, message->bytes, size);
        return copied ? (i64)size : -EFAULT;
    }
    *link = message->next;
    queue->count--;
    queue->bytes -= message->size;
    queue->receive_time = ipc_now(task->kernel);
    queue->last_receiver = task->process->pid;
    bool ok = copy_to_guest(task, arg[1], &message->type, 8) && copy_to_guest(task, arg[1] + 8, message->bytes, size);
    heap_free(message);
    wake_event(task->kernel, queue, UINT32_MAX);
    return ok ? (i64)size : -EFAULT;
}

/* IPC_INFO: the limits; MSG_INFO: what is in use. */
static i64 queues_info(Task *task, u64 address, bool used)
{
    Kernel *kernel = task->kernel;
    u32 count = ipc_count(kernel, IPC_MSG);
    struct msginfo info = {.msgmni = 32000, .msgmax = MAX_MESSAGE, .msgmnb = DEFAULT_BYTES, .msgssz = 16, .msgseg = 0xffff,
                           .msgmap = DEFAULT_BYTES, .msgpool = 32000 * (DEFAULT_BYTES / 1024), .msgtql = DEFAULT_BYTES};
    if (used) {
        info.msgpool = (int)count;
        info.msgmap = info.msgtql = 0;
        for (IpcObject *object = kernel->ipc_objects; object; object = object->next)
            if (object->kind == IPC_MSG) {
                info.msgmap += (int)((MessageQueue *)object)->count;
                info.msgtql += (int)((MessageQueue *)object)->bytes;
            }
    }
    return copy_to_guest(task, address, &info, sizeof info) ? ipc_highest(count) : -EFAULT;
}

i64 sys_msgctl(Task *task, const u64 *arg)
{
    MessageQueue *queue;
    struct msqid_ds st;
    u32 command = (u32)arg[1];
    bool by_place = command == MSG_STAT || command == MSG_STAT_ANY;
    if (command == IPC_INFO || command == MSG_INFO)
        return queues_info(task, arg[2], command == MSG_INFO);
    if ((command != IPC_STAT && command != IPC_SET && command != IPC_RMID && !by_place) || (i32)arg[0] < 0)
        return -EINVAL;
    i64 result = by_place ? ipc_at(task, IPC_MSG, (i32)arg[0], command == MSG_STAT ? 4 : 0, (IpcObject **)&queue)
                          : get_queue(task, arg[0], command == IPC_STAT ? 4 : 0, &queue);
    if (result)
        return result;
    if (command == IPC_STAT || by_place) {
        st = (struct msqid_ds){.msg_perm = queue->object.permissions, .msg_stime = (time_t)queue->send_time,
                               .msg_rtime = (time_t)queue->receive_time, .msg_ctime = (time_t)queue->object.change_time,
                               .__msg_cbytes = queue->bytes, .msg_qnum = queue->count, .msg_qbytes = queue->limit,
                               .msg_lspid = queue->last_sender, .msg_lrpid = queue->last_receiver};
        i64 done = by_place ? queue->object.id : 0;
        return copy_to_guest(task, arg[2], &st, sizeof st) ? done : -EFAULT;
    }
    if (command == IPC_SET && !copy_from_guest(task, &st, arg[2], sizeof st))
        return -EFAULT;
    result = ipc_owner(task, &queue->object);
    if (result)
        return result;
    if (command == IPC_RMID) {
        ipc_remove(task->kernel, &queue->object);
        return 0;
    }
    if (st.msg_qbytes > DEFAULT_BYTES && task->credentials.euid)
        return -EPERM;
    queue->limit = st.msg_qbytes;
    ipc_set(task, &queue->object, &st.msg_perm);
    wake_event(task->kernel, queue, UINT32_MAX);
    return 0;
}
