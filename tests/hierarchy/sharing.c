/* Two threads count side by side: in one line (they do not share a byte of it), and each in its own. */
#include <pthread.h>
#include <stdio.h>

struct { long left, right; } together __attribute__((aligned(64)));
struct { long count; char rest[56]; } apart[2] __attribute__((aligned(64)));
long agreed __attribute__((aligned(64)));

static void *work(void *which)
{
    volatile long *mine = which ? &together.right : &together.left;
    volatile long *own = &apart[which != NULL].count;
    for (int i = 0; i < 300000; i++) {
        ++*mine;
        ++*own;
        if (i % 1000 == 0)
            __atomic_fetch_add(&agreed, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

int main(void)
{
    pthread_t other;
    pthread_create(&other, NULL, work, "right");
    work(NULL);
    pthread_join(other, NULL);
    printf("%ld %ld %ld\n", together.left + together.right, apart[0].count + apart[1].count, agreed);
    return 0;
}
