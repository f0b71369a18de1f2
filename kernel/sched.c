/* The run queue, parking and waking. Tasks take turns by instructions retired, so a run is a function of its inputs; with
 * a seed the lengths of the turns vary, reproducibly, to explore other interleavings. Waiting for the host is in
 * sched_idle.c. */
#include "kernel/sched.h"


#include "base/heap.h"
#include "kernel/credentials.h"
#include "kernel/space.h"

enum {
    SLICE = 100000, /* instructions; with others waiting about 0.1 to 0.3 ms */
    ALONE = 8,      /* so many slices in one when nobody waits: each ends exactly, by single steps */
};

struct WaitNode {
    const void *event;
    Task *task;
    WaitNode *next, *previous; /* of the bucket, oldest first */
    WaitNode *next_of_task;    /* or of the free list */
};

/* ---- run queue ------------------------------------------------------------------------------------------------------ */

void sched_enqueue(Task *task)
{
    Kernel *kernel = task->kernel;
    if (task->queued || task->state != TASK_RUNNABLE || task->process->stopped || task->held)
        return;
    task->queued = true;
    task->next_runnable = NULL;
    task->previous_runnable = kernel->run_last;
    if (kernel->run_last)
        kernel->run_last->next_runnable = task;
    else
        kernel->run_first = task;
    kernel->run_last = task;
}

void sched_dequeue(Task *task)
{
    Kernel *kernel = task->kernel;
    if (!task->queued)
        return;
    task->queued = false;
    if (task->previous_runnable)
        task->previous_runnable->next_runnable = task->next_runnable;
    else
        kernel->run_first = task->next_runnable;
    if (task->next_runnable)
        task->next_runnable->previous_runnable = task->previous_runnable;
    else
        kernel->run_last = task->previous_runnable;
}

void sched_run_next(Task *task)
{
    Kernel *kernel = task->kernel;
    if (!task->queued)
        return;
    sched_dequeue(task);
    task->queued = true;
    task->previous_runnable = NULL;
    task->next_runnable = kernel->run_first;
    if (kernel->run_first)
        kernel->run_first->previous_runnable = task;
    else
        kernel->run_last = task;
    kernel->run_first = task;
    kernel->slice_left = 0;
}

static u64 next_slice(Kernel *kernel)
{
    u64 x = kernel->sched_random;
    if (!x)
        return SLICE;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    kernel->sched_random = x;
    u64 magnitude = 1ull << (5 + x % 13); /* 32 … 131072, each as likely: races live in short turns and in long ones */
    return magnitude + (x >> 8) % magnitude;
}

void sched_account(Kernel *kernel, u64 insns)
{
    Task *task = kernel->current;
    if (!task)
        return;
    task->insns += insns;
    kernel->slice_left = kernel->slice_left > insns ? kernel->slice_left - insns : 0;
    if (kernel->config.deterministic)
        task->cpu_ns += insns;
}

/* On the host's clock, time is read at switches only. */
static void account_time(Kernel *kernel)
{
    if (kernel->config.deterministic)
        return;
    u64 now = kernel_now(kernel);
    if (kernel->current)
        kernel->current->cpu_ns += now - kernel->slice_started;
    kernel->slice_started = now;
}

void sched_load_space(Kernel *kernel, Space *space)
{
    if (kernel->cpu.mmu.cr3 != space->cr3)
        mmu_set_cr3(&kernel->cpu.mmu, space->cr3);
}

void sched_switch(Kernel *kernel, Task *task)
{
    Task *old = kernel->current;
    if (old == task)
        return;
    account_time(kernel);
    if (old)
        old->registers = kernel->cpu.state;
    kernel->current = task;
    if (!task)
        return;
    kernel->cpu.state = task->registers;
    credentials_use(task);
    if (task->process->space)
        sched_load_space(kernel, task->process->space);
    kernel->slice_left = next_slice(kernel);
}

void sched_yield_current(Kernel *kernel)
{
    Task *task = kernel->current;
    if (!task || !kernel->run_first)
        return;
    kernel->slice_left = 0;
}

Task *sched_pick(Kernel *kernel)
{
    Task *task = kernel->current;
    bool can_stay = task && task->state == TASK_RUNNABLE && !task->process->stopped && !task->held && !task->queued;
    if (can_stay && kernel->slice_left == 0) {
        if (kernel->run_first) {
            task->involuntary_switches++;
            task->rseq_check = true;
            sched_enqueue(task);
            can_stay = false;
        } else {
            kernel->slice_left = next_slice(kernel) * ALONE;
        }
    }
    if (can_stay)
        return task;
    task = kernel->run_first;
    if (!task)
        return NULL;
    sched_dequeue(task);
    if (kernel->current == task)
        kernel->slice_left = next_slice(kernel);
    sched_switch(kernel, task);
    return task;
}

/* ---- waiting ---------------------------------------------------------------------------------------------------------- */

static u32 event_bucket(const void *event)
{
    return (u32)(((u64)event >> 3) * 0x9e3779b97f4a7c15ull >> 54) & (EVENT_BUCKETS - 1);
}

i64 wait_event(Task *task, const void *event)
{
    Kernel *kernel = task->kernel;
    WaitNode *node = kernel->free_nodes;
    if (node)
        kernel->free_nodes = node->next_of_task;
    else
        node = heap_alloc(sizeof *node);
    if (!node) { /* without a note nobody would wake us: look again soon instead */
        wait_deadline(task, kernel_now(kernel) + 1000000);
        return SYS_BLOCK;
    }
    u32 bucket = event_bucket(event);
    *node = (WaitNode){.event = event, .task = task, .previous = kernel->event_last[bucket], .next_of_task = task->wait.nodes};
    if (node->previous)
        node->previous->next = node;
    else
        kernel->event_first[bucket] = node;
    kernel->event_last[bucket] = node;
    task->wait.nodes = node;
    return SYS_BLOCK;
}

i64 wait_host_fd(Task *task, int host_fd, short poll_events)
{
    Wait *wait = &task->wait;
    if (wait->fd_count == wait->fd_capacity) {
        u32 capacity = wait->fd_capacity * 2 + 4;
        WaitFd *grown = heap_realloc(wait->fds, capacity * sizeof *grown);
        if (!grown) {
            wait_deadline(task, kernel_now(task->kernel) + 1000000);
            return SYS_BLOCK;
        }
        wait->fds = grown;
        wait->fd_capacity = capacity;
    }
    wait->fds[wait->fd_count++] = (WaitFd){host_fd, poll_events};
    return SYS_BLOCK;
}

i64 wait_deadline(Task *task, u64 deadline)
{
    if (deadline < task->wait.deadline)
        task->wait.deadline = deadline;
    return SYS_BLOCK;
}

i64 wait_forever(Task *task)
{
    (void)task;
    return SYS_BLOCK;
}

i64 wait_killable(Task *task, const void *event)
{
    task->wait.killable = true;
    return wait_event(task, event);
}

static void node_free(Kernel *kernel, WaitNode *node)
{
    u32 bucket = event_bucket(node->event);
    if (node->previous)
        node->previous->next = node->next;
    else
        kernel->event_first[bucket] = node->next;
    if (node->next)
        node->next->previous = node->previous;
    else
        kernel->event_last[bucket] = node->previous;
    node->next_of_task = kernel->free_nodes;
    kernel->free_nodes = node;
}

void wait_clear(Task *task)
{
    for (WaitNode *node = task->wait.nodes, *next; node; node = next) {
        next = node->next_of_task;
        node_free(task->kernel, node);
    }
    if (task->state == TASK_PARKED && task->wait.fd_count)
        task->kernel->fd_waiters--;
    task->wait.nodes = NULL;
    task->wait.fd_count = 0;
    task->wait.deadline = NO_DEADLINE;
    task->wait.killable = false;
}

void sched_park(Task *task)
{
    Kernel *kernel = task->kernel;
    task->state = TASK_PARKED;
    task->voluntary_switches++;
    kernel->fd_waiters += task->wait.fd_count > 0;
    sched_note_deadline(kernel, task->wait.deadline);
}

void wake_task(Task *task, Woken why)
{
    if (task->state != TASK_PARKED)
        return;
    wait_clear(task);
    task->woken = why;
    task->state = TASK_RUNNABLE;
    sched_enqueue(task);
}

u32 wake_event(Kernel *kernel, const void *event, u32 count)
{
    u32 woken = 0, bucket = event_bucket(event);
    for (WaitNode *node = kernel->event_first[bucket]; node && woken < count;) {
        if (node->event != event || node->task->state != TASK_PARKED) {
            node = node->next;
            continue;
        }
        wake_task(node->task, WOKEN_READY); /* frees all its nodes: begin again */
        woken++;
        node = kernel->event_first[bucket];
    }
    return woken;
}

u64 call_deadline(Task *task, u64 relative_ns)
{
    if (!task->call.deadline) {
        u64 now = kernel_now(task->kernel);
        u64 deadline = relative_ns > NO_DEADLINE - 1 - now ? NO_DEADLINE : now + relative_ns;
        task->call.deadline = deadline ? deadline : 1;
    }
    return task->call.deadline;
}

void sched_destroy(Kernel *kernel)
{
    for (WaitNode *node = kernel->free_nodes, *next; node; node = next) {
        next = node->next_of_task;
        heap_free(node);
    }
    heap_free(kernel->poll_array);
}
