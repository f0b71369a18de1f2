/* Two threads wait for a lock that the first one holds. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
int shared, rounds;
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *worker(void *p) { for (int i = 0; i < 3; i++) { pthread_mutex_lock(&lock); shared += (int)(long)p; pthread_mutex_unlock(&lock); } return p; }
static void all_here(void) { rounds++; }
int main(void)
{
    pthread_t t[2];
    pthread_mutex_lock(&lock);
    for (long i = 0; i < 2; i++) pthread_create(&t[i], 0, worker, (void *)(i + 1));
    usleep(20000);
    all_here();
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    return shared;
}
