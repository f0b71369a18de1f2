/* Who called whom. Call frame information says it exactly where the program has it; without it frame pointers do, as far as
 * they are kept; and the innermost function, which may not have pushed anything yet, is tried by its return address. */
#include "emu/machine.h"

typedef struct Unwinder {
    Emu *emu;
    int pid;
    u64 bias;
    DebugInfo *dwarf;
} Unwinder;

enum { DWARF_RBX = 3, DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RA = 16 };

static bool read_word(void *context, u64 address, u64 *value)
{
    const Unwinder *u = context;
    return emu_read(u->emu, u->pid, address, value, 8) == 8;
}

/* DWARF numbers registers in its own order. System V psABI, "DWARF Register Number Mapping". */
static DwarfRegisters registers_in_dwarf_order(const EmuRegisters *r)
{
    static const u8 order[16] = {RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15};
    DwarfRegisters d = {0};
    for (int i = 0; i < 16; i++) {
        d.value[i] = r->r[order[i]];
        d.known[i] = true;
    }
    d.value[DWARF_RA] = r->rip;
    d.known[DWARF_RA] = true;
    return d;
}

static bool is_code(const Unwinder *u, u64 address)
{
    EmuMapping m;
    for (u32 i = 0; emu_mapping(u->emu, u->pid, i, &m) && m.start <= address; i++)
        if (address < m.end)
            return m.flags & EMU_MAP_EXEC;
    return false;
}

/* push rbp; mov rbp, rsp: the caller's rbp and the return address lie at rbp. */
static bool unwind_frame_pointer(Unwinder *u, const DwarfRegisters *in, DwarfRegisters *out)
{
    u64 rbp = in->value[DWARF_RBP], saved, ra;
    if (!in->known[DWARF_RBP] || rbp < in->value[DWARF_RSP] || (rbp & 7) || !read_word(u, rbp, &saved) ||
        !read_word(u, rbp + 8, &ra) || !is_code(u, ra - 1))
        return false;
    *out = *in;
    out->cfa = out->value[DWARF_RSP] = rbp + 16;
    out->value[DWARF_RBP] = saved;
    out->value[DWARF_RA] = ra;
    return true;
}

/* The word on top of the stack, if it may be a return address: a wild jump or call, or a function's first instruction. */
static bool unwind_return_address(Unwinder *u, const DwarfRegisters *in, DwarfRegisters *out)
{
    u64 rsp = in->value[DWARF_RSP], ra;
    if (!read_word(u, rsp, &ra) || !is_code(u, ra - 1))
        return false;
    *out = *in;
    out->cfa = out->value[DWARF_RSP] = rsp + 8;
    out->value[DWARF_RA] = ra;
    return true;
}

/* A signal handler returns into `mov $15, %eax/%rax; syscall`, with the interrupted registers in a ucontext_t on the stack:
 * sigreturn(2), and struct sigcontext of the kernel's <asm/sigcontext.h>. */
static bool unwind_signal_frame(Unwinder *u, const DwarfRegisters *in, DwarfRegisters *out)
{
    static const u8 code[2][9] = {{0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 5}, {0xb8, 15, 0, 0, 0, 0x0f, 5}};
    static const u8 in_context[17] = {8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16}; /* DWARF numbers */
    u8 bytes[9];
    u64 words[17], context = in->value[DWARF_RSP] + 40;
    if (emu_read(u->emu, u->pid, in->value[DWARF_RA], bytes, 9) != 9)
        return false;
    if (memcmp(bytes, code[0], 9) && memcmp(bytes, code[1], 7))
        return false;
    if (emu_read(u->emu, u->pid, context, words, sizeof words) != sizeof words)
        return false;
    *out = (DwarfRegisters){.interrupted = true, .cfa = in->value[DWARF_RSP]};
    for (int i = 0; i < 17; i++) {
        out->value[in_context[i]] = words[i];
        out->known[in_context[i]] = true;
    }
    return true;
}

static bool unwind(Unwinder *u, bool innermost, const DwarfRegisters *in, DwarfRegisters *out)
{
    u64 pc = in->value[DWARF_RA];
    if (unwind_signal_frame(u, in, out))
        return true;
    if (u->dwarf && dwarf_unwind(u->dwarf, pc - !innermost - u->bias, in, out, read_word, u))
        return out->known[DWARF_RA];
    if (innermost && !is_code(u, pc))
        return unwind_return_address(u, in, out);
    return unwind_frame_pointer(u, in, out) || (innermost && unwind_return_address(u, in, out));
}

uint32_t emu_backtrace(Emu *emu, int tid, EmuFrame *frames, uint32_t capacity)
{
    EmuRegisters registers;
    Task *task = machine_task(emu, tid);
    if (!task || !emu_registers(emu, tid, &registers))
        return 0;
    Unwinder u = {.emu = emu, .pid = task->process->pid};
    u.dwarf = machine_dwarf(emu, u.pid, &u.bias);
    DwarfRegisters in = registers_in_dwarf_order(&registers), out;
    u32 n = 0;
    while (n < capacity) {
        frames[n] = (EmuFrame){.pc = in.value[DWARF_RA]};
        bool more = unwind(&u, n == 0 || in.interrupted, &in, &out);
        frames[n++].cfa = more ? out.cfa : 0;
        if (!more || out.value[DWARF_RA] == 0 || (out.cfa <= in.cfa && !out.interrupted && !in.interrupted))
            break;
        in = out;
    }
    return n;
}
