/* Ranges of a trace: texts, symbols, and the question whether something lies in one. */
#define _GNU_SOURCE
#include "ui/report/range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number, or a symbol with or without +OFFSET; of a symbol alone `last` is its last byte. */
static bool resolve_place(Emu *emu, const char *text, size_t length, Range *place)
{
    char name[256], *end;
    if (!length || length >= sizeof name)
        return false;
    memcpy(name, text, length);
    name[length] = 0;
    place->first = place->last = strtoull(name, &end, 0);
    if (*name >= '0' && *name <= '9')
        return !*end;
    char *plus = strrchr(name, '+');
    uint64_t offset = plus ? strtoull(plus + 1, &end, 0) : 0;
    if (plus && (*end || !plus[1]))
        return false;
    if (plus)
        *plus = 0;
    EmuSymbol symbol;
    if (!emu_symbol_named(emu, 0, name, &symbol))
        return false;
    place->first = symbol.address + offset;
    place->last = plus || !symbol.size ? place->first : symbol.address + symbol.size - 1;
    return true;
}

static bool resolve(Emu *emu, const char *text, int *kind, Range *range)
{
    static const char *const prefixes[] = {"code:", "data:", "insns:"};
    *kind = RANGE_CODE;
    for (int i = 0; i < RANGE_KINDS; i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0) {
            *kind = i;
            text += strlen(prefixes[i]);
        }
    const char *dash = strchr(text, '-');
    Range end;
    if (!resolve_place(emu, text, dash ? (size_t)(dash - text) : strlen(text), range))
        return false;
    if (!dash)
        return true;
    if (!resolve_place(emu, dash + 1, strlen(dash + 1), &end) || end.first < range->first)
        return false;
    range->last = end.last;
    return true;
}

bool ranges_resolve(Ranges *ranges, Emu *emu, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Range range;
        int kind;
        if (!resolve(emu, texts[i], &kind, &range)) {
            fprintf(stderr, "emu: --trace-range: '%s' is not A-B, FUNCTION, data:A-B, data:NAME or insns:N-M of this program\n", texts[i]);
            ranges_free(ranges);
            return false;
        }
        Range *grown = realloc(ranges->of[kind], (ranges->count[kind] + 1) * sizeof *grown);
        if (!grown)
            return false;
        ranges->of[kind] = grown;
        grown[ranges->count[kind]++] = range;
    }
    return true;
}

void ranges_free(Ranges *ranges)
{
    for (int kind = 0; kind < RANGE_KINDS; kind++)
        free(ranges->of[kind]);
    *ranges = (Ranges){0};
}

/* Does [first, last] touch one of the ranges of that kind? Without any, everything is wanted. */
static bool touches(const Ranges *ranges, int kind, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < ranges->count[kind]; i++)
        if (first <= ranges->of[kind][i].last && last >= ranges->of[kind][i].first)
            return true;
    return ranges->count[kind] == 0;
}

/* The instruction of a step: its fetch, behind the pages that it brought. */
static const EmuTraced *fetch_of(const EmuTraceStep *step)
{
    for (uint32_t i = 0; i < step->count; i++)
        if (step->events[i].kind == EMU_TRACE_FETCH)
            return &step->events[i];
    return NULL;
}

bool ranges_want(const Ranges *ranges, const EmuTraceStep *step, const EmuTraced *event)
{
    const EmuTraced *fetch = fetch_of(step);
    if (!fetch || !touches(ranges, RANGE_CODE, fetch->address, fetch->address))
        return false;
    if (!touches(ranges, RANGE_INSNS, step->number, step->number))
        return false;
    if (event->kind == EMU_TRACE_FETCH)
        return !ranges->count[RANGE_DATA];
    return touches(ranges, RANGE_DATA, event->address, event->address + event->size - 1);
}
