/* A limit of descriptors is each process's own: what others hold does not count. And scripts that are run by scripts.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 6 };

static void fill(int told, int release)
{
    int count = 0;
    char byte;
    while (open("/dev/null", O_RDONLY) >= 0)
        count++;
    count = errno == EMFILE ? count : -errno;
    write(told, &count, sizeof count);
    read(release, &byte, 1);
    _exit(0);
}

static void script(const char *name, const char *format)
{
    char cwd[4096];
    FILE *file = fopen(name, "w");
    fprintf(file, format, getcwd(cwd, sizeof cwd));
    fclose(file);
    chmod(name, 0755);
}

int main(void)
{
    int told[2], release[2], count;
    setvbuf(stdout, NULL, _IONBF, 0);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("limit %d\n", (int)limit.rlim_cur);
    pipe(told);
    pipe(release);
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0)
            close(release[1]), fill(told[1], release[0]);
    for (int i = 0; i < PROCESSES; i++) {
        read(told[0], &count, sizeof count);
        printf("opened %d\n", count);
    }
    close(release[1]);
    while (wait(NULL) > 0)
        ;
    script("inner", "#!/bin/busybox sh\necho \"${0##*/} gets $# words: $1, ${2##*/}, $3\"\n");
    script("outer", "#! %s/inner between\n");
    fflush(stdout);
    if (fork() == 0) {
        execl("./outer", "lost", "last", NULL);
        perror("outer");
        _exit(1);
    }
    wait(NULL);
    unlink("inner");
    unlink("outer");
    return 0;
}
