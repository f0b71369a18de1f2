/* The main loop: who runs, what the processor came back with, and when the machine stops. */
#include "kernel/run.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/log.h"
#include "cpu/debug.h"
#include "kernel/credentials.h"
#include "kernel/debug.h"
#include "kernel/events.h"
#include "kernel/host_log.h"
#include "kernel/host_signals.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/strace.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"
#include "kernel/timer.h"

enum { LOOK_EXITS = 256, LOOK_INSNS = 100000 };

void kernel_stop(Kernel *kernel, KernelStopKind kind)
{
    const Task *task = kernel->current;
    kernel->stop = (KernelStop){.kind = kind, .pid = task ? task->process->pid : 0, .tid = task ? task->tid : 0};
    kernel->stopping = true;
}

u32 kernel_orphans(const Kernel *kernel)
{
    u32 count = 0;
    for (const Process *process = kernel->processes; process; process = process->next)
        count += process != kernel->init && !process->zombie;
    return count;
}

/* Who sends a deadly signal from outside (timeout(1), a shell's kill %1) usually means the whole job, that is the emulator's
 * process group, and cannot be told apart from who means one process. So what is left of the first process's group dies with
 * it, and no runaway stays behind; what has left the group lives on, as natively. */
static void end_job(Kernel *kernel, i32 signo)
{
    if (kernel->from_outside & SIGNAL_BIT(signo))
        signal_send_group(kernel, kernel->init->pgid, &(SigInfo){.signo = signo, .code = SI_USER});
}

/* The first process has ended: its status is the machine's. Told once, and again when the orphans have ended too. */
static void stop_with_status(Kernel *kernel)
{
    kernel->end_told = true;
    i32 status = kernel->init->exit_status;
    kernel_stop(kernel, WIFEXITED(status) ? KERNEL_EXITED : KERNEL_KILLED);
    kernel->stop.pid = kernel->stop.tid = kernel->init->pid;
    kernel->stop.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    kernel->stop.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (kernel->stop.signal)
        end_job(kernel, kernel->stop.signal);
    kernel->stop.core = WIFSIGNALED(status) && signal_default(WTERMSIG(status)) == ACTION_CORE;
}

/* Lets the structures of dead tasks go. Only here, where nobody holds a pointer to them. */
static void reap_current(Kernel *kernel)
{
    Task *task = kernel->current;
    if (task && task->state == TASK_DEAD)
        sched_switch(kernel, NULL);
    for (Task *dead = kernel->tasks, *next; dead && kernel->dead_tasks; dead = next) {
        next = dead->next;
        if (dead->state == TASK_DEAD) {
            task_destroy(dead);
            kernel->dead_tasks--;
        }
    }
}

/* Breakpoints lie at addresses, whoever's: a process that the debugger has let go of passes them. */
static bool looked_at(const Task *task) { return !task->kernel->events || !task->process->untraced; }

static void stop_at_watch(Kernel *kernel)
{
    kernel_stop(kernel, KERNEL_WATCH);
    watch_report(kernel);
}

/* The program has left user mode, or a call that was parked goes on. */
static void count_exit(Kernel *kernel)
{
    if (++kernel->exits_since_look >= LOOK_EXITS || kernel->cpu.stats.insns >= kernel->look_at)
        kernel->look_due = true;
}

/* All that happens before a task's next instruction: its first steps, its parked call, its signals. false: it does not run
 * now (ended, parked again, stopped), or the machine stops. */
static bool prepare(Kernel *kernel, Task *task)
{
    if (UNLIKELY(task->fresh)) {
        task->fresh = false;
        copy_to_guest(task, task->set_child_tid, &task->tid, 4);
    }
    if (task->rseq_check && task->rseq && !rseq_preempted(task))
        signal_force(task, &(SigInfo){.signo = SIGSEGV, .code = SI_KERNEL});
    task->rseq_check = false;
    if (task->call.active) {
        count_exit(kernel);
        syscall_resume(task);
        if (UNLIKELY(kernel->watches) && watch_from_call(kernel) && looked_at(task))
            stop_at_watch(kernel);
    }
    task->handler_entered = false;
    if (UNLIKELY(!kernel->stopping && task->state == TASK_RUNNABLE && signal_work(task)) && !signal_deliver(task)) {
        kernel->stopping = true; /* signal_deliver has filled kernel->stop, or posted an event */
        return false;
    }
    if (UNLIKELY(task->step && (task->step_over || task->handler_entered)))
        event_stepped(task);
    return !kernel->stopping && task->state == TASK_RUNNABLE && !task->process->stopped;
}

/* A ROM's end: it may handle SIGSEGV itself, so this is seen in front of any signal. */
static bool at_hlt(Task *task)
{
    enum { HLT = 0xf4 };
    u8 opcode = 0;
    return task->kernel->config.stop_at_hlt && task->kernel->cpu.exception.vector == VECTOR_GP &&
           copy_from_guest(task, &opcode, task_registers(task)->rip, 1) && opcode == HLT;
}

static void handle_exit(Kernel *kernel, Task *task, CpuExit exit)
{
    if (exit == CPU_EXIT_SYSCALL || exit == CPU_EXIT_EXCEPTION)
        count_exit(kernel);
    switch (exit) {
    case CPU_EXIT_SYSCALL:
        syscall_enter(task);
        if (UNLIKELY(kernel->watches) && watch_from_call(kernel) && looked_at(task))
            stop_at_watch(kernel);
        break;
    case CPU_EXIT_EXCEPTION:
        if (at_hlt(task))
            kernel_stop(kernel, KERNEL_HALTED);
        else
            exception_signal(task, &kernel->cpu.exception);
        break;
    case CPU_EXIT_BREAKPOINT:
        if (looked_at(task))
            kernel_stop(kernel, KERNEL_BREAKPOINT);
        else
            task->pass_breakpoint = true;
        break;
    case CPU_EXIT_WATCH:
        if (looked_at(task))
            stop_at_watch(kernel);
        break;
    case CPU_EXIT_BUDGET:
    case CPU_EXIT_INTERRUPT: break; /* the loop looks at what is due */
    }
}

/* Runs the current task until its turn, its budget or its patience ends. */
static void run_task(Kernel *kernel, Task *task, u64 end)
{
    Cpu *cpu = &kernel->cpu;
    u64 before = cpu->stats.insns, budget = kernel->slice_left;
    if (budget > end - before)
        budget = end - before;
    if (UNLIKELY(task->step))
        budget = 1;
    cpu_pass_breakpoint(cpu, task->pass_breakpoint || kernel->pass_breakpoint);
    CpuExit exit = cpu_run(cpu, budget);
    task->pass_breakpoint = task->pass_breakpoint && cpu_passes_breakpoint(cpu);
    kernel->pass_breakpoint = kernel->pass_breakpoint && cpu_passes_breakpoint(cpu);
    bool retired = cpu->stats.insns != before;
    sched_account(kernel, cpu->stats.insns - before);
    handle_exit(kernel, task, exit);
    if (UNLIKELY(task->step && retired))
        event_stepped(task);
    if (kernel->slice_left == 0 || task->state == TASK_PARKED) /* also for who always gives up its turn early */
        timers_run_cpu(task);
}

static bool timed_out(Kernel *kernel)
{
    bool replay = kernel->config.log && kernel->config.log->mode == HOST_REPLAY;
    return !replay && kernel->config.timeout_ns && host_elapsed(kernel) >= kernel->config.timeout_ns;
}

/* Is it time to look around? At the end of a turn; and after as much work by tasks that all give up theirs early, for whom
 * deadlines and descriptors would never come. Signals end a turn early, but not where they are logged by number of looks. */
static bool turn_over(const Kernel *kernel)
{
    return kernel->slice_left == 0 || kernel->look_due || (kernel->host_signals && !kernel->config.log);
}

/* Between turns: time, descriptors, host signals. Never because somebody wants to stop: a run must ask the host the same
 * questions however often it is interrupted on its way. */
static void look_around(Kernel *kernel)
{
    kernel->exits_since_look = 0;
    kernel->look_due = false;
    kernel->look_at = kernel->cpu.stats.insns + LOOK_INSNS;
    sched_poll(kernel);
    if (timed_out(kernel))
        kernel_stop(kernel, KERNEL_TIMEOUT);
}

static bool asked_to_stop(Kernel *kernel)
{
    if (kernel->interrupted) {
        kernel->interrupted = 0;
        kernel_stop(kernel, KERNEL_INTERRUPTED);
    } else if (kernel->config.log && kernel->config.log->broken) {
        kernel_stop(kernel, KERNEL_LOG_END);
    }
    return kernel->stopping;
}

/* Nobody can run now: waits for the host. */
static void wait_for_host(Kernel *kernel, u64 end)
{
    if (kernel->cpu.stats.insns >= end)
        kernel_stop(kernel, KERNEL_INSN_LIMIT);
    else if (!sched_idle(kernel))
        kernel_stop(kernel, KERNEL_DEADLOCK);
    else
        look_around(kernel);
}

static KernelStop told(Kernel *kernel)
{
    KernelStop event;
    return event_next(kernel, &event) ? event : kernel->stop;
}

/* Instruction limits stop the machine where the next instruction would be executed, or where nobody can run: switches, wakes
 * and signals that are due have happened by then, so a count names one state. */
static void run_loop(Kernel *kernel, u64 max_insns)
{
    u64 start = kernel->cpu.stats.insns, end = max_insns > UINT64_MAX - start ? UINT64_MAX : start + max_insns;
    if (kernel->config.max_insns && kernel->config.max_insns < end)
        end = kernel->config.max_insns;
    kernel->stopping = false;
    kernel->pass_breakpoint = max_insns == 1 && !kernel->strict_breakpoints; /* who makes single steps stands at breakpoints and wants to get on */
    while (!kernel->stopping) {
        reap_current(kernel);
        if (kernel->init_ended && (!kernel->end_told || !kernel_orphans(kernel))) {
            stop_with_status(kernel);
            break;
        }
        if (asked_to_stop(kernel))
            break;
        if (turn_over(kernel))
            look_around(kernel);
        Task *task = kernel->stopping ? NULL : sched_pick(kernel);
        if (task && prepare(kernel, task)) {
            if (kernel->cpu.stats.insns >= end)
                kernel_stop(kernel, KERNEL_INSN_LIMIT);
            else
                run_task(kernel, task, end);
        } else if (!task && !kernel->stopping) {
            wait_for_host(kernel, end);
        }
    }
}

static KernelStop run(Kernel *kernel, u64 max_insns)
{
    if (kernel->current)
        credentials_use(kernel->current);
    run_loop(kernel, max_insns);
    credentials_leave(kernel);
    return told(kernel);
}

KernelStop kernel_run(Kernel *kernel, u64 max_insns)
{
    if (kernel->events && kernel->events->count)
        return told(kernel);
    KernelScope scope = kernel_enter(&kernel->config);
    KernelStop stop = run(kernel, max_insns);
    kernel_leave(scope);
    return stop;
}

void kernel_interrupt(Kernel *kernel)
{
    kernel->interrupted = 1;
    host_wake(kernel->wake_fd); /* it may sleep */
    cpu_interrupt(&kernel->cpu);
}
