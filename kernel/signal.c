/* Sending signals: dispositions, queues, who gets them, what happens at once (wake, continue). What a task does with them
 * is in signal_deliver.c, the system calls are in signal_calls.c. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/heap.h"
#include "kernel/events.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/task.h"

struct QueuedSignal {
    QueuedSignal *next;
    SigInfo info;
};

#define STOP_SIGNALS (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
/* Faults come first, whatever their number. kernel/signal.c, SYNCHRONOUS_MASK. */
#define SYNCHRONOUS \
    (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))

/* ---- dispositions --------------------------------------------------------------------------------------------------- */

Handlers *handlers_create(void)
{
    Handlers *handlers = heap_calloc(1, sizeof *handlers);
    if (handlers)
        handlers->refs = 1;
    return handlers;
}

Handlers *handlers_copy(const Handlers *handlers)
{
    Handlers *copy = heap_alloc(sizeof *copy);
    if (copy) {
        *copy = *handlers;
        copy->refs = 1;
    }
    return copy;
}

void handlers_unref(Handlers *handlers)
{
    if (--handlers->refs == 0)
        heap_free(handlers);
}

void handlers_reset(Handlers *handlers, bool keep_ignored)
{
    for (u32 i = 0; i < SIGNALS; i++) {
        bool ignored = handlers->actions[i].handler == (u64)SIG_IGN && keep_ignored;
        handlers->actions[i] = (SignalAction){.handler = (u64)(ignored ? SIG_IGN : SIG_DFL)};
    }
}

DefaultAction signal_default(i32 signo)
{
    switch (signo) {
    case SIGCHLD: case SIGURG: case SIGWINCH: return ACTION_IGNORE;
    case SIGCONT: return ACTION_CONTINUE;
    case SIGSTOP: case SIGTSTP: case SIGTTIN: case SIGTTOU: return ACTION_STOP;
    case SIGQUIT: case SIGILL: case SIGTRAP: case SIGABRT: case SIGFPE: case SIGSEGV: case SIGBUS: case SIGSYS: case SIGXCPU:
    case SIGXFSZ: return ACTION_CORE;
    default: return ACTION_TERMINATE;
    }
}

const char *signal_name(i32 signo)
{
    static const char *const names[SIGNAL_MIN_REALTIME] = {
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
        "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
        "SIGTTOU",
        "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    };
    static char text[16];
    if (signo >= 0 && signo < SIGNAL_MIN_REALTIME)
        return names[signo];
    if (signo == SIGNAL_MIN_REALTIME)
        return "SIGRTMIN";
    snprintf(text, sizeof text, signo > SIGNALS ? "%d" : "SIGRT_%d", signo > SIGNALS ? signo : signo - SIGNAL_MIN_REALTIME);
    return text;
}

/* ---- queues --------------------------------------------------------------------------------------------------------- */

static void recount(PendingSignals *pending)
{
    pending->set = 0;
    for (QueuedSignal *q = pending->first; q; q = q->next)
        pending->set |= SIGNAL_BIT(q->info.signo);
}

void signals_discard(PendingSignals *pending, u64 set)
{
    if (!(pending->set & set))
        return;
    for (QueuedSignal **link = &pending->first; *link;) {
        QueuedSignal *q = *link;
        if (set & SIGNAL_BIT(q->info.signo)) {
            *link = q->next;
            heap_free(q);
        } else {
            link = &q->next;
        }
    }
    recount(pending);
}

void signals_clear(PendingSignals *pending) { signals_discard(pending, ~0ull); }
u64 signals_pending(const Task *task) { return task->pending.set | task->process->pending.set; }
const void *signal_event(const Process *process) { return &process->pending; }

static u32 queue_length(const PendingSignals *pending)
{
    u32 n = 0;
    for (QueuedSignal *q = pending->first; q; q = q->next)
        n++;
    return n;
}

/* Appends. -EAGAIN: a real-time signal was sent with a value and the limit is reached. Without room or below the limit's
 * mercy an ordinary one is still noted, as Linux notes the bit: it just has no company. */
static i64 enqueue(Process *process, PendingSignals *pending, const SigInfo *info)
{
    i32 signo = info->signo;
    if (signo < SIGNAL_MIN_REALTIME && (pending->set & SIGNAL_BIT(signo)))
        return 0;
    bool realtime = signo >= SIGNAL_MIN_REALTIME;
    if (realtime && (pending->set & SIGNAL_BIT(signo)) && queue_length(pending) >= process->limits[LIMIT_SIGPENDING].soft)
        return info->code == SI_USER ? 0 : -EAGAIN;
    QueuedSignal *q = heap_alloc(sizeof *q);
    if (!q)
        return -EAGAIN;
    q->next = NULL;
    q->info = *info;
    QueuedSignal **end = &pending->first;
    while (*end)
        end = &(*end)->next;
    *end = q;
    pending->set |= SIGNAL_BIT(signo);
    return 0;
}

static bool take_from(PendingSignals *pending, u64 set, SigInfo *info)
{
    u64 candidates = pending->set & set;
    if (!candidates)
        return false;
    if (candidates & SYNCHRONOUS)
        candidates &= SYNCHRONOUS;
    i32 signo = __builtin_ctzll(candidates) + 1;
    for (QueuedSignal **link = &pending->first; *link; link = &(*link)->next)
        if ((*link)->info.signo == signo) {
            QueuedSignal *q = *link;
            *link = q->next;
            *info = q->info;
            heap_free(q);
            break;
        }
    recount(pending);
    return true;
}

SigInfo *signal_find_timer(PendingSignals *pending, i32 timer_id)
{
    for (QueuedSignal *q = pending->first; q; q = q->next)
        if (q->info.code == SI_TIMER && q->info.timer.timer_id == timer_id)
            return &q->info;
    return NULL;
}

bool signal_take(Task *task, u64 set, SigInfo *info)
{
    return take_from(&task->pending, set, info) || take_from(&task->process->pending, set, info);
}

bool signal_waiting(const Task *task)
{
    if (task->process->exiting)
        return true;
    u64 set = signals_pending(task) & ~task->blocked;
    return task->wait.killable ? set & SIGNAL_BIT(SIGKILL) : set != 0;
}

/* ---- sending -------------------------------------------------------------------------------------------------------- */

static bool ignored(const Process *process, const Task *target, i32 signo)
{
    if (target && (target->blocked & SIGNAL_BIT(signo)))
        return false; /* it may get a handler before it is unblocked */
    if (process->kernel->strace || (target && event_wants_signal(target, signo)))
        return false; /* who traces wants to see it, as a ptracer does; it will be ignored on delivery */
    u64 handler = process->handlers->actions[signo - 1].handler;
    return handler == (u64)SIG_IGN || (handler == (u64)SIG_DFL && signal_default(signo) == ACTION_IGNORE);
}

static void continue_process(Process *process)
{
    for (Task *task = process->threads; task; task = task->next_thread)
        signals_discard(&task->pending, STOP_SIGNALS);
    signals_discard(&process->pending, STOP_SIGNALS);
    if (!process->stopped)
        return;
    process->stopped = false;
    process->continued_pending = true;
    for (Task *task = process->threads; task; task = task->next_thread)
        sched_enqueue(task);
    process_notify_parent(process, SIGCHLD, CLD_CONTINUED, SIGCONT);
}

static void forget_continue(Process *process)
{
    for (Task *task = process->threads; task; task = task->next_thread)
        signals_discard(&task->pending, SIGNAL_BIT(SIGCONT));
    signals_discard(&process->pending, SIGNAL_BIT(SIGCONT));
}

static void wake_for_signal(Task *task)
{
    if (task->state == TASK_PARKED && signal_waiting(task))
        wake_task(task, WOKEN_SIGNAL);
}

/* Lets some thread notice: the leader if it can, else the first that does not block it. */
static void announce(Process *process, Task *target, i32 signo)
{
    if (signo == SIGKILL && process->stopped) {
        process->stopped = false;
        for (Task *task = process->threads; task; task = task->next_thread)
            sched_enqueue(task);
    }
    wake_event(process->kernel, signal_event(process), UINT32_MAX);
    if (target) {
        wake_for_signal(target);
        return;
    }
    Task *first = process->leader ? process->leader : process->threads;
    if (first && !(first->blocked & SIGNAL_BIT(signo))) {
        wake_for_signal(first);
        if (first->state == TASK_RUNNABLE && first->process->kernel->current != first)
            return;
    }
    for (Task *task = process->threads; task; task = task->next_thread)
        if (!(task->blocked & SIGNAL_BIT(signo)) && task->state == TASK_PARKED) {
            if (first && first->state != TASK_PARKED && !(first->blocked & SIGNAL_BIT(signo)))
                return; /* it runs and will take it */
            wake_for_signal(task);
            return;
        }
}

static i64 send(Process *process, Task *target, const SigInfo *info)
{
    i32 signo = info->signo;
    if (process->zombie || !process->handlers)
        return 0;
    if (signo == SIGCONT)
        continue_process(process);
    else if (STOP_SIGNALS & SIGNAL_BIT(signo))
        forget_continue(process);
    if (ignored(process, target ? target : process->leader ? process->leader : process->threads, signo))
        return 0;
    i64 result = enqueue(process, target ? &target->pending : &process->pending, info);
    if (!result)
        announce(process, target, signo);
    return result;
}

i64 signal_send_task(Task *task, const SigInfo *info) { return send(task->process, task, info); }
i64 signal_send_process(Process *process, const SigInfo *info) { return send(process, NULL, info); }

void signal_raise(Task *task, i32 signo) { send(task->process, task, &(SigInfo){.signo = signo, .code = SI_KERNEL}); }

void signal_send_group(Kernel *kernel, i32 pgid, const SigInfo *info)
{
    for (Process *process = kernel->processes; process; process = process->next)
        if (process->pgid == pgid)
            send(process, NULL, info);
}

void signal_force(Task *task, const SigInfo *info)
{
    SignalAction *action = &task->process->handlers->actions[info->signo - 1];
    bool blocked = task->blocked & SIGNAL_BIT(info->signo);
    if (blocked || action->handler == (u64)SIG_IGN) {
        action->handler = (u64)SIG_DFL;
        task->blocked &= ~SIGNAL_BIT(info->signo);
    }
    signals_discard(&task->pending, SIGNAL_BIT(info->signo));
    send(task->process, task, info);
}

SigInfo signal_info_user(Task *task, i32 signo, i32 code)
{
    return (SigInfo){.signo = signo, .code = code, .from = {.pid = task->process->pid, .uid = task->credentials.uid}};
}

bool signal_permitted(const Task *task, const Process *target, i32 signo)
{
    const Credentials *mine = &task->credentials, *its = &target->credentials;
    if (mine->euid == 0 || mine->euid == its->suid || mine->euid == its->uid || mine->uid == its->suid || mine->uid == its->uid)
        return true;
    return signo == SIGCONT && task->process->sid == target->sid;
}

i64 signal_send_checked(Task *task, Process *process, Task *thread, i32 signo, const SigInfo *info)
{
    if (signo < 0 || signo > SIGNALS)
        return -EINVAL;
    if (!signal_permitted(task, process, signo))
        return -EPERM;
    return signo ? send(process, thread, info) : 0;
}
