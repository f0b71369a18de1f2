/* The A and D bits in guest memory, found by walking CR3 by hand, agree with the log of the program's accesses, for every page.
 *
 * usage: access_bits PROGRAM [ARGS…]   runs it up to its exit function (or to the symbol `end`) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu.h"
#include "emu/emu_trace.h"

enum { PAGES = 1 << 20, P = 1, A = 1 << 5, D = 1 << 6 };

typedef struct Page { uint64_t number; bool used, written, called; } Page; /* called: a system call was given its address */

static Page log_[PAGES]; /* open addressing by page number */
static uint64_t logged, problems, leaves;

static Page *page_at(uint64_t number)
{
    uint64_t at = number * 0x9e3779b97f4a7c15u >> 44;
    while ((log_[at].used || log_[at].called) && log_[at].number != number)
        at = (at + 1) % PAGES;
    return &log_[at];
}

/* The kernel uses pages on the program's behalf, and sets A and D as it does on hardware; the log is of the program's own. */
static void note_call(Emu *emu, uint64_t address)
{
    static const int argument[] = {7, 6, 2, 10, 8, 9};
    uint8_t code[2];
    EmuRegisters r;
    if (emu_read(emu, 0, address, code, 2) != 2 || code[0] != 0x0f || code[1] != 0x05 || !emu_registers(emu, 0, &r))
        return;
    for (size_t i = 0; i < sizeof argument / sizeof *argument; i++) {
        Page *page = page_at(r.r[argument[i]] >> 12);
        page->number = r.r[argument[i]] >> 12;
        page->called = true;
    }
}

static void note(void *context, const EmuTraceStep *step)
{
    if (step->count && step->events[0].kind == EMU_TRACE_FETCH)
        note_call(context, step->events[0].address);
    for (uint32_t i = 0; i < step->count; i++) {
        const EmuTraced *e = &step->events[i];
        if (e->kind > EMU_TRACE_MODIFY)
            continue;
        for (uint64_t number = e->address >> 12; number <= (e->address + e->size - 1) >> 12; number++) {
            Page *page = page_at(number);
            logged += !page->used;
            page->number = number;
            page->used = true;
            page->written |= e->kind == EMU_TRACE_WRITE || e->kind == EMU_TRACE_MODIFY;
        }
    }
}

static void compare(uint64_t address, uint64_t entry, bool used, bool written)
{
    if (!(entry & A) == !used && !(entry & D) == !written)
        return;
    problems++;
    printf("0x%llx: entry 0x%llx has A=%d D=%d, but the program %s and %s\n", (unsigned long long)address, (unsigned long long)entry,
           (entry & A) != 0, (entry & D) != 0, used ? "used it" : "did not use it", written ? "wrote it" : "did not write it");
}

/* A table of this level that covers addresses from `base`; whether anything below it was used. */
static bool walk(Emu *emu, uint64_t table, int level, uint64_t base)
{
    uint64_t entries[512];
    bool any = false;
    if (emu_read_physical(emu, table, entries, sizeof entries) != sizeof entries)
        return false;
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t address = base | i << (12 + 9 * (level - 1)), next = entries[i] & 0xffffffffff000u;
        if (!(entries[i] & P))
            continue;
        if (level > 1) {
            bool used = walk(emu, next, level - 1, address);
            if (!(entries[i] & A) != !used)
                problems++, printf("0x%llx, level %d: A=%d, but %s\n", (unsigned long long)address, level, (entries[i] & A) != 0, used ? "used" : "not used");
            any |= used;
            continue;
        }
        const Page *page = page_at(address >> 12);
        leaves++;
        logged -= page->used;
        if (!page->called)
            compare(address, entries[i], page->used, page->used && page->written);
        any |= page->used || (page->called && entries[i] & A);
    }
    return any;
}

int main(int argc, char **argv)
{
    static const char *const places[] = {"end", "_exit", "_Exit"};
    const char *environment[] = {NULL};
    EmuConfig config;
    EmuSymbol symbol;
    EmuWalk top;
    emu_config_init(&config);
    Emu *emu = argc > 1 ? emu_create(&config) : NULL;
    if (!emu || emu_load(emu, argv[1], (const char *const *)&argv[1], environment) != 0 || emu_trace_accesses(emu, note, emu) != 0)
        return 2;
    bool found = false;
    for (size_t i = 0; i < sizeof places / sizeof *places && !found; i++)
        if ((found = emu_symbol_named(emu, 0, places[i], &symbol)))
            emu_breakpoint(emu, symbol.address, true);
    EmuStop stop = emu_run(emu, EMU_FOREVER);
    if (!found || stop.kind != EMU_BREAKPOINT) {
        fprintf(stderr, "%s did not come to its end\n", argv[1]);
        return 2;
    }
    emu_walk(emu, 0, 0, &top);
    walk(emu, top.cr3, 4, 0);
    problems += logged; /* pages that were used and have no entry */
    printf("%llu pages present, %llu problems\n", (unsigned long long)leaves, (unsigned long long)problems);
    emu_destroy(emu);
    return problems != 0;
}
