/* What debuggers ask (emu_debug.h): thin names over kernel/events.h. */
#include "emu/emu_debug.h"

#include <signal.h>

#include "cpu/debug.h"
#include "emu/machine.h"
#include "emu/record.h"
#include "kernel/debug.h"
#include "kernel/events.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/task.h"

/* ---- what stops ------------------------------------------------------------------------------------------------ */

static void let_go(Process *process)
{
    process->untraced = true;
    for (Task *task = process->threads; task; task = task->next_thread) {
        task_step(task, false);
        task_hold(task, false);
    }
}

bool emu_trace(Emu *emu, const EmuTrace *trace)
{
    Kernel *kernel = emu->kernel;
    bool new = !kernel->events;
    if (!trace) {
        for (Process *process = kernel->processes; process; process = process->next)
            let_go(process);
        events_destroy(kernel);
        return true;
    }
    Events *events = events_get(kernel);
    if (!events)
        return false;
    events->signals = trace->signals;
    events->forks = trace->forks;
    events->execs = trace->execs;
    events->ends = trace->ends;
    events->calls = trace->calls;
    events->some_calls = trace->numbers != NULL;
    memset(events->call_set, 0, sizeof events->call_set);
    for (uint32_t i = 0; trace->numbers && i < trace->number_count; i++)
        if (trace->numbers[i] < EVENT_CALLS)
            events->call_set[trace->numbers[i] / 8] |= (u8)(1u << trace->numbers[i] % 8);
    for (Process *process = kernel->processes; new && process; process = process->next)
        process->untraced = false;
    return true;
}

bool emu_trace_process(Emu *emu, int pid, bool traced)
{
    Process *process = machine_process(emu, pid);
    if (!process)
        return false;
    if (traced)
        process->untraced = false;
    else
        let_go(process);
    return true;
}

bool emu_hold(Emu *emu, int tid, bool held)
{
    Task *task = machine_task(emu, tid);
    if (!task)
        return false;
    if (task->held != held && record_may_change(emu)) /* in the past everybody runs as they did */
        task_hold(task, held);
    return true;
}

bool emu_step(Emu *emu, int tid, bool step, bool first)
{
    Task *task = machine_task(emu, tid);
    if (!task)
        return false;
    task_step(task, step);
    if (step && first && task != emu->kernel->current && record_may_change(emu))
        sched_run_next(task);
    return true;
}

bool emu_pass_breakpoint(Emu *emu, int tid)
{
    Task *task = machine_task(emu, tid);
    if (!task)
        return false;
    task->pass_breakpoint = true;
    return true;
}

bool emu_watchpoint_in(Emu *emu, int pid, uint64_t address, uint64_t size, uint32_t access, bool set)
{
    Process *process = machine_process(emu, pid);
    u32 kinds = (access & EMU_MAP_READ ? VMA_READ : 0) | (access & EMU_MAP_WRITE ? VMA_WRITE : 0);
    if (!process || !process->space || !watch_set(process->space, address, size, kinds, set))
        return false;
    if (emu->record)
        record_watchpoint(emu->record, process->pid, address, size, kinds, set);
    return true;
}

bool emu_watchpoint(Emu *emu, uint64_t address, uint64_t size, uint32_t access, bool set)
{
    return emu_watchpoint_in(emu, 0, address, size, access, set);
}

/* ---- signals --------------------------------------------------------------------------------------------------- */

int emu_pending_signal(Emu *emu, int tid)
{
    const Task *task = machine_task(emu, tid);
    return task && task->told ? task->told_signal.signo : 0;
}

bool emu_set_pending_signal(Emu *emu, int tid, int signal)
{
    Task *task = machine_task(emu, tid);
    if (!task || signal < 0 || signal > SIGNALS)
        return false;
    if (task->told && task->told_signal.signo == signal)
        return true;
    if (!signal && !task->told)
        return true;
    if (!record_may_change(emu))
        return false;
    task->told_signal = (SigInfo){.signo = signal, .code = SI_USER};
    task->told = true;
    if (signal && task->state == TASK_PARKED && !task->wait.killable)
        wake_task(task, WOKEN_SIGNAL);
    return true;
}

bool emu_signal_info(Emu *emu, int tid, void *info)
{
    const Task *task = machine_task(emu, tid);
    if (!task || !task->told)
        return false;
    memcpy(info, &task->told_signal, sizeof task->told_signal);
    return true;
}

bool emu_set_signal_info(Emu *emu, int tid, const void *info)
{
    Task *task = machine_task(emu, tid);
    SigInfo new;
    memcpy(&new, info, sizeof new);
    if (!task || !task->told || !record_may_change(emu) || new.signo < 0 || new.signo > SIGNALS)
        return false;
    task->told_signal = new;
    return true;
}

bool emu_kill(Emu *emu, int pid)
{
    Process *process = machine_process(emu, pid);
    if (!process || process->zombie || !record_may_change(emu))
        return false;
    KernelScope scope = record_look(emu);
    let_go(process);
    if (emu->kernel->current && emu->kernel->current->process == process)
        sched_switch(emu->kernel, NULL); /* it may be freed */
    process_kill(process, status_killed(SIGKILL, false));
    kernel_leave(scope);
    return true;
}

/* ---- system calls ---------------------------------------------------------------------------------------------- */

int64_t emu_call(Emu *emu, int tid)
{
    const Task *task = machine_task(emu, tid);
    return task && (task->call.active || task->restart_result) ? (i64)task->call.number : -1;
}

bool emu_set_call(Emu *emu, int tid, int64_t number)
{
    Task *task = machine_task(emu, tid);
    if (!task || !record_may_change(emu))
        return false;
    if (task->call.active) {
        if (task->call_entered)
            task->call.number = (u64)number;
        return task->call_entered;
    }
    i64 result = (i64)task_registers(task)->r[RAX];
    bool again = result == SYS_RESTARTSYS || result == SYS_RESTARTNOINTR || result == SYS_RESTARTNOHAND || result == SYS_RESTART_BLOCK;
    task->restart_result = number >= 0 && again ? result : 0;
    if (task->restart_result)
        task->call.number = (u64)number;
    return true;
}

bool emu_interrupt_call(Emu *emu, int tid)
{
    Task *task = machine_task(emu, tid);
    if (!task || !record_may_change(emu))
        return false;
    KernelScope scope = record_look(emu);
    bool ended = task_interrupt_call(task);
    kernel_leave(scope);
    return ended;
}
