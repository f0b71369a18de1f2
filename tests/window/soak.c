/* A busy program of many threads for the window to watch, for as long as it is left: memory that comes and goes, locks,
 * children, signals, pages whose rights change, pipes. It ends after argv[1] rounds of its first thread (0: never) and must
 * not grow. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 6, SLOTS = 512, AREA = 4 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static char *slots[SLOTS];
static atomic_ulong signals, rounds;
static unsigned char *shared;

static unsigned next(unsigned *state) { return (*state = *state * 1103515245 + 12345) >> 8; }

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* Blocks of all sizes, handed from thread to thread. */
static void churn(unsigned *state)
{
    for (int i = 0; i < 400; i++) {
        unsigned slot = next(state) % SLOTS, size = 16 + next(state) % 6000;
        char *block = malloc(size);
        memset(block, (int)slot, size);
        pthread_mutex_lock(&lock);
        char *old = slots[slot];
        slots[slot] = block;
        pthread_cond_signal(&turn);
        pthread_mutex_unlock(&lock);
        free(old);
    }
}

/* Mappings that come, are torn, change their rights, and go. */
static void map(unsigned *state)
{
    unsigned char *area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 300; i++)
        area[next(state) % AREA] ^= 1;
    mprotect(area, AREA / 4, PROT_READ);
    munmap(area + AREA / 2, 65536);
    madvise(area + AREA / 4, AREA / 4, MADV_DONTNEED);
    munmap(area, AREA);
}

static void fork_child(unsigned *state)
{
    int ends[2], status;
    unsigned char got = 0;
    if (pipe(ends) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 64; i++)
            shared[(i * 4096 + next(state)) % AREA]++;
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    if (child > 0 && (read(ends[0], &got, 1) != 1 || waitpid(child, &status, 0) != child || status))
        abort();
    close(ends[0]);
    close(ends[1]);
}

static void recurse(unsigned depth, unsigned *state)
{
    volatile unsigned char frame[400];
    frame[next(state) % sizeof frame] = (unsigned char)depth;
    if (depth)
        recurse(depth - 1, state);
}

static void *work(void *argument)
{
    unsigned long number = (unsigned long)argument, most = *(unsigned long *)shared;
    unsigned state = (unsigned)number + 1;
    for (unsigned long n = 1; most == 0 || atomic_load(&rounds) < most; n++) {
        switch ((n + number) % 6) {
        case 0: churn(&state); break;
        case 1: map(&state); break;
        case 2: recurse(200, &state); break;
        case 3: pthread_kill(pthread_self(), SIGUSR1); break;
        case 4: usleep(2000); break;
        default:
            for (int i = 0; i < 20000; i++)
                shared[4096 + next(&state) % (AREA - 4096)] += (unsigned char)i;
        }
        if (number == 0 && n % 40 == 0)
            fork_child(&state);
        if (number == 0)
            atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    shared = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *(unsigned long *)shared = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    signal(SIGUSR1, on_signal);
    for (unsigned long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%s\n", atomic_load(&signals) ? "done" : "no signals");
    return 0;
}
