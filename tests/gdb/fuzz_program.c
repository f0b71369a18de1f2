/* What debugger_fuzz debugs: a little of everything that debuggers look at. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct node { int value; struct node *next; double weight; unsigned bits : 3; };
int global = 5;
long table[64];
char text[32] = "text";
static struct node first = {1, NULL, 1.5, 5};
struct node *list = &first;

static int work(int x)
{
    int a = x + 1;
    table[x & 63] = a;
    global += a;
    return a > 40 ? a : work(a) + 1;
}

static void *thread(void *argument)
{
    table[0] += (long)argument;
    return NULL;
}

static void handler(int signo) { global += signo; }

int main(int argc, char **argv)
{
    pthread_t id;
    struct node second = {2, &first, 2.5, 1};
    list = &second;
    signal(SIGUSR1, handler);
    pthread_create(&id, NULL, thread, &first);
    pthread_join(id, NULL);
    raise(SIGUSR1);
    strcpy(text, argv[0]);
    pid_t pid = fork();
    if (pid == 0)
        _exit(work(argc));
    waitpid(pid, NULL, 0);
    for (int i = 0; i < 1000; i++)
        work(i & 31);
    free(malloc(100));
    return work(3) & 1;
}
