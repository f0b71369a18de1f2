/* Who may change whose nice value and policy; and that all that tells of processors tells of the same ones.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (call); printf("%s: %ld %s\n", #call, r, r < 0 ? strerror(errno) : ""); } while (0)

struct attributes { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; };

static long set(int policy, int nice, int priority)
{
    struct attributes a = {48, policy, 0, nice, priority, 0, 0, 0};
    return syscall(SYS_sched_setattr, 0, &a, 0);
}

static long scheduler(int policy, int priority)
{
    struct sched_param p = {priority};
    return syscall(SYS_sched_setscheduler, 0, policy, &p);
}

static int nice_now(void)
{
    errno = 0;
    return getpriority(PRIO_PROCESS, 0);
}

static void changes(void)
{
    SHOW(set(SCHED_OTHER, 5, 0));
    SHOW(nice_now());
    SHOW(set(SCHED_OTHER, 5, 0));
    SHOW(set(SCHED_OTHER, 4, 0));
    SHOW(set(SCHED_BATCH, 100, 0));
    SHOW(nice_now());
    SHOW(set(SCHED_OTHER, -100, 0));
    SHOW(nice_now());
    SHOW(setpriority(PRIO_PROCESS, 0, 3));
    SHOW(set(SCHED_FIFO, 0, 1));
    SHOW(scheduler(SCHED_RR, 2));
    SHOW(scheduler(SCHED_OTHER, 0));
    SHOW(set(SCHED_IDLE, -5, 0));
    SHOW(scheduler(SCHED_OTHER, 0));
    SHOW(sched_getscheduler(0));
    SHOW(set(77, 0, 0));
    SHOW(set(SCHED_OTHER, 0, 9));
}

static int lines(const char *name, const char *start)
{
    char line[4096];
    int count = 0;
    FILE *file = fopen(name, "r");
    while (file && fgets(line, sizeof line, file))
        count += !strncmp(line, start, strlen(start)) && (start[0] != 'c' || line[3] != ' ');
    if (file)
        fclose(file);
    return count;
}

static int listed(const char *name)
{
    int first = 0, last = -1;
    FILE *file = fopen(name, "r");
    int got = file ? fscanf(file, "%d-%d", &first, &last) : 0;
    if (file)
        fclose(file);
    return got == 2 ? last + 1 : got == 1 ? first + 1 : -1;
}

static void processors(void)
{
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    int online = sysconf(_SC_NPROCESSORS_ONLN), configured = sysconf(_SC_NPROCESSORS_CONF), missing = 0;
    unsigned cpu = 9999;
    char name[64];
    syscall(SYS_getcpu, &cpu, NULL, NULL);
    for (int i = 0; i < listed("/sys/devices/system/cpu/present"); i++) {
        snprintf(name, sizeof name, "/sys/devices/system/cpu/cpu%d", i);
        missing += access(name, F_OK) != 0;
    }
    snprintf(name, sizeof name, "/sys/devices/system/cpu/cpu%d", configured);
    printf("cpuinfo %d, stat %d, may run on one %d, runs on one of them %d\n", lines("/proc/cpuinfo", "processor") == online,
           lines("/proc/stat", "cpu") == online, CPU_COUNT(&set) > 0 && CPU_COUNT(&set) <= online, !!CPU_ISSET(cpu, &set));
    printf("online %d, present %d, possible %d, missing %d, one too many %d\n", configured >= online,
           listed("/sys/devices/system/cpu/present") >= online, listed("/sys/devices/system/cpu/possible") >= configured, missing,
           access(name, F_OK) == 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    processors();
    if (fork() == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_NICE, &none);
        setrlimit(RLIMIT_RTPRIO, &none);
        if (setgid(65534) || setuid(65534))
            puts("no other user");
        changes();
        _exit(0);
    }
    wait(NULL);
    return 0;
}
