#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t caught, code;
static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    caught = signo;
    code = info->si_code;
}

static void alarmed(int signo) { (void)signo; }

int main(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    signal(SIGALRM, alarmed);
    raise(SIGUSR1);
    raise(SIGUSR2);
    alarm(1);
    pause();
    caught = 0;
    int *nowhere = (int *)16;
    if (getenv("HOME_THAT_IS_NOT"))
        return 0;
    return *nowhere;
}
