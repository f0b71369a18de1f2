/* explain, why and info heap: emu_explain.h and emu_heap.h in the console. */
#include <string.h>

#include "emu/emu_explain.h"
#include "emu/emu_heap.h"
#include "ui/console/command.h"
#include "ui/console/console.h"
#include "ui/console/expression.h"

static void print_line(void *context, const char *line) { fprintf(context, "%s\n", line); }

static void explain_next(Console *console)
{
    EmuAccess accesses[8];
    uint32_t count = emu_accesses(console->emu, 0, accesses, 8);
    emu_explain_insn(console->emu, 0, print_line, console->out);
    if (!count)
        fputs("  it accesses no memory\n", console->out);
    for (uint32_t i = 0; i < count && i < 8; i++) {
        emu_explain_operand(console->emu, 0, i, print_line, console->out);
        if (emu_explain_access(console->emu, 0, &accesses[i], print_line, console->out))
            emu_explain_value(console->emu, 0, &accesses[i], print_line, console->out);
    }
}

bool cmd_explain(Console *console, const char *format, const char *args)
{
    (void)format;
    if (!*args || strcmp(args, "next") == 0) {
        explain_next(console);
        return true;
    }
    EmuAccess access = {.size = 1, .read = true};
    if (!expression_address(console, args, &access.address))
        return false;
    if (emu_explain_access(console->emu, 0, &access, print_line, console->out)) {
        access.size = 8;
        emu_explain_value(console->emu, 0, &access, print_line, console->out);
    }
    return true;
}

bool cmd_info_heap(Console *console, const char *format, const char *args)
{
    EmuHeapStats stats;
    (void)format, (void)args;
    if (emu_heap_stats(console->emu, &stats)) {
        emu_heap_report(console->emu, false, print_line, console->out);
        return true;
    }
    return console_error(console, console->heap
                                      ? "The program names no allocator that is known."
                                      : "The heap is not watched: emu debug --heap does that (without going back in time).");
}

typedef struct Told { FILE *out; bool any; } Told;

static void tell_line(void *context, const char *line)
{
    Told *told = context;
    fprintf(told->out, "%s\n", line);
    told->any = true;
}

bool cmd_why(Console *console, const char *format, const char *args)
{
    uint64_t address;
    (void)format;
    if (!*args) {
        Told told = {console->out, false};
        emu_why(console->emu, tell_line, &told);
        if (!told.any)
            fputs(console->why ? "Nothing has befallen it since then: no fault, no eviction, no swap.\n"
                               : "No history is kept: `why ADDRESS' begins one.\n", console->out);
        return true;
    }
    if (!expression_address(console, args, &address))
        return false;
    if (emu_why_record(console->emu, address) != 0)
        return console_error(console, "No memory for its history.");
    console->why = true;
    fprintf(console->out, "From now on the history of 0x%llx is kept; why without an address tells it.\n",
            (unsigned long long)address);
    return true;
}
