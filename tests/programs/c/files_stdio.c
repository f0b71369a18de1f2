/* stdio on files: buffering, ungetc, fseek, getline, fscanf, fmemopen, open_memstream, tmpfile, freopen, large output.
 * stdin: first line\nsecond line\n\nlast without newline */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, stdin)) >= 0;)
        printf("%zd [%.*s]\n", n, (int)strcspn(line, "\n"), line);
    FILE *f = fopen("file", "w+");
    for (int i = 0; i < 20000; i++)
        fprintf(f, "%d %x\n", i, i * i);
    printf("at %ld\n", ftell(f));
    fseek(f, 1000, SEEK_SET);
    printf("%d", fgetc(f));
    ungetc('Q', f);
    printf(" %c %ld\n", fgetc(f), ftell(f));
    rewind(f);
    long sum = 0;
    unsigned a, b;
    while (fscanf(f, "%u %x", &a, &b) == 2)
        sum += a ^ b;
    printf("sum %ld eof %d\n", sum, feof(f) != 0);
    fclose(f);
    f = fopen("file", "r+b");
    char block[1000];
    size_t total = 0;
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
        total += n;
    fseek(f, -5, SEEK_END);
    fwrite("CHANGED", 1, 7, f);
    fclose(f);
    printf("total %zu\n", total);
    f = fopen("file", "a");
    fputs("appended\n", f);
    fclose(f);
    char *text;
    size_t size;
    f = open_memstream(&text, &size);
    for (int i = 0; i < 1000; i++)
        fprintf(f, "%d,", i);
    fclose(f);
    printf("%zu %.20s\n", size, text + size - 20);
    f = fmemopen("3 1 4 1 5 9", 11, "r");
    for (int n; fscanf(f, "%d", &n) == 1;)
        printf("%d;", n);
    fclose(f);
    f = tmpfile();
    fputs("temporary", f);
    rewind(f);
    printf("\n%s\n", fgets(block, sizeof block, f));
    printf("%d\n", fopen("/nonexistent/file", "r") == NULL);
    perror("perror");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < 3000; i++)
        printf("line %d of many\n", i);
    fflush(stdout);
    if (!freopen("redirected", "w", stdout))
        return 1;
    puts("into the file");
    fputs("to standard error\n", stderr);
}
