/* The table as data, and dispatch: from registers to a handler, and from its result back to registers. */
#include "kernel/syscalls.h"

#include <errno.h>

#include "base/heap.h"
#include "base/log.h"
#include "kernel/events.h"
#include "kernel/paging.h"
#include "kernel/sched.h"
#include "kernel/seccomp.h"
#include "kernel/strace.h"

static const Syscall rows[] = {
#define SYSCALL(number, name, ...) [number] = {#name, sys_##name, 0, NULL, {__VA_ARGS__}},
#define PARTLY(number, name, lacks, ...) [number] = {#name, sys_##name, 0, lacks, {__VA_ARGS__}},
#define REFUSED(number, name, error, ...) [number] = {#name, NULL, error, NULL, {__VA_ARGS__}},
#define MISSING(number, name, ...) [number] = {#name, NULL, 0, NULL, {__VA_ARGS__}},
#include "kernel/syscalls.def"
#undef SYSCALL
#undef PARTLY
#undef REFUSED
#undef MISSING
};

const Syscall *syscall_row(u64 number)
{
    return number < ARRAY_LEN(rows) && rows[number].name ? &rows[number] : NULL;
}

u32 syscall_count(void) { return ARRAY_LEN(rows); }

static i64 unimplemented(u64 number, const Syscall *row)
{
    if (row && row->refusal)
        return -row->refusal;
    if (row)
        log_unimplemented(0x5ca11ull << 32 | number, "system call %s (%llu) is not implemented", row->name,
                          (unsigned long long)number);
    return -ENOSYS;
}

static void finish(Task *task, i64 result)
{
    Call *call = &task->call;
    if (task->kernel->strace)
        strace_exit(task, result);
    call->active = false;
    if (call->file)
        file_call_ended(task);
    heap_free(call->data);
    call->data = NULL;
    if (UNLIKELY(task->kernel->events != NULL))
        event_call_return(task, result);
    if (result == SYS_NORETURN || result == SYS_EXECED)
        return;
    bool restart = result == SYS_RESTARTSYS || result == SYS_RESTARTNOINTR || result == SYS_RESTARTNOHAND ||
                   result == SYS_RESTART_BLOCK;
    task->restart_result = restart ? result : 0;
    if (result == SYS_RESTART_BLOCK) {
        task->restart_call = *call;
        task->restart_call.active = true;
    }
    task_registers(task)->r[RAX] = (u64)result;
}

static void call_handler(Task *task)
{
    const Syscall *row = syscall_row(task->call.number);
    i64 result;
    if (UNLIKELY(!row || !row->function)) {
        finish(task, unimplemented(task->call.number, row));
        return;
    }
    while ((result = row->function(task, task->call.arg)) == SYS_BLOCK) {
        if (!signal_waiting(task)) {
            sched_park(task);
            return;
        }
        wait_clear(task);
        if (task->woken == WOKEN_SIGNAL) { /* the handler has had its last chance */
            result = -EINTR;
            break;
        }
        task->woken = WOKEN_SIGNAL;
    }
    wait_clear(task); /* what a handler noted before it found that it need not wait */
    finish(task, result);
}

static void run_handler(Task *task)
{
    Kernel *kernel = task->kernel; /* the call may end its task */
    call_handler(task);
    if (UNLIKELY(kernel->paging != NULL))
        paging_unpin(kernel);
}

void syscall_enter(Task *task)
{
    const u64 *r = task->kernel->cpu.r;
    task->call = (Call){.number = (u64)(i32)r[RAX], /* only the low half counts: entry_64.S */
                        .arg = {r[RDI], r[RSI], r[RDX], r[R10], r[R8], r[R9]}, .active = true};
    task->woken = WOKEN_NOT;
    task->system_calls++;
    if (UNLIKELY(task->kernel->strace != NULL))
        strace_enter(task);
    i64 refused;
    if (UNLIKELY(task->seccomp_mode != 0) && !seccomp_allows(task, &refused))
        finish(task, refused);
    else if (LIKELY(!task->kernel->events) || !event_call_entry(task))
        run_handler(task);
}

void syscall_resume(Task *task)
{
    if (UNLIKELY(task->call_entered)) { /* a debugger may have changed what it is to do */
        const u64 *r = task_registers(task)->r, arg[6] = {r[RDI], r[RSI], r[RDX], r[R10], r[R8], r[R9]};
        memcpy(task->call.arg, arg, sizeof arg);
        task->call_entered = false;
    }
    run_handler(task);
}

void syscall_interrupt(Task *task)
{
    const Syscall *row = syscall_row(task->call.number);
    i64 result = row && row->function ? row->function(task, task->call.arg) : -ENOSYS;
    wait_clear(task);
    finish(task, result == SYS_BLOCK ? -EINTR : result);
}

/* restart_syscall(2): the call that a signal without a handler interrupted goes on with the deadline that it had. */
i64 sys_restart_syscall(Task *task, const u64 *arg)
{
    (void)arg;
    const Call *old = &task->restart_call;
    const Syscall *row = syscall_row(old->number);
    if (!old->active || !row || !row->function)
        return -EINTR;
    bool open = task->call.strace_open;
    task->call = *old;
    task->call.strace_open = open;
    task->restart_call.active = false;
    return row->function(task, task->call.arg);
}
