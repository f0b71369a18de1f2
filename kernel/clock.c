/* Time and chance: on the host's clocks, or, when deterministic, functions of instructions retired and of the seed. */
#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "kernel/clock.h"
#include "kernel/host.h"
#include "kernel/run.h"

enum { SYSTEM_CALL_NS = 200 }; /* what a call counts as system time; the kernel's own work is not measured */

/* Deterministic machines are switched on at this moment: 2024-01-01 00:00:00 UTC. */
#define DETERMINISTIC_EPOCH 1704067200000000000ull

static u64 host_clock(clockid_t clock)
{
    struct timespec t;
    host_clock_gettime(clock, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

void clock_start(Kernel *kernel)
{
    kernel->boot_host_ns = host_clock(CLOCK_MONOTONIC);
    kernel->boot_realtime_ns = kernel->config.deterministic ? DETERMINISTIC_EPOCH : host_clock(CLOCK_REALTIME);
    kernel->slice_started = 0;
    u64 x = kernel->config.seed;
    for (int i = 0; i < 4; i++) { /* splitmix64, as xoshiro's authors advise for seeding */
        u64 z = x += 0x9e3779b97f4a7c15ull;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ z >> 27) * 0x94d049bb133111ebull;
        kernel->random_state[i] = z ^ z >> 31;
    }
}

u64 kernel_now(Kernel *kernel)
{
    if (kernel->config.deterministic)
        return kernel->cpu.stats.insns + kernel->idle_ns;
    return host_clock(CLOCK_MONOTONIC) - kernel->boot_host_ns;
}

u64 host_elapsed(Kernel *kernel) /* real time, also while the past is re-lived: no input of the run */
{
    struct timespec t;
    host_clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec - kernel->boot_host_ns;
}

u64 kernel_monotonic(Kernel *kernel)
{
    return kernel->config.deterministic ? kernel_now(kernel) + 1000000000 : host_clock(CLOCK_MONOTONIC);
}

u64 kernel_realtime(Kernel *kernel)
{
    return kernel->config.deterministic ? kernel->boot_realtime_ns + kernel_now(kernel) : host_clock(CLOCK_REALTIME);
}

static u64 rotate_left(u64 x, int k) { return x << k | x >> (64 - k); }

static u64 next_random(u64 *s) /* xoshiro256** */
{
    u64 result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

void kernel_random(Kernel *kernel, void *buffer, u64 size)
{
    u8 *to = buffer;
    while (size) {
        u64 piece = size < 256 ? size : 256;
        if (!kernel->config.deterministic) {
            ssize_t got = host_getrandom(to, piece, 0);
            if (got < 0 && errno == EINTR)
                continue;
            if (got > 0) {
                to += got;
                size -= (u64)got;
                continue;
            }
        }
        u64 value = next_random(kernel->random_state);
        piece = size < 8 ? size : 8;
        memcpy(to, &value, piece);
        to += piece;
        size -= piece;
    }
}

static CpuTime split(u64 total, u64 calls)
{
    u64 system = calls * SYSTEM_CALL_NS;
    if (system > total)
        system = total;
    return (CpuTime){total - system, system};
}

CpuTime task_cpu_time(Task *task)
{
    u64 total = task->cpu_ns;
    Kernel *kernel = task->kernel;
    if (kernel->current == task && !kernel->config.deterministic)
        total += kernel_now(kernel) - kernel->slice_started;
    return split(total, task->system_calls);
}

CpuTime process_cpu_time(Process *process)
{
    CpuTime sum = split(process->dead_cpu_ns, process->dead_calls);
    for (Task *task = process->threads; task; task = task->next_thread) {
        CpuTime time = task_cpu_time(task);
        sum.user += time.user;
        sum.system += time.system;
    }
    return sum;
}
