/* Out of guest memory: the biggest process goes, so that the others live. The host is never asked for more. */
#include "kernel/oom.h"

#include <signal.h>

#include "base/log.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/strace.h"
#include "kernel/task.h"

static Process *find_victim(Kernel *kernel)
{
    Process *victim = NULL;
    for (Process *process = kernel->processes; process; process = process->next) {
        if (!process->space || process->exiting || process->oom_score_adjust <= -1000)
            continue;
        if (!victim || process->space->resident >= victim->space->resident)
            victim = process; /* of equals the youngest */
    }
    return victim;
}

bool oom_kill(Task *task)
{
    Kernel *kernel = task->kernel;
    Process *victim = find_victim(kernel);
    if (!victim)
        victim = task->process;
    if (!(victim == task->process && (task->pending.set & SIGNAL_BIT(SIGKILL)))) {
        const Task *any = victim->leader ? victim->leader : victim->threads;
        log_message(LOG_GUEST, "out of guest memory (%llu MiB): killed process %d (%s), which held %llu KiB; --mem gives more",
                    (unsigned long long)(kernel->phys.size >> 20), victim->pid, any ? any->comm : "?",
                    (unsigned long long)(victim->space ? victim->space->resident * 4 : 0));
    }
    if (victim == task->process || (victim->space && victim->space == task->process->space)) {
        /* It dies on its way back to user mode; signal_force does not queue twice. */
        signal_force(task, &(SigInfo){.signo = SIGKILL, .code = SI_KERNEL});
        return false;
    }
    process_kill(victim, status_killed(SIGKILL, false));
    return true;
}
