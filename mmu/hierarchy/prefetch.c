/* Prefetchers. Both act on misses and on the first use of a line they brought, and stay inside the page, as hardware that
 * knows only physical addresses must. */
#include "mmu/hierarchy/internal.h"

enum { CONFIDENT = 2, CONFIDENCE_MAX = 3 };

static bool same_page(const Hierarchy *h, const Level *level, u64 a, u64 b)
{
    u32 shift = h->front.page_shift - level->line_shift;
    return a >> shift == b >> shift;
}

static void ahead(Hierarchy *h, Level *level, u64 line, i64 stride)
{
    for (u32 i = 1; i <= level->config.degree; i++) {
        u64 target = line + (u64)(stride * (i64)i);
        if (!same_page(h, level, line, target))
            return;
        path_prefetch(h, level, target);
    }
}

/* One stream per page, 16 pages, the least recently used makes room. */
static Stream *stream_of(Hierarchy *h, u64 page)
{
    Stream *oldest = &h->streams[0];
    for (u32 i = 0; i < STREAMS; i++) {
        if (h->streams[i].used && h->streams[i].page == page)
            return &h->streams[i];
        if (h->streams[i].used < oldest->used)
            oldest = &h->streams[i];
    }
    *oldest = (Stream){.page = page, .last_line = NO_LINE};
    return oldest;
}

void prefetch_train(Hierarchy *h, Level *level, u64 line)
{
    if (level->config.prefetch == PREFETCH_NEXT_LINE) {
        ahead(h, level, line, 1);
        return;
    }
    Stream *stream = stream_of(h, line >> (h->front.page_shift - level->line_shift));
    stream->used = ++h->stream_clock;
    if (stream->last_line != NO_LINE && stream->last_line != line) {
        i64 stride = (i64)(line - stream->last_line);
        if (stride == stream->stride) {
            stream->confidence += stream->confidence < CONFIDENCE_MAX;
        } else {
            stream->stride = stride;
            stream->confidence = 1;
        }
    }
    stream->last_line = line;
    if (stream->confidence >= CONFIDENT)
        ahead(h, level, line, stream->stride);
}
