/* Questions about the machine and small state of a thread: uname, sysinfo, prctl, arch_prctl, getrandom, rseq … */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/bits.h"
#include "kernel/host.h"
#include "kernel/paging.h"
#include "kernel/sched.h"
#include "kernel/seccomp.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"
#include "kernel/time_types.h"

/* uname(2): the host's names, but of the release whose calls are emulated when the host's is not Linux on x86-64. */
i64 sys_uname(Task *task, const u64 *arg)
{
    struct utsname name;
    if (host_uname(&name))
        return -errno;
    snprintf(name.machine, sizeof name.machine, "x86_64");
    if (task->kernel->config.deterministic) {
        snprintf(name.nodename, sizeof name.nodename, "emu");
        snprintf(name.release, sizeof name.release, "6.1.0-emu");
        snprintf(name.version, sizeof name.version, "#1 SMP PREEMPT_DYNAMIC");
    }
    return copy_to_guest(task, arg[0], &name, sizeof name) ? 0 : -EFAULT;
}

/* sysinfo(2): guest RAM is the machine's memory. */
i64 sys_sysinfo(Task *task, const u64 *arg)
{
    Kernel *kernel = task->kernel;
    struct { i64 uptime; u64 loads[3], total, free, shared, buffer, total_swap, free_swap; u16 processes, pad; u32 pad2;
             u64 total_high, free_high; u32 unit; } info = {
        .uptime = (i64)(kernel_monotonic(kernel) / SECOND), .total = kernel->config.claimed_memory,
        .total_swap = swap_total(kernel), .free_swap = swap_total(kernel) - swap_in_use(kernel),
        .free = kernel_free_memory(kernel), .processes = (u16)kernel->task_count, .unit = 1};
    _Static_assert(sizeof info == 112, "struct sysinfo");
    return copy_to_guest(task, arg[0], &info, sizeof info) ? 0 : -EFAULT;
}

/* getrandom(2): never short, never blocking; big requests end early only for a signal, which costs nothing to ignore. */
i64 sys_getrandom(Task *task, const u64 *arg)
{
    u64 size = arg[1] < 0x1ffffff ? arg[1] : 0x1ffffff, done = 0;
    u8 buffer[1024];
    if (arg[2] & ~(u64)(GRND_NONBLOCK | GRND_RANDOM | 4 /* GRND_INSECURE */) || (arg[2] & 6) == 6)
        return -EINVAL;
    while (done < size) {
        u64 piece = size - done < sizeof buffer ? size - done : sizeof buffer;
        kernel_random(task->kernel, buffer, piece);
        u64 moved = copy_to_guest_partial(task, arg[0] + done, buffer, piece);
        done += moved;
        if (moved < piece)
            return done ? (i64)done : -EFAULT;
    }
    return (i64)done;
}

/* arch_prctl(2) */
i64 sys_arch_prctl(Task *task, const u64 *arg)
{
    enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS, GET_CPUID = 0x1011, SET_CPUID };
    u64 *r = task_registers(task)->r;
    switch (arg[0]) {
    case SET_FS:
    case SET_GS:
        if (arg[1] >= USER_LIMIT)
            return -EPERM;
        r[(arg[0] == SET_FS ? SLOT_FS : SLOT_GS) / 8] = arg[1];
        return 0;
    case GET_FS: return copy_to_guest(task, arg[1], &r[SLOT_FS / 8], 8) ? 0 : -EFAULT;
    case GET_GS: return copy_to_guest(task, arg[1], &r[SLOT_GS / 8], 8) ? 0 : -EFAULT;
    case GET_CPUID: return 1;
    case SET_CPUID: return arg[1] ? 0 : -ENODEV;
    default: return -EINVAL;
    }
}

/* personality(2) */
i64 sys_personality(Task *task, const u64 *arg)
{
    u64 old = task->personality;
    if ((u32)arg[0] != 0xffffffff)
        task->personality = (u32)arg[0];
    return (i64)old;
}

/* PR_SET_MM: what programs use of it is asking whether it is allowed (CAP_SYS_RESOURCE). */
static i64 set_mm(Task *task) { return task->credentials.euid ? -EPERM : -EINVAL; }

static i64 prctl_name(Task *task, bool set, u64 address)
{
    if (!set)
        return copy_to_guest(task, address, task->comm, sizeof task->comm) ? 0 : -EFAULT;
    char name[sizeof task->comm] = {0};
    i64 length = string_from_guest(task, name, address, sizeof name - 1);
    if (length == -EFAULT)
        return length;
    name[sizeof name - 1] = 0;
    memcpy(task->comm, name, sizeof name);
    return 0;
}

static i64 put_int(Task *task, u64 address, i32 value) { return copy_to_guest(task, address, &value, 4) ? 0 : -EFAULT; }

/* prctl(2) */
i64 sys_prctl(Task *task, const u64 *arg)
{
    Process *process = task->process;
    switch ((i32)arg[0]) {
    case PR_SET_NAME: return prctl_name(task, true, arg[1]);
    case PR_GET_NAME: return prctl_name(task, false, arg[1]);
    case PR_SET_PDEATHSIG:
        if (arg[1] > SIGNALS)
            return -EINVAL;
        process->parent_death_signal = (i32)arg[1];
        return 0;
    case PR_GET_PDEATHSIG: return put_int(task, arg[1], process->parent_death_signal);
    case PR_GET_DUMPABLE: return process->dumpable;
    case PR_SET_DUMPABLE:
        if (arg[1] > 1)
            return -EINVAL;
        process->dumpable = arg[1];
        return 0;
    case PR_SET_CHILD_SUBREAPER: process->child_subreaper = arg[1] != 0; return 0;
    case PR_GET_CHILD_SUBREAPER: return put_int(task, arg[1], process->child_subreaper);
    case PR_SET_NO_NEW_PRIVS:
        if (arg[1] != 1 || arg[2] || arg[3] || arg[4])
            return -EINVAL;
        process->no_new_privs = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS: return arg[1] || arg[2] || arg[3] || arg[4] ? -EINVAL : process->no_new_privs;
    case PR_SET_TIMERSLACK: task->timer_slack = arg[1] ? arg[1] : 50000; return 0;
    case PR_GET_TIMERSLACK: return (i64)task->timer_slack;
    case PR_CAPBSET_READ: return arg[1] > 40 ? -EINVAL : (i64)(task->kernel->bound_capabilities >> arg[1] & 1);
    case PR_CAPBSET_DROP: return arg[1] > 40 ? -EINVAL : task->credentials.euid ? -EPERM : 0;
    case PR_GET_KEEPCAPS: return process->keep_caps;
    case PR_SET_KEEPCAPS:
        if (arg[1] > 1)
            return -EINVAL;
        process->keep_caps = arg[1];
        return 0;
    case PR_GET_SECUREBITS: return 0;
    case PR_GET_SECCOMP: return task->seccomp_mode;
    case PR_SET_SECCOMP: return seccomp_set(task, arg[1], arg[2]);
    case PR_GET_TSC: return put_int(task, arg[1], PR_TSC_ENABLE);
    case PR_SET_TSC: return arg[1] == PR_TSC_ENABLE ? 0 : -EINVAL;
    case PR_GET_TID_ADDRESS: return copy_to_guest(task, arg[1], &task->clear_child_tid, 8) ? 0 : -EFAULT;
    case PR_GET_THP_DISABLE: return 0;
    case PR_SET_THP_DISABLE: return 0;
    case PR_SET_MM: return set_mm(task);
    case PR_CAP_AMBIENT: return arg[1] == PR_CAP_AMBIENT_IS_SET ? (arg[2] > 40 ? -EINVAL : 0) :
        arg[1] == PR_CAP_AMBIENT_CLEAR_ALL ? 0 : -EPERM;
    case 0x53564d41: /* PR_SET_VMA: names for anonymous memory, if the kernel was built to keep them */
        return -EINVAL;
    default: return -EINVAL;
    }
}

/* rseq(2): registration is kept, and cpu_id says 0. With one task at a time a critical section is aborted only by being
 * preempted or signalled in it; see rseq_preempted(). */
i64 sys_rseq(Task *task, const u64 *arg)
{
    u64 address = arg[0];
    u32 size = (u32)arg[1], flags = (u32)arg[2], signature = (u32)arg[3];
    if (flags & 1) { /* RSEQ_FLAG_UNREGISTER */
        if (flags & ~1u || task->rseq != address || !address)
            return -EINVAL;
        if (task->rseq_size != size)
            return -EINVAL;
        if (task->rseq_signature != signature)
            return -EPERM;
        struct { u32 start, id; } reset = {0, UINT32_MAX};
        if (!copy_to_guest(task, address, &reset, sizeof reset))
            return -EFAULT;
        task->rseq = 0;
        return 0;
    }
    if (flags)
        return -EINVAL;
    if (task->rseq) {
        if (task->rseq != address || task->rseq_size != size)
            return -EINVAL;
        return task->rseq_signature != signature ? -EPERM : -EBUSY;
    }
    if (size != 32 || (address & 31))
        return -EINVAL;
    if (!guest_range_ok(address, size))
        return -EFAULT;
    struct { u32 start, id; } here = {0, 0};
    if (!copy_to_guest(task, address, &here, sizeof here))
        return -EFAULT;
    task->rseq = address;
    task->rseq_size = size;
    task->rseq_signature = signature;
    return 0;
}

/* The task was preempted or gets a signal: if it stands in a critical section, it goes on at the abort handler. rseq(2);
 * struct rseq: cpu_id_start, cpu_id, rseq_cs …; struct rseq_cs: version, flags, start, length, abort. */
bool rseq_preempted(Task *task)
{
    u64 section, cs[4];
    u32 signature;
    CpuState *cpu = task_registers(task);
    if (!copy_from_guest(task, &section, task->rseq + 8, 8))
        return false;
    if (!section)
        return true;
    if (!copy_from_guest(task, cs, section, sizeof cs) || cs[3] >= USER_LIMIT || (u32)cs[0] != 0)
        return false;
    if (cpu->rip - cs[1] < cs[2]) {
        if (!copy_from_guest(task, &signature, cs[3] - 4, 4) || signature != task->rseq_signature)
            return false;
        cpu->rip = cs[3];
    }
    u64 none = 0;
    return copy_to_guest(task, task->rseq + 8, &none, 8);
}

/* iopl(2), ioperm(2): level 0 and giving up what one does not have are no privileges. */
i64 sys_iopl(Task *task, const u64 *arg) { (void)task; return (u32)arg[0] > 3 ? -EINVAL : (u32)arg[0] ? -EPERM : 0; }
i64 sys_ioperm(Task *task, const u64 *arg)
{
    (void)task;
    return arg[0] + arg[1] <= arg[0] || arg[0] + arg[1] > 65536 ? -EINVAL : arg[2] ? -EPERM : 0;
}

/* pkeys(7): the processor has none. */
i64 sys_pkey_alloc(Task *task, const u64 *arg) { (void)task; return arg[0] || (arg[1] & ~3ull) ? -EINVAL : -ENOSPC; }
i64 sys_pkey_free(Task *task, const u64 *arg) { (void)task; (void)arg; return -EINVAL; }
i64 sys_pkey_mprotect(Task *task, const u64 *arg)
{
    if ((i32)arg[3] == -1)
        return sys_mprotect(task, arg);
    if ((arg[0] & (PAGE_SIZE - 1)) || !arg[1]) /* looked at before the key is. mm/mprotect.c, do_mprotect_pkey() */
        return arg[1] ? -EINVAL : 0;
    return arg[0] + bits_align_up(arg[1], PAGE_SIZE) <= arg[0] ? -ENOMEM : -EINVAL;
}
