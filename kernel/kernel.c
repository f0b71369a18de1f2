/* Machines come and go; the first program is started in one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/heap.h"
#include "cpu/join.h"
#include "kernel/clock.h"
#include "kernel/debug.h"
#include "kernel/credentials.h"
#include "kernel/host.h"
#include "kernel/events.h"
#include "kernel/host_log.h"
#include "kernel/host_signals.h"
#include "kernel/page_cache.h"
#include "kernel/paging.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/strace.h"
#include "kernel/sysv.h"
#include "kernel/task.h"

#define DEFAULT_MEMORY (4ull << 30)

KernelScope kernel_enter(const KernelConfig *config)
{
    return (KernelScope){heap_use(config->heap), host_log_use(config->log)};
}

void kernel_leave(KernelScope scope)
{
    heap_use(scope.heap);
    host_log_use(scope.log);
}

static u64 core_ticks(void *context) { return kernel_monotonic(context); } /* a TSC of 1 GHz */

static u64 core_random(void *context)
{
    u64 value;
    kernel_random(context, &value, sizeof value);
    return value;
}

/* What one mapping may promise (vm.overcommit_memory 0). Without --mem a program should be refused no mapping that this
 * host would grant: most of what is promised is never touched. */
static u64 commit_limit(const KernelConfig *config)
{
    u64 host = (u64)host_sysconf(_SC_PHYS_PAGES) << PAGE_SHIFT;
    if (config->memory_size)
        return config->memory_size + config->swap_size;
    return config->deterministic || host < DEFAULT_MEMORY ? DEFAULT_MEMORY : host;
}

static bool copy_config(Kernel *kernel, const KernelConfig *config)
{
    kernel->config = *config;
    KernelConfig *own = &kernel->config;
    kernel->commit_limit = commit_limit(config);
    own->memory_size = own->memory_size ? own->memory_size : DEFAULT_MEMORY;
    own->claimed_memory = own->claimed_memory ? own->claimed_memory : own->memory_size;
    own->stack_size = own->stack_size ? own->stack_size : 8ull << 20;
    own->cpu_level = own->cpu_level ? own->cpu_level : CPU_V3;
    own->strace = config->strace ? heap_strdup(config->strace) : NULL;
    return !config->strace || own->strace;
}

u64 kernel_free_memory(const Kernel *kernel)
{
    u64 used = (u64)kernel->phys.used_total << PAGE_SHIFT, claimed = kernel->config.claimed_memory;
    return used < claimed ? claimed - used : 0;
}

static Kernel *create(const KernelConfig *config)
{
    u64 size = bits_align_up(sizeof(Kernel), PAGE_SIZE);
    Kernel *kernel = config->heap ? heap_aligned(config->heap, size, PAGE_SIZE) : aligned_alloc(PAGE_SIZE, size);
    if (!kernel)
        return NULL;
    memset(kernel, 0, sizeof *kernel);
    kernel->wake_fd = host_wake_open();
    bool ok = kernel->wake_fd >= 0 && copy_config(kernel, config) && phys_create(&kernel->phys, kernel->config.memory_size);
    kernel->cpu_ready = ok && cpu_init(&kernel->cpu, &kernel->phys, config->code_bytes);
    if (!kernel->cpu_ready) {
        int error = errno;
        kernel_destroy(kernel);
        errno = error;
        return NULL;
    }
    bool paged = config->memory_size || config->swap_size || config->user_frames || config->record_touches || config->working_set;
    if ((config->frames_random && !phys_order_random(&kernel->phys, config->frame_seed)) ||
        (config->frame_colours && !phys_order_coloured(&kernel->phys, config->frame_colours)) ||
        (paged && !paging_create(kernel))) {
        int error = errno;
        kernel_destroy(kernel);
        errno = error;
        return NULL;
    }
    cpu_set_level(&kernel->cpu, kernel->config.cpu_level);
    if (config->join_after)
        cpu_set_join(&kernel->cpu, config->join_after < 0 ? 0 : (u32)config->join_after);
    kernel->cpu.read_tsc = core_ticks;
    kernel->cpu.random64 = core_random;
    kernel->cpu.environment = kernel;
    kernel->next_pid = FIRST_PID;
    kernel->next_deadline = NO_DEADLINE;
    kernel->sched_random = config->sched_seed * 0x9e3779b97f4a7c15ull; /* odd: only 0 becomes 0 */
    clock_start(kernel);
    if (!vfs_create(kernel) || (kernel->config.strace && !strace_start(kernel))) {
        kernel_destroy(kernel);
        errno = EINVAL;
        return NULL;
    }
    return kernel;
}

Kernel *kernel_create(const KernelConfig *config)
{
    KernelScope scope = kernel_enter(config);
    Kernel *kernel = create(config);
    kernel_leave(scope);
    return kernel;
}

void kernel_destroy(Kernel *kernel)
{
    KernelScope scope = kernel_enter(&kernel->config);
    host_signals_stop(kernel);
    strace_stop(kernel);
    watch_destroy(kernel);
    events_destroy(kernel);
    if (kernel->cpu_ready) { /* else there is nothing but the structure */
        sched_switch(kernel, NULL);
        while (kernel->processes) { /* the first process last: orphans are its */
            Process *process = kernel->last_process;
            kernel->init_ended = true;
            if (!process->zombie && process->space && process->threads)
                process_kill(process, status_killed(9, false));
            if (process == kernel->last_process)
                process_reap(process);
        }
        while (kernel->tasks)
            task_destroy(kernel->tasks);
        vfs_forget_sent(kernel);
        mqueues_destroy(kernel);
        sysv_destroy(kernel);
        page_cache_destroy(kernel);
        vfs_destroy(kernel);
        cpu_destroy(&kernel->cpu);
    }
    sched_destroy(kernel);
    paging_destroy(kernel);
    if (kernel->wake_fd >= 0)
        host_close(kernel->wake_fd);
    heap_free(kernel->futexes);
    phys_destroy(&kernel->phys);
    heap_free((char *)kernel->config.strace);
    if (!kernel->config.heap) /* else it goes with that */
        free(kernel);
    kernel_leave(scope);
}

Cpu *kernel_cpu(Kernel *kernel) { return &kernel->cpu; }

/* ---- the first program ------------------------------------------------------------------------------------------- */

/* Limits and nice value as the host gives them to us, the stack's limit as configured. */
static void set_limits(Kernel *kernel, Process *process)
{
    for (u32 i = 0; i < LIMITS; i++) {
        struct rlimit limit;
        process->limits[i] = (Limit){UINT64_MAX, UINT64_MAX};
        if (!(i == LIMIT_NOFILE ? host_file_limit(&limit) : host_getrlimit((int)i, &limit)))
            process->limits[i] = (Limit){limit.rlim_cur, limit.rlim_max};
    }
    process->nice = host_getpriority(PRIO_PROCESS, 0);
    process->limits[LIMIT_STACK].soft = kernel->config.stack_size;
    if (process->limits[LIMIT_STACK].hard < kernel->config.stack_size)
        process->limits[LIMIT_STACK].hard = kernel->config.stack_size;
}

/* Guests that are root have the capabilities of the emulator, if that is root: inside a container that is not all of them. */
static void set_capabilities(Kernel *kernel)
{
    u32 header[2] = {0x20080522, 0}, data[6] = {0};
    kernel->root_capabilities = ALL_CAPABILITIES;
    if (kernel->host_root && host_capget(header, data) == 0)
        kernel->root_capabilities = data[0] | (u64)data[3] << 32;
    for (int i = 0; i <= LAST_CAPABILITY; i++)
        if (host_capability_bound(i) == 1)
            kernel->bound_capabilities |= 1ull << i;
}

static void set_credentials(Kernel *kernel, Task *task)
{
    Credentials *c = &task->credentials;
    uid_t uid, euid, suid;
    gid_t gid, egid, sgid;
    host_getresuid(&uid, &euid, &suid);
    host_getresgid(&gid, &egid, &sgid);
    *c = (Credentials){uid, euid, suid, euid, gid, egid, sgid, egid, 0, {0}, 0};
    gid_t groups[ARRAY_LEN(c->groups)];
    int count = host_getgroups(ARRAY_LEN(groups), groups);
    c->group_count = count > 0 ? (u32)count : 0;
    for (u32 i = 0; i < c->group_count; i++)
        c->groups[i] = groups[i];
    task->process->credentials = kernel->host_credentials = *c;
    kernel->host_root = uid == 0 && euid == 0;
    set_capabilities(kernel);
}

/* The parent of a process of the host, as proc(5) tells it; 0: unknown. */
static pid_t parent_of(pid_t pid)
{
    char name[32], text[128] = "";
    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    int fd = host_open(name, O_RDONLY | O_CLOEXEC, 0), parent = 0;
    if (fd < 0)
        return 0;
    if (host_read(fd, text, sizeof text - 1) > 0 && strrchr(text, ')'))
        sscanf(strrchr(text, ')') + 1, " %*c %d", &parent);
    host_close(fd);
    return parent;
}

/* Is there, among those who started us, somebody of our session who is not of our group? Who would continue us. */
static bool job_of_shell(void)
{
    pid_t group = host_getpgrp(), session = host_getsid(0), pid = host_getppid();
    for (int i = 0; i < 16 && pid > 1 && host_getsid(pid) == session; i++) {
        if (host_getpgid(pid) != group)
            return true;
        pid = parent_of(pid);
    }
    return false;
}

/* A leader of its group if the emulator is one, so that setsid(2) and setpgid(2) answer as they would natively. */
static void set_groups(Process *process)
{
    i32 shell = FIRST_PID - 1;
    process->pgid = host_getpgrp() == host_getpid() ? process->pid : shell;
    process->sid = host_getsid(0) == host_getpid() ? process->pid : shell;
    process->kernel->terminal_pgid = process->pgid;
    process->kernel->terminal_fd = -1;
    process->kernel->job_of_shell = job_of_shell();
}

static void set_signals(Process *process)
{
    for (i32 signo = 1; signo <= SIGNALS; signo++)
        if (host_signal_is_ignored(signo))
            process->handlers->actions[signo - 1].handler = 1; /* SIG_IGN is inherited */
}

static Task *first_task(Kernel *kernel)
{
    Process *process = process_create(kernel, NULL, NULL);
    Task *task = process ? task_create(process) : NULL;
    if (!task)
        return NULL;
    kernel->init = process;
    set_limits(kernel, process);
    set_credentials(kernel, task);
    set_groups(process);
    process->exit_signal = 0;
    process->handlers = handlers_create();
    process->space = space_create(kernel);
    task->files = files_create(kernel);
    task->fs = fs_create(kernel);
    if (!process->handlers || !process->space || !task->files || !task->fs)
        return NULL;
    set_signals(process);
    task->blocked = host_blocked_signals();
    sched_switch(kernel, task);
    return task;
}

static i64 start(Kernel *kernel, const char *path, const char *const *argv, const char *const *envp, char *why, u64 why_size)
{
    if (why_size)
        why[0] = 0;
    Task *task = kernel->init ? NULL : first_task(kernel);
    char *real_path = heap_alloc(PATH_MAX);
    if (!task || !real_path) {
        heap_free(real_path);
        return -ENOMEM;
    }
    i64 fd = file_open_program(task, AT_FDCWD, path, 0, real_path);
    i64 result = fd;
    if (fd >= 0) {
        ExecRequest request = {.execfn = path, .argv = argv, .envp = envp, .why = why, .why_size = why_size};
        result = exec_program(task, (int)fd, real_path, &request);
        host_close((int)fd);
    }
    heap_free(real_path);
    task->process->exec_done = false;
    if (result)
        return result;
    if (kernel->config.forward_signals)
        host_signals_start(kernel);
    if (kernel->strace)
        strace_started(task, path, argv, envp);
    return 0;
}

i64 kernel_start(Kernel *kernel, const char *path, const char *const *argv, const char *const *envp, char *why, u64 why_size)
{
    KernelScope scope = kernel_enter(&kernel->config);
    i64 result = start(kernel, path, argv, envp, why, why_size);
    kernel_leave(scope);
    return result;
}
