/* Starts and ends.
 * class: start
 * repeat: 30 */
#include <stdio.h>
int main(void)
{
    puts("hello, world");
}
