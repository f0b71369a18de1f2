/* Threads that meet at a barrier, so that there is one order. */
#include <pthread.h>
#include <stdio.h>

static int turn;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static __thread int mine;

static void work(int number)
{
    mine = number * 10;
    pthread_mutex_lock(&mutex);
    while (turn != number)
        pthread_cond_wait(&changed, &mutex);
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void *body(void *argument)
{
    work((int)(long)argument);
    return NULL;
}

int main(void)
{
    pthread_t ids[3];
    for (long i = 0; i < 3; i++)
        pthread_create(&ids[i], NULL, body, (void *)i);
    for (int i = 0; i < 3; i++)
        pthread_join(ids[i], NULL);
    printf("%d\n", turn);
    return turn;
}
