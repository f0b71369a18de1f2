/* Where the machine meets the host's time and descriptors: deadlines that have passed, descriptors that are ready, and
 * sleeping when no task can run. One ppoll(2) serves all parked tasks; an idle machine uses no processor time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "base/heap.h"
#include "kernel/host.h"
#include "kernel/async_io.h"
#include "kernel/host_signals.h"
#include "kernel/run.h"
#include "kernel/sched.h"
#include "kernel/timer.h"

/* Wakes whoever's deadline has passed and finds the next one. */
static void run_deadlines(Kernel *kernel, u64 now)
{
    kernel->next_deadline = NO_DEADLINE;
    for (Task *task = kernel->tasks, *next; task; task = next) {
        next = task->next;
        if (task->state != TASK_PARKED || task->wait.deadline == NO_DEADLINE)
            continue;
        if (task->wait.deadline <= now)
            wake_task(task, WOKEN_TIMEOUT);
        else
            sched_note_deadline(kernel, task->wait.deadline);
    }
    timers_run(kernel, now);
}

/* All descriptors that parked tasks wait for, in order of tasks, that of O_ASYNC and that of kernel_interrupt(). NULL with *count 0: none, or no memory. */
static struct pollfd *collect(Kernel *kernel, u32 *count)
{
    u32 total = 0;
    for (Task *task = kernel->tasks; task; task = task->next)
        total += task->state == TASK_PARKED ? task->wait.fd_count : 0;
    if (total + 2 > kernel->poll_capacity) {
        struct pollfd *grown = heap_realloc(kernel->poll_array, (total + 2) * 2 * sizeof *grown);
        if (!grown)
            return *count = 0, NULL;
        kernel->poll_array = grown;
        kernel->poll_capacity = (total + 2) * 2;
    }
    struct pollfd *fds = kernel->poll_array;
    u32 n = 0;
    for (Task *task = kernel->tasks; task; task = task->next)
        for (u32 i = 0; task->state == TASK_PARKED && i < task->wait.fd_count; i++)
            fds[n++] = (struct pollfd){.fd = task->wait.fds[i].fd, .events = task->wait.fds[i].events};
    fds[n++] = (struct pollfd){.fd = async_events(kernel), .events = POLLIN}; /* -1: poll(2) passes over it */
    fds[n++] = (struct pollfd){.fd = kernel->wake_fd, .events = POLLIN};
    *count = n;
    return fds;
}

static void wake_ready(Kernel *kernel, const struct pollfd *fds)
{
    u32 n = 0;
    for (Task *task = kernel->tasks; task; task = task->next) {
        if (task->state != TASK_PARKED)
            continue;
        bool ready = false;
        for (u32 i = 0; i < task->wait.fd_count; i++)
            ready |= fds[n++].revents != 0;
        if (ready)
            wake_task(task, WOKEN_READY);
    }
}

/* One ppoll; `timeout_ns` NO_DEADLINE: without end. Host signals end it and are handled by the caller. */
static void poll_host(Kernel *kernel, u64 timeout_ns)
{
    u32 count = 0;
    struct pollfd *fds = collect(kernel, &count);
    struct timespec timeout = {(time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000)};
    sigset_t mask, *unblocked = NULL;
    if (timeout_ns) { /* a signal between the look and the sleep must end the sleep */
        host_signals_block(&mask);
        unblocked = &mask;
        if (kernel->host_signals || kernel->interrupted)
            timeout = (struct timespec){0, 0};
    }
    int ready = host_ppoll(fds, count, timeout_ns == NO_DEADLINE && timeout.tv_sec ? NULL : &timeout, unblocked);
    if (unblocked)
        host_signals_unblock(&mask);
    if (ready <= 0)
        return;
    if (fds[count - 1].revents)
        host_woken(kernel->wake_fd);
    if (fds[count - 2].revents)
        async_deliver(kernel);
    wake_ready(kernel, fds);
}

void sched_poll(Kernel *kernel)
{
    if (kernel->next_deadline != NO_DEADLINE) {
        u64 now = kernel_now(kernel);
        if (now >= kernel->next_deadline)
            run_deadlines(kernel, now);
    }
    if (kernel->fd_waiters || async_events(kernel) >= 0)
        poll_host(kernel, 0);
    host_signals_forward(kernel);
}

/* Host nanoseconds until config.timeout_ns; NO_DEADLINE: no such limit. */
static u64 patience_left(Kernel *kernel)
{
    u64 limit = kernel->config.timeout_ns, elapsed = host_elapsed(kernel);
    return !limit ? NO_DEADLINE : limit > elapsed ? limit - elapsed : 0;
}

/* Virtual time: nothing happens until the next deadline, so it is now. What the host has ready comes first, and who waits
 * for the host too gives it the same time in reality. */
static void idle_virtual(Kernel *kernel)
{
    u64 now = kernel_now(kernel), deadline = kernel->next_deadline;
    u64 patience = patience_left(kernel);
    if (deadline == NO_DEADLINE) {
        poll_host(kernel, patience);
        return;
    }
    u64 distance = deadline > now ? deadline - now : 0;
    if (kernel->fd_waiters)
        poll_host(kernel, distance < patience ? distance : patience);
    if (!kernel->run_first && !kernel->host_signals && !kernel->interrupted)
        kernel->idle_ns += distance;
}

bool sched_idle(Kernel *kernel)
{
    bool hopeless = kernel->next_deadline == NO_DEADLINE && !kernel->fd_waiters && async_events(kernel) < 0 &&
                    !kernel->config.forward_signals &&
                    !kernel->config.timeout_ns;
    if (hopeless)
        return false;
    sched_switch(kernel, NULL); /* nobody's time */
    if (kernel->config.deterministic) {
        idle_virtual(kernel);
    } else {
        u64 now = kernel_now(kernel), deadline = kernel->next_deadline, patience = patience_left(kernel);
        u64 distance = deadline == NO_DEADLINE ? NO_DEADLINE : deadline > now ? deadline - now : 0;
        poll_host(kernel, distance < patience ? distance : patience);
    }
    sched_poll(kernel);
    return true;
}
