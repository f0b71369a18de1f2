/* The string functions at every alignment and length around the vector sizes, and right before an unmapped page, against
 * plain loops. The CPU's features choose among glibc's variants.
 * variants: gcc-O2 gcc-v2 clang-O2 musl-O2 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
static unsigned long hash = 5381;
static void note(long value) { hash = hash * 33 ^ (unsigned long)value; }
static int sign(int x) { return (x > 0) - (x < 0); }
int main(void)
{
    enum { ROOM = 3 * 4096 };
    char *page = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page + ROOM, 4096, PROT_NONE);
    static char copy[8192], text[8192];
    long wrong = 0;
    for (int length = 0; length < 300; length += length < 70 ? 1 : 13) {
        for (int gap = 0; gap < 40; gap += 3) {
            char *s = page + ROOM - length - 1 - gap;
            for (int i = 0; i < length; i++)
                s[i] = 'a' + (i * 7 + length) % 26;
            s[length] = 0;
            wrong += strlen(s) != (size_t)length || strnlen(s, 20) != (size_t)(length < 20 ? length : 20);
            memcpy(copy + gap, s, length + 1);
            wrong += memcmp(copy + gap, s, length + 1) != 0 || strcmp(copy + gap, s) != 0;
            note(length ? strchr(s, s[length / 2]) - s : 0);
            note(strrchr(s, 'q') ? strrchr(s, 'q') - s : -1);
            note(memchr(s, 'z', length) ? (char *)memchr(s, 'z', length) - s : -1);
            note(memrchr(s, 'c', length) ? (char *)memrchr(s, 'c', length) - s : -1);
#ifdef __GLIBC__
            note((char *)rawmemchr(s, 0) - s);
#endif
            note(strcspn(s, "xyz") + strspn(s, "abcdefghijklm") * 1000);
            note(strpbrk(s, "uvw") ? strpbrk(s, "uvw") - s : -1);
            if (length > 3) {
                copy[gap + length - 2] ^= 1;
                note(sign(strcmp(copy + gap, s)) + 3 * sign(memcmp(copy + gap, s, length)) + 9 * sign(strncmp(copy + gap, s, length - 2)));
                note(strstr(s, s + length - 3) - s);
                note(memmem(s, length, s + length / 2, 3) ? 1 : 0);
            }
            memmove(s - 5, s, length + 1);
            note(strlen(s - 5));
            memset(s, 'x', length);
            wrong += length && (s[0] != 'x' || s[length - 1] != 'x');
            stpcpy(stpncpy(text, s, length), "END");
            note(strlen(text));
            strcat(text, "tail");
            strncat(text, "limited", 3);
            note(strcasecmp(text, "XXXENDTAILLIM") < 0);
        }
    }
    char line[] = "split,this;line into words", *save, *word;
    for (word = strtok_r(line, ",; ", &save); word; word = strtok_r(NULL, ",; ", &save))
        printf("<%s>", word);
    printf("\nwrong %ld hash %lx\n", wrong, hash);
    static char big[1 << 20], other[1 << 20];
    for (int i = 0; i < 1 << 20; i++)
        big[i] = i * 31;
    memcpy(other, big, sizeof big);
    memmove(other + 100, other, sizeof other - 100);
    memset(big, 3, 77777);
    printf("%d %d %d\n", other[100000], big[77776], big[77777]);
    return wrong != 0;
}
