#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int where = 1;

static int child_work(int n) { where = 2; return n + 1; }
static int parent_work(int n) { where = 3; return n + 2; }

int main(void)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(child_work(6));
    waitpid(pid, &status, 0);
    return parent_work(WEXITSTATUS(status));
}
