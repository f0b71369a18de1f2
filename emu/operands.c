/* Which bytes an instruction will touch: its operands, evaluated with the thread's registers as they are now. */
#include "emu/operands.h"

#include <stdio.h>

#include "cpu/block.h"

bool operands_decode(Emu *emu, int tid, Operands *out)
{
    Task *task = machine_task(emu, tid);
    memset(out, 0, sizeof *out);
    if (!task)
        return false;
    out->pid = task->process->pid;
    out->registers = *task_registers(task);
    u64 have = emu_read(emu, out->pid, out->registers.rip, out->bytes, sizeof out->bytes);
    const ZydisDecoder *decoder = &emu->kernel->cpu.blocks->decoder;
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, out->bytes, have, &out->insn, out->operand));
}

static u64 register_value(const Operands *o, ZydisRegister reg)
{
    if (reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP)
        return o->registers.rip + o->insn.length;
    i8 id = ZydisRegisterGetId(reg);
    return id >= 0 && id < 16 ? o->registers.r[id] : 0;
}

static u64 segment_base(const Operands *o, ZydisRegister segment)
{
    return segment == ZYDIS_REGISTER_FS ? o->registers.r[SLOT_FS / 8] : segment == ZYDIS_REGISTER_GS
        ? o->registers.r[SLOT_GS / 8] : 0;
}

/* A push writes below RSP, which Zydis names as it is before. */
static bool is_push(const Operands *o, const ZydisDecodedOperand *operand)
{
    return operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && operand->mem.base == ZYDIS_REGISTER_RSP &&
           operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE && o->insn.mnemonic != ZYDIS_MNEMONIC_ENTER;
}

static u64 address_of(const Operands *o, const ZydisDecodedOperand *operand)
{
    u64 address = (u64)operand->mem.disp.value;
    if (operand->mem.base != ZYDIS_REGISTER_NONE)
        address += register_value(o, operand->mem.base);
    if (operand->mem.index != ZYDIS_REGISTER_NONE)
        address += register_value(o, operand->mem.index) * operand->mem.scale;
    if (o->insn.address_width == 32)
        address = (u32)address;
    return address + segment_base(o, operand->mem.segment) - (is_push(o, operand) ? operand->size / 8 : 0);
}

/* Operand number `index` among those that access memory; loads come before stores, as the processor makes them. NULL: no
 * more. */
static const ZydisDecodedOperand *find(const Operands *o, u32 index)
{
    for (u32 pass = 0; pass < 2; pass++)
        for (u32 i = 0; i < o->insn.operand_count; i++) {
            const ZydisDecodedOperand *operand = &o->operand[i];
            bool reads = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ, touches = operand->actions != 0;
            if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.type == ZYDIS_MEMOP_TYPE_MEM && touches &&
                reads == (pass == 0) && index-- == 0)
                return operand;
        }
    return NULL;
}

const ZydisDecodedOperand *operands_access(const Operands *o, u32 index, EmuAccess *access)
{
    const ZydisDecodedOperand *operand = find(o, index);
    if (operand)
        *access = (EmuAccess){.address = address_of(o, operand), .size = operand->size / 8,
                              .read = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ,
                              .write = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE};
    return operand;
}

uint32_t emu_accesses(Emu *emu, int tid, EmuAccess *accesses, uint32_t capacity)
{
    Operands o;
    EmuAccess access;
    u32 count = 0;
    if (!operands_decode(emu, tid, &o))
        return 0;
    for (; operands_access(&o, count, &access); count++)
        if (count < capacity)
            accesses[count] = access;
    return count;
}

/* "rbp + disp = 0x7ffe0 + -1", the terms of a sum that has at least one. */
void operands_formula(const Operands *o, const ZydisDecodedOperand *operand, char *text, size_t size)
{
    char names[96] = "", values[160] = "";
    size_t n = 0, v = 0;
    const char *plus = "";
    u64 base = segment_base(o, operand->mem.segment);
    i64 disp = operand->mem.disp.value;
    if (base || operand->mem.segment == ZYDIS_REGISTER_FS) {
        n += (size_t)snprintf(names + n, sizeof names - n, "%s base", ZydisRegisterGetString(operand->mem.segment));
        v += (size_t)snprintf(values + v, sizeof values - v, "0x%llx", (unsigned long long)base);
        plus = " + ";
    }
    if (operand->mem.base != ZYDIS_REGISTER_NONE) {
        bool next = operand->mem.base == ZYDIS_REGISTER_RIP;
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s%s", plus, ZydisRegisterGetString(operand->mem.base), next
            ? " (of the next instruction)" : "");
        v += (size_t)snprintf(values + v, sizeof values - v, "%s0x%llx", plus, (unsigned long long)register_value(o,
            operand->mem.base));
        plus = " + ";
    }
    if (operand->mem.index != ZYDIS_REGISTER_NONE) {
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s * %u", plus, ZydisRegisterGetString(operand->mem.index),
            operand->mem.scale);
        v += (size_t)snprintf(values + v, sizeof values - v, "%s0x%llx * %u", plus, (unsigned long long)register_value(o,
            operand->mem.index),
                              operand->mem.scale);
        plus = " + ";
    }
    if (is_push(o, operand)) {
        snprintf(names + n, sizeof names - n, " - %u", operand->size / 8);
        snprintf(values + v, sizeof values - v, " - %u", operand->size / 8);
    } else if (operand->mem.disp.has_displacement && (disp || !*plus)) {
        snprintf(names + n, sizeof names - n, "%sdisp", plus);
        snprintf(values + v, sizeof values - v, "%s%s%llx", plus, disp < 0 ? "-0x" : "0x", (unsigned long long)(disp < 0
            ? -disp : disp));
    }
    snprintf(text, size, "%s = %s", names, values);
}
