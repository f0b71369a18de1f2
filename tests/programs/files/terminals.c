/* Pseudo-terminals: a session of our own, its foreground group, the line discipline's signals, settings and sizes.
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
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SAY(x) do { errno = 0; long r_ = (x); printf("%-50s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)

static void drain(int master)
{
    char buffer[4096];
    struct pollfd f = {master, POLLIN, 0};
    while (poll(&f, 1, 300) > 0 && (f.revents & POLLIN)) {
        ssize_t n = read(master, buffer, sizeof buffer);
        for (ssize_t i = 0; i < n; i++)
            if (buffer[i] != '\r')
                putchar(buffer[i]);
    }
}

static void on_signal(int s) { char c = (char)('A' + s); write(1, &c, 1); }

static void session(const char *name)
{
    SAY(setsid() == getpid());
    SAY(open("/dev/tty", O_RDWR));
    int tty = open(name, O_RDWR);
    SAY(tcgetpgrp(tty) == getpgrp());
    SAY(tcgetsid(tty) == getpid());
    SAY(open("/dev/tty", O_RDWR) >= 0);
    dup2(tty, 0), dup2(tty, 1), dup2(tty, 2);
    signal(SIGINT, on_signal);
    printf("session: %d\n", isatty(0));
    char line[100];
    ssize_t n = read(0, line, sizeof line);
    printf("got %zd\n", n);
    pause(); /* ^C comes here */
    puts("");
    pid_t child = fork();
    if (!child) { /* a background group: reading stops it */
        setpgid(0, 0);
        n = read(0, line, sizeof line);
        printf("background read %zd\n", n);
        _exit(0);
    }
    setpgid(child, child);
    int status;
    waitpid(child, &status, WUNTRACED);
    printf("stopped %d\n", WIFSTOPPED(status) ? WSTOPSIG(status) == SIGTTIN : -1);
    signal(SIGTTOU, SIG_IGN);
    SAY(tcsetpgrp(0, child));
    SAY(tcgetpgrp(0) == child);
    kill(-child, SIGCONT);
    waitpid(child, &status, 0);
    SAY(tcsetpgrp(0, getpgrp()));
    SAY(tcsetpgrp(0, 999999));
    _exit(7);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    SAY(grantpt(master));
    SAY(unlockpt(master));
    char name[100];
    snprintf(name, sizeof name, "%s", ptsname(master));
    printf("%.9s\n", name);
    struct winsize w = {24, 80, 0, 0};
    SAY(ioctl(master, TIOCSWINSZ, &w));
    pid_t pid = fork();
    if (!pid)
        session(name);
    usleep(100000);
    write(master, "line\n", 5);
    usleep(100000);
    write(master, "\003", 1); /* ^C */
    usleep(300000);
    write(master, "for the background\n", 19);
    int status;
    drain(master);
    waitpid(pid, &status, 0);
    printf("ended %d\n", WEXITSTATUS(status));
    int slave = open(name, O_RDWR | O_NOCTTY);
    struct termios t;
    SAY(tcgetattr(slave, &t));
    printf("%x %x %x\n", t.c_iflag, t.c_oflag, t.c_lflag);
    cfmakeraw(&t);
    SAY(tcsetattr(slave, TCSANOW, &t));
    SAY(ioctl(slave, TIOCGWINSZ, &w));
    printf("%d %d\n", w.ws_row, w.ws_col);
    write(master, "raw", 3);
    char buffer[10];
    SAY(read(slave, buffer, 10));
    int n;
    write(slave, "out", 3);
    usleep(20000);
    SAY(ioctl(master, FIONREAD, &n));
    printf("%d\n", n);
    fcntl(slave, F_SETFL, O_NONBLOCK);
    SAY(read(slave, buffer, 10));
    SAY(isatty(0));
    SAY(tcgetpgrp(slave));
    close(slave);
    SAY(read(master, buffer, 10));
    SAY(read(master, buffer, 10)); /* EIO: nobody has the other side */
    return 0;
}
