#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_there;
int shared;
__thread int mine;

static void meet(int number)
{
    pthread_mutex_lock(&lock);
    shared += number;
    mine = number * 10;
    pthread_mutex_unlock(&lock);
}

static void *worker(void *argument)
{
    int number = (int)(long)argument;
    pthread_barrier_wait(&all_there);
    meet(number);
    pthread_barrier_wait(&all_there);
    return NULL;
}

static void both_are_waiting(void) { }

int main(void)
{
    pthread_t thread[2];
    pthread_barrier_init(&all_there, NULL, 3);
    for (long i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, worker, (void *)(i + 1));
    both_are_waiting();
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    return shared;
}
