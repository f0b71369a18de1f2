/* Symbol look-up on this very program, against its own function addresses; and on damaged files. */
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "loader/symbols.h"
#include "tests/unit/check.h"

__attribute__((noinline)) int symbols_landmark(int x) { return x * 3 + 1; }
static int landmark_object[7] = {1, 2, 3};

static u8 *slurp(const char *path, u64 *size)
{
    int fd = open(path, O_RDONLY);
    *size = fd < 0 ? 0 : (u64)lseek(fd, 0, SEEK_END);
    u8 *bytes = malloc(*size + 1);
    CHECK(bytes && pread(fd, bytes, *size, 0) == (ssize_t)*size);
    close(fd);
    return bytes;
}

static void test_self(const u8 *bytes, u64 size)
{
    Sections sections;
    Symbols symbols;
    CHECK(sections_read(&sections, bytes, size));
    CHECK(symbols_read(&symbols, &sections, bytes, size));
    CHECK(sections_find(&sections, ".text") != NULL && sections_find(&sections, ".nothing") == NULL);
    CHECK(!symbols.stripped && symbols.count > 10);
    u64 bias = getauxval(AT_ENTRY) - ((const Elf64_Ehdr *)bytes)->e_entry;
    const Symbol *s = symbols_named(&symbols, "symbols_landmark");
    CHECK(s != NULL);
    if (s) {
        CHECK_EQUAL(s->address + bias, (u64)symbols_landmark);
        CHECK(symbols_at(&symbols, s->address) == s);
        CHECK(symbols_at(&symbols, s->address + s->size - 1) == s);
        CHECK(symbols_at(&symbols, s->address + s->size) != s);
    }
    s = symbols_at(&symbols, (u64)&landmark_object[3] - bias);
    CHECK(s && strcmp(s->name, "landmark_object") == 0);
    CHECK(symbols_named(&symbols, "no_such_symbol") == NULL);
    CHECK(symbols_at(&symbols, 0) == NULL);
    for (u32 i = 1; i < symbols.count; i++)
        CHECK(symbols.symbol[i - 1].address <= symbols.symbol[i].address);
    symbols_free(&symbols);
    sections_free(&sections);
}

static void test_damaged(const u8 *original, u64 size)
{
    u64 seed = 7;
    u8 *bytes = malloc(size);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)original;
    for (int i = 0; i < 300; i++) {
        memcpy(bytes, original, size);
        for (int n = 0; n < 6; n++) { /* in the ELF header or the section headers */
            u64 at = check_random(&seed) % 2 ? check_random(&seed) % 64
                                             : header->e_shoff + check_random(&seed) % (header->e_shnum * sizeof(Elf64_Shdr));
            bytes[at] = (u8)check_random(&seed);
        }
        u64 length = check_random(&seed) % 4 ? size : check_random(&seed) % size;
        Sections sections;
        Symbols symbols;
        CHECK(sections_read(&sections, bytes, length));
        CHECK(symbols_read(&symbols, &sections, bytes, length));
        symbols_named(&symbols, "main");
        symbols_at(&symbols, 0x401000);
        symbols_free(&symbols);
        sections_free(&sections);
    }
    free(bytes);
}

int main(void)
{
    u64 size;
    CHECK_EQUAL(symbols_landmark(2), 7);
    u8 *bytes = slurp("/proc/self/exe", &size);
    test_self(bytes, size);
    test_damaged(bytes, size);
    free(bytes);
    return check_result();
}
