/* Clocks go forward, agree with each other, sleeping takes at least its time; rusage and times grow. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
static long long ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}
int main(void)
{
    long long before = ns(CLOCK_MONOTONIC), last = before;
    int backwards = 0;
    for (int i = 0; i < 1000; i++) {
        long long now = ns(CLOCK_MONOTONIC);
        backwards += now < last;
        last = now;
    }
    printf("backwards %d\n", backwards);
    struct timespec ten = {0, 10000000};
    before = ns(CLOCK_MONOTONIC);
    nanosleep(&ten, NULL);
    printf("slept %d\n", ns(CLOCK_MONOTONIC) - before >= 10000000);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 5000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    printf("clock_nanosleep %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    struct timeval tv;
    gettimeofday(&tv, NULL);
    long skew = time(NULL) - tv.tv_sec, wall = ns(CLOCK_REALTIME) / 1000000000 - tv.tv_sec;
    printf("agree %d %d\n", skew >= 0 && skew < 2, wall >= 0 && wall < 2);
    printf("after 2024 %d\n", tv.tv_sec > 1704067200);
    clock_t start = clock();
    for (volatile int i = 0; i < 3000000; i++)
        ;
    printf("clock %d\n", clock() > start);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("rusage %d %d\n", usage.ru_utime.tv_sec + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec > 0, usage.ru_maxrss > 0);
    struct tms t;
    printf("times %d\n", times(&t) != (clock_t)-1);
    struct timespec resolution;
    clock_getres(CLOCK_REALTIME, &resolution);
    printf("resolution %ld\n", resolution.tv_nsec);
    printf("bad clock %d %d\n", clock_gettime(99, &until), errno == EINVAL);
    printf("cputime %d\n", ns(CLOCK_PROCESS_CPUTIME_ID) > 0 && ns(CLOCK_THREAD_CPUTIME_ID) > 0);
    struct timespec bad = {0, 2000000000};
    printf("bad sleep %d\n", nanosleep(&bad, NULL) < 0 && errno == EINVAL);
    unsigned low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    unsigned long tsc = (unsigned long)high << 32 | low;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    printf("tsc %d\n", ((unsigned long)high << 32 | low) >= tsc);
}
