/* What `catch` catches: system calls, signals, processes, programs. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int caught;
static void handler(int signo) { caught = signo; }
static int child_work(int n) { return n + 1; }

int main(int argc, char **argv)
{
    signal(SIGUSR1, handler);
    signal(SIGUSR2, handler);
    close(99);
    raise(SIGUSR1);
    raise(SIGUSR2);
    if (argc > 1)
        return 3;
    pid_t pid = fork();
    if (pid == 0)
        _exit(child_work(6));
    waitpid(pid, NULL, 0);
    int *nowhere = (int *)8;
    if (caught == SIGUSR2)
        *nowhere = 1;
    return 1;
}
