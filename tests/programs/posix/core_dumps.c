/* Who leaves a core file behind, and what wait(2) says about it: RLIMIT_CORE, the signal, PR_SET_DUMPABLE.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char marker[] = "bytes that the core file must hold";

static void look(void)
{
    Elf64_Ehdr header;
    struct stat st;
    int fd = open("core", O_RDONLY);
    if (fd < 0) {
        puts("  no file");
        return;
    }
    fstat(fd, &st);
    long got = read(fd, &header, sizeof header);
    printf("  file mode %o, ELF %d, type %d, machine %d\n", st.st_mode & 0777, got == sizeof header && !memcmp(header.e_ident, ELFMAG, 4),
           header.e_type, header.e_machine);
    static char all[1 << 20]; /* as much as the file has */
    long size = pread(fd, all, sizeof all, 0);
    printf("  holds the stack's bytes: %d\n", memmem(all, size, marker, sizeof marker) != NULL);
    close(fd);
    unlink("core");
}

static void die(const char *what, long limit, int signo, int dumpable)
{
    struct rlimit core = {limit, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &core);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        volatile char local[sizeof marker];
        memcpy((char *)local, marker, sizeof marker);
        prctl(PR_SET_DUMPABLE, dumpable);
        if (signo == SIGSEGV)
            *(volatile int *)8 = local[0];
        kill(getpid(), signo);
        pause();
    }
    siginfo_t info;
    int status;
    waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
    waitpid(pid, &status, 0);
    printf("%s: signal %d core %d code %d\n", what, WTERMSIG(status), !!WCOREDUMP(status), info.si_code);
    look();
}

int main(void)
{
    char pattern[8] = "";
    read(open("/proc/sys/kernel/core_pattern", O_RDONLY), pattern, sizeof pattern - 1);
    if (strcmp(pattern, "core\n")) {
        puts("core files have another name here, or go to a program");
        return 0;
    }
    die("a fault", 64 << 20, SIGSEGV, 1);
    die("abort", 64 << 20, SIGABRT, 1);
    die("no limit left", 0, SIGSEGV, 1);
    die("a small limit", 8192, SIGQUIT, 1);
    die("no core for this one", 64 << 20, SIGTERM, 1);
    die("not dumpable", 64 << 20, SIGSEGV, 0);
    return 0;
}
