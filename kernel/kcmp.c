/* kcmp(2): do two threads share what the kernel keeps for them? Its answer orders unequal things, so that programs can sort
 * them; we order by where the structures lie. */
#include <errno.h>
#include <linux/kcmp.h>

#include "kernel/credentials.h"
#include "kernel/fd.h"
#include "kernel/host.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"

/* 0 equal, 1 the first comes before the second, 2 behind it. */
static i64 order(const void *first, const void *second)
{
    return first == second ? 0 : (uintptr_t)first < (uintptr_t)second ? 1 : 2;
}

static OpenFile *file_of(const Task *task, u64 number)
{
    const Files *files = task->files;
    return files && number < files->capacity ? files->slots[number].file : NULL;
}

/* Descriptions that came by different ways, as by SCM_RIGHTS, may be one on the host. */
static i64 compare_files(const Task *first, const Task *second, const u64 *numbers)
{
    OpenFile *one = file_of(first, numbers[0]), *other = file_of(second, numbers[1]);
    if (!one || !other)
        return -EBADF;
    bool host = one != other && !one->ops && !other->ops;
    return host && host_same_description(one->host_fd, other->host_fd) ? 0 : order(one, other);
}

i64 sys_kcmp(Task *task, const u64 *arg)
{
    const Task *first = task_find(task->kernel, (i32)arg[0]), *second = task_find(task->kernel, (i32)arg[1]);
    if (!first || !second)
        return -ESRCH;
    if (!credentials_may_inspect(task, first->process) || !credentials_may_inspect(task, second->process))
        return -EPERM;
    switch ((i32)arg[2]) {
    case KCMP_FILE: return compare_files(first, second, &arg[3]);
    case KCMP_VM: return order(first->process->space, second->process->space);
    case KCMP_FILES: return order(first->files, second->files);
    case KCMP_FS: return order(first->fs, second->fs);
    case KCMP_SIGHAND: return order(first->process->handlers, second->process->handlers);
    case KCMP_IO:
    case KCMP_SYSVSEM: return order(first->process, second->process);
    default: return -EINVAL;
    }
}
