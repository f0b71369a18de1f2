/* Instructions that are seldom executed: flags one by one, PUSHF, ENTER, CMPXCHG16B, CPUID, RDTSC, segment registers, traps, and
 * everything that a user program may not do. Called through emit_rare(): accesses are slow and always right. */
#include "base/log.h"
#include "cpu/flags.h"
#include "cpu/operand.h"
#include "cpu/table.h"

OpHandler *const fast_table_NONE[1], *const slow_table_NONE[1];

/* Privileged, or refused. SDM Vol. 2, "Protected Mode Exceptions" of each. */
void rare_gp(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    cpu_raise(cpu, VECTOR_GP, 0, 0);
}

void rare_ud(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    cpu_raise(cpu, VECTOR_UD, 0, 0);
}

/* ---- flags ---------------------------------------------------------------------------------------------------------------- */

void rare_clc(Cpu *cpu, const Op *op, u64 acc) { (void)op, (void)acc; cc_assign(cpu, FLAG_CF, 0); }
void rare_stc(Cpu *cpu, const Op *op, u64 acc) { (void)op, (void)acc; cc_assign(cpu, FLAG_CF, FLAG_CF); }
void rare_cmc(Cpu *cpu, const Op *op, u64 acc) { (void)op, (void)acc; cc_assign(cpu, FLAG_CF, ~cc_flags(cpu)); }
void rare_cld(Cpu *cpu, const Op *op, u64 acc) { (void)op, (void)acc; cpu->rflags &= ~(u32)FLAG_DF; }
void rare_std(Cpu *cpu, const Op *op, u64 acc) { (void)op, (void)acc; cpu->rflags |= FLAG_DF; }

enum { FLAGS_AH = FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF | FLAG_CF };
void rare_lahf(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    store8(reg_bytes(cpu, SLOT_RAX + 1), (u8)((cc_flags(cpu) & FLAGS_AH) | FLAG_ONE));
}
void rare_sahf(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    cc_assign(cpu, FLAGS_AH, load8(reg_bytes(cpu, SLOT_RAX + 1)));
}

void rare_pushf(Cpu *cpu, const Op *op, u64 acc)
{
    u32 size = op->size == 2 ? 2 : 8;
    u64 value = cpu_rflags(&cpu->state) & ~(u64)FLAG_RF, rsp = cpu->r[RSP] - size;
    u8 *p = cpu_slow_write(cpu, op, acc, rsp, size, false);
    memcpy(p, &value, size);
    cpu->r[RSP] = rsp;
    cpu_slow_written(cpu, p, size);
}

/* SDM Vol. 2B, "POPF/POPFD/POPFQ", the table's row for CPL 3: IF, IOPL, VIF, VIP stay. TF takes effect behind the next instruction. */
void rare_popf(Cpu *cpu, const Op *op, u64 acc)
{
    enum { POPPED = FLAGS_ARITH | FLAG_DF | FLAG_TF | FLAG_NT | FLAG_AC | FLAG_ID };
    u32 size = op->size == 2 ? 2 : 8;
    u64 value = 0;
    memcpy(&value, cpu_slow_read(cpu, op, acc, cpu->r[RSP], size), size);
    u32 mask = size == 2 ? POPPED & 0xffff : POPPED;
    cc_materialise(cpu);
    cpu->rflags = (cpu->rflags & ~mask & ~(u32)FLAG_RF) | ((u32)value & mask);
    cpu->r[RSP] += size;
    cpu->leave = 1;
}

/* ---- stack and memory ------------------------------------------------------------------------------------------------------ */

static u64 read_stack(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    u64 value = 0;
    memcpy(&value, cpu_slow_read(cpu, op, acc, address, size), size);
    return value;
}

static void write_stack(Cpu *cpu, const Op *op, u64 acc, u64 address, u64 value, u32 size)
{
    u8 *p = cpu_slow_write(cpu, op, acc, address, size, false);
    memcpy(p, &value, size);
    cpu_slow_written(cpu, p, size);
}

/* SDM Vol. 2A, "ENTER": registers move only when every push has succeeded. disp: bytes to allocate; extra: nesting level. */
void rare_enter(Cpu *cpu, const Op *op, u64 acc)
{
    u32 size = op->size == 2 ? 2 : 8, level = op->extra & 31;
    u64 rsp = cpu->r[RSP] - size, rbp = cpu->r[RBP], frame = rsp;
    write_stack(cpu, op, acc, rsp, rbp, size);
    for (u32 i = 1; i < level; i++) {
        rbp -= size, rsp -= size;
        write_stack(cpu, op, acc, rsp, read_stack(cpu, op, acc, rbp, size), size);
    }
    if (level) {
        rsp -= size;
        write_stack(cpu, op, acc, rsp, frame, size);
    }
    rsp -= (u16)op->disp;
    cpu_slow_check(cpu, op, acc, rsp, size, ACCESS_WRITE); /* the final stack top must be writable */
    if (size == 2)
        store16(reg_bytes(cpu, SLOT_RBP), (u16)frame);
    else
        cpu->r[RBP] = frame;
    cpu->r[RSP] = rsp;
}

void rare_xlat(Cpu *cpu, const Op *op, u64 acc)
{
    u64 address = *reg64(cpu, op->index) + ((cpu->r[RBX] + load8(reg_bytes(cpu, SLOT_RAX))) & (op->scale ? 0xffffffffu : ~0ull));
    store8(reg_bytes(cpu, SLOT_RAX), *cpu_slow_read(cpu, op, acc, address, 1));
}

void rare_cmpxchg8b(Cpu *cpu, const Op *op, u64 acc)
{
    u8 *p = cpu_slow_write(cpu, op, acc, op_address(cpu, op), 8, true);
    u64 old = load64(p), expected = cpu->r[RDX] << 32 | (u32)cpu->r[RAX];
    if (old == expected) {
        store64(p, cpu->r[RCX] << 32 | (u32)cpu->r[RBX]);
    } else {
        cpu->r[RAX] = (u32)old;
        cpu->r[RDX] = old >> 32;
    }
    cc_assign(cpu, FLAG_ZF, old == expected ? FLAG_ZF : 0);
    cpu_slow_written(cpu, p, 8);
}

/* SDM Vol. 2A, "CMPXCHG16B": #GP(0) when the operand is not 16-byte aligned. */
void rare_cmpxchg16b(Cpu *cpu, const Op *op, u64 acc)
{
    u64 address = op_address(cpu, op);
    if (address & 15)
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    u8 *p = cpu_slow_write(cpu, op, acc, address, 16, true);
    u64 low = load64(p), high = load64(p + 8);
    bool equal = low == cpu->r[RAX] && high == cpu->r[RDX];
    if (equal) {
        store64(p, cpu->r[RBX]);
        store64(p + 8, cpu->r[RCX]);
    } else {
        cpu->r[RAX] = low;
        cpu->r[RDX] = high;
    }
    cc_assign(cpu, FLAG_ZF, equal ? FLAG_ZF : 0);
    cpu_slow_written(cpu, p, 16);
}

/* ---- what the machine says of itself ------------------------------------------------------------------------------------------ */

void rare_cpuid(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    u32 out[4];
    cpu_cpuid(cpu, (u32)cpu->r[RAX], (u32)cpu->r[RCX], out);
    cpu->r[RAX] = out[0], cpu->r[RBX] = out[1], cpu->r[RCX] = out[2], cpu->r[RDX] = out[3];
}

static u64 tsc(Cpu *cpu) { return cpu->read_tsc ? cpu->read_tsc(cpu->environment) : cpu->stats.insns; }

void rare_rdtsc(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    u64 ticks = tsc(cpu);
    cpu->r[RAX] = (u32)ticks, cpu->r[RDX] = ticks >> 32;
}

void rare_rdtscp(Cpu *cpu, const Op *op, u64 acc)
{
    rare_rdtsc(cpu, op, acc);
    cpu->r[RCX] = 0; /* IA32_TSC_AUX: processor 0 of node 0 */
}

void rare_rdpid(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    *reg64(cpu, op->a) = 0;
}

/* RDRAND, RDSEED always succeed: CF = 1, the other arithmetic flags 0. */
void rare_rdrand(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    u64 value = cpu->random64 ? cpu->random64(cpu->environment) : 0;
    set_reg(cpu, op->a, value, op->size * 8u);
    cc_assign(cpu, FLAGS_ARITH, FLAG_CF);
}

void rare_rdsegbase(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    bool fs = op->extra == (u8)ZYDIS_MNEMONIC_RDFSBASE;
    set_reg(cpu, op->a, *reg64(cpu, fs ? SLOT_FS : SLOT_GS), op->size == 8 ? 64 : 32);
}

void rare_wrsegbase(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    bool fs = op->extra == (u8)ZYDIS_MNEMONIC_WRFSBASE;
    u64 value = get_reg(cpu, op->a, op->size == 8 ? 64 : 32);
    if (!mmu_canonical(value))
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    *reg64(cpu, fs ? SLOT_FS : SLOT_GS) = value;
}

/* ---- traps ------------------------------------------------------------------------------------------------------------------- */

void rare_int3(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    cpu_trap(cpu, VECTOR_BP);
}

void rare_int1(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    cpu_trap(cpu, VECTOR_DB);
}

/* Linux opens vectors 3 and 4 (and 0x80) to user programs; every other one is #GP with the vector's selector. */
void rare_int(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    u8 vector = (u8)op->disp;
    if (vector == 3)
        cpu_trap(cpu, VECTOR_BP);
    if (vector == 4)
        cpu_trap(cpu, VECTOR_OF);
    if (vector == 0x80)
        log_unimplemented(0x80, "unimplemented: int 0x80, the 32-bit system call interface");
    cpu_raise(cpu, VECTOR_GP, vector * 8u + 2, 0);
}

/* ---- segment registers ---------------------------------------------------------------------------------------------------------- */

static u8 selector_slot(ZydisRegister segment) { return (u8)(SLOT_SELECTORS + 2 * (segment - ZYDIS_REGISTER_ES)); }

static bool is_segment(const ZydisDecodedOperand *o)
{
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER && ZydisRegisterGetClass(o->reg.value) == ZYDIS_REGCLASS_SEGMENT;
}

/* Loading a selector that Linux's GDT has for user data (or a null one) changes nothing in 64-bit mode but FS's and GS's base.
 * a: the register with the selector; extra: the segment's number. */
static void load_selector(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    u16 selector = load16(reg_bytes(cpu, op->a));
    bool stack = op->extra == ZYDIS_REGISTER_SS;
    u16 entry = selector & 0xfffc;
    bool code = entry == 0x20 || entry == 0x30, data = entry == 0x28 || entry == 0x78; /* the last holds the CPU's number */
    bool fine = stack ? selector == 0x2b : code || data || !entry;
    if (!fine || op->extra == ZYDIS_REGISTER_CS)
        cpu_raise(cpu, VECTOR_GP, selector & 0xfffc, 0);
    store16(reg_bytes(cpu, selector_slot((ZydisRegister)op->extra)), selector);
    if (op->extra == ZYDIS_REGISTER_FS)
        *reg64(cpu, SLOT_FS) = 0;
    if (op->extra == ZYDIS_REGISTER_GS)
        *reg64(cpu, SLOT_GS) = 0;
}

static void load_selector_stack(Cpu *cpu, const Op *op, u64 acc)
{
    u32 size = op->size;
    *reg64(cpu, SLOT_TMP) = read_stack(cpu, op, acc, cpu->r[RSP], size);
    load_selector(cpu, op, acc);
    cpu->r[RSP] += size;
}

/* b: the selector's slot; size: bytes, for a register bits. */
static void push_selector(Cpu *cpu, const Op *op, u64 acc)
{
    write_stack(cpu, op, acc, cpu->r[RSP] - op->size, load16(reg_bytes(cpu, op->b)), op->size);
    cpu->r[RSP] -= op->size;
}

static void store_selector(Cpu *cpu, const Op *op, u64 acc)
{
    write_stack(cpu, op, acc, op_address(cpu, op), load16(reg_bytes(cpu, op->b)), 2);
}

static void read_selector(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    set_reg(cpu, op->a, load16(reg_bytes(cpu, op->b)), op->size);
}

static void load_selector_memory(Cpu *cpu, const Op *op, u64 acc)
{
    store16(reg_bytes(cpu, SLOT_TMP), load16(cpu_slow_read(cpu, op, acc, op_address(cpu, op), 2)));
    load_selector(cpu, op, acc);
}

bool translate_mov_segment(Translator *t, const Insn *insn)
{
    const ZydisDecodedOperand *d = &insn->operand[0], *s = &insn->operand[1];
    if (is_segment(s)) {
        if (is_memory(d)) {
            Address address = translate_address(t, insn, d);
            Op *op = emit_rare(t, store_selector);
            op_set_address(op, address);
            op->b = selector_slot(s->reg.value);
            return true;
        }
        Op *op = emit_rare(t, read_selector);
        op->a = gpr_slot(d->reg.value);
        op->b = selector_slot(s->reg.value);
        op->size = (u8)d->size;
        return true;
    }
    if (is_segment(d)) {
        if (is_memory(s)) {
            Address address = translate_address(t, insn, s);
            Op *op = emit_rare(t, load_selector_memory);
            op_set_address(op, address);
            op->a = SLOT_TMP;
            op->extra = (u8)d->reg.value;
            return true;
        }
        Op *op = emit_rare(t, load_selector);
        op->a = gpr_slot(s->reg.value);
        op->extra = (u8)d->reg.value;
        return true;
    }
    emit_rare(t, rare_gp); /* control and debug registers */
    return true;
}

bool translate_push_segment(Translator *t, const Insn *insn)
{
    Op *op = emit_rare(t, push_selector);
    op->b = selector_slot(insn->operand[0].reg.value);
    op->size = (u8)(insn->z.operand_width == 16 ? 2 : 8);
    return true;
}

bool translate_pop_segment(Translator *t, const Insn *insn)
{
    Op *op = emit_rare(t, load_selector_stack);
    op->a = SLOT_TMP;
    op->extra = (u8)insn->operand[0].reg.value;
    op->size = (u8)(insn->z.operand_width == 16 ? 2 : 8);
    return true;
}
