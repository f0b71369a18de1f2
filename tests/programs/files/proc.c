/* The guest's /proc: it is the program's own, whatever runs it.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) do { errno = 0; long r_ = (x); printf("%-60s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)
static char text[1 << 16];

static long slurp(const char *path)
{
    int fd = open(path, O_RDONLY);
    long size = 0, n;
    while (fd >= 0 && (n = read(fd, text + size, sizeof text - 1 - size)) > 0)
        size += n;
    text[size] = 0;
    close(fd);
    return fd < 0 ? -1 : size;
}

/* The mapping that holds an address: its rights and name. */
static void mapping_of(const char *what, void *address)
{
    slurp("/proc/self/maps");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long start, end, offset;
        char rights[8], name[256] = "";
        sscanf(line, "%lx-%lx %7s %lx %*s %*s %255[^\n]", &start, &end, rights, &offset, name);
        if (start <= (unsigned long)address && (unsigned long)address < end) {
            char *slash = strrchr(name, '/');
            printf("%s: %s %s\n", what, rights, slash ? slash + 1 : name);
        }
    }
}

int data_word = 5;
static void status_lines(void)
{
    slurp("/proc/self/status");
    char pid[32], ppid[32];
    snprintf(pid, sizeof pid, "\nPid:\t%d\n", getpid());
    snprintf(ppid, sizeof ppid, "\nPPid:\t%d\n", getppid());
    printf("status %d %d %d\n", !strncmp(text, "Name:\tproc", 10) || !strncmp(text, "Name:\tfiles", 11), strstr(text, pid) != NULL,
           strstr(text, ppid) != NULL);
    printf("threads %.10s", strstr(text, "Threads:"));
}

static void links(char *argv0)
{
    char buffer[4096], cwd[4096], real[4096];
    long n = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
    buffer[n] = 0;
    printf("exe %d\n", realpath(argv0, real) && !strcmp(real, buffer));
    buffer[readlink("/proc/self/cwd", buffer, sizeof buffer - 1)] = 0;
    printf("cwd %d\n", getcwd(cwd, sizeof cwd) && !strcmp(cwd, buffer));
    SAY(readlink("/proc/self/root", buffer, sizeof buffer));
    snprintf(real, sizeof real, "%d", getpid());
    n = readlink("/proc/self", buffer, sizeof buffer - 1);
    buffer[n] = 0;
    printf("self %d\n", !strcmp(real, buffer));
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600), p[2];
    write(fd, "content", 7);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    buffer[readlink(name, buffer, sizeof buffer - 1)] = 0;
    printf("fd link %s\n", strrchr(buffer, '/'));
    int again = open(name, O_RDONLY);
    SAY(read(again, buffer, 100));
    struct stat a, b;
    printf("same inode %d\n", !fstat(fd, &a) && !stat(name, &b) && a.st_ino == b.st_ino);
    lstat(name, &b);
    printf("link mode %o\n", b.st_mode);
    unlink("file");
    buffer[readlink(name, buffer, sizeof buffer - 1)] = 0;
    printf("deleted %s\n", strrchr(buffer, '/'));
    pipe(p);
    snprintf(name, sizeof name, "/dev/fd/%d", p[0]);
    buffer[readlink(name, buffer, 5)] = 0;
    printf("pipe link %.5s\n", buffer);
    snprintf(name, sizeof name, "/proc/self/fd/%d", p[1]);
    int writer = open(name, O_WRONLY);
    SAY(write(writer, "through", 7));
    SAY(read(p[0], buffer, 100));
    SAY(open("/proc/self/fd/999", O_RDONLY));
    SAY(open("/proc/self/exe", O_WRONLY));
    SAY(open("/proc/self/maps", O_WRONLY) >= 0);
    SAY(open("/proc/self/fd/0/x", O_RDONLY));
    SAY(open("/proc/self/nonsense", O_RDONLY));
    SAY(open("/proc/self/maps/x", O_RDONLY));
    SAY(open("/proc/self/stat", O_RDONLY | O_DIRECTORY));
    SAY(open("/proc/self/exe", O_RDONLY | O_NOFOLLOW));
    SAY(access("/proc/self/maps", R_OK));
    SAY(mkdir("/proc/self/x", 0700));
    SAY(unlink("/proc/self/maps"));
}

static void directories(void)
{
    int fds = 0, self = 0, numbers = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; (e = readdir(d));)
        fds += e->d_name[0] != '.' && atoi(e->d_name) <= 2;
    closedir(d);
    d = opendir("/proc");
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    for (struct dirent *e; (e = readdir(d));) {
        self += !strcmp(e->d_name, pid);
        numbers += !strcmp(e->d_name, "cpuinfo") || !strcmp(e->d_name, "meminfo") || !strcmp(e->d_name, "self");
    }
    closedir(d);
    printf("fds %d self %d known %d\n", fds, self, numbers);
    int tasks = 0;
    d = opendir("/proc/self/task");
    for (struct dirent *e; (e = readdir(d));)
        tasks += e->d_name[0] != '.';
    closedir(d);
    printf("tasks %d\n", tasks);
    chdir("/proc/self");
    SAY(slurp("comm"));
    printf("%s", text);
    int dir = open("task", O_RDONLY | O_DIRECTORY);
    char cwd[100], expect[100];
    snprintf(expect, sizeof expect, "/proc/%d", getpid());
    printf("cwd %d\n", getcwd(cwd, sizeof cwd) && !strcmp(cwd, expect));
    SAY(fchdir(dir));
    SAY(chdir("../fd"));
    printf("cwd %s\n", getcwd(cwd, sizeof cwd) ? strrchr(cwd, '/') : "none");
    chdir("/proc/self/root/tmp");
    printf("cwd %s\n", getcwd(cwd, sizeof cwd));
    SAY(access("/proc/1234567", F_OK));
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    (void)argc;
    links(argv[0]);
    slurp("/proc/self/cmdline");
    printf("cmdline %d\n", !strcmp(text, argv[0]));
    prctl(PR_SET_NAME, "renamed");
    slurp("/proc/self/comm");
    printf("comm %s", text);
    prctl(PR_SET_NAME, "proc");
    status_lines();
    slurp("/proc/self/stat");
    int pid, ppid, pgid;
    char state;
    sscanf(strrchr(text, ')') + 2, "%c %d %d", &state, &ppid, &pgid);
    printf("stat %d %c %d %d\n", atoi(text) == getpid(), state, ppid == getppid(), pgid == getpgrp());
    int fields = 0;
    for (char *p = text; *p; p++)
        fields += *p == ' ';
    printf("fields %d\n", fields);
    printf("auxv %d\n", slurp("/proc/self/auxv") > 200 && *(long *)text && *(long *)text < 64);
    printf("environ %d\n", slurp("/proc/self/environ") > 0 && strstr(text, "PATH=") != NULL);
    mapping_of("code", (void *)main);
    mapping_of("data", &data_word);
    mapping_of("stack", &pid);
    mapping_of("heap", sbrk(0) - 8);
    mapping_of("anonymous", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    int mem = open("/proc/self/mem", O_RDWR), word = 0;
    pread(mem, &word, 4, (long)&data_word);
    printf("mem %d\n", word);
    word = 77;
    SAY(pwrite(mem, &word, 4, (long)&data_word));
    printf("written %d\n", data_word);
    SAY(pread(mem, &word, 4, 16));
    directories();
    pid = fork();
    if (!pid) {
        prctl(PR_SET_NAME, "child");
        pause();
    }
    usleep(50000);
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/comm", pid);
    slurp(name);
    printf("child %s", text);
    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    slurp(name);
    printf("child state %c\n", strrchr(text, ')')[2]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    SAY(slurp(name));
    SAY(slurp("/proc/cpuinfo") > 0);
    SAY(slurp("/proc/meminfo") > 0 && strstr(text, "MemTotal:"));
    SAY(slurp("/proc/sys/kernel/osrelease") > 0);
    SAY(slurp("/proc/self/mounts") > 0);
    SAY(slurp("/proc/uptime") > 0);
    SAY(slurp("/proc/self/limits") > 0 && strstr(text, "Max open files"));
    SAY(slurp("/proc/self/smaps") > 0 && strstr(text, "Rss:"));
    SAY(slurp("/proc/self/statm") > 0);
    return 0;
}
