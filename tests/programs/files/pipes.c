/* Pipes and FIFOs between processes: blocking both ways, atomicity, end of file, SIGPIPE, O_NONBLOCK, packet mode, sizes;
 * splice, tee, vmsplice; FIFO opens that wait for each other.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) do { errno = 0; long r_ = (x); printf("%-52s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)
static volatile int alarms;
static void on_alarm(int s) { (void)s; alarms++; }

static void big_transfer(void)
{
    int p[2];
    pipe(p);
    static char data[300000], back[300000];
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 1000);
    if (fork() == 0) {
        close(p[0]);
        ssize_t n = write(p[1], data, sizeof data); /* more than fits: waits for the reader, again and again */
        _exit(n == sizeof data ? 0 : 1);
    }
    close(p[1]);
    size_t got = 0;
    ssize_t n;
    while ((n = read(p[0], back + got, 40000)) > 0)
        got += (size_t)n;
    int status;
    wait(&status);
    printf("big %zu same %d status %d\n", got, !memcmp(data, back, sizeof data), status);
    close(p[0]);
}

static void many_writers(void)
{
    int p[2], status = 0, bad = 0, lines = 0;
    pipe(p);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            char line[64];
            for (int k = 0; k < 200; k++) {
                memset(line, 'a' + i, 63);
                line[63] = '\n';
                write(p[1], line, 64);
            }
            _exit(0);
        }
    close(p[1]);
    FILE *f = fdopen(p[0], "r");
    char line[100];
    while (fgets(line, sizeof line, f)) {
        lines++;
        for (int i = 1; i < 63; i++)
            bad += line[i] != line[0];
    }
    while (wait(&status) > 0)
        ;
    printf("lines %d torn %d\n", lines, bad);
    fclose(f);
}

static void small_things(void)
{
    int p[2];
    char buffer[100];
    pipe2(p, O_NONBLOCK);
    SAY(read(p[0], buffer, 10));
    SAY(fcntl(p[0], F_GETPIPE_SZ));
    SAY(fcntl(p[0], F_SETPIPE_SZ, 4096));
    static char page[8192];
    SAY(write(p[1], page, 8192));
    SAY(write(p[1], page, 1));
    int n = 0;
    SAY(ioctl(p[0], FIONREAD, &n));
    printf("readable %d\n", n);
    SAY(read(p[0], page, 8192));
    SAY(lseek(p[0], 0, SEEK_SET));
    SAY(pread(p[0], buffer, 1, 0));
    SAY(read(p[1], buffer, 1));
    SAY(write(p[0], buffer, 1));
    close(p[0]);
    signal(SIGPIPE, SIG_IGN);
    SAY(write(p[1], "x", 1));
    signal(SIGPIPE, SIG_DFL);
    int status;
    if (fork() == 0) {
        write(p[1], "x", 1);
        _exit(0);
    }
    wait(&status);
    printf("died of %d\n", WTERMSIG(status));
    close(p[1]);
    pipe2(p, O_DIRECT);
    write(p[1], "one", 3);
    write(p[1], "second", 6);
    SAY(read(p[0], buffer, 100));
    SAY(read(p[0], buffer, 2));
    close(p[0]), close(p[1]);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    pipe(p);
    ualarm(20000, 0);
    SAY(read(p[0], buffer, 1)); /* EINTR */
    printf("alarms %d\n", alarms);
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    if (fork() == 0) {
        usleep(60000);
        write(p[1], "after", 5);
        _exit(0);
    }
    ualarm(20000, 0);
    SAY(read(p[0], buffer, 10)); /* restarted */
    wait(NULL);
    printf("alarms %d\n", alarms);
    close(p[0]), close(p[1]);
}

static void splicing(void)
{
    int a[2], b[2], file = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char buffer[100] = "";
    pipe(a), pipe(b);
    write(file, "0123456789", 10);
    loff_t at = 2;
    SAY(splice(file, &at, a[1], NULL, 5, 0));
    printf("at %ld\n", (long)at);
    SAY(tee(a[0], b[1], 100, 0));
    SAY(read(b[0], buffer, 100));
    SAY(splice(a[0], NULL, file, NULL, 100, 0));
    struct iovec v[2] = {{"vec", 3}, {"tor", 3}};
    SAY(vmsplice(a[1], v, 2, 0));
    SAY(read(a[0], buffer, 100));
    printf("%.6s\n", buffer);
    if (fork() == 0) { /* a splice that must wait */
        usleep(30000);
        write(a[1], "late", 4);
        _exit(0);
    }
    SAY(splice(a[0], NULL, b[1], NULL, 100, 0));
    SAY(splice(a[0], NULL, b[1], NULL, 100, SPLICE_F_NONBLOCK));
    wait(NULL);
    SAY(pread(file, buffer, 100, 0));
    printf("%.15s\n", buffer);
}

static void fifos(void)
{
    mkfifo("fifo", 0600);
    SAY(open("fifo", O_WRONLY | O_NONBLOCK));
    if (fork() == 0) {
        usleep(30000);
        int fd = open("fifo", O_WRONLY);
        write(fd, "hello", 5);
        _exit(0);
    }
    int fd = open("fifo", O_RDONLY); /* waits for the writer */
    char buffer[10];
    SAY(read(fd, buffer, 10));
    SAY(read(fd, buffer, 10));
    wait(NULL);
    close(fd);
    if (fork() == 0) {
        usleep(30000);
        int in = open("fifo", O_RDONLY);
        read(in, buffer, 10);
        _exit(buffer[0]);
    }
    fd = open("fifo", O_WRONLY); /* waits for the reader */
    SAY(write(fd, "A", 1));
    int status;
    wait(&status);
    printf("reader saw %c\n", WEXITSTATUS(status));
    signal(SIGALRM, on_alarm);
    siginterrupt(SIGALRM, 1);
    ualarm(20000, 0);
    SAY(open("fifo", O_RDONLY)); /* EINTR */
    int both = open("fifo", O_RDWR);
    SAY(write(both, "self", 4));
    SAY(read(both, buffer, 10));
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    big_transfer();
    many_writers();
    small_things();
    splicing();
    fifos();
    return 0;
}
