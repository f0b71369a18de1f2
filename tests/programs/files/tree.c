/* The file tree: links, times, modes, owners, renames, extended attributes, statx, holes, copies, O_ flags, chroot.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#define FS_IOC_GETFLAGS _IOR('f', 1, long)
#define SAY(x) do { errno = 0; long r_ = (x); printf("%-62s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)
static struct stat st;
static char buffer[8192];

static void put(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    write(fd, text, strlen(text));
    close(fd);
}

static void names(void)
{
    put("a", "first");
    SAY(link("a", "b"));
    SAY(symlink("a", "s"));
    SAY(symlink("loop", "loop"));
    SAY(open("loop", O_RDONLY));
    SAY(open("s", O_RDONLY | O_NOFOLLOW));
    SAY(readlink("s", buffer, sizeof buffer));
    SAY(readlink("a", buffer, sizeof buffer));
    SAY(lstat("s", &st));
    printf("%o %ld\n", st.st_mode, (long)st.st_size);
    SAY(stat("b", &st));
    printf("%o %ld links %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
    SAY(mkdir("d", 0755));
    SAY(mkdir("d", 0755));
    SAY(rename("a", "d/a"));
    SAY(rename("d", "d/x"));
    SAY(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "d/a", RENAME_NOREPLACE));
    put("c", "third");
    SAY(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE));
    stat("b", &st);
    printf("%ld\n", (long)st.st_nlink);
    SAY(rmdir("d"));
    SAY(unlink("d"));
    SAY(unlink("d/a/x"));
    SAY(stat("s", &st));
    int dir = open("d", O_RDONLY | O_DIRECTORY);
    SAY(openat(dir, "new", O_CREAT | O_WRONLY, 0600) >= 0);
    SAY(faccessat(dir, "new", R_OK, 0));
    SAY(fstatat(dir, "", &st, AT_EMPTY_PATH));
    printf("%o\n", st.st_mode);
    SAY(unlinkat(dir, "new", 0));
    SAY(unlinkat(dir, "new", AT_REMOVEDIR));
    SAY(linkat(AT_FDCWD, "s", dir, "hard", 0));
    SAY(linkat(AT_FDCWD, "c", dir, "hard2", AT_SYMLINK_FOLLOW));
    SAY(mknodat(dir, "pipe", S_IFIFO | 0600, 0));
    SAY(mknod("plain", S_IFREG | 0640, 0));
    SAY(open("d/pipe/x", O_RDONLY));
    SAY(open("c/", O_RDONLY));
    SAY(open("", O_RDONLY));
    SAY(open("d", O_WRONLY));
    SAY(open("none", O_RDONLY));
    SAY(open("d", O_RDWR | O_TMPFILE, 0600) >= 0);
    memset(buffer, 'n', 300);
    buffer[300] = 0;
    SAY(open(buffer, O_RDONLY));
    memset(buffer, '/', 4200);
    buffer[4200] = 0;
    SAY(stat(buffer, &st));
    umask(027);
    SAY(mkdir("masked", 0777));
    stat("masked", &st);
    printf("%o\n", st.st_mode);
    umask(0);
    close(open("open", O_CREAT | O_WRONLY, 0666));
    stat("open", &st);
    printf("%o previous mask %o\n", st.st_mode, umask(022));
    DIR *d = opendir("d");
    int count = 0, types = 0;
    for (struct dirent *e; (e = readdir(d)); count++)
        types += e->d_type;
    printf("entries %d types %d\n", count, types);
    rewinddir(d);
    long here = telldir(d);
    readdir(d);
    seekdir(d, here);
    SAY(readdir(d) != NULL);
    closedir(d);
}

static void attributes(void)
{
    put("t", "text");
    SAY(chmod("t", 04755));
    SAY(stat("t", &st));
    printf("%o\n", st.st_mode);
    struct timespec times[2] = {{1000, 500}, {2000, 700}};
    SAY(utimensat(AT_FDCWD, "t", times, 0));
    stat("t", &st);
    printf("%ld.%ld %ld.%ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = 3000;
    SAY(utimensat(AT_FDCWD, "t", times, 0));
    struct timeval tv[2] = {{50, 5}, {60, 6}};
    stat("t", &st);
    printf("%ld %ld\n", (long)st.st_atime, (long)st.st_mtime);
    SAY(utimes("t", tv));
    int fd = open("t", O_RDWR);
    SAY(futimens(fd, times));
    SAY(fchmod(fd, 0600));
    SAY(fchown(fd, getuid(), getgid()));
    SAY(lchown("t", -1, -1));
    struct statx x;
    SAY(statx(AT_FDCWD, "t", 0, STATX_BASIC_STATS, &x));
    printf("%o %lu %u\n", x.stx_mode, (unsigned long)x.stx_size, x.stx_nlink);
    SAY(setxattr("t", "user.colour", "blue", 4, 0));
    SAY(setxattr("t", "user.colour", "red", 3, XATTR_CREATE));
    SAY(getxattr("t", "user.colour", buffer, 100));
    SAY(getxattr("t", "user.colour", buffer, 2));
    SAY(getxattr("t", "user.none", buffer, 100));
    SAY(listxattr("t", buffer, sizeof buffer));
    SAY(fremovexattr(fd, "user.colour"));
    SAY(listxattr("t", NULL, 0));
    struct statfs fs;
    SAY(statfs(".", &fs));
    printf("%d\n", fs.f_bsize > 0 && fs.f_namelen > 0);
    SAY(access("t", X_OK));
    int flags;
    SAY(ioctl(fd, FS_IOC_GETFLAGS, &flags));
    close(fd);
}

static void contents(void)
{
    int fd = open("hole", O_RDWR | O_CREAT | O_TRUNC, 0600), out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
    SAY(pwrite(fd, "end", 3, 100000));
    SAY(lseek(fd, 0, SEEK_DATA) > 0);
    SAY(lseek(fd, 0, SEEK_HOLE));
    SAY(lseek(fd, 200000, SEEK_DATA));
    SAY(fallocate(fd, 0, 0, 200000));
    SAY(lseek(fd, 0, SEEK_END));
    SAY(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 100000, 4096));
    SAY(pread(fd, buffer, 3, 100000));
    printf("%d\n", buffer[0]);
    SAY(ftruncate(fd, 10));
    SAY(truncate("hole", 5));
    SAY(pread(fd, buffer, 100, 0));
    put("source", "0123456789abcdef");
    int in = open("source", O_RDONLY);
    off_t at = 4;
    SAY(sendfile(out, in, &at, 6));
    printf("%ld\n", (long)at);
    SAY(sendfile(out, in, NULL, 100));
    loff_t from = 0, to = 1;
    SAY(copy_file_range(in, &from, out, &to, 3, 0));
    printf("%ld %ld\n", (long)from, (long)to);
    SAY(pread(out, buffer, 100, 0));
    printf("%.22s\n", buffer);
    struct iovec v[3] = {{buffer, 3}, {buffer + 10, 0}, {buffer + 20, 5}};
    lseek(in, 0, SEEK_SET);
    SAY(readv(in, v, 3));
    SAY(preadv(in, v, 3, 12));
    SAY(pwritev(out, v, 3, 0));
    SAY(posix_fadvise(in, 0, 0, POSIX_FADV_SEQUENTIAL));
    SAY(fsync(out));
    SAY(fdatasync(out));
    int app = open("out", O_WRONLY | O_APPEND);
    SAY(pwrite(app, "appended", 8, 0)); /* O_APPEND wins on Linux */
    SAY(lseek(out, 0, SEEK_END));
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    memcpy(map, "MAPPED", 6);
    SAY(pread(out, buffer, 6, 0));
    printf("%.6s\n", buffer);
    pwrite(out, "writ", 4, 0);
    printf("%.6s\n", map);
    if (fork() == 0) {
        map[1] = '*';
        _exit(0);
    }
    wait(NULL);
    printf("%.6s\n", map);
    SAY(msync(map, 4096, MS_SYNC));
    int again = open("out", O_RDONLY);
    SAY(read(again, buffer, 6));
    printf("%.6s\n", buffer);
    int mem = memfd_create("memory", MFD_ALLOW_SEALING);
    SAY(ftruncate(mem, 100));
    SAY(fcntl(mem, F_ADD_SEALS, F_SEAL_GROW));
    SAY(ftruncate(mem, 200));
    SAY(fcntl(mem, F_GET_SEALS));
}

static void jail(void)
{
    mkdir("root", 0755);
    mkdir("root/etc", 0755);
    put("root/etc/name", "inside");
    symlink("/etc/name", "root/link");
    symlink("../../../../etc/name", "root/up");
    if (fork() == 0) {
        SAY(chroot("root"));
        SAY(chdir("/"));
        SAY(open("/etc/passwd", O_RDONLY));
        int fd = open("/link", O_RDONLY);
        SAY(read(fd, buffer, 100));
        SAY(stat("up", &st));
        SAY(stat("/../../etc/name", &st));
        SAY(mkdir("/made", 0700));
        SAY(chdir("/etc"));
        printf("%s\n", getcwd(buffer, sizeof buffer));
        SAY(open("new", O_CREAT | O_WRONLY, 0600) >= 0);
        SAY(rename("new", "/newer"));
        SAY(readlink("/link", buffer, sizeof buffer));
        DIR *d = opendir("/");
        int n = 0;
        while (readdir(d))
            n++;
        printf("entries %d\n", n);
        _exit(0);
    }
    wait(NULL);
    SAY(access("root/made", F_OK));
    SAY(access("root/newer", F_OK));
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    umask(022);
    names();
    attributes();
    contents();
    jail();
    return 0;
}
