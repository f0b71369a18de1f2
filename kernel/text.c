/* A growing text (text.h). */
#include "kernel/text.h"
#include "base/heap.h"

#include <stdarg.h>
#include <stdio.h>

static bool text_reserve(Text *text, u64 size)
{
    if (text->size + size <= text->capacity)
        return true;
    u64 capacity = text->capacity ? text->capacity : 1024;
    while (capacity < text->size + size)
        capacity *= 2;
    char *bytes = heap_realloc(text->bytes, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_add_bytes(Text *text, const void *bytes, u64 size)
{
    if (!text_reserve(text, size))
        return;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void text_add(Text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0 || !text_reserve(text, (u64)length + 1))
        return;
    va_start(list, format);
    vsnprintf(text->bytes + text->size, (size_t)length + 1, format, list);
    va_end(list);
    text->size += (u64)length;
}

void text_free(Text *text)
{
    heap_free(text->bytes);
    *text = (Text){0};
}
