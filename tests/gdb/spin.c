/* Runs until its memory says stop. */
#include <unistd.h>
#include <time.h>
volatile int stop;
volatile long rounds;
static void turn(void) { rounds++; }
int main(int argc, char **argv)
{
    (void)argv;
    struct timespec pause = {0, 1000000};
    while (!stop) {
        turn();
        if (argc > 1)
            nanosleep(&pause, NULL);
    }
    return 42;
}
