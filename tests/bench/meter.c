/* Runs a program and tells what it used: meter FD PROGRAM ARGS…  writes "STATUS USER_US SYSTEM_US RSS_KIB\n" to FD. Its own memory is
 * small, and a program starts with the peak of whoever calls execve(2): measured from Python, everything would take Python's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int fd = atoi(argv[1]), status;
    pid_t pid = fork();
    if (pid == 0) {
        close(fd);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    struct rusage used;
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
        return 2;
    dprintf(fd, "%d %ld %ld %ld\n", status, used.ru_utime.tv_sec * 1000000 + used.ru_utime.tv_usec,
            used.ru_stime.tv_sec * 1000000 + used.ru_stime.tv_usec, used.ru_maxrss);
    return 0;
}
