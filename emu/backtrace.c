/* Who called whom. Call frame information says it exactly where the program has it; without it frame pointers do, as far as
 * they are kept; and the innermost function, which may not have pushed anything yet, is tried by its return address. */
#include <stdlib.h>
#include <string.h>

#include "emu/machine.h"

typedef struct Unwinder {
    MemoryOf memory;
    u64 bias;
    DebugInfo *dwarf;
} Unwinder;

enum { DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RA = 16 };

/* DWARF numbers registers in its own order. System V psABI, "DWARF Register Number Mapping". */
static const u8 dwarf_order[16] = {RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15};

bool machine_read_word(void *context, u64 address, u64 *value)
{
    const MemoryOf *m = context;
    return emu_read(m->emu, m->pid, address, value, 8) == 8;
}

static DwarfRegisters registers_in_dwarf_order(const EmuRegisters *r)
{
    DwarfRegisters d = {.thread = r->fs_base};
    for (int i = 0; i < 16; i++) {
        d.value[i] = r->r[dwarf_order[i]];
        d.known[i] = true;
    }
    d.value[DWARF_RA] = r->rip;
    d.known[DWARF_RA] = true;
    return d;
}

static bool is_code(const Unwinder *u, u64 address)
{
    EmuMapping m;
    for (u32 i = 0; emu_mapping(u->memory.emu, u->memory.pid, i, &m) && m.start <= address; i++)
        if (address < m.end)
            return m.flags & EMU_MAP_EXEC;
    return false;
}

/* push rbp; mov rbp, rsp: the caller's rbp and the return address lie at rbp. */
static bool unwind_frame_pointer(Unwinder *u, const DwarfRegisters *in, DwarfRegisters *out)
{
    u64 rbp = in->value[DWARF_RBP], saved, ra;
    if (!in->known[DWARF_RBP] || rbp < in->value[DWARF_RSP] || (rbp & 7) || !machine_read_word(&u->memory, rbp, &saved) ||
        !machine_read_word(&u->memory, rbp + 8, &ra) || !is_code(u, ra - 1))
        return false;
    *out = *in;
    out->interrupted = false;
    out->cfa = out->value[DWARF_RSP] = rbp + 16;
    out->value[DWARF_RBP] = saved;
    out->saved_at[DWARF_RBP] = rbp;
    out->saved_at[DWARF_RA] = rbp + 8;
    out->value[DWARF_RA] = ra;
    return true;
}

/* The word on top of the stack, if it may be a return address: a wild jump or call, or a function's first instruction. */
static bool unwind_return_address(Unwinder *u, const DwarfRegisters *in, DwarfRegisters *out)
{
    u64 rsp = in->value[DWARF_RSP], ra;
    if (!machine_read_word(&u->memory, rsp, &ra) || !is_code(u, ra - 1))
        return false;
    *out = *in;
    out->interrupted = false;
    out->cfa = out->value[DWARF_RSP] = rsp + 8;
    out->saved_at[DWARF_RA] = rsp;
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
    if (emu_read(u->memory.emu, u->memory.pid, in->value[DWARF_RA], bytes, 9) != 9)
        return false;
    if (memcmp(bytes, code[0], 9) && memcmp(bytes, code[1], 7))
        return false;
    if (emu_read(u->memory.emu, u->memory.pid, context, words, sizeof words) != sizeof words)
        return false;
    *out = (DwarfRegisters){.interrupted = true, .cfa = in->value[DWARF_RSP], .thread = in->thread};
    for (int i = 0; i < 17; i++) {
        out->value[in_context[i]] = words[i];
        out->saved_at[in_context[i]] = context + 8 * (u64)i;
        out->known[in_context[i]] = true;
    }
    return true;
}

static bool unwind(Unwinder *u, bool exact, const DwarfRegisters *in, DwarfRegisters *out)
{
    u64 pc = in->value[DWARF_RA];
    if (unwind_signal_frame(u, in, out))
        return true;
    if (u->dwarf && dwarf_unwind(u->dwarf, pc - !exact - u->bias, in, out, machine_read_word, &u->memory))
        return out->known[DWARF_RA];
    if (exact && !is_code(u, pc))
        return unwind_return_address(u, in, out);
    return unwind_frame_pointer(u, in, out) || (exact && unwind_return_address(u, in, out));
}

/* `caller`: the registers as they will be behind its return; NULL: unknown. */
typedef bool FrameVisit(void *context, const MachineFrame *frame, const DwarfRegisters *caller);

/* Where a look at a frame ended, so that the next frame out is not looked for from the innermost again: a recursion without end has
 * hundreds of thousands. It holds as long as the thread stands there and nobody has changed anything. */
typedef struct FrameMemory {
    u64 changes, insns;
    int tid;
    u64 r[16], rip;     /* of the thread, as it stands there */
    u32 level;
    MachineFrame frame; /* that one, before it was unwound: its `cfa` is of the one that it called */
} FrameMemory;

void machine_forget_frames(Emu *emu)
{
    free(emu->frame_memory);
    emu->frame_memory = NULL;
}

static bool remembered(Emu *emu, int tid, const EmuRegisters *now, u32 level)
{
    const FrameMemory *m = emu->frame_memory;
    return m && m->changes == emu->changes && m->insns == emu->kernel->cpu.stats.insns && m->tid == tid && m->level <= level &&
           m->rip == now->rip && memcmp(m->r, now->r, sizeof m->r) == 0;
}

static void remember(Emu *emu, int tid, const EmuRegisters *now, u32 level, const MachineFrame *frame)
{
    if (!emu->frame_memory && !(emu->frame_memory = malloc(sizeof *emu->frame_memory)))
        return;
    *emu->frame_memory = (FrameMemory){.changes = emu->changes, .insns = emu->kernel->cpu.stats.insns, .tid = tid, .rip = now->rip,
                                       .level = level, .frame = *frame};
    memcpy(emu->frame_memory->r, now->r, sizeof now->r);
}

/* Visits the frames from `level` out. */
static void each_frame(Emu *emu, int tid, u32 level, FrameVisit *visit, void *context)
{
    EmuRegisters registers;
    Task *task = machine_task(emu, tid);
    if (!task || !emu_registers(emu, tid, &registers))
        return;
    Unwinder u = {.memory = {emu, task->process->pid}};
    u.dwarf = machine_dwarf(emu, u.memory.pid, &u.bias);
    MachineFrame frame = {.registers = registers_in_dwarf_order(&registers), .exact = true};
    u32 at = 0;
    if (remembered(emu, tid, &registers, level)) {
        at = emu->frame_memory->level;
        frame = emu->frame_memory->frame;
    }
    for (;; at++) {
        if (at == level)
            remember(emu, tid, &registers, at, &frame);
        DwarfRegisters out;
        u64 below = frame.registers.cfa; /* of the frame that this one called */
        bool more = unwind(&u, frame.exact, &frame.registers, &out);
        frame.registers.cfa = more ? out.cfa : 0;
        bool progress = !more || out.cfa > below || out.interrupted || frame.registers.interrupted;
        if ((at >= level && !visit(context, &frame, more ? &out : NULL)) || !more || out.value[DWARF_RA] == 0 || !progress)
            return;
        frame = (MachineFrame){.registers = out, .exact = out.interrupted};
    }
}

typedef struct Search { MachineFrame *found; bool any; } Search;

static bool search_frame(void *context, const MachineFrame *frame, const DwarfRegisters *caller)
{
    (void)caller;
    Search *s = context;
    *s->found = *frame;
    s->any = true;
    return false;
}

bool machine_frame(Emu *emu, int tid, u32 level, MachineFrame *frame)
{
    Search s = {.found = frame};
    each_frame(emu, tid, level, search_frame, &s);
    return s.any;
}

typedef struct Collect { EmuFrame *frames; u32 count, capacity; } Collect;

static bool collect_frame(void *context, const MachineFrame *frame, const DwarfRegisters *caller)
{
    Collect *c = context;
    EmuFrame *out = &c->frames[c->count++];
    *out = (EmuFrame){.pc = frame->registers.value[DWARF_RA], .cfa = frame->registers.cfa, .exact = frame->exact};
    for (int i = 0; i < 16; i++) {
        out->r[dwarf_order[i]] = frame->registers.value[i];
        out->known |= (u32)frame->registers.known[i] << dwarf_order[i];
        out->saved_at[dwarf_order[i]] = caller ? caller->saved_at[i] : 0;
    }
    if (caller) {
        out->return_address = caller->value[DWARF_RA];
        out->saved_at[16] = caller->saved_at[DWARF_RA];
    }
    return c->count < c->capacity;
}

uint32_t emu_backtrace(Emu *emu, int tid, EmuFrame *frames, uint32_t capacity)
{
    Collect c = {.frames = frames, .capacity = capacity};
    if (capacity)
        each_frame(emu, tid, 0, collect_frame, &c);
    return c.count;
}
