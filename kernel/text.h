/* A growing text: lines of strace, synthetic files. */
#ifndef EMU_KERNEL_TEXT_H
#define EMU_KERNEL_TEXT_H

#include "base/types.h"

typedef struct Text {
    char *bytes; /* of base/heap.h; NULL while empty */
    u64 size, capacity;
    bool failed; /* the host had no memory: what was added since is missing */
} Text;

/* Appends as printf does. Without host memory the text is cut and `failed` set, nothing else. */
void text_add(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(Text *text, const void *bytes, u64 size);
void text_free(Text *text);

#endif
