/* What the file side does with text alone: paths made canonical, iovec cursors moved, synthetic files grown. */
#include <stdlib.h>

#include "kernel/guest_io.h"
#include "kernel/path.h"
#include "kernel/text.h"
#include "tests/unit/check.h"

static void normalise(const char *from, const char *to)
{
    char name[64];
    strcpy(name, from);
    path_normalise(name);
    CHECK(!strcmp(name, to));
}

static void paths(void)
{
    normalise("/", "/");
    normalise("//", "/");
    normalise("/proc/self/../self/maps", "/proc/self/maps");
    normalise("/./proc//self/./fd/", "/proc/self/fd");
    normalise("/..", "/");
    normalise("/../../x", "/x");
    normalise("/a/b/../../..", "/");
    normalise("/...", "/...");
    normalise("/a/.b/..c", "/a/.b/..c");
}

/* Skipping must land in the right buffer, over empty ones, and stop at the end. */
static void cursors(void)
{
    const GuestVector vectors[] = {{100, 5}, {200, 0}, {300, 7}, {400, 0}};
    GuestCursor cursor = {.vector = vectors, .count = 4, .left = 12};
    cursor_skip(&cursor, 3);
    CHECK(cursor.vector == vectors && cursor.offset == 3 && cursor.left == 9);
    cursor_skip(&cursor, 2);
    CHECK(cursor.vector == vectors + 2 && cursor.offset == 0 && cursor.left == 7);
    cursor_skip(&cursor, 6);
    CHECK(cursor.vector == vectors + 2 && cursor.offset == 6 && cursor.left == 1);
    cursor_skip(&cursor, 1);
    CHECK(cursor.count == 0 && cursor.left == 0);
    CHECK(cursor_single(&cursor, 0x7ffffffff000, 0) == 0);
    CHECK(cursor_single(&cursor, 0x7ffffffff000, 1) < 0);
    CHECK(cursor_single(&cursor, 0x1000, UINT64_MAX) < 0);
    CHECK(cursor_single(&cursor, 0x1000, 1ull << 40) == 0 && cursor.left == TRANSFER_MAX);
}

static void texts(void)
{
    Text text = {0};
    for (int i = 0; i < 5000; i++)
        text_add(&text, "%d,", i % 10);
    text_add_bytes(&text, "\0end", 4);
    CHECK(text.size == 10004 && !text.failed && !memcmp(text.bytes, "0,1,2,", 6) && !memcmp(text.bytes + 9998, "9,", 2));
    CHECK(!memcmp(text.bytes + 10000, "\0end", 4));
    text_free(&text);
    CHECK(!text.bytes && !text.size);
}

int main(void)
{
    paths();
    cursors();
    texts();
    return check_result();
}
