/* A mix: list handling, small integer matrices, a state machine, bit tricks.
 * class: integer */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct Node { struct Node *next; int16_t key, value; } Node;
static Node pool[500];
static int16_t a[32][32], b[32][32];
static int32_t c[32][32];
static Node *reverse(Node *n)
{
    Node *r = NULL;
    while (n) { Node *t = n->next; n->next = r; r = n; n = t; }
    return r;
}
static Node *merge(Node *x, Node *y)
{
    Node head, *t = &head;
    while (x && y)
        if (x->key <= y->key) { t = t->next = x; x = x->next; } else { t = t->next = y; y = y->next; }
    t->next = x ? x : y;
    return head.next;
}
static Node *sort(Node *n)
{
    if (!n || !n->next)
        return n;
    Node *slow = n, *fast = n->next;
    while (fast && fast->next) { slow = slow->next; fast = fast->next->next; }
    Node *half = slow->next;
    slow->next = NULL;
    return merge(sort(n), sort(half));
}
static int classify(const char *s)
{
    int state = 0, seen = 0;
    for (; *s; s++)
        switch (state) {
        case 0: state = *s >= '0' && *s <= '9' ? 1 : *s == '+' || *s == '-' ? 2 : *s == '.' ? 3 : 4; break;
        case 1: if (*s == '.') state = 3; else if (*s == 'e') state = 5; else if (*s < '0' || *s > '9') state = 4; break;
        case 2: state = *s >= '0' && *s <= '9' ? 1 : 4; break;
        case 3: if (*s == 'e') state = 5; else if (*s < '0' || *s > '9') state = 4; break;
        case 4: seen++; state = *s == ',' ? 0 : 4; break;
        case 5: state = *s == '-' || (*s >= '0' && *s <= '9') ? 1 : 4; break;
        }
    return state * 100 + seen;
}
int main(void)
{
    uint32_t x = 12345, sum = 0;
    for (int i = 0; i < 500; i++)
        pool[i] = (Node){i < 499 ? &pool[i + 1] : NULL, (x = x * 1103515245 + 12345) >> 17, i};
    Node *list = pool;
    for (int round = 0; round < 12000; round++) {
        for (Node *n = list; n; n = n->next)
            n->key = n->key * 31 + round;
        list = reverse(sort(list));
        for (int i = 0; i < 32; i++)
            for (int j = 0; j < 32; j++) { a[i][j] = i * round + j; b[i][j] = j - i; }
        for (int i = 0; i < 32; i++)
            for (int j = 0; j < 32; j++) {
                int32_t s = 0;
                for (int k = 0; k < 32; k++)
                    s += a[i][k] * b[k][j];
                c[i][j] = s;
            }
        sum += c[round & 31][7] + classify("123.5e-3,+17,abc,.5,99,-1,12x,4e5,7") + list->key;
        for (uint32_t v = round * 2654435761u; v; v &= v - 1)
            sum = (sum << 1 | sum >> 31) + (v ^ v >> 16);
    }
    printf("%u\n", sum);
}
