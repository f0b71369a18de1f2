int value = 5;
char untouched[8192];

int main(void)
{
    value++;
    untouched[5000] = 1;
    int *nowhere = 0;
    return *nowhere;
}
