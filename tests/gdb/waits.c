/* Waits for what never comes, in the way that its argument says. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int turn(int n) { return n + 1; }

int main(int argc, char **argv)
{
    int pipes[2], word = 0;
    char c;
    struct timespec long_time = {100, 0};
    if (argc < 2 || turn(0) != 1 || pipe(pipes))
        return 1;
    switch (argv[1][0]) {
    case 'r': return (int)read(pipes[0], &c, 1);
    case 's': return nanosleep(&long_time, NULL);
    case 'f': return (int)syscall(SYS_futex, &word, FUTEX_WAIT, 0, argv[1][5] ? &long_time : NULL);
    case 'u': return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){1L << 40, 0}, NULL);
    case 'w':
        if (fork() == 0)
            return prctl(PR_SET_PDEATHSIG, SIGKILL) + pause();
        return wait(NULL);
    default: return argv[1][1] == 'o' ? poll(NULL, 0, -1) : pause();
    }
}
