#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct node { int value; struct node *next; double weight; };
struct pair { long a, b; };
int global = 5;
char text[32] = "some text";
__thread int local_to_thread = 11;

static int factorial(int n)
{
    if (n <= 1)
        return 1;
    return n * factorial(n - 1);
}

int twice(int x) { return 2 * x; }
double half(double x) { return x / 2; }
struct pair swap(struct pair p) { return (struct pair){p.b, p.a}; }
char *shout(const char *s)
{
    char *copy = strdup(s);
    for (char *p = copy; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p -= 32;
    return copy;
}

static long sum(const long *values, int count)
{
    long total = 0;
    for (int i = 0; i < count; i++) {
        long value = values[i];
        total += value;
    }
    return total;
}

int main(int argc, char **argv)
{
    long values[] = {1, 2, 3, 4};
    struct node first = {1, NULL, 1.5}, second = {2, &first, 2.5};
    struct node *list = &second;
    global = (int)sum(values, 4);
    global += factorial(5);
    local_to_thread++;
    strcpy(text, "hello");
    free(shout(text));
    values[2] = list->next->value + argc;
    global = twice(global) + (int)half(3.0);
    return (int)(values[2] + (argv[0] == NULL)) & 7;
}
