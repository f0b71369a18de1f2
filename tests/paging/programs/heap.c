/* Every mistake that --heap is to find, and what it must not take for one. The argument says which. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *volatile kept;
static void *volatile sink;

static void leak(void)
{
    sink = malloc(100); /* lost: nothing points to it below */
    sink = malloc(24);
    char *volatile *outer = malloc(16);
    outer[0] = malloc(50); /* lost with the outer one */
    sink = (void *)outer;
    outer = NULL;
    kept = malloc(77);     /* still reachable */
    sink = NULL;
}

static void freed(void)
{
    int *p = malloc(40);
    free(p);
    sink = (void *)(long)((volatile int *)p)[3]; /* read of size 4, 12 inside */
    ((volatile int *)p)[4] = 7;                  /* write of size 4, 16 inside */
}

static void beyond(void)
{
    volatile char *p = malloc(13);
    p[13] = 1;
    volatile int *q = malloc(40);
    q[10] = 2;
    sink = (void *)(long)q[10];
    sink = (void *)p;
}

static void before(void)
{
    volatile char *r = malloc(20);
    r[-1] = 3;
    sink = (void *)r;
}

static void twice(void)
{
    sink = malloc(10);
    free(sink);
    kept = malloc(30);
    free(sink);
}

static void good(void)
{
    for (int i = 0; i < 300; i++) { /* strings of all lengths: word-at-a-time routines look past the end */
        char *s = malloc((size_t)i + 1), *t;
        memset(s, 'x', (size_t)i);
        s[i] = 0;
        if (strlen(s) != (size_t)i || strchr(s, 'y') || memchr(s, 'z', (size_t)i))
            exit(9);
        t = strdup(s);
        t = realloc(t, (size_t)i * 3 + 10);
        strcat(t, "abcdefg");
        if (strcmp(s, t) == 0)
            exit(8);
        free(s);
        free(t);
    }
    void *p = NULL;
    if (posix_memalign(&p, 64, 1000) == 0)
        memset(p, 1, 1000);
    free(p);
    p = calloc(1000, 1000);
    free(p);
    p = aligned_alloc(4096, 8192);
    memset(p, 0, 8192);
    free(p);
    printf("%d %s\n", 42, "formatted");
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (*what == 'l') leak();
    if (*what == 'f') freed();
    if (*what == 'b') beyond();
    if (*what == 't') twice();
    if (*what == 'u') before();
    if (*what == 'g') good();
    return 0;
}
