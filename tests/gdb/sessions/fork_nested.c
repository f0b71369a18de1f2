/* A process, its child, and the child of that, which tell what they see; the child starts the program again. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int level, where;
static int in_child(int n) { where = 2; return n; }
static int in_grandchild(int n) { where = 4; return n; }
static int in_parent(int n) { where = 3; return n; }
int main(int argc, char **argv)
{
    int status;
    if (argc > 1) return 5;
    pid_t p = fork();
    if (p == 0) {
        pid_t q = fork();
        if (q == 0) _exit(in_grandchild(9));
        waitpid(q, &status, 0);
        in_child(WEXITSTATUS(status));
        execl("/proc/self/exe", "forks", "again", (char *)0);
    }
    waitpid(p, &status, 0);
    return in_parent(WEXITSTATUS(status));
}
