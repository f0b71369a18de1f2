#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int second_life(int n) { return n * 2; }

int main(int argc, char **argv)
{
    if (argc > 1)
        return second_life(atoi(argv[1]));
    pid_t pid = vfork();
    if (pid == 0) {
        execl(argv[0], argv[0], "4", NULL);
        _exit(99);
    }
    int status;
    waitpid(pid, &status, 0);
    execl(argv[0], argv[0], "21", NULL);
    return 1;
}
