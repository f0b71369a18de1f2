/* A recursion that ends where nothing is: the stack has thousands of frames. */
static int down(int n)
{
    int here = n;
    return n ? down(n - 1) + here : *(volatile int *)0;
}

int main(void) { return down(9500); }
