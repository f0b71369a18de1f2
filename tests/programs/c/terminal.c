/* On a terminal: isatty, window size, termios, raw input, job-control identity.
 * variants: gcc-O2 musl-O2
 * tty: yes
 * stdin: typed line\nsecond\n */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
int main(void)
{
    printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
    struct termios t, raw;
    printf("tcgetattr %d icanon %d echo %d\n", tcgetattr(0, &t), !!(t.c_lflag & ICANON), !!(t.c_lflag & ECHO));
    struct winsize size = {24, 80}, got = {0};
    ioctl(1, TIOCSWINSZ, &size);
    ioctl(1, TIOCGWINSZ, &got);
    printf("window %d %d\n", got.ws_row, got.ws_col);
    char line[100] = "";
    printf("read [%s]\n", fgets(line, sizeof line, stdin) ? line : "nothing");
    raw = t;
    cfmakeraw(&raw);
    printf("raw %d\n", tcsetattr(0, TCSANOW, &raw));
    tcgetattr(0, &raw);
    printf("now icanon %d\r\n", !!(raw.c_lflag & ICANON));
    fflush(stdout);
    tcsetattr(0, TCSANOW, &t);
    printf("name %d\n", ttyname(0) != NULL);
    fprintf(stderr, "\033[31mcolour\033[0m\n");
}
