/* Every way to end with a status: return, exit with handlers, _exit without; only the low eight bits count.
 * args: return 7
 * args: return 256
 * args: return -1
 * args: exit 3
 * args: _exit 4
 * args: quick 5 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void last(void) { puts("atexit: last registered, first run"); }
static void first(void) { puts("atexit: first registered, last run"); }
static void quick(void) { puts("at_quick_exit"); fflush(stdout); }
__attribute__((constructor)) static void before(void) { puts("constructor"); }
__attribute__((destructor)) static void after(void) { puts("destructor"); }
int main(int argc, char **argv)
{
    int code = atoi(argv[2]);
    atexit(first);
    atexit(last);
    at_quick_exit(quick);
    printf("unflushed without a newline");
    if (!strcmp(argv[1], "exit"))
        exit(code);
    if (!strcmp(argv[1], "_exit"))
        _exit(code);
    if (!strcmp(argv[1], "quick"))
        quick_exit(code);
    return code;
}
