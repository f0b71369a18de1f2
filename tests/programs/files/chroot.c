/* What a new root changes: names, "..", the working directory inside it and left outside.
 * variants: gcc-O2
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[PATH_MAX]; /* where we were started: differs between runs */

static void show(const char *what, int result)
{
    if (result < 0)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: done\n", what);
}

static void cwd(void)
{
    char name[2 * PATH_MAX];
    long length = syscall(SYS_getcwd, name, sizeof name);
    char *known = length > 0 ? strstr(name, home) : NULL;
    if (length < 0)
        printf("cwd: %s\n", strerror(errno));
    else if (known)
        printf("cwd: %sHOME%s\n", name[0] == '(' ? "(unreachable)" : "", known + strlen(home)); /* a root of our own may lie between */
    else
        printf("cwd: %s (%ld)\n", name, length);
}

static void in_child(void (*test)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        test();
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void inside(void)
{
    show("chroot", chroot("jail"));
    show("chdir", chdir("/sub"));
    cwd();
    show("open /file", open("/file", O_RDONLY));
    show("open ../../../file", open("../../../file", O_RDONLY));
    show("absolute link", open("/link", O_RDONLY));
    show("open of what is outside", open("/outside", O_RDONLY));
    show("chdir ..", chdir(".."));
    cwd();
    show("mkdir", mkdir("/sub/new", 0755));
    show("rename", rename("/sub/new", "/newer"));
    show("rmdir", rmdir("newer"));
}

static void outside(void)
{
    show("chroot", chroot("jail"));
    cwd();
    show("relative name", open("outside", O_RDONLY));
    show("absolute name", open("/outside", O_RDONLY));
    show("chdir ..", chdir("jail"));
    cwd();
    show("inside now", open("../outside", O_RDONLY));
}

static void above(void)
{
    show("chroot", chroot("."));
    cwd();
    show("chdir", chdir("jail/sub"));
    cwd();
}

int main(void)
{
    getcwd(home, sizeof home);
    mkdir("jail", 0755);
    mkdir("jail/sub", 0755);
    close(creat("jail/file", 0644));
    close(creat("outside", 0644));
    symlink("/file", "jail/link");
    in_child(inside);
    in_child(outside);
    in_child(above);
    return 0;
}
