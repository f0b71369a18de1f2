#include "start.h"
/* A pointer chase through 512 KiB in a pseudo-random order, and a heap sort. */
typedef struct Node { struct Node *next; long value; char rest[112]; } Node;
static Node nodes[4096];
static unsigned heap[3000];
static void sift(unsigned i, unsigned n)
{
    for (unsigned child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1] > heap[child])
            child++;
        if (heap[i] >= heap[child])
            return;
        unsigned t = heap[i];
        heap[i] = heap[child], heap[child] = t;
    }
}
static long program_main(void)
{
    unsigned at = 0, random = 12345;
    for (unsigned i = 0; i < 4096; i++) {
        unsigned to = (at * 5 + 1) & 4095;
        nodes[at].next = &nodes[to];
        nodes[at].value = i;
        at = to;
    }
    long sum = 0;
    Node *node = nodes;
    for (unsigned i = 0; i < 20000; i++, node = node->next)
        sum += node->value;
    for (unsigned i = 0; i < 3000; i++)
        heap[i] = random = random * 1103515245 + 12345;
    for (unsigned i = 1500; i-- > 0;)
        sift(i, 3000);
    for (unsigned n = 3000; n-- > 1;) {
        unsigned t = heap[0];
        heap[0] = heap[n], heap[n] = t;
        sift(0, n);
    }
    return sum + heap[1234];
}
