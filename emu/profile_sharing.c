/* False sharing: which bytes of each line which thread reads and writes.
 *
 * Books are kept of lines that are touched while a process has more than one thread. The machine runs one thread at a time, so how
 * often a line moves between cores cannot be counted; what is counted is how often a thread came to a line that another one
 * had written since: at most once per time slice, a lower bound of what cores would do. */
#include <stdlib.h>

#include "emu/file.h"
#include "emu/profile_machine.h"

typedef struct Line {
    u64 number;   /* line + 1; 0: free */
    u32 space, image; /* whose names it has */
    i32 writer;   /* who wrote last; 0: nobody */
    EmuSharedLine shown;
} Line;

struct SharingBook {
    u32 line_shift;
    Line *lines;     /* open addressing */
    u64 capacity, count;
    EmuSharedLine *result;
    u32 result_count;
};

SharingBook *sharing_create(u32 line_shift)
{
    SharingBook *s = calloc(1, sizeof *s);
    if (s)
        s->line_shift = line_shift;
    return s;
}

void sharing_destroy(SharingBook *s)
{
    if (!s)
        return;
    free(s->lines);
    free(s->result);
    free(s);
}

static Line *slot_of(const SharingBook *s, u64 number, u32 space)
{
    u64 i = (number ^ (u64)space << 44) * 0x9e3779b97f4a7c15ull >> 20;
    for (;; i++) {
        Line *line = &s->lines[i & (s->capacity - 1)];
        if (!line->number || (line->number == number && line->space == space))
            return line;
    }
}

static bool grow(SharingBook *s)
{
    SharingBook larger = *s;
    larger.capacity = s->capacity ? s->capacity * 2 : 1024;
    larger.lines = calloc(larger.capacity, sizeof *larger.lines);
    if (!larger.lines)
        return false;
    for (u64 i = 0; i < s->capacity; i++)
        if (s->lines[i].number)
            *slot_of(&larger, s->lines[i].number, s->lines[i].space) = s->lines[i];
    free(s->lines);
    *s = larger;
    return true;
}

/* Bytes [from, from + size) of a line as bits, by 64th parts where it is longer than 64 bytes. */
static u64 bytes_touched(const SharingBook *s, u64 from, u64 size)
{
    u32 part_shift = s->line_shift > 6 ? s->line_shift - 6 : 0;
    u64 first = from >> part_shift, last = (from + size - 1) >> part_shift;
    return (~0ull >> (63 - (last - first))) << first;
}

static void touch(SharingBook *s, Line *line, i32 tid, u64 bytes, bool read, bool write)
{
    EmuSharedLine *shown = &line->shown;
    u32 i = 0;
    while (i < shown->threads && i < EMU_SHARERS && shown->sharer[i].tid != tid)
        i++;
    if (i == EMU_SHARERS) /* one too many to describe */
        return;
    if (i == shown->threads)
        shown->sharer[shown->threads++].tid = tid;
    shown->sharer[i].accesses++;
    shown->sharer[i].read |= read ? bytes : 0;
    shown->sharer[i].written |= write ? bytes : 0;
    shown->sharer[i].takes += line->writer && line->writer != tid;
    if (write || line->writer != tid) /* whoever reads has a copy until the next write */
        line->writer = write ? tid : 0;
    shown->address = (line->number - 1) << s->line_shift;
    shown->size = 1u << s->line_shift;
}

void sharing_see(SharingBook *s, u32 space, u32 image, int tid, const ProfileReference *seen)
{
    const Reference *r = seen->reference;
    u64 size = 1ull << s->line_shift;
    for (u64 at = r->address, end = r->address + r->size; at < end;) {
        u64 next = (at | (size - 1)) + 1, stop = next < end ? next : end, number = (at >> s->line_shift) + 1;
        if (s->count * 2 >= s->capacity && !grow(s))
            return;
        Line *line = slot_of(s, number, space);
        s->count += !line->number;
        line->number = number;
        line->space = space;
        line->image = image;
        bool write = seen->kind == KIND_WRITE || seen->modify;
        touch(s, line, tid, bytes_touched(s, at & (size - 1), stop - at), seen->kind == KIND_READ, write);
        at = stop;
    }
}

/* ---- the result -------------------------------------------------------------------------------------------------- */

/* Does nobody touch what another one writes? */
static bool is_false(const EmuSharedLine *line)
{
    for (u32 i = 0; i < line->threads; i++)
        for (u32 k = 0; k < line->threads; k++)
            if (i != k && line->sharer[i].written & (line->sharer[k].read | line->sharer[k].written))
                return false;
    return true;
}

static bool is_shared(const EmuSharedLine *line)
{
    u64 written = 0;
    for (u32 i = 0; i < line->threads; i++)
        written |= line->sharer[i].written;
    return line->threads > 1 && written;
}

static u64 takes(const EmuSharedLine *line)
{
    u64 sum = 0;
    for (u32 i = 0; i < line->threads; i++)
        sum += line->sharer[i].takes;
    return sum;
}

static int order_lines(const void *a, const void *b)
{
    const EmuSharedLine *x = a, *y = b;
    if (takes(x) != takes(y))
        return takes(x) < takes(y) ? 1 : -1;
    return x->address < y->address ? -1 : x->address > y->address;
}

/* The first symbol that has a byte in the line. */
static const char *name_in(const Profile *p, const Line *line)
{
    const Image *image = line->image ? &p->images[line->image - 1] : NULL;
    if (!image || !image->program)
        return NULL;
    u64 first = line->shown.address - image->bias, last = first + line->shown.size - 1;
    for (u64 at = first; at <= last; at++) {
        const Symbol *symbol = symbols_at(file_symbols(image->program->file), at);
        if (symbol && symbol->size)
            return symbol->name;
    }
    return NULL;
}

static bool make_result(const Profile *p, SharingBook *s)
{
    s->result = malloc((s->count + 1) * sizeof *s->result);
    if (!s->result)
        return false;
    for (u64 i = 0; i < s->capacity; i++) {
        EmuSharedLine *line = &s->lines[i].shown;
        if (!s->lines[i].number || !is_shared(line))
            continue;
        line->is_false = is_false(line);
        line->name = name_in(p, &s->lines[i]);
        s->result[s->result_count++] = *line;
    }
    qsort(s->result, s->result_count, sizeof *s->result, order_lines);
    return true;
}

bool emu_profile_shared(Emu *emu, uint32_t index, EmuSharedLine *line)
{
    Profile *p = recording_profile_of(emu);
    SharingBook *s = p ? p->sharing : NULL;
    if (!s || (!s->result && !make_result(p, s)) || index >= s->result_count)
        return false;
    *line = s->result[index];
    return true;
}
