/* Three times as much memory as the test gives it: private, shared, of files, locked, in threads and in children; every byte is
 * checked, and what it prints depends on all of them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 2048 }; /* 8 MiB private */

static uint64_t hash = 0xcbf29ce484222325u;
static void mix(uint64_t value) { hash = (hash ^ value) * 0x100000001b3u; }

static void fill(unsigned char *p, size_t pages, unsigned seed)
{
    for (size_t i = 0; i < pages; i++)
        for (size_t k = 0; k < PAGE; k += 64)
            p[i * PAGE + k] = (unsigned char)(i * 7 + k / 64 + seed);
}

static unsigned long check(const unsigned char *p, size_t pages, unsigned seed)
{
    unsigned long wrong = 0;
    for (size_t i = 0; i < pages; i++)
        for (size_t k = 0; k < PAGE; k += 64)
            wrong += p[i * PAGE + k] != (unsigned char)(i * 7 + k / 64 + seed);
    return wrong;
}

static unsigned char *map(size_t pages, int flags, int fd)
{
    unsigned char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (p == MAP_FAILED)
        perror("mmap"), exit(1);
    return p;
}

static unsigned char *area;

static void *worker(void *argument)
{
    size_t number = (size_t)argument, share = PAGES / 4;
    unsigned char *mine = area + number * share * PAGE;
    unsigned long wrong = 0;
    for (int round = 0; round < 3; round++) {
        fill(mine, share, (unsigned)(number + (unsigned)round * 13));
        wrong += check(mine, share, (unsigned)(number + (unsigned)round * 13));
    }
    return (void *)wrong;
}

static void threads(void)
{
    pthread_t thread[4];
    area = map(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    for (size_t i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, worker, (void *)i);
    for (size_t i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(thread[i], &wrong);
        mix((uintptr_t)wrong);
    }
    printf("threads: %016llx\n", (unsigned long long)hash);
}

/* The children see what the parent wrote, their writes stay theirs, and the shared pages are everybody's. */
static void children(void)
{
    unsigned char *shared = map(256, MAP_SHARED | MAP_ANONYMOUS, -1);
    fill(area, PAGES, 1);
    fill(shared, 256, 9);
    for (int child = 0; child < 3; child++)
        if (fork() == 0) {
            unsigned long wrong = check(area, PAGES, 1);
            fill(area + (size_t)child * 512 * PAGE, 512, 77);
            wrong += check(area + (size_t)child * 512 * PAGE, 512, 77) + check(area + 1536 * PAGE, 512, 1);
            for (int i = child; i < 256; i += 3)
                shared[i * PAGE + 5] = (unsigned char)(child + 1);
            _exit(wrong ? 1 : 0);
        }
    int status, sum = 0;
    while (wait(&status) > 0)
        sum += status;
    mix((uint64_t)sum);
    mix(check(area, PAGES, 1));
    mix(check(shared, 256, 9));
    for (int i = 0; i < 256; i++)
        mix(shared[i * PAGE + 5]);
    printf("children: %016llx status %d\n", (unsigned long long)hash, sum);
}

static void files(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, 1024 * PAGE) != 0)
        perror(path), exit(1);
    unsigned char *mapped = map(1024, MAP_SHARED, fd), *private = map(1024, MAP_PRIVATE, fd), buffer[64];
    fill(mapped, 1024, 3);
    for (int i = 0; i < 1024; i += 2)
        private[i * PAGE + 1] = (unsigned char)i; /* copies */
    fill(area, PAGES, 5);
    mix(check(mapped, 1024, 3));
    mix(check(private, 1024, 3));
    for (int i = 0; i < 1024; i++)
        mix(private[i * PAGE + 1]);
    msync(mapped, 1024 * PAGE, MS_SYNC);
    for (int i = 0; i < 1024; i += 31) {
        if (pread(fd, buffer, sizeof buffer, (off_t)i * PAGE) != sizeof buffer)
            exit(1);
        mix(buffer[0]);
    }
    munmap(mapped, 1024 * PAGE);
    unsigned char page[PAGE];
    for (int i = 0; i < 1024; i++) { /* what the mapping left in the file */
        if (pread(fd, page, PAGE, (off_t)i * PAGE) != PAGE)
            exit(1);
        for (int k = 0; k < PAGE; k += 64)
            mix(page[k]);
    }
    close(fd);
    unlink(path);
    printf("files: %016llx\n", (unsigned long long)hash);
}

static void locked(void)
{
    unsigned char *kept = map(64, MAP_PRIVATE | MAP_ANONYMOUS, -1), vector[64];
    if (mlock(kept, 64 * PAGE) != 0)
        perror("mlock");
    fill(kept, 64, 21);
    fill(area, PAGES, 4);
    mincore(kept, 64 * PAGE, vector);
    int resident = 0;
    for (int i = 0; i < 64; i++)
        resident += vector[i] & 1;
    mix(check(kept, 64, 21));
    printf("locked: %d of 64 resident, %016llx\n", resident, (unsigned long long)hash);
}

/* System calls into memory that must come back first; mremap, mprotect and madvise over pages that are away. */
static void calls(void)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        exit(1);
    unsigned char *big = map(512, MAP_PRIVATE | MAP_ANONYMOUS, -1), *vector = map(16, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(big, 512, 6);
    fill(area, PAGES, 8);
    for (int i = 0; i + 15 < 512; i += 15) {
        if (write(pipes[1], big + i * PAGE, 15 * PAGE) != 15 * PAGE || read(pipes[0], vector + 100, 15 * PAGE) != 15 * PAGE)
            exit(1);
        mix((uint64_t)memcmp(big + i * PAGE, vector + 100, 15 * PAGE));
    }
    unsigned char *moved = mremap(big, 512 * PAGE, 1024 * PAGE, MREMAP_MAYMOVE);
    mix(check(moved, 512, 6));
    fill(area, PAGES, 10);
    mprotect(moved, 512 * PAGE, PROT_NONE);
    fill(area, PAGES, 11);
    mprotect(moved, 512 * PAGE, PROT_READ);
    mix(check(moved, 512, 6));
    madvise(moved, 256 * PAGE, MADV_DONTNEED);
    for (int i = 0; i < 512; i++)
        mix(moved[i * PAGE]);
    printf("calls: %016llx\n", (unsigned long long)hash);
}

/* Code that the program makes itself, a function in each page: what was decoded of a page that left must not run again. */
static void code(void)
{
    unsigned char *pages = mmap(NULL, 1500 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        perror("mmap"), exit(1);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1500; i++)
            if (round == 0 || i % 7 == round) {
                unsigned value = (unsigned)(i * 3 + round);
                unsigned char *p = pages + i * PAGE;
                p[0] = 0xb8; /* mov eax, value; ret */
                memcpy(p + 1, &value, 4);
                p[5] = 0xc3;
            }
        for (int i = 0; i < 1500; i++)
            mix(((unsigned (*)(void))(uintptr_t)(pages + i * PAGE))());
    }
    printf("code: %016llx\n", (unsigned long long)hash);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    threads();
    children();
    files(argc > 1 ? argv[1] : "/tmp/emu-load.tmp");
    locked();
    calls();
    code();
    return 0;
}
