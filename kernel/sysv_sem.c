/* Semaphore sets: semget(2), semop(2), semctl(2), with SEM_UNDO. */
#include <errno.h>
#include <sys/sem.h>

#include "base/heap.h"
#include "kernel/syscalls.h"
#include "kernel/sysv.h"
#include "kernel/time_types.h"

enum { MAX_SEMAPHORES = 32000, MAX_OPERATIONS = 500, MAX_VALUE = 32767 };

typedef struct Undo {
    struct Undo *next;
    i32 pid;
    u16 number;
    i32 adjustment;
} Undo;

typedef struct SemaphoreSet {
    IpcObject object;
    u64 operation_time;
    u32 count;
    Undo *undo;
    struct { u16 value; i32 pid; } s[];
} SemaphoreSet;

static void set_destroy(Kernel *kernel, IpcObject *object)
{
    SemaphoreSet *set = (SemaphoreSet *)object;
    wake_event(kernel, set, UINT32_MAX); /* they find their set gone: EIDRM */
    for (Undo *undo = set->undo, *next; undo; undo = next) {
        next = undo->next;
        heap_free(undo);
    }
    heap_free(set);
}

i64 sys_semget(Task *task, const u64 *arg)
{
    IpcObject *found;
    i32 count = (i32)arg[1];
    if (count < 0 || count > MAX_SEMAPHORES)
        return -EINVAL;
    i64 id = ipc_get(task, IPC_SEM, arg[0], arg[2], &found);
    if (id < 0)
        return id;
    if (found)
        return (u32)count > ((SemaphoreSet *)found)->count ? -EINVAL : id;
    if (!count)
        return -EINVAL;
    SemaphoreSet *set = heap_calloc(1, sizeof *set + (u64)count * sizeof set->s[0]);
    if (!set)
        return -ENOMEM;
    set->object.destroy = set_destroy;
    set->count = (u32)count;
    return ipc_add(task, &set->object, IPC_SEM, arg[0], arg[2]);
}

/* ---- operations ---------------------------------------------------------------------------------------------------------- */

static Undo *find_undo(SemaphoreSet *set, i32 pid, u16 number, bool create)
{
    for (Undo *undo = set->undo; undo; undo = undo->next)
        if (undo->pid == pid && undo->number == number)
            return undo;
    Undo *undo = create ? heap_calloc(1, sizeof *undo) : NULL;
    if (undo) {
        *undo = (Undo){set->undo, pid, number, 0};
        set->undo = undo;
    }
    return undo;
}

/* Tries all operations; on the first that cannot be done takes those before it back. The index of that one, `count` when all
 * are done, -ERANGE. */
static i64 try_all(SemaphoreSet *set, const struct sembuf *ops, u32 count)
{
    i64 result = count;
    u32 done = 0;
    for (; done < count; done++) {
        i32 value = set->s[ops[done].sem_num].value + ops[done].sem_op;
        if (ops[done].sem_op == 0 ? set->s[ops[done].sem_num].value != 0 : value < 0) {
            result = done;
            break;
        }
        if (value > MAX_VALUE) {
            result = -ERANGE;
            break;
        }
        set->s[ops[done].sem_num].value = (u16)value;
    }
    if (result != count)
        while (done-- > 0)
            set->s[ops[done].sem_num].value = (u16)(set->s[ops[done].sem_num].value - ops[done].sem_op);
    return result;
}

static i64 finish_operations(Task *task, SemaphoreSet *set, const struct sembuf *ops, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        set->s[ops[i].sem_num].pid = task->process->pid;
        Undo *undo = ops[i].sem_flg & SEM_UNDO ? find_undo(set, task->process->pid, ops[i].sem_num, true) : NULL;
        if (undo)
            undo->adjustment -= ops[i].sem_op;
    }
    set->operation_time = ipc_now(task->kernel);
    wake_event(task->kernel, set, UINT32_MAX);
    return 0;
}

/* What a parked call waits for stands in its scratch words: semaphore number, and whether it waits for zero. */
enum { WAITS_NUMBER, WAITS_ZERO };

static i64 count_waiters(Kernel *kernel, const SemaphoreSet *set, u32 number, bool zero)
{
    enum { NUMBER_SEMOP = 65, NUMBER_SEMTIMEDOP = 220 };
    i64 count = 0;
    for (const Task *task = kernel->tasks; task; task = task->next) {
        const Call *call = &task->call;
        bool here = task->state == TASK_PARKED && (call->number == NUMBER_SEMOP || call->number == NUMBER_SEMTIMEDOP) &&
                    (i32)call->arg[0] == set->object.id;
        count += here && call->scratch[WAITS_NUMBER] == number && call->scratch[WAITS_ZERO] == zero;
    }
    return count;
}

/* timeout_ns NO_DEADLINE: none. */
static i64 operate(Task *task, SemaphoreSet *set, const struct sembuf *ops, u32 count, u64 timeout_ns)
{
    i64 at = try_all(set, ops, count);
    if (at == count)
        return finish_operations(task, set, ops, count);
    if (at < 0)
        return at;
    if (ops[at].sem_flg & IPC_NOWAIT)
        return -EAGAIN;
    if (task->woken == WOKEN_SIGNAL)
        return -EINTR;
    if (task->woken == WOKEN_TIMEOUT)
        return -EAGAIN;
    if (timeout_ns != NO_DEADLINE)
        wait_deadline(task, call_deadline(task, timeout_ns));
    task->call.scratch[WAITS_NUMBER] = ops[at].sem_num;
    task->call.scratch[WAITS_ZERO] = ops[at].sem_op == 0;
    return wait_event(task, set);
}

i64 sys_semtimedop(Task *task, const u64 *arg)
{
    IpcObject *object;
    struct sembuf ops[MAX_OPERATIONS];
    u32 count = (u32)arg[2], wanted = 4;
    u64 timeout = NO_DEADLINE;
    i64 result = arg[3] ? timespec_read(task, arg[3], &timeout) : 0;
    if (result)
        return result;
    if (!count)
        return -EINVAL;
    if (count > MAX_OPERATIONS)
        return -E2BIG;
    if (!copy_from_guest(task, ops, arg[1], count * sizeof *ops))
        return -EFAULT;
    for (u32 i = 0; i < count; i++)
        wanted |= ops[i].sem_op ? 2 : 0;
    result = ipc_find(task, IPC_SEM, (i32)arg[0], wanted, &object);
    if (result)
        return result == -EINVAL && task->woken != WOKEN_NOT ? -EIDRM : result;
    SemaphoreSet *set = (SemaphoreSet *)object;
    for (u32 i = 0; i < count; i++)
        if (ops[i].sem_num >= set->count)
            return -EFBIG;
    return operate(task, set, ops, count, timeout);
}

i64 sys_semop(Task *task, const u64 *arg) { return sys_semtimedop(task, (u64[]){arg[0], arg[1], arg[2], 0, 0, 0}); }

void sysv_process_exit(Process *process)
{
    Kernel *kernel = process->kernel;
    for (IpcObject *object = kernel->ipc_objects; object; object = object->next) {
        SemaphoreSet *set = (SemaphoreSet *)object;
        bool changed = false;
        for (Undo **link = object->kind == IPC_SEM ? &set->undo : NULL; link && *link;) {
            Undo *undo = *link;
            if (undo->pid != process->pid) {
                link = &undo->next;
                continue;
            }
            i32 value = set->s[undo->number].value + undo->adjustment;
            set->s[undo->number].value = (u16)(value < 0 ? 0 : value > MAX_VALUE ? MAX_VALUE : value);
            set->s[undo->number].pid = process->pid;
            *link = undo->next;
            heap_free(undo);
            changed = true;
        }
        if (changed)
            wake_event(kernel, set, UINT32_MAX);
    }
}

/* ---- control ----------------------------------------------------------------------------------------------------- */

static void clear_undo(SemaphoreSet *set, u32 number)
{
    for (Undo *undo = set->undo; undo; undo = undo->next)
        if (undo->number == number)
            undo->adjustment = 0;
}

static i64 all_values(Task *task, SemaphoreSet *set, u64 address, bool write)
{
    for (u32 i = 0; i < set->count; i++) {
        u16 value = set->s[i].value;
        if (write ? !copy_from_guest(task, &value, address + 2 * i, 2) : !copy_to_guest(task, address + 2 * i, &value, 2))
            return -EFAULT;
        if (write && value > MAX_VALUE)
            return -ERANGE;
        set->s[i].value = value;
        if (write)
            clear_undo(set, i);
    }
    if (write)
        wake_event(task->kernel, set, UINT32_MAX);
    return 0;
}

static i64 one_value(Task *task, SemaphoreSet *set, u32 number, u32 command, u64 value)
{
    if (number >= set->count)
        return -EINVAL;
    switch (command) {
    case GETVAL: return set->s[number].value;
    case GETPID: return set->s[number].pid;
    case GETNCNT: return count_waiters(task->kernel, set, number, false);
    case GETZCNT: return count_waiters(task->kernel, set, number, true);
    default: /* SETVAL */
        if ((i32)value < 0 || (i32)value > MAX_VALUE)
            return -ERANGE;
        set->s[number].value = (u16)value;
        set->s[number].pid = task->process->pid;
        set->object.change_time = ipc_now(task->kernel);
        clear_undo(set, number);
        wake_event(task->kernel, set, UINT32_MAX);
        return 0;
    }
}

static i64 set_control(Task *task, SemaphoreSet *set, u32 command, u64 address)
{
    struct semid_ds st = {.sem_perm = set->object.permissions, .sem_otime = (time_t)set->operation_time,
                          .sem_ctime = (time_t)set->object.change_time, .sem_nsems = set->count};
    if (command == IPC_STAT)
        return copy_to_guest(task, address, &st, sizeof st) ? 0 : -EFAULT;
    if (command == IPC_SET && !copy_from_guest(task, &st, address, sizeof st))
        return -EFAULT;
    i64 result = ipc_owner(task, &set->object);
    if (!result && command == IPC_SET)
        ipc_set(task, &set->object, &st.sem_perm);
    else if (!result)
        ipc_remove(task->kernel, &set->object);
    return result;
}

/* IPC_INFO: the limits; SEM_INFO: what is in use. */
static i64 sets_info(Task *task, u64 address, bool used)
{
    u32 count = ipc_count(task->kernel, IPC_SEM);
    struct seminfo info = {.semmap = 1024000000, .semmni = 32000, .semmns = 1024000000, .semmnu = 1024000000, .semmsl = 32000,
                           .semopm = MAX_OPERATIONS, .semume = MAX_OPERATIONS, .semusz = 20, .semvmx = MAX_VALUE,
                           .semaem = MAX_VALUE};
    if (used) {
        info.semusz = (int)count;
        info.semaem = 0;
        for (IpcObject *object = task->kernel->ipc_objects; object; object = object->next)
            info.semaem += object->kind == IPC_SEM ? (int)((SemaphoreSet *)object)->count : 0;
    }
    return copy_to_guest(task, address, &info, sizeof info) ? ipc_highest(count) : -EFAULT;
}

i64 sys_semctl(Task *task, const u64 *arg)
{
    IpcObject *object;
    u32 command = (u32)arg[2];
    if (command == IPC_INFO || command == SEM_INFO)
        return sets_info(task, arg[3], command == SEM_INFO);
    if (command == SEM_STAT || command == SEM_STAT_ANY) {
        i64 found = ipc_at(task, IPC_SEM, (i32)arg[0], command == SEM_STAT ? 4 : 0, &object);
        found = found ? found : set_control(task, (SemaphoreSet *)object, IPC_STAT, arg[3]);
        return found ? found : object->id;
    }
    bool writes = command == SETVAL || command == SETALL, owner = command == IPC_SET || command == IPC_RMID;
    i64 result = ipc_find(task, IPC_SEM, (i32)arg[0], writes ? 2 : owner ? 0 : 4, &object);
    if (result)
        return result;
    SemaphoreSet *set = (SemaphoreSet *)object;
    switch (command) {
    case GETALL:
    case SETALL: return all_values(task, set, arg[3], command == SETALL);
    case GETVAL: case GETPID: case GETNCNT: case GETZCNT:
    case SETVAL: return one_value(task, set, (u32)arg[1], command, arg[3]);
    case IPC_STAT: case IPC_SET:
    case IPC_RMID: return set_control(task, set, command, arg[3]);
    default: return -EINVAL;
    }
}
