/* Bad arguments to system calls: errno as Linux answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static char *hole, *only;
#define TRY(...) do { errno = 0; long r = syscall(__VA_ARGS__); printf("%s: %ld %s\n", #__VA_ARGS__, r < 0 ? r : r > 1000 ? 1000 : r, strerror(errno)); } while (0)
int main(void)
{
    char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(p + 2 * 4096, 4096);
    mprotect(p + 4096, 4096, PROT_READ);
    hole = p + 2 * 4096;
    only = p + 4096;
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    write(fd, "0123456789", 10);
    lseek(fd, 0, SEEK_SET);
    TRY(SYS_read, fd, hole, 5);
    TRY(SYS_read, fd, only, 5);
    TRY(SYS_read, fd, only - 3, 8);
    TRY(SYS_read, 77, p, 8);
    TRY(SYS_read, fd, p, -1);
    TRY(SYS_write, fd, hole, 5);
    TRY(SYS_write, fd, hole - 3, 8);
    TRY(SYS_write, fd, 0x8000000000000000, 8);
    TRY(SYS_open, hole, 0);
    TRY(SYS_open, 1, 0);
    TRY(SYS_open, "", 0);
    TRY(SYS_fstat, fd, only);
    TRY(SYS_stat, "file", hole);
    TRY(SYS_getcwd, p, 1);
    TRY(SYS_getcwd, hole, 4096);
    TRY(SYS_clock_gettime, 0, hole);
    TRY(SYS_nanosleep, hole, 0);
    TRY(SYS_rt_sigaction, 99, 0, 0, 8);
    TRY(SYS_rt_sigaction, 9, p, 0, 8);
    TRY(SYS_rt_sigaction, 10, p, 0, 4);
    TRY(SYS_rt_sigprocmask, 55, p, 0, 8);
    TRY(SYS_lseek, fd, 0, 9);
    TRY(SYS_lseek, fd, -1, 0);
    TRY(SYS_munmap, p + 1, 4096);
    TRY(SYS_mprotect, p, 4096, 0x1000);
    TRY(SYS_mmap, 0, 4096, 3, 0, -1, 0);
    TRY(SYS_mmap, 0, 4096, 3, MAP_PRIVATE, 99, 0);
    TRY(SYS_uname, hole);
    TRY(SYS_getrandom, hole, 8, 0);
    TRY(SYS_getrandom, p, 8, 0xff00);
    TRY(SYS_dup3, fd, fd, 0);
    TRY(SYS_fcntl, fd, 9999, 0);
    TRY(SYS_ioctl, fd, 0x5401, p);
    TRY(SYS_kill, 0x7fffffff, 0);
    TRY(SYS_kill, 1, 999);
    TRY(SYS_setrlimit, 99, p);
    TRY(SYS_prlimit64, 0, 99, 0, p);
    TRY(SYS_getdents64, fd, p, 4096);
    TRY(SYS_pipe2, hole, 0);
    TRY(SYS_pipe2, p, 0x7);
    TRY(SYS_poll, hole, 2, 0);
    TRY(SYS_sigaltstack, hole, 0);
    TRY(SYS_arch_prctl, 0x9999, p);
    TRY(SYS_madvise, p, 4096, 999);
    TRY(SYS_mremap, p, 0, 4096, 1);
    TRY(SYS_writev, fd, p, 2000);
    TRY(SYS_readlink, "file", p, 10);
    TRY(SYS_readlink, "none", p, 10);
    TRY(SYS_unlink, "none");
    TRY(SYS_mkdir, "file", 0777);
    TRY(SYS_rename, "none", "other");
    TRY(SYS_truncate, "file", -1);
    TRY(SYS_futex, p + 1, 0, 0, 0);
    TRY(SYS_wait4, -1, 0, 0, 0);
    TRY(SYS_getpgid, 0x7ffffff);
    TRY(SYS_sched_getaffinity, 0, 1, p);
    TRY(SYS_gettimeofday, hole, 0);
    TRY(SYS_set_robust_list, p, 5);
    TRY(600);
    TRY(-5);
}
