#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/syscall.h>

int main(void)
{
    int fd = open("/dev/null", O_WRONLY);
    long n = write(fd, "abc", 3);
    close(fd);
    syscall(SYS_getppid);
    n += close(77);
    return (int)n;
}
