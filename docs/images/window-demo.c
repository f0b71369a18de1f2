/* A program to look at: a table of structures, a list on the heap, a recursion. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

struct node {
    int key;
    char name[12];
    struct node *next;
};

struct node table[16];
double weights[4] = {0.25, 0.5, 1.0, 2.0};

static int depth_sum(int depth, const char *word)
{
    int here = depth * 3;
    long total = here;
    if (depth == 0)
        return (int)strlen(word);
    total += depth_sum(depth - 1, word);
    table[depth % 16].key = (int)total;
    return (int)total;
}

int main(int argc, char **argv)
{
    struct node *list = NULL;
    char line[32] = "hello, memory";
    for (int i = 0; i < 100; i++) {
        struct node *n = malloc(sizeof *n);
        n->key = i;
        snprintf(n->name, sizeof n->name, "node %d", i);
        n->next = list;
        list = n;
    }
    int fd = open("/etc/hostname", O_RDONLY);
    char buffer[64];
    read(fd, buffer, sizeof buffer);
    close(fd);
    access("/nowhere", 0);
    int sum = depth_sum(6, line);
    printf("%d %s\n", sum, list->name);
    return 0;
}
