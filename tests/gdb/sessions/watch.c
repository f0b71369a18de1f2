int counter;
long table[64];
char bytes[9];

static int work(int rounds)
{
    int local = 0;
    for (int i = 0; i < rounds; i++) {
        local += i;
        if (i & 1)
            counter = counter + i;
        table[i] = counter;
    }
    return local;
}

int main(void)
{
    int a = work(4);
    bytes[3] = 'x';
    int b = (int)table[2];
    bytes[8] = (char)b;
    a += work(6);
    return a + b;
}
