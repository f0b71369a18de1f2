#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
volatile int caught;
static void handler(int signo) { caught = signo; }
static int child_work(int n) { return n + 1; }
int main(int argc, char **argv)
{
    signal(SIGUSR1, handler);
    signal(SIGUSR2, handler);
    close(99);
    raise(SIGUSR1);
    raise(SIGUSR2);
    raise(SIGCHLD);
    if (argc > 1)
        return 3;
    pid_t pid = fork();
    if (pid == 0)
        _exit(child_work(6));
    waitpid(pid, NULL, 0);
    if (getenv("CRASH"))
        *(volatile int *)8 = caught;
    execl(argv[0], argv[0], "again", NULL);
    return 1;
}
