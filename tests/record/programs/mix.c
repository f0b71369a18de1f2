/* A bit of everything that comes from outside: time, chance, files, pipes, processes, threads, signals, timers. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t sums[4];
static volatile sig_atomic_t alarms;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t shared;

static void on_alarm(int signal) { alarms += signal == SIGALRM; }

static void *work(void *argument)
{
    uint64_t *sum = argument;
    for (int i = 0; i < 2000; i++) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        *sum = *sum * 31 + (uint64_t)t.tv_nsec;
        pthread_mutex_lock(&lock);
        shared += *sum & 255;
        pthread_mutex_unlock(&lock);
        if (i % 400 == 0)
            usleep(500);
    }
    return NULL;
}

static void processes(void)
{
    int pipes[2];
    if (pipe(pipes))
        exit(1);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            uint64_t chance[16];
            for (int k = 0; k < 50; k++)
                if (getrandom(chance, sizeof chance, 0) != sizeof chance || write(pipes[1], chance, sizeof chance) < 0)
                    _exit(1);
            _exit(i);
        }
    close(pipes[1]);
    uint64_t word;
    while (read(pipes[0], &word, sizeof word) > 0)
        sums[0] = sums[0] * 33 ^ word;
    close(pipes[0]);
    for (int i = 0, status; i < 3; i++)
        sums[1] += wait(&status) > 0 ? (uint64_t)WEXITSTATUS(status) : 99;
}

static void files(void)
{
    char name[] = "/tmp/mixXXXXXX", text[64];
    int fd = mkstemp(name);
    for (int i = 0; i < 200; i++)
        if (write(fd, text, (size_t)snprintf(text, sizeof text, "line %d at %ld\n", i, (long)time(NULL))) < 0)
            exit(1);
    struct stat st;
    fstat(fd, &st);
    char *map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (off_t i = 0; map != MAP_FAILED && i < st.st_size; i++)
        sums[2] = sums[2] * 7 + (unsigned char)map[i]++;
    lseek(fd, 0, SEEK_SET);
    char buffer[512];
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < n; i++)
            sums[2] += (unsigned char)buffer[i];
    close(fd);
    unlink(name);
}

static void sockets(void)
{
    int pair[2];
    char byte = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        exit(1);
    for (int i = 0; i < 100; i++) {
        struct pollfd wait = {.fd = pair[1], .events = POLLIN};
        if (send(pair[0], &i, 1, 0) != 1 || poll(&wait, 1, 1000) != 1 || recv(pair[1], &byte, 1, 0) != 1)
            exit(1);
        sums[3] = sums[3] * 3 + (unsigned char)byte;
    }
}

int main(void)
{
    pthread_t threads[3];
    uint64_t own[3] = {0};
    struct itimerval timer = {{0, 1000}, {0, 1000}};
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &timer, NULL);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, &own[i]);
    processes();
    files();
    sockets();
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (volatile int i = 0; i < 3000000; i++)
        ;
    printf("%llx %llx %llx %llx %llx %d\n", (unsigned long long)sums[0], (unsigned long long)sums[1], (unsigned long long)sums[2],
           (unsigned long long)sums[3], (unsigned long long)shared, alarms > 0);
    return 0;
}
