/* fork, wait, exit statuses, signals between parent and child, copy-on-write, shared memory, orphans' pipes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile sig_atomic_t children, usr;
static void on_child(int n) { children++; }
static void on_usr(int n) { usr++; }
static int global = 1;
int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    int status, local = 2;
    char *heap = strdup("parent");
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int how = 0; how < 4; how++) {
        pid_t pid = fork();
        if (pid == 0) {
            global = local = 99;
            strcpy(heap, "child");
            *shared += 10;
            if (how == 0) exit(7);
            if (how == 1) abort();
            if (how == 2) raise(SIGKILL);
            _exit(255 + 3);
        }
        pid_t got = waitpid(pid, &status, 0);
        printf("%d exited %d %d signalled %d %d\n", got == pid, WIFEXITED(status), WEXITSTATUS(status), WIFSIGNALED(status), WTERMSIG(status));
    }
    printf("parent still %d %d %s shared %d\n", global, local, heap, *shared);
    int none = wait(&status);
    printf("no more %d %s\n", none, strerror(errno));
    int p[2], q[2];
    pipe(p);
    pipe(q);
    if (fork() == 0) {
        close(p[1]);
        close(q[0]);
        char buffer[100];
        ssize_t n;
        long sum = 0;
        while ((n = read(p[0], buffer, sizeof buffer)) > 0)
            for (ssize_t i = 0; i < n; i++)
                sum += (unsigned char)buffer[i];
        n = snprintf(buffer, sizeof buffer, "sum %ld", sum);
        write(q[1], buffer, n);
        exit(0);
    }
    close(p[0]);
    close(q[1]);
    static char block[200000];
    memset(block, 3, sizeof block);
    printf("wrote %zd\n", write(p[1], block, sizeof block));
    close(p[1]);
    char answer[100] = "";
    while (read(q[0], answer + strlen(answer), 50) > 0)
        ;
    puts(answer);
    wait(NULL);
    signal(SIGCHLD, on_child);
    signal(SIGUSR1, on_usr);
    sigset_t block_usr, old;
    sigemptyset(&block_usr);
    sigaddset(&block_usr, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block_usr, &old);
    if (fork() == 0) {
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    while (!usr)
        sigsuspend(&old);
    while (wait(NULL) < 0 && errno == EINTR)
        ;
    printf("usr %d child signal %d\n", usr, children > 0);
    pid_t stopped = fork();
    if (stopped == 0) {
        for (;;)
            pause();
    }
    kill(stopped, SIGSTOP);
    waitpid(stopped, &status, WUNTRACED);
    printf("stopped %d %d\n", WIFSTOPPED(status), WSTOPSIG(status));
    kill(stopped, SIGCONT);
    waitpid(stopped, &status, WCONTINUED);
    printf("continued %d\n", WIFCONTINUED(status));
    printf("running %d\n", waitpid(stopped, &status, WNOHANG));
    kill(stopped, SIGTERM);
    siginfo_t info;
    while (waitid(P_PID, stopped, &info, WEXITED) < 0 && errno == EINTR)
        ;
    printf("waitid code %d status %d\n", info.si_code == CLD_KILLED, info.si_status);
    signal(SIGCHLD, SIG_DFL);
    long total = 0;
    for (int i = 0; i < 100; i++)
        if (fork() == 0)
            _exit(i);
    while (wait(&status) > 0)
        total += WEXITSTATUS(status);
    printf("total %ld\n", total);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    if (fork() == 0) {
        write(fd, "child ", 6);
        _exit(0);
    }
    wait(NULL);
    write(fd, "parent", 6);
    char text[32] = "";
    pread(fd, text, 31, 0);
    puts(text);
    pid_t v = vfork();
    if (v == 0)
        _exit(3);
    waitpid(v, &status, 0);
    printf("vfork %d\n", WEXITSTATUS(status));
}
