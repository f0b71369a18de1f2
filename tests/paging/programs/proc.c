/* What Linux's own files say of a process whose memory is partly in swap, and whether they agree with each other. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 3072 };

static long field(const char *path, const char *name)
{
    char line[512];
    long sum = 0;
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            sum += strtol(line + strlen(name), NULL, 10);
    if (f)
        fclose(f);
    return sum;
}

static void check(const char *what, int good, long a, long b) { printf("%s %s (%ld, %ld)\n", good ? "ok" : "FAILED", what, a, b); }

int main(void)
{
    unsigned char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < PAGES; i++)
        p[i * PAGE] = (unsigned char)(i | 1);
    long resident = 0, swapped = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY);
    for (int i = 0; i < PAGES; i++) {
        uint64_t entry = 0;
        if (pread(fd, &entry, 8, (off_t)(((uintptr_t)p / PAGE + (unsigned)i) * 8)) != 8)
            perror("pagemap"), exit(1);
        resident += entry >> 63;
        swapped += entry >> 62 & 1;
    }
    check("every page is either in memory or in swap", resident + swapped == PAGES, resident, swapped);
    check("much of it is in swap", swapped > PAGES / 2, swapped, PAGES);
    long status = field("/proc/self/status", "VmSwap:"), smaps = field("/proc/self/smaps", "Swap:"), rss = field("/proc/self/status", "VmRSS:");
    check("status and smaps agree", labs(status - smaps) <= 64, status, smaps);
    check("they agree with pagemap", labs(status - swapped * 4) <= 400, status, swapped * 4);
    check("resident is no more than there is", rss <= 4096, rss, 4096);
    check("the peak is at least that", field("/proc/self/status", "VmHWM:") >= rss, field("/proc/self/status", "VmHWM:"), rss);
    struct sysinfo info;
    sysinfo(&info);
    check("sysinfo: total swap", info.totalswap == 32u << 20, (long)info.totalswap, 32 << 20);
    check("sysinfo: free swap", info.totalswap - info.freeswap >= (unsigned long)swapped * PAGE / 2, (long)info.freeswap, swapped);
    check("meminfo: SwapTotal", field("/proc/meminfo", "SwapTotal:") == 32768, field("/proc/meminfo", "SwapTotal:"), 32768);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    long before = usage.ru_majflt, wrong = 0;
    for (int i = 0; i < PAGES; i++)
        wrong += p[i * PAGE] != (unsigned char)(i | 1);
    getrusage(RUSAGE_SELF, &usage);
    check("contents", wrong == 0, wrong, 0);
    check("coming back is a major fault", usage.ru_majflt - before >= swapped / 2, usage.ru_majflt - before, swapped);
    return 0;
}
