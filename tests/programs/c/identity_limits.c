/* Who and where the process is: ids, uname, limits, affinity, sysconf, getrandom, prctl, /proc/self. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    uid_t r, e, s;
    getresuid(&r, &e, &s);
    printf("%d %d %d %d %d\n", getuid(), geteuid(), getgid(), r == e, getpid() > 0);
    printf("groups %d\n", getgroups(0, NULL));
    struct utsname name;
    uname(&name);
    printf("%s %s\n", name.sysname, name.machine);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("nofile %d\n", limit.rlim_cur > 100);
    limit.rlim_cur = 32;
    printf("set %d ", setrlimit(RLIMIT_NOFILE, &limit));
    int last = -1, fd;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    printf("last %d %s\n", last, strerror(errno));
    for (fd = 3; fd <= last; fd++)
        close(fd);
    getrlimit(RLIMIT_STACK, &limit);
    printf("stack %lu\n", (unsigned long)limit.rlim_cur);
    getrlimit(RLIMIT_CORE, &limit);
    printf("core %lu\n", (unsigned long)limit.rlim_cur);
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    printf("affinity %d %d\n", sched_getaffinity(0, sizeof cpus, &cpus), CPU_COUNT(&cpus) > 0);
    printf("page %ld ticks %ld processors %d\n", sysconf(_SC_PAGESIZE), sysconf(_SC_CLK_TCK), sysconf(_SC_NPROCESSORS_ONLN) > 0);
    struct sysinfo info;
    printf("sysinfo %d %d\n", sysinfo(&info), info.totalram > 0);
    unsigned char a[32] = {0}, b[32] = {0};
    printf("random %zd %zd different %d\n", getrandom(a, 32, 0), getrandom(b, 32, GRND_NONBLOCK), memcmp(a, b, 32) != 0);
    char comm[16] = "";
    prctl(PR_SET_NAME, "renamed");
    prctl(PR_GET_NAME, comm);
    printf("%s\n", comm);
    char path[4096] = "", text[4096] = "";
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    char *real = realpath(argv[0], NULL);
    printf("exe %d\n", n > 0 && real && !strcmp(path, real));
    fd = open("/proc/self/cmdline", O_RDONLY);
    n = read(fd, text, sizeof text);
    printf("cmdline %d\n", n == (ssize_t)strlen(argv[0]) + 1 && !strcmp(text, argv[0]));
    FILE *f = fopen("/proc/self/maps", "r");
    int stack = 0, heap = 0, here = 0;
    unsigned long from, to;
    char rights[8];
    free(malloc(100000));
    while (fgets(text, sizeof text, f)) {
        stack |= strstr(text, "[stack]") != NULL;
        heap |= strstr(text, "[heap]") != NULL;
        if (sscanf(text, "%lx-%lx %7s", &from, &to, rights) == 3 && (unsigned long)main >= from && (unsigned long)main < to)
            here = !strcmp(rights, "r-xp") && strstr(text, path) != NULL;
    }
    printf("maps stack %d heap %d text %d\n", stack, heap, here);
    f = fopen("/proc/self/status", "r");
    while (fgets(text, sizeof text, f))
        if (!strncmp(text, "Name:", 5) || !strncmp(text, "State:", 6) || !strncmp(text, "Threads:", 8))
            fputs(text, stdout);
    printf("tty %d %d %s\n", isatty(0), isatty(1), strerror(errno));
    printf("nice %d session %d\n", getpriority(PRIO_PROCESS, 0), getsid(0) > 0);
    printf("host %d\n", gethostname(text, sizeof text));
}
