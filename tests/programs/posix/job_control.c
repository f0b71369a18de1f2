/* Process groups, stops and continues, and what waitid(2) and wait4(2) say about them.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (call); printf("%s: %ld %s\n", #call, r, r < 0 ? strerror(errno) : ""); fflush(stdout); } while (0)

static pid_t child(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

static void look(const char *what, idtype_t type, id_t id, pid_t pid, int options)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int r = waitid(type, id, &info, options);
    printf("%s: %d %s signo %d code %d pid %s status %d\n", what, r, r < 0 ? strerror(errno) : "", info.si_signo, info.si_code,
           info.si_pid == pid ? "the child's" : info.si_pid ? "another" : "none", info.si_status);
}

static void stops(void)
{
    pid_t pid = child();
    int status;
    look("nothing yet", P_PID, pid, pid, WSTOPPED | WCONTINUED | WEXITED | WNOHANG);
    kill(pid, SIGSTOP);
    look("stopped, left", P_PID, pid, pid, WSTOPPED | WNOWAIT);
    look("stopped", P_ALL, 0, pid, WSTOPPED);
    look("told already", P_PID, pid, pid, WSTOPPED | WNOHANG);
    kill(pid, SIGCONT);
    look("continued", P_PGID, getpgrp(), pid, WCONTINUED);
    kill(pid, SIGTSTP);
    SHOW(waitpid(pid, &status, WUNTRACED) == pid);
    printf("stop signal %d\n", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    kill(pid, SIGCONT);
    SHOW(waitpid(pid, &status, WCONTINUED) == pid);
    printf("continued %d\n", WIFCONTINUED(status));
    kill(pid, SIGTERM);
    look("killed, left", P_PID, pid, pid, WEXITED | WNOWAIT);
    look("killed", P_PID, pid, pid, WEXITED);
    look("gone", P_PID, pid, pid, WEXITED);
    SHOW(waitid(P_PID, pid, NULL, 0));
    SHOW(waitid(9, pid, NULL, WEXITED));
    SHOW(waitpid(-1, &status, 0x1000));
    SHOW(wait4(-1, &status, WNOHANG, NULL));
    SHOW(kill(pid, 0));
}

static void groups(void)
{
    pid_t a = child(), b = child();
    int status;
    SHOW(setpgid(a, a));
    SHOW(setpgid(b, a));
    SHOW(getpgid(b) == a);
    SHOW(setpgid(a, 999999));
    SHOW(setpgid(getppid(), 0));
    SHOW(setpgid(a, -1));
    SHOW(waitpid(-a, &status, WNOHANG));
    SHOW(kill(-a, SIGUSR1));
    for (int i = 0; i < 2; i++) {
        pid_t got = waitpid(-a, &status, 0);
        printf("%d %d\n", got == a || got == b, WIFSIGNALED(status) ? WTERMSIG(status) : -1);
    }
    SHOW(waitpid(-a, &status, 0));
    SHOW(kill(-a, 0));
    SHOW(getpgid(999999));
    SHOW(getsid(999999));
}

static volatile sig_atomic_t told;
static void on_child(int signo, siginfo_t *info, void *context)
{
    told++;
    char line[80];
    int n = snprintf(line, sizeof line, "SIGCHLD code %d status %d\n", info->si_code, info->si_status);
    write(1, line, n);
}

static void notices(void)
{
    struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    int status;
    pid_t pid = child();
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    kill(pid, SIGCONT);
    waitpid(pid, &status, WCONTINUED);
    usleep(50000); /* the notice comes from the child, when it runs */
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    if ((pid = fork()) == 0)
        _exit(300);
    waitpid(pid, &status, 0);
    printf("exit %d\n", WEXITSTATUS(status));
    action.sa_flags |= SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, NULL);
    pid = child();
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    action.sa_flags = SA_SIGINFO | SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
    if ((pid = fork()) == 0)
        _exit(1);
    SHOW(waitpid(pid, &status, 0));
    signal(SIGCHLD, SIG_IGN);
    if ((pid = fork()) == 0)
        _exit(1);
    SHOW(wait(&status));
    signal(SIGCHLD, SIG_DFL);
}

static void cores(void)
{
    int status;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGQUIT, SIGHUP, SIGSYS, SIGXCPU, 40};
    for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            kill(getpid(), deadly[i]);
            pause();
        }
        siginfo_t info;
        waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
        waitpid(pid, &status, 0);
        printf("%d: %d core %d code %d\n", deadly[i], WTERMSIG(status), !!WCOREDUMP(status), info.si_code);
    }
}

static int stack[4096];
static int cloned(void *argument) { _exit(7); }

static void clones(void)
{
    int status;
    pid_t pid = clone(cloned, stack + 4096, SIGUSR1, NULL);
    signal(SIGUSR1, SIG_IGN);
    SHOW(waitpid(pid, &status, 0));
    SHOW(waitpid(pid, &status, __WCLONE) == pid);
    printf("%d\n", WEXITSTATUS(status));
    pid = clone(cloned, stack + 4096, 0, NULL);
    SHOW(waitpid(pid, &status, __WALL) == pid);
    pid = clone(cloned, stack + 4096, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    SHOW(waitpid(pid, &status, 0) == pid);
}

/* In a group of its own with a parent in the session: in an orphaned group, as a session leader's is, SIGTSTP stops nobody. */
int main(void)
{
    pid_t group = fork();
    if (group) {
        int status;
        waitpid(group, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    setpgid(0, 0);
    stops();
    groups();
    fflush(stdout);
    notices();
    fflush(stdout);
    cores();
    clones();
    return 0;
}
