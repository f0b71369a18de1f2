/* System calls whose buffers are larger than all of RAM, through a pipe and a file; and a sort that asks the C library, which asks the
 * system how much RAM there is, before it chooses its way. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 6 << 20 };

static uint64_t random_bits(void)
{
    static uint64_t state = 88172645463325252ull;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static uint64_t sum(const void *data, size_t size)
{
    const uint8_t *p = data;
    uint64_t hash = 1469598103934665603ull;
    for (size_t i = 0; i < size; i += 61)
        hash = (hash ^ p[i]) * 1099511628211ull;
    return hash;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void through_pipe(const char *from, char *to)
{
    int ends[2], status = -1;
    pipe(ends);
    if (fork() == 0)
        _exit(write(ends[1], from, SIZE) != SIZE);
    size_t got = 0;
    for (ssize_t n; got < SIZE && (n = read(ends[0], to + got, SIZE - got)) > 0;)
        got += (size_t)n;
    wait(&status);
    printf("pipe: %d %d\n", status, memcmp(from, to, SIZE));
}

static void through_file(const char *from, char *to, const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ssize_t wrote = pwrite(file, from, SIZE, 4099), read = pread(file, to, SIZE, 4099);
    printf("file: %zd %zd %d\n", wrote, read, memcmp(from, to, SIZE));
}

int main(int argc, char **argv)
{
    char *from = malloc(SIZE), *to = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        from[i] = (char)random_bits();
    if (argc > 1)
        through_file(from, to, argv[1]);
    else
        through_pipe(from, to);
    qsort(to, SIZE / 20, 4, by_value);
    printf("sorted: %llx\n", (unsigned long long)sum(to, SIZE));
}
