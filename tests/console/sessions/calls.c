/* System calls that read and write what is watched. */
#include <fcntl.h>
#include <unistd.h>
char buffer[16] = "before";
char other[16];
int pipes[2];
int main(void)
{
    pipe(pipes);
    write(pipes[1], "after", 6);
    read(pipes[0], buffer, 6);
    write(pipes[1], buffer, 6);
    read(pipes[0], other, 6);
    return buffer[0] == other[0];
}
