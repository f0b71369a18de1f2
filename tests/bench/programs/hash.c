/* A hash table of strings with chains from malloc.
 * class: malloc */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct Entry { struct Entry *next; unsigned count; char key[]; } Entry;
static Entry *table[1 << 16];
int main(void)
{
    unsigned x = 1, distinct = 0;
    for (int i = 0; i < 2400000; i++) {
        char key[24];
        x = x * 1103515245 + 12345;
        int n = 0;
        for (unsigned v = x >> 14; v; v /= 10)
            key[n++] = '0' + v % 10;
        key[n] = 0;
        uint32_t h = 2166136261u;
        for (const char *p = key; *p; p++)
            h = (h ^ *p) * 16777619;
        Entry **e = &table[h & 0xffff];
        while (*e && strcmp((*e)->key, key))
            e = &(*e)->next;
        if (!*e) {
            *e = malloc(sizeof **e + n + 1);
            (*e)->next = NULL;
            (*e)->count = 0;
            strcpy((*e)->key, key);
            distinct++;
        }
        if (++(*e)->count > 8) {
            Entry *old = *e;
            *e = old->next;
            free(old);
        }
    }
    printf("%u\n", distinct);
}
