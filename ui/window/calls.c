/* Notes system calls: arguments as they are at the entry (strings may be gone later), the result when it comes. */
#include "ui/window/calls.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "emu/emu_debug.h"
#include "emu/emu_view.h"

enum { STRING_SHOWN = 40 };

const char *calls_name(uint32_t call)
{
    EmuSyscallRow row;
    return emu_syscall_row(call, &row) && row.name ? row.name : "no such call";
}

/* The guest's string, cut, in quotes; what is not printable as a dot. */
static void add_string(Emu *emu, int pid, uint64_t address, char *text, size_t size)
{
    char bytes[STRING_SHOWN + 1] = "";
    uint64_t got = emu_read(emu, pid, address, bytes, STRING_SHOWN), length = strnlen(bytes, got);
    for (uint64_t i = 0; i < length; i++)
        bytes[i] = isprint((unsigned char)bytes[i]) ? bytes[i] : '.';
    snprintf(text, size, got ? "\"%.*s\"%s" : "%.*sbad address", (int)length, bytes, length == STRING_SHOWN ? ".." : "");
}

static void describe(Emu *emu, CallRow *row, const EmuRegisters *registers)
{
    static const uint8_t places[6] = {7, 6, 2, 10, 8, 9}; /* rdi rsi rdx r10 r8 r9 */
    EmuArgument types[6];
    uint32_t count = emu_syscall_arguments(row->call, types);
    size_t at = (size_t)snprintf(row->text, sizeof row->text, "%s(", calls_name(row->call));
    for (uint32_t i = 0; i < count && at < sizeof row->text - 4; i++) {
        uint64_t value = registers->r[places[i]];
        char text[64];
        if (types[i] == EMU_ARGUMENT_STRING)
            add_string(emu, row->pid, value, text, sizeof text);
        else if (types[i] == EMU_ARGUMENT_HEX && value)
            snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
        else
            snprintf(text, sizeof text, "%lld", types[i] == EMU_ARGUMENT_INT ? (long long)(int32_t)value : (long long)value);
        at += (size_t)snprintf(row->text + at, sizeof row->text - at, "%s%s", i ? ", " : "", text);
    }
    if (at < sizeof row->text - 1)
        strcpy(row->text + at, ")");
}

static void entered(CallLog *log, Emu *emu, const EmuStop *stop)
{
    EmuRegisters registers;
    CallRow *row = &log->rows[++log->count % CALLS_KEPT];
    *row = (CallRow){.pid = stop->pid, .tid = stop->tid, .number = log->count, .call = (uint32_t)stop->number};
    if (stop->number < CALL_NUMBERS)
        log->counts[stop->number]++;
    if (emu_registers(emu, stop->tid, &registers))
        describe(emu, row, &registers);
}

static void returned(CallLog *log, Emu *emu, const EmuStop *stop)
{
    EmuRegisters registers;
    for (uint64_t n = log->count; n > 0 && n + CALLS_KEPT > log->count; n--) {
        CallRow *row = &log->rows[n % CALLS_KEPT];
        if (row->tid != stop->tid || row->returned)
            continue;
        row->returned = true;
        row->result = emu_registers(emu, stop->tid, &registers) ? (int64_t)registers.r[0] : 0;
        return;
    }
}

void calls_watch(CallLog *log, Emu *emu, bool on)
{
    const EmuTrace trace = {.calls = true, .forks = true};
    if (log->on == on || !emu_trace(emu, on ? &trace : NULL))
        return;
    log->on = on;
}

EmuStop calls_run(CallLog *log, Emu *emu, uint64_t insns)
{
    EmuStats stats;
    emu_stats(emu, &stats);
    uint64_t now = stats.insns, end = insns == EMU_FOREVER ? EMU_FOREVER : now + insns;
    for (;;) {
        EmuStop stop = emu_run(emu, end - now);
        if (stop.kind == EMU_CALL_ENTRY)
            entered(log, emu, &stop);
        else if (stop.kind == EMU_CALL_RETURN)
            returned(log, emu, &stop);
        else if (stop.kind == EMU_FORKED || stop.kind == EMU_VFORKED)
            emu_hold(emu, stop.child, false); /* children are watched too, and born held */
        else
            return stop;
        emu_stats(emu, &stats);
        now = stats.insns;
        if (now >= end)
            return (EmuStop){.kind = EMU_BUDGET, .pid = stop.pid, .tid = stop.tid};
    }
}
