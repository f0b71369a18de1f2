/* mmap, munmap, mprotect, mremap, madvise, brk: rights, holes, zeroes, files private and shared, errors.
 * variants: gcc-O2 clang-O2 musl-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
enum { PAGE = 4096 };
static void result(const char *what, long ok) { printf("%s: %s\n", what, ok ? "ok" : strerror(errno)); }
static char *map(size_t pages, int prot) { return mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
int main(void)
{
    char *p = map(16, PROT_READ | PROT_WRITE);
    long sum = 0;
    for (int i = 0; i < 16 * PAGE; i += 512)
        sum += p[i];
    memset(p, 7, 16 * PAGE);
    printf("zero %ld\n", sum);
    result("unmap middle", !munmap(p + 4 * PAGE, 4 * PAGE));
    result("map into hole", mmap(p + 4 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 4 * PAGE);
    result("no replace", mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED);
    printf("%d %d\n", p[4 * PAGE], p[8 * PAGE]);
    result("mprotect hole", !mprotect(p, 16 * PAGE, PROT_READ));
    result("mprotect odd", !mprotect(p + 1, PAGE, PROT_READ));
    char *q = map(4, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 4; i++)
        q[i * PAGE] = 'a' + i;
    char *r = mremap(q, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    printf("grown %c%c%c%c %d\n", r[0], r[PAGE], r[2 * PAGE], r[3 * PAGE], r[63 * PAGE]);
    r = mremap(r, 64 * PAGE, 2 * PAGE, 0);
    char *fixed = map(8, PROT_NONE);
    r = mremap(r, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, fixed + PAGE);
    printf("moved %d %c%c%d\n", r == fixed + PAGE, r[0], r[PAGE], r[2 * PAGE]);
    r[0] = 'Z';
    madvise(r, PAGE, MADV_DONTNEED);
    printf("dontneed %d\n", r[0]);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    for (int i = 0; i < 3 * PAGE; i++)
        if (i % PAGE == 0 || i % PAGE == 100)
            pwrite(fd, &"0123456789"[i / PAGE], 1, i);
    ftruncate(fd, 2 * PAGE + 200);
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *mine = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
    printf("file %c%c%c %c tail %d\n", shared[0], shared[PAGE], shared[2 * PAGE], mine[0], shared[2 * PAGE + 300]);
    shared[PAGE + 1] = 'S';
    mine[2] = 'P';
    char buffer[4] = {0};
    pread(fd, buffer, 3, PAGE);
    printf("seen by read %d %d %d, by private %d\n", buffer[0], buffer[1], buffer[2], mine[1]);
    pwrite(fd, "W", 1, 5);
    printf("seen by map %c, msync %d\n", shared[5], msync(shared, 3 * PAGE, MS_SYNC));
    char *window = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
    close(fd);
    printf("after close %c\n", window[100]);
    result("writable map of reader", mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, open("file", O_RDONLY), 0) != MAP_FAILED);
    result("offset odd", mmap(NULL, PAGE, PROT_READ, MAP_SHARED, open("file", O_RDONLY), 100) != MAP_FAILED);
    result("length 0", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    result("too long", mmap(NULL, 1ul << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    char *huge = mmap(NULL, 64ul << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    result("64 GiB reserved", huge != MAP_FAILED);
    mprotect(huge + (40ul << 30), PAGE, PROT_READ | PROT_WRITE);
    huge[(40ul << 30) + 5] = 42;
    printf("%d\n", huge[(40ul << 30) + 5]);
    char *start = sbrk(0), *grown = sbrk(10 * PAGE);
    memset(grown, 1, 10 * PAGE);
    printf("brk %d", grown == start);
    sbrk(-5 * PAGE);
    printf(" shrunk %d", (char *)sbrk(0) == start + 5 * PAGE);
    sbrk(5 * PAGE);
    printf(" zero again %d\n", start[6 * PAGE]);
    unsigned char resident[16];
    char *fresh = map(16, PROT_READ | PROT_WRITE);
    fresh[3 * PAGE] = 1;
    mincore(fresh, 16 * PAGE, resident);
    printf("mincore %d %d\n", resident[3] & 1, resident[9] & 1);
    int memory = memfd_create("name", MFD_CLOEXEC);
    ftruncate(memory, PAGE);
    char *m1 = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0), *m2 = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, memory, 0);
    m1[9] = 99;
    printf("memfd %d\n", m2[9]);
}
