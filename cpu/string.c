/* MOVS, STOS, LODS, SCAS, CMPS, with every prefix. `rep` goes by spans that stay inside one page at each end, with the host's
 * own memory functions; registers move on after each span, so a fault leaves exactly what hardware leaves. A whole `rep` is one
 * instruction; its iterations and accesses are counted as they happen. Compiled once: spans make the mode irrelevant. */
#include "cpu/operand.h"
#include "cpu/record.h"

enum { REP_NONE, REP_REP, REP_REPNE }; /* REP means REPE for SCAS and CMPS */

typedef struct Span {
    u64 source, destination; /* addresses of the next element */
    u64 count;               /* iterations left, 1 without a prefix */
    u64 mask;                /* of the address size */
    i64 step;                /* bytes, negative when DF is set */
    u32 size;                /* of an element */
    bool singly;             /* element by element: a recorder wants to see each */
    bool by_lines;           /* so far as the modelled hierarchy need not see each: inside a line */
} Span;

static Span span_begin(Cpu *cpu, const Op *op, int rep, unsigned width)
{
    u64 mask = op->extra == 4 ? 0xffffffffu : ~0ull;
    i64 size = width / 8;
    return (Span){ .source = *reg64(cpu, op->base) + (cpu->r[RSI] & mask), .destination = cpu->r[RDI] & mask,
                   .count = rep ? cpu->r[RCX] & mask : 1, .mask = mask, .step = cpu->rflags & FLAG_DF ? -size : size, .size = (u32)size,
                   .singly = cpu->blocks->recorder != NULL, .by_lines = cpu->model != NULL };
}

/* Somebody watches bytes of that page: every element is to be seen by itself. */
static COLD bool page_watched(const Cpu *cpu, u64 address)
{
    Walk walk;
    return pt_walk(cpu->mmu.phys, cpu->mmu.cr3, address, &walk) && (phys_frame(cpu->mmu.phys, walk.paddr)->flags & FRAME_WATCH);
}

/* How many elements from `address` on (at most `limit`) lie in its page; 0: the first one crosses. */
static u64 span_in_page(const Cpu *cpu, const Span *s, u64 address, u64 limit)
{
    u64 offset = address & (PAGE_SIZE - 1), fit;
    if (UNLIKELY(cpu->mmu.watched != NULL) && limit > 1 && page_watched(cpu, address))
        limit = 1;
    if (s->singly)
        limit = limit > 1;
    const u64 line = 1 << VIEW_LINE_SHIFT;
    if (UNLIKELY(s->by_lines))
        fit = s->step > 0 ? (line - (address & (line - 1))) / s->size : 1;
    else if (s->step > 0)
        fit = (PAGE_SIZE - offset) / s->size;
    else
        fit = offset + s->size > PAGE_SIZE ? 0 : offset / s->size + 1;
    return fit < limit ? fit : limit;
}

/* The model has been shown the first element's accesses: a read at `source`, a write at `destination` (0: none). If the same again would
 * change nothing, those of all other elements in these lines do not either; else only this one. */
static u64 span_shown(Cpu *cpu, const Span *s, u64 n, u64 source, u64 destination)
{
    if (LIKELY(!s->by_lines) || n <= 1)
        return n;
    bool passes = (!source || hierarchy_passes_read(cpu->model, source, s->size)) &&
                  (!destination || hierarchy_passes_write(cpu->model, destination, s->size));
    return passes ? n : 1;
}

/* 32-bit addresses wrap: a span must not run over the end. Element by element there. */
static bool span_wraps(const Span *s) { return s->mask != ~0ull; }

static void set_address_register(Cpu *cpu, unsigned r, u64 value, u64 mask)
{
    cpu->r[r] = value & mask; /* a 32-bit result clears the upper half */
}

/* n iterations are done. */
static void span_advance(Cpu *cpu, Span *s, u64 n, bool source, bool destination, int rep)
{
    u64 delta = n * (u64)s->step;
    if (source) {
        set_address_register(cpu, RSI, cpu->r[RSI] + delta, s->mask);
        s->source += delta;
    }
    if (destination) {
        set_address_register(cpu, RDI, cpu->r[RDI] + delta, s->mask);
        s->destination += delta;
    }
    if (!rep)
        return;
    set_address_register(cpu, RCX, cpu->r[RCX] - n, s->mask);
    s->count -= n;
    cpu->stats.rep_iterations += n;
    if (source)
        cpu->stats.reads += n;
    cpu_record_iteration(cpu);
}

/* Somebody wants the processor: stop between iterations, to come back to the same instruction. */
static bool span_interrupted(Cpu *cpu, const Op *op, u64 acc, const Span *s)
{
    if (LIKELY(!cpu->interrupt) || !s->count)
        return false;
    const OpCold *cold = cpu_op_cold(cpu, op);
    cpu->rip = cold->rip;
    cpu->acc = acc + ACC_PACK(cold->insns, cold->reads, cold->writes);
    cpu->exit = CPU_EXIT_BUDGET;
    cpu_record_abandon(cpu, cold->rip);
    return true;
}

/* A `rep` ends on what it compared: cachegrind sees no further iteration that finds RCX zero. */
static void span_matched(Cpu *cpu, const Op *op)
{
    cpu->stats.rep_matches++;
    cpu_record_abandon(cpu, cpu_op_cold(cpu, op)->rip);
}

static const Op *span_end(Cpu *cpu, const Op *op, u64 acc)
{
    if (UNLIKELY(cpu->leave))
        return cpu_leave(cpu, op, acc, CPU_EXIT_BUDGET);
    return next(cpu, op, acc);
}

/* ---- MOVS ------------------------------------------------------------------------------------------------------------- */

/* As hardware does it: element by element upwards, so overlapping ranges repeat a pattern. */
static void copy_up(u8 *to, const u8 *from, u64 bytes, u32 size)
{
    if (to <= from || to >= from + bytes) {
        memmove(to, from, bytes);
        return;
    }
    for (u64 i = 0; i < bytes; i += size) {
        u8 element[8];
        memcpy(element, from + i, size);
        memcpy(to + i, element, size);
    }
}

static u64 movs_span(Cpu *cpu, const Op *op, u64 acc, Span *s)
{
    u64 n = span_in_page(cpu, s, s->source, s->count);
    n = span_in_page(cpu, s, s->destination, n);
    if (n <= 1 || s->step < 0 || span_wraps(s)) {
        u8 element[8];
        memcpy(element, cpu_slow_read(cpu, op, acc, s->source, s->size), s->size);
        u8 *to = cpu_slow_write(cpu, op, acc, s->destination, s->size, false);
        memcpy(to, element, s->size);
        cpu_slow_written(cpu, to, s->size);
        return 1;
    }
    const u8 *from = cpu_slow_read(cpu, op, acc, s->source, s->size);
    u8 *to = cpu_slow_write(cpu, op, acc, s->destination, s->size, false);
    n = span_shown(cpu, s, n, s->source, s->destination);
    copy_up(to, from, n * s->size, s->size);
    cpu_slow_written(cpu, to, (u32)(n * s->size));
    return n;
}

static INLINE const Op *string_movs(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int rep, unsigned width)
{
    (void)slow;
    cpu_enter_slow(cpu, op, acc);
    Span s = span_begin(cpu, op, rep, width);
    while (s.count) {
        u64 n = movs_span(cpu, op, acc, &s);
        if (rep)
            cpu->stats.writes += n;
        span_advance(cpu, &s, n, true, true, rep);
        if (!rep)
            break;
        if (span_interrupted(cpu, op, acc, &s))
            return NULL;
    }
    return span_end(cpu, op, acc);
}

/* ---- STOS ------------------------------------------------------------------------------------------------------------- */

static void fill(u8 *to, u64 value, u64 count, u32 size)
{
    if (size == 1) {
        memset(to, (int)(u8)value, count);
        return;
    }
    for (u64 i = 0; i < count; i++)
        memcpy(to + i * size, &value, size);
}

/* Out of line, because the span's address escapes: the handler itself must end in a tail call. false: interrupted. */
static NOINLINE bool stos_spans(Cpu *cpu, const Op *op, u64 acc, int rep, unsigned width)
{
    Span s = span_begin(cpu, op, rep, width);
    u64 value = cpu->r[RAX];
    while (s.count) {
        u64 n = span_in_page(cpu, &s, s.destination, s.count);
        if (n == 0 || s.step < 0 || span_wraps(&s))
            n = 1;
        u8 *to = cpu_slow_write(cpu, op, acc, s.destination, s.size, false);
        n = span_shown(cpu, &s, n, 0, s.destination);
        fill(to, value, n, s.size);
        cpu_slow_written(cpu, to, (u32)(n * s.size));
        if (rep)
            cpu->stats.writes += n;
        span_advance(cpu, &s, n, false, true, rep);
        if (!rep)
            break;
        if (span_interrupted(cpu, op, acc, &s))
            return false;
    }
    return true;
}

static INLINE const Op *string_stos(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int rep, unsigned width)
{
    (void)slow;
    cpu_enter_slow(cpu, op, acc);
    return stos_spans(cpu, op, acc, rep, width) ? span_end(cpu, op, acc) : NULL;
}

/* ---- LODS ------------------------------------------------------------------------------------------------------------- */

static INLINE const Op *string_lods(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int rep, unsigned width)
{
    (void)slow;
    cpu_enter_slow(cpu, op, acc);
    Span s = span_begin(cpu, op, rep, width);
    while (s.count) {
        u64 value = load_width(cpu_slow_read(cpu, op, acc, s.source, s.size), width);
        set_reg(cpu, SLOT_RAX, value, width);
        span_advance(cpu, &s, 1, true, false, rep);
        if (!rep)
            break;
        if (span_interrupted(cpu, op, acc, &s))
            return NULL;
    }
    return span_end(cpu, op, acc);
}

/* ---- SCAS ------------------------------------------------------------------------------------------------------------- */

/* How many of the n elements at p are looked at until one equals (`until_equal`) or differs from `value`; *last is that one. */
static INLINE u64 scan(const u8 *p, u64 n, u64 value, bool until_equal, unsigned width, u64 *last)
{
    if (width == 8 && until_equal) {
        const u8 *hit = memchr(p, (int)(u8)value, n);
        *last = hit ? *hit : p[n - 1];
        return hit ? (u64)(hit - p) + 1 : n;
    }
    for (u64 i = 0; i < n; i++) {
        *last = load_width(p + i * (width / 8), width);
        if ((*last == value) == until_equal)
            return i + 1;
    }
    return n;
}

static INLINE const Op *string_scas(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int rep, unsigned width)
{
    (void)slow;
    cpu_enter_slow(cpu, op, acc);
    Span s = span_begin(cpu, op, rep, width);
    u64 value = get_reg(cpu, SLOT_RAX, width), last = 0;
    bool until_equal = rep == REP_REPNE, stop = false;
    while (s.count && !stop) {
        u64 n = span_in_page(cpu, &s, s.destination, s.count);
        if (n == 0 || s.step < 0 || span_wraps(&s))
            n = 1;
        const u8 *p = cpu_slow_read(cpu, op, acc, s.destination, s.size);
        n = span_shown(cpu, &s, n, s.destination, 0);
        n = scan(p, n, value, until_equal, width, &last);
        cc_set(cpu, CC_OP_SUB, width, value, last);
        if (rep)
            cpu->stats.reads += n;
        span_advance(cpu, &s, n, false, true, rep);
        stop = !rep || (last == value) == until_equal;
        if (rep && stop)
            span_matched(cpu, op);
        if (!stop && span_interrupted(cpu, op, acc, &s))
            return NULL;
    }
    return next(cpu, op, acc);
}

/* ---- CMPS ------------------------------------------------------------------------------------------------------------- */

static INLINE u64 compare(const u8 *p, const u8 *q, u64 n, bool until_equal, unsigned width, u64 *a, u64 *b)
{
    u64 i = 0, size = width / 8;
    if (!until_equal) /* skip what is the same in steps of eight bytes, but keep the last element for the flags */
        while ((i + 1) * size + 8 <= n * size && load64(p + i * size) == load64(q + i * size))
            i += 8 / size;
    for (; i < n; i++) {
        *a = load_width(p + i * size, width), *b = load_width(q + i * size, width);
        if ((*a == *b) == until_equal)
            return i + 1;
    }
    return n;
}

static INLINE const Op *string_cmps(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int rep, unsigned width)
{
    (void)slow;
    cpu_enter_slow(cpu, op, acc);
    Span s = span_begin(cpu, op, rep, width);
    u64 a = 0, b = 0;
    bool until_equal = rep == REP_REPNE, stop = false;
    s.singly |= s.by_lines;
    while (s.count && !stop) {
        u64 n = span_in_page(cpu, &s, s.destination, span_in_page(cpu, &s, s.source, s.count));
        if (n <= 1 || s.step < 0 || span_wraps(&s)) {
            n = 1;
            /* Hardware faults at the source first. Which it reads first nobody can tell: cachegrind says, the destination. */
            cpu_slow_check(cpu, op, acc, s.source, s.size, ACCESS_READ);
            b = load_width(cpu_slow_read(cpu, op, acc, s.destination, s.size), width);
            a = load_width(cpu_slow_read(cpu, op, acc, s.source, s.size), width);
        } else {
            const u8 *p = cpu_slow_read(cpu, op, acc, s.source, s.size);
            n = compare(p, cpu_slow_read(cpu, op, acc, s.destination, s.size), n, until_equal, width, &a, &b);
        }
        cc_set(cpu, CC_OP_SUB, width, a, b);
        if (rep)
            cpu->stats.reads += n;
        span_advance(cpu, &s, n, true, true, rep);
        stop = !rep || (a == b) == until_equal;
        if (rep && stop)
            span_matched(cpu, op);
        if (!stop && span_interrupted(cpu, op, acc, &s))
            return NULL;
    }
    return next(cpu, op, acc);
}

/* ---- tables: [rep * 4 + width], the same for both modes -------------------------------------------------------------------- */

#define STRING_HANDLERS(name, rep, w)                                               \
    static const Op *name##_##rep##_##w(Cpu *cpu, const Op *op, u64 acc)            \
    {                                                                               \
        return name(cpu, op, acc, NULL, rep, w);                                    \
    }
#define STRING_ENTRY(name, rep, w) name##_##rep##_##w,
#define STRING_TABLE(name)                                                                                             \
    FOR_WIDTHS(STRING_HANDLERS, name, 0) FOR_WIDTHS(STRING_HANDLERS, name, 1) FOR_WIDTHS(STRING_HANDLERS, name, 2)     \
    OpHandler *const fast_table_##name[] = { FOR_WIDTHS(STRING_ENTRY, name, 0) FOR_WIDTHS(STRING_ENTRY, name, 1)       \
                                             FOR_WIDTHS(STRING_ENTRY, name, 2) };                                      \
    OpHandler *const slow_table_##name[] = { FOR_WIDTHS(STRING_ENTRY, name, 0) FOR_WIDTHS(STRING_ENTRY, name, 1)       \
                                             FOR_WIDTHS(STRING_ENTRY, name, 2) };
STRING_TABLE(string_movs)
STRING_TABLE(string_stos)
STRING_TABLE(string_lods)
STRING_TABLE(string_scas)
STRING_TABLE(string_cmps)
