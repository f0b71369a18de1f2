#include <signal.h>
#include <unistd.h>

int main(void)
{
    signal(SIGUSR1, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    raise(SIGUSR1);
    raise(SIGCHLD);
    raise(SIGTERM);
    return 3;
}
