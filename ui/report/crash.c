/* The crash report: what died, why, where, and what lay around it. */
#define _GNU_SOURCE /* sigabbrev_np */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "ui/report/report.h"

enum { MAX_FRAMES = 8 };
enum { ERROR_PRESENT = 1, ERROR_WRITE = 2, ERROR_FETCH = 16 }; /* SDM Vol. 3A, "Page-Fault Error Code" */
enum {
    VECTOR_DIVIDE = 0, VECTOR_BREAKPOINT = 3, VECTOR_INVALID = 6, VECTOR_STACK = 12, VECTOR_PROTECTION = 13, VECTOR_PAGE = 14,
    VECTOR_X87 = 16, VECTOR_ALIGNMENT = 17, VECTOR_SIMD = 19,
};

const char *report_signal_name(int signal, char *buffer)
{
    const char *name = signal > 0 && signal < 32 ? sigabbrev_np(signal) : NULL;
    if (name)
        snprintf(buffer, 16, "SIG%s", name);
    else
        snprintf(buffer, 16, "signal %d", signal);
    return buffer;
}

/* The mapping that holds `address`; else its neighbours below and above (start == end: there is none). */
static bool find_mapping(Emu *emu, int pid, uint64_t address, EmuMapping *hit, EmuMapping *below, EmuMapping *above)
{
    EmuMapping m;
    memset(below, 0, sizeof *below);
    memset(above, 0, sizeof *above);
    for (uint32_t i = 0; emu_mapping(emu, pid, i, &m); i++) {
        if (m.end <= address) {
            *below = m;
        } else if (m.start <= address) {
            *hit = m;
            return true;
        } else {
            *above = m;
            break;
        }
    }
    return false;
}

static const char *access_name(const EmuStop *stop)
{
    if (stop->error_code & ERROR_FETCH)
        return "execution of";
    return stop->error_code & ERROR_WRITE ? "write to" : "read of";
}

static void why_page_fault(FILE *out, Emu *emu, const EmuStop *stop, const EmuRegisters *r)
{
    EmuMapping hit, below, above;
    uint64_t address = stop->fault_address;
    fprintf(out, "%s 0x%" PRIx64, access_name(stop), address);
    if (!find_mapping(emu, stop->pid, address, &hit, &below, &above)) {
        bool overflow = (above.flags & EMU_MAP_GROWSDOWN) && r->r[4] < above.start + 65536;
        if (overflow)
            fprintf(out, ": the stack is full (its limit, or another mapping, is reached)");
        else
            fprintf(out, ": nothing is mapped there%s", address < 4096 ? " (a null pointer)" : "");
    } else if (stop->signal == SIGBUS) {
        fprintf(out, ": behind the end of the mapped file %s", hit.name);
    } else if (!(hit.flags & (EMU_MAP_READ | EMU_MAP_WRITE | EMU_MAP_EXEC))) {
        fprintf(out, ": the mapping allows no access");
    } else if (stop->error_code & ERROR_FETCH) {
        fprintf(out, ": the mapping is not executable");
    } else if (stop->error_code & ERROR_WRITE) {
        fprintf(out, ": the mapping is read-only");
    } else {
        fprintf(out, ": the mapping cannot be read");
    }
}

static void why(FILE *out, Emu *emu, const EmuStop *stop, const EmuRegisters *r)
{
    switch (stop->vector) {
    case VECTOR_DIVIDE: fputs("division by zero, or the quotient does not fit", out); break;
    case VECTOR_BREAKPOINT: fputs("a breakpoint instruction (int3)", out); break;
    case VECTOR_INVALID: fputs("an invalid instruction", out); break;
    case VECTOR_STACK:
    case VECTOR_PROTECTION:
        if (stop->fault_address)
            fprintf(out, "access to 0x%" PRIx64 ": not a canonical address", stop->fault_address);
        else
            fputs("a privileged instruction, or a misaligned or non-canonical operand", out);
        break;
    case VECTOR_PAGE: why_page_fault(out, emu, stop, r); break;
    case VECTOR_X87: fputs("an unmasked x87 floating-point exception", out); break;
    case VECTOR_ALIGNMENT: fputs("a misaligned access (EFLAGS.AC is set)", out); break;
    case VECTOR_SIMD: fputs("an unmasked SSE floating-point exception", out); break;
    default: fprintf(out, "exception %d", stop->vector);
    }
}

/* "0x401136 in main+4 (crash.c:5)" */
static void place(FILE *out, Emu *emu, int pid, uint64_t address, uint64_t lookup)
{
    EmuSymbol symbol;
    EmuSource source;
    fprintf(out, "0x%" PRIx64, address);
    if (emu_symbol_at(emu, pid, lookup, &symbol))
        fprintf(out, " in %s+%" PRIu64, symbol.name, address - symbol.address);
    if (emu_source_at(emu, pid, lookup, &source))
        fprintf(out, " (%s:%d)", source.file, source.line);
}

static void instruction(FILE *out, Emu *emu, const EmuStop *stop, const EmuRegisters *r)
{
    EmuInsn insn;
    fputs("  at            ", out);
    place(out, emu, stop->pid, r->rip, r->rip);
    fputs("\n  instruction   ", out);
    if (!emu_disassemble(emu, stop->pid, r->rip, &insn)) {
        fputs("(there is no memory there)\n", out);
        return;
    }
    fprintf(out, "%-36s ;", insn.text);
    for (int i = 0; i < (insn.valid ? insn.length : 8); i++)
        fprintf(out, " %02x", insn.bytes[i]);
    putc('\n', out);
}

static void registers(FILE *out, const EmuRegisters *r)
{
    static const char names[16][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
    static const int order[16] = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int i = 0; i < 16; i++)
        fprintf(out, "%s%-4s%016" PRIx64 "%s", i % 4 ? "  " : i ? "                " : "  registers     ", names[order[i]],
                r->r[order[i]], i % 4 == 3 ? "\n" : "");
    fprintf(out, "                rip %016" PRIx64 "  rflags %" PRIx64 "  fs %" PRIx64 "\n", r->rip, r->rflags, r->fs_base);
}

static void backtrace(FILE *out, Emu *emu, const EmuStop *stop)
{
    EmuFrame frames[MAX_FRAMES + 1];
    uint32_t n = emu_backtrace(emu, stop->tid, frames, MAX_FRAMES + 1);
    for (uint32_t i = 0; i < n && i < MAX_FRAMES; i++) {
        fprintf(out, "%s#%-2" PRIu32 " ", i ? "                " : "  backtrace     ", i);
        place(out, emu, stop->pid, frames[i].pc, frames[i].pc - (i != 0));
        putc('\n', out);
    }
    if (n > MAX_FRAMES)
        fputs("                ...\n", out);
}

static void mapping_line(FILE *out, const char *label, const EmuMapping *m)
{
    char rights[5] = {m->flags & EMU_MAP_READ ? 'r' : '-', m->flags & EMU_MAP_WRITE ? 'w' : '-',
                      m->flags & EMU_MAP_EXEC ? 'x' : '-', m->flags & EMU_MAP_SHARED ? 's' : 'p', 0};
    fprintf(out, "%-16s%" PRIx64 "-%" PRIx64 " %s %s\n", label, m->start, m->end, rights, m->name);
}

static void mappings(FILE *out, Emu *emu, const EmuStop *stop, const EmuRegisters *r)
{
    EmuMapping hit, below, above;
    uint64_t address = stop->vector == VECTOR_PAGE || stop->fault_address ? stop->fault_address : r->rip;
    if (find_mapping(emu, stop->pid, address, &hit, &below, &above)) {
        mapping_line(out, "  mapping", &hit);
        return;
    }
    if (below.end)
        mapping_line(out, "  mapped below", &below);
    if (above.end)
        mapping_line(out, "  mapped above", &above);
}

void report_crash(FILE *out, Emu *emu, const EmuStop *stop)
{
    EmuRegisters r;
    EmuTask task;
    char name[16];
    const char *program = "the program";
    if (!emu_registers(emu, stop->tid, &r))
        return;
    for (uint32_t i = 0; emu_task(emu, i, &task); i++)
        if (task.tid == stop->tid)
            program = task.exe;
    fprintf(out, "emu: %s (pid %d) died of %s: ", program, stop->pid, report_signal_name(stop->signal, name));
    why(out, emu, stop, &r);
    putc('\n', out);
    instruction(out, emu, stop, &r);
    registers(out, &r);
    backtrace(out, emu, stop);
    mappings(out, emu, stop, &r);
    fflush(out);
}
