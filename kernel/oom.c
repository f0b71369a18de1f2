/* Out of guest memory: the biggest process goes, so that the others live. The host is never asked for more. */
#include "kernel/oom.h"

#include <signal.h>

#include "base/log.h"
#include "kernel/paging.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/strace.h"
#include "kernel/task.h"

static u64 phys_limit(const Kernel *kernel)
{
    return kernel->paging && kernel->paging->limit ? (u64)kernel->paging->limit << PAGE_SHIFT : kernel->phys.size;
}

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
    bool dying = victim->exiting || (task->pending.set & SIGNAL_BIT(SIGKILL));
    if (!(victim == task->process && dying)) {
        const Task *any = victim->leader ? victim->leader : victim->threads;
        const char *more = !kernel->paging ? "--mem gives more" : kernel->paging->limit ? "--user-frames gives more" :
                           !swap_exists(&kernel->paging->swap) ? "--mem gives more, --swap too" : "--mem or --swap=SIZE gives more";
        log_message(LOG_GUEST, "out of guest memory (%llu KiB): killed process %d (%s), which held %llu KiB; %s",
                    (unsigned long long)(phys_limit(kernel) >> 10), victim->pid, any ? any->comm : "?",
                    (unsigned long long)(victim->space ? victim->space->resident * 4 : 0), more);
    }
    if (victim == task->process || (victim->space && victim->space == task->process->space)) {
        /* It dies on its way back to user mode; signal_force does not queue twice. */
        signal_force(task, &(SigInfo){.signo = SIGKILL, .code = SI_KERNEL});
        return false;
    }
    process_kill(victim, status_killed(SIGKILL, false));
    return true;
}
