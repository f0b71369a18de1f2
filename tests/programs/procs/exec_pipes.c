/* exec of itself and of other programs, pipelines, posix_spawn, system, popen, close-on-exec, environment, ENOENT, ENOEXEC, #! scripts.
 * needs: busybox */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static int run(char *const argv[], char *const envp[])
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execve(argv[0], argv, envp);
        printf("execve %s: %s\n", argv[0][0] == '/' ? strrchr(argv[0], '/') : argv[0], strerror(errno));
        fflush(stdout);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
static void file(const char *name, const char *text, int mode)
{
    FILE *f = fopen(name, "w");
    fputs(text, f);
    fclose(f);
    chmod(name, mode);
}
int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 2 && !strcmp(argv[1], "child")) {
        printf("child argc %d [%s] X=%s open %d\n", argc, argv[2], getenv("X"), fcntl(100, F_GETFD) >= 0);
        return 5;
    }
    char *environment[] = {"X=set", NULL};
    dup2(1, 100);
    printf("%d\n", run((char *[]){argv[0], "child", "kept", NULL}, environment));
    fcntl(100, F_SETFD, FD_CLOEXEC);
    printf("%d\n", run((char *[]){argv[0], "child", "closed on exec", NULL}, environment));
    printf("%d\n", run((char *[]){"/nonexistent", NULL}, environment));
    file("not_executable", "x", 0600);
    file("garbage", "\x01\x02garbage", 0700);
    file("script", "#!/bin/busybox sh\necho script \"$0\" \"$@\" X=$X\nexit 9\n", 0700);
    file("loop", "#!./loop\n", 0700);
    printf("%d\n", run((char *[]){"./not_executable", NULL}, environment));
    printf("%d\n", run((char *[]){"./garbage", NULL}, environment));
    printf("%d\n", run((char *[]){"./script", "one", "two words", NULL}, environment));
    printf("%d\n", run((char *[]){"./loop", NULL}, environment));
    printf("%d\n", run((char *[]){".", NULL}, environment));
    printf("%d\n", run((char *[]){"/bin/busybox", "sh", "-c", "echo from $X; exit 3", NULL}, environment));
    int p[2], status;
    pipe(p);
    if (fork() == 0) {
        dup2(p[1], 1);
        close(p[0]);
        close(p[1]);
        execl("/bin/busybox", "seq", "1", "50000", NULL);
        _exit(1);
    }
    if (fork() == 0) {
        dup2(p[0], 0);
        close(p[0]);
        close(p[1]);
        execl("/bin/busybox", "awk", "{ s += $1 } END { print s }", NULL);
        _exit(1);
    }
    close(p[0]);
    close(p[1]);
    int ended = 0;
    while (wait(&status) > 0)
        ended += status == 0;
    printf("ended well %d\n", ended);
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "out", O_WRONLY | O_CREAT, 0600);
    printf("spawn %d\n", posix_spawn(&pid, "/bin/busybox", &actions, NULL, (char *[]){"echo", "spawned", NULL}, environment));
    waitpid(pid, &status, 0);
    printf("spawn missing %s\n", strerror(posix_spawn(&pid, "/nonexistent", NULL, NULL, (char *[]){"x", NULL}, environment)));
    if (fork() == 0) {
        execlp("busybox", "busybox", "cat", "out", NULL);
        _exit(1);
    }
    wait(&status);
    char *many[2000];
    for (int i = 0; i < 1999; i++)
        many[i] = i == 0 ? "/bin/busybox" : i == 1 ? "echo" : i == 2 ? "-n" : "";
    many[1999] = NULL;
    printf(" %d\n", run(many, environment));
    int fd = open("/bin/busybox", O_RDONLY);
    if (fork() == 0) {
        fexecve(fd, (char *[]){"echo", "by descriptor", NULL}, environment);
        _exit(1);
    }
    wait(&status);
    printf("%d\n", WEXITSTATUS(status));
    chdir("/");
    execl("/bin/busybox", "true", NULL);
    return 1;
}
