/* Events for a debugger (events.h). */
#include "kernel/events.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/syscalls.h"

#define FAULT_SIGNALS (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE))

Events *events_get(Kernel *kernel)
{
    if (!kernel->events)
        kernel->events = calloc(1, sizeof *kernel->events);
    return kernel->events;
}

void events_destroy(Kernel *kernel)
{
    if (kernel->events)
        free(kernel->events->queue);
    free(kernel->events);
    kernel->events = NULL;
}

/* Without memory the machine still stops, as if somebody had asked it to. */
static KernelStop *post(Kernel *kernel, i32 pid, i32 tid, KernelStopKind kind)
{
    Events *events = kernel->events;
    kernel->stopping = true;
    if (events->count == events->capacity) {
        u32 capacity = events->capacity * 2 + 8;
        KernelStop *grown = realloc(events->queue, capacity * sizeof *grown);
        if (!grown) {
            kernel->stop = (KernelStop){.kind = KERNEL_INTERRUPTED, .pid = pid, .tid = tid};
            return &kernel->stop;
        }
        events->queue = grown;
        events->capacity = capacity;
    }
    KernelStop *stop = &events->queue[events->count++];
    *stop = (KernelStop){.kind = kind, .pid = pid, .tid = tid};
    return stop;
}

KernelStop *event_post(const Task *task, KernelStopKind kind)
{
    return post(task->kernel, task->process->pid, task->tid, kind);
}

bool event_next(Kernel *kernel, KernelStop *stop)
{
    Events *events = kernel->events;
    if (!events || !events->count)
        return false;
    *stop = events->queue[0];
    events->count--;
    memmove(events->queue, events->queue + 1, events->count * sizeof *events->queue);
    return true;
}

static Events *told_to(const Task *task) { return task->process->untraced ? NULL : task->kernel->events; }

/* ---- signals ------------------------------------------------------------------------------------------------------ */

void event_describe_signal(const Task *task, const SigInfo *info, KernelStop *stop)
{
    stop->signal = info->signo;
    stop->signal_code = info->code;
    stop->signal_address = info->fault.address;
    stop->core = signal_default(info->signo) == ACTION_CORE;
    stop->from_cpu = task->has_exception && info->code > 0 && (FAULT_SIGNALS & SIGNAL_BIT(info->signo));
    stop->exception = task->exception;
}

bool event_wants_signal(const Task *task, i32 signo)
{
    const Events *events = told_to(task);
    return events && signo != SIGKILL && (events->signals & SIGNAL_BIT(signo));
}

bool event_signal(Task *task, const SigInfo *info)
{
    if (!event_wants_signal(task, info->signo))
        return false;
    task->told = true;
    task->told_signal = *info;
    event_describe_signal(task, info, event_post(task, KERNEL_SIGNAL));
    return true;
}

/* ---- system calls -------------------------------------------------------------------------------------------------- */

static bool call_wanted(const Task *task)
{
    const Events *events = told_to(task);
    u64 number = task->call.number;
    if (!events || !events->calls)
        return false;
    return !events->some_calls || (number < EVENT_CALLS && (events->call_set[number / 8] >> number % 8 & 1));
}

bool event_call_entry(Task *task)
{
    if (!call_wanted(task))
        return false;
    task->call_entered = true;
    event_post(task, KERNEL_CALL_ENTRY)->number = task->call.number;
    return true;
}

void event_call_return(Task *task, i64 result)
{
    if (result == SYS_EXECED && told_to(task) && task->kernel->events->execs)
        event_post(task, KERNEL_EXECED);
    if (task->state != TASK_DEAD && call_wanted(task))
        event_post(task, KERNEL_CALL_RETURN)->number = task->call.number;
}

bool task_interrupt_call(Task *task)
{
    Kernel *kernel = task->kernel;
    Task *other = kernel->current;
    if (!task->call.active || task->call_entered || task->wait.killable)
        return false;
    sched_dequeue(task);
    sched_switch(kernel, task);
    if (other && other != task)
        sched_enqueue(other);
    wake_task(task, WOKEN_SIGNAL);
    sched_dequeue(task);
    task->woken = WOKEN_SIGNAL;
    syscall_interrupt(task);
    return true;
}

/* ---- processes ------------------------------------------------------------------------------------------------------ */

void event_forked(Task *parent, Task *child, bool vfork)
{
    const Events *events = told_to(parent);
    if (child->process == parent->process)
        return;
    child->process->untraced = !events || !events->forks;
    if (child->process->untraced)
        return;
    child->held = true;
    event_post(parent, vfork ? KERNEL_VFORKED : KERNEL_FORKED)->child = child->process->pid;
}

void event_vfork_done(Task *parent)
{
    const Events *events = told_to(parent);
    if (events && events->forks)
        event_post(parent, KERNEL_VFORK_DONE);
}

void event_ended(Process *process, i32 status)
{
    const Events *events = process->kernel->events;
    if (!events || process->untraced || !events->ends || process == process->kernel->init)
        return;
    KernelStop *stop = post(process->kernel, process->pid, process->pid, KERNEL_ENDED);
    stop->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    stop->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/* ---- threads one by one --------------------------------------------------------------------------------------------- */

void event_stepped(Task *task)
{
    if (task->kernel->stopping) /* something else is told of it */
        return;
    if (task->state != TASK_RUNNABLE || task->call.active) {
        task->step_over = task->state != TASK_DEAD; /* when the call returns */
        return;
    }
    task->step = task->step_over = false;
    event_post(task, KERNEL_STEPPED);
}

void task_step(Task *task, bool step)
{
    task->step = step;
    task->step_over = step && task->call.active; /* its instruction was the one that called */
}

void task_hold(Task *task, bool held)
{
    if (task->held == held || task->state == TASK_DEAD)
        return;
    task->held = held;
    if (held)
        sched_dequeue(task);
    else if (task->kernel->current != task)
        sched_enqueue(task);
}
