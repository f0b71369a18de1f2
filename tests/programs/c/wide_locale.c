/* Wide characters, multibyte conversion, ctype tables, time formatting in the C locale. */
#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>
int main(void)
{
    printf("%s\n", setlocale(LC_ALL, "C"));
    unsigned classes = 0;
    for (int c = 0; c < 256; c++)
        classes = classes * 31 + !!isalpha(c) + 2 * !!isdigit(c) + 4 * !!ispunct(c) + 8 * !!isspace(c) + 16 * toupper(c);
    printf("%u\n", classes);
    wchar_t wide[64];
    printf("%zu\n", mbstowcs(wide, "plain text", 64));
    wcscat(wide, L" und mehr");
    printf("%zu %ls %d\n", wcslen(wide), wide, wcscmp(wide, L"plain") > 0);
    swprintf(wide, 64, L"%ls-%d-%5.2f", L"x", 42, 2.5);
    printf("%ls %d\n", wide, towupper(L'q'));
    time_t when = 1000000000;
    struct tm *t = gmtime(&when);
    char text[100];
    strftime(text, sizeof text, "%A %d %B %Y %H:%M:%S %j %U %w %Z %%", t);
    puts(text);
    printf("%ld %s", (long)mktime(t), asctime(t));
    t->tm_mday += 100;
    printf("%ld\n", (long)mktime(t));
    struct lconv *l = localeconv();
    printf("[%s] [%s]\n", l->decimal_point, l->thousands_sep);
}
