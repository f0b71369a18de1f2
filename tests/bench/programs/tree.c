/* A binary search tree of a million nodes, built and searched.
 * class: pointer */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct Node { uint32_t key, count; struct Node *left, *right; } Node;
int main(void)
{
    enum { N = 300000 };
    Node *pool = malloc(N * sizeof *pool), *root = NULL;
    uint32_t x = 2463534242u, used = 0;
    for (int i = 0; i < N; i++) {
        x ^= x << 13; x ^= x >> 17; x ^= x << 5;
        Node **p = &root;
        while (*p && (*p)->key != x)
            p = x < (*p)->key ? &(*p)->left : &(*p)->right;
        if (!*p)
            *p = &pool[used++], (*p)->key = x, (*p)->count = 0, (*p)->left = (*p)->right = NULL;
        (*p)->count++;
    }
    unsigned found = 0;
    for (int i = 0; i < 300000; i++) {
        x = x * 1664525 + 1013904223;
        Node *n = root;
        while (n && (n->key ^ x) >> 12)
            n = x < n->key ? n->left : n->right;
        found += n != NULL;
    }
    printf("%u %u\n", used, found);
}
