/* open, read, write, lseek, pread, readv, truncate, append, dup, fcntl, errors: what the kernel answers, word for word. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
static void result(const char *what, long value)
{
    printf("%s: %ld%s%s\n", what, value, value < 0 ? " " : "", value < 0 ? strerror(errno) : "");
}
int main(void)
{
    char buffer[64] = {0};
    result("open none", open("none", O_RDONLY));
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0644);
    result("open", fd);
    result("exclusive", open("file", O_CREAT | O_EXCL | O_RDWR, 0644));
    result("write", write(fd, "0123456789abcdef", 16));
    result("seek", lseek(fd, 4, SEEK_SET));
    result("read", read(fd, buffer, 6));
    puts(buffer);
    result("pread", pread(fd, buffer, 4, 12));
    result("pwrite", pwrite(fd, "XY", 2, 2));
    result("where", lseek(fd, 0, SEEK_CUR));
    result("end", lseek(fd, -3, SEEK_END));
    result("before", lseek(fd, -100, SEEK_CUR));
    result("hole", lseek(fd, 100, SEEK_SET));
    result("write", write(fd, "tail", 4));
    struct iovec out[3] = {{"one", 3}, {"", 0}, {"three", 5}}, in[2] = {{buffer, 5}, {buffer + 10, 40}};
    result("writev", writev(fd, out, 3));
    lseek(fd, 95, SEEK_SET);
    memset(buffer, '.', sizeof buffer);
    result("readv", readv(fd, in, 2));
    for (int i = 0; i < 24; i++)
        printf("%02x", buffer[i]);
    puts("");
    result("ftruncate", ftruncate(fd, 10));
    struct stat st;
    result("fstat", fstat(fd, &st));
    printf("size %ld mode %o links %ld regular %d\n", (long)st.st_size, st.st_mode, (long)st.st_nlink, S_ISREG(st.st_mode));
    int copy = dup(fd), high = fcntl(fd, F_DUPFD_CLOEXEC, 50);
    printf("dup %d %d flags %d %x\n", copy, high, fcntl(high, F_GETFD), fcntl(copy, F_GETFL));
    lseek(fd, 5, SEEK_SET);
    result("shared offset", lseek(copy, 0, SEEK_CUR));
    result("dup2", dup2(fd, 20));
    result("dup2 bad", dup2(999, 21));
    result("close", close(copy));
    result("close again", close(copy));
    result("append", fcntl(fd, F_SETFL, O_APPEND));
    lseek(fd, 0, SEEK_SET);
    result("write", write(fd, "at the end", 10));
    result("where", lseek(fd, 0, SEEK_CUR));
    int reader = open("file", O_RDONLY);
    result("write to reader", write(reader, "x", 1));
    result("bad pointer", read(reader, (void *)8, 4));
    result("write bad pointer", write(fd, (void *)8, 4));
    result("read directory", read(open(".", O_RDONLY | O_DIRECTORY), buffer, 4));
    result("write directory", open(".", O_WRONLY));
    result("not a directory", open("file/x", O_RDONLY));
    char longest[5000];
    memset(longest, 'a', sizeof longest);
    longest[4999] = 0;
    result("too long", open(longest, O_RDONLY));
    longest[300] = 0;
    result("name too long", open(longest, O_RDONLY));
    result("dev null", write(open("/dev/null", O_WRONLY), "gone", 4));
    result("dev zero", read(open("/dev/zero", O_RDONLY), buffer, 8));
    printf("%d\n", buffer[7]);
    result("dev full", write(open("/dev/full", O_WRONLY), "x", 1));
    result("seek pipe", lseek(0, 0, SEEK_CUR));
    result("fsync", fsync(fd));
    result("fallocate", posix_fallocate(fd, 0, 4096));
    result("lock", lockf(fd, F_TLOCK, 10));
    result("o_path", read(open("file", O_PATH), buffer, 1));
    result("tmpfile", write(open(".", O_TMPFILE | O_RDWR, 0600), "t", 1));
}
