/* x87 handlers: each executes the guest's own opcode on the host's FPU, where the guest's registers live (x87.h).
 *
 * A register form is two bytes without operands elsewhere: the handler has them as they are. A memory form keeps opcode
 * and ModRM.reg, and addresses the host memory behind the guest's operand through RAX. So two tables, by opcode and ModRM,
 * hold all of arithmetic, loads, stores and comparisons; what reads or writes integer flags or the control word follows
 * separately. */
#include "cpu/exec.h"
#include "cpu/flags.h"
#include "cpu/x87.h"
#include "cpu/x87_handlers.h"

#ifdef __x86_64__

/* Before the instruction: registers into the host's FPU. Behind it: home again if the guest has unmasked exceptions. */
#define X87_ENTER(slow)                                                       \
    if (UNLIKELY(cpu->x87_mode != X87_LIVE)) {                                \
        if (EMU_MODE == MODE_FAST)                                            \
            return slow(cpu, op, acc);                                        \
        x87_load(cpu, op, acc);                                               \
    }
static INLINE void x87_leave(Cpu *cpu)
{
    if (EMU_MODE != MODE_FAST && cpu->x87_mode == X87_UNMASKED)
        x87_settle(cpu);
}

/* The last-instruction pointers: op->imm is the instruction's address, op->size and op->extra its opcode. */
static INLINE void x87_note(Cpu *cpu, const Op *op)
{
    cpu->x87.opcode = load16(&op->size);
    cpu->x87.code_selector = X87_SELECTOR;
    cpu->x87.ip = op->imm;
}
/* FDP is an offset: without the base of FS or GS, whose slot op->b is (else SLOT_ZERO). */
static INLINE void x87_note_data(Cpu *cpu, const Op *op, u64 address)
{
    cpu->x87.data_selector = 0;
    cpu->x87.dp = address - *reg64(cpu, op->b);
}

/* ---- register forms ------------------------------------------------------------------------------------------ */

#define NAME(opcode, base, i) x87_##opcode##_##base##_##i
#define REGISTER(opcode, base, i)                                             \
    const Op *CONCAT(slow_, NAME(opcode, base, i))(Cpu *, const Op *, u64);   \
    const Op *H(NAME(opcode, base, i))(Cpu *, const Op *, u64);               \
    const Op *H(NAME(opcode, base, i))(Cpu * cpu, const Op *op, u64 acc)      \
    {                                                                         \
        X87_ENTER(CONCAT(slow_, NAME(opcode, base, i)))                       \
        __asm__ volatile(".byte " #opcode ", " #base " + " #i);               \
        x87_note(cpu, op);                                                    \
        x87_leave(cpu);                                                       \
        return next(cpu, op, acc);                                            \
    }

/* FCMOVcc: one handler for all conditions. Which of the host's flags carries it does not matter, so CF does. */
#define FCMOV(opcode, base, i)                                                \
    const Op *CONCAT(slow_, NAME(opcode, base, i))(Cpu *, const Op *, u64);   \
    const Op *H(NAME(opcode, base, i))(Cpu *, const Op *, u64);               \
    const Op *H(NAME(opcode, base, i))(Cpu * cpu, const Op *op, u64 acc)      \
    {                                                                         \
        X87_ENTER(CONCAT(slow_, NAME(opcode, base, i)))                       \
        u32 condition = cond_test(cpu, (Condition)op->c, cpu->cc_kind);       \
        __asm__ volatile("bt $0, %0\n\t.byte " #opcode ", " #base " + " #i    \
                         : : "r"(condition) : "cc");                          \
        x87_note(cpu, op);                                                    \
        x87_leave(cpu);                                                       \
        return next(cpu, op, acc);                                            \
    }

/* FCOMI and its kin set ZF, PF, CF and clear the other arithmetic flags, also when they end in an unmasked exception. */
#define FCOMI(opcode, base, i)                                                \
    const Op *CONCAT(slow_, NAME(opcode, base, i))(Cpu *, const Op *, u64);   \
    const Op *H(NAME(opcode, base, i))(Cpu *, const Op *, u64);               \
    const Op *H(NAME(opcode, base, i))(Cpu * cpu, const Op *op, u64 acc)      \
    {                                                                         \
        X87_ENTER(CONCAT(slow_, NAME(opcode, base, i)))                       \
        u32 ax;                                                               \
        __asm__ volatile(".byte " #opcode ", " #base " + " #i "\n\tlahf" : "=a"(ax) : : "cc"); \
        cpu->rflags = (cpu->rflags & ~(u32)FLAGS_ARITH) | (ax >> 8 & (FLAG_CF | FLAG_PF | FLAG_ZF)); \
        cpu->cc_kind = CC_RFLAGS;                                             \
        x87_note(cpu, op);                                                    \
        x87_leave(cpu);                                                       \
        return next(cpu, op, acc);                                            \
    }

/* Eight handlers, for ModRM base … base + 7. Where Zydis knows an encoding to be undefined, its handler is never asked for. */
#define EIGHT(ONE, opcode, base)                                              \
    ONE(opcode, base, 0) ONE(opcode, base, 1) ONE(opcode, base, 2) ONE(opcode, base, 3) \
    ONE(opcode, base, 4) ONE(opcode, base, 5) ONE(opcode, base, 6) ONE(opcode, base, 7)

#define PLAIN_GROUPS(G)                                                       \
    G(0xd8, 0xc0) G(0xd8, 0xc8) G(0xd8, 0xd0) G(0xd8, 0xd8) G(0xd8, 0xe0) G(0xd8, 0xe8) G(0xd8, 0xf0) G(0xd8, 0xf8) \
    G(0xd9, 0xc0) G(0xd9, 0xc8) G(0xd9, 0xd0) G(0xd9, 0xd8) G(0xd9, 0xe0) G(0xd9, 0xe8) G(0xd9, 0xf0) G(0xd9, 0xf8) \
    G(0xda, 0xe8)                                                             \
    G(0xdc, 0xc0) G(0xdc, 0xc8) G(0xdc, 0xd0) G(0xdc, 0xd8) G(0xdc, 0xe0) G(0xdc, 0xe8) G(0xdc, 0xf0) G(0xdc, 0xf8) \
    G(0xdd, 0xc0) G(0xdd, 0xc8) G(0xdd, 0xd0) G(0xdd, 0xd8) G(0xdd, 0xe0) G(0xdd, 0xe8) \
    G(0xde, 0xc0) G(0xde, 0xc8) G(0xde, 0xd0) G(0xde, 0xd8) G(0xde, 0xe0) G(0xde, 0xe8) G(0xde, 0xf0) G(0xde, 0xf8) \
    G(0xdf, 0xc0) G(0xdf, 0xc8) G(0xdf, 0xd0) G(0xdf, 0xd8)
#define FCMOV_GROUPS(G) G(0xda, 0xc0)
#define FCOMI_GROUPS(G) G(0xdb, 0xe8) G(0xdb, 0xf0) G(0xdf, 0xe8) G(0xdf, 0xf0)

#define DEFINE_PLAIN(opcode, base) EIGHT(REGISTER, opcode, base)
#define DEFINE_FCMOV(opcode, base) EIGHT(FCMOV, opcode, base)
#define DEFINE_FCOMI(opcode, base) EIGHT(FCOMI, opcode, base)
PLAIN_GROUPS(DEFINE_PLAIN)
FCMOV_GROUPS(DEFINE_FCMOV)
FCOMI_GROUPS(DEFINE_FCOMI)

#define ENTRY(opcode, base, i) [opcode - 0xd8][base - 0xc0 + i] = H(NAME(opcode, base, i)),
#define ENTRIES(opcode, base) EIGHT(ENTRY, opcode, base)
OpHandler *const H(x87_registers)[8][64] = { PLAIN_GROUPS(ENTRIES) FCMOV_GROUPS(ENTRIES) FCOMI_GROUPS(ENTRIES) };

/* ---- memory forms -------------------------------------------------------------------------------------------- */

/* ModRM [rax] with this opcode extension. */
#define EXECUTE(opcode, reg, p) __asm__ volatile(".byte " #opcode ", " #reg " << 3" : : "a"(p) : "memory")

#define LOAD(opcode, reg, bytes)                                              \
    const Op *CONCAT(slow_, NAME(opcode, load, reg))(Cpu *, const Op *, u64); \
    const Op *H(NAME(opcode, load, reg))(Cpu *, const Op *, u64);             \
    const Op *H(NAME(opcode, load, reg))(Cpu * cpu, const Op *op, u64 acc)    \
    {                                                                         \
        X87_ENTER(CONCAT(slow_, NAME(opcode, load, reg)))                     \
        u64 address = op_address(cpu, op);                                    \
        const u8 *p = mem_read(cpu, op, acc, address, bytes);                 \
        if (MISSED(p))                                                        \
            return CONCAT(slow_, NAME(opcode, load, reg))(cpu, op, acc);      \
        EXECUTE(opcode, reg, p);                                              \
        x87_note(cpu, op);                                                    \
        x87_note_data(cpu, op, address);                                          \
        x87_leave(cpu);                                                       \
        return next(cpu, op, acc);                                            \
    }

/* Through mem_write_over: an unmasked exception leaves the memory as it was, page-crossing or not. */
#define STORE(opcode, reg, bytes)                                             \
    const Op *CONCAT(slow_, NAME(opcode, store, reg))(Cpu *, const Op *, u64); \
    const Op *H(NAME(opcode, store, reg))(Cpu *, const Op *, u64);            \
    const Op *H(NAME(opcode, store, reg))(Cpu * cpu, const Op *op, u64 acc)   \
    {                                                                         \
        X87_ENTER(CONCAT(slow_, NAME(opcode, store, reg)))                    \
        u64 address = op_address(cpu, op);                                    \
        u8 *p = mem_write_over(cpu, op, acc, address, bytes);                 \
        if (MISSED(p))                                                        \
            return CONCAT(slow_, NAME(opcode, store, reg))(cpu, op, acc);     \
        EXECUTE(opcode, reg, p);                                              \
        mem_written(cpu, p, bytes);                                           \
        x87_note(cpu, op);                                                    \
        x87_note_data(cpu, op, address);                                          \
        x87_leave(cpu);                                                       \
        return next_written(cpu, op, acc);                                    \
    }

#define LOADS(G)                                                              \
    G(0xd8, 0, 4) G(0xd8, 1, 4) G(0xd8, 2, 4) G(0xd8, 3, 4) G(0xd8, 4, 4) G(0xd8, 5, 4) G(0xd8, 6, 4) G(0xd8, 7, 4) \
    G(0xd9, 0, 4)                                                             \
    G(0xda, 0, 4) G(0xda, 1, 4) G(0xda, 2, 4) G(0xda, 3, 4) G(0xda, 4, 4) G(0xda, 5, 4) G(0xda, 6, 4) G(0xda, 7, 4) \
    G(0xdb, 0, 4) G(0xdb, 5, 10)                                              \
    G(0xdc, 0, 8) G(0xdc, 1, 8) G(0xdc, 2, 8) G(0xdc, 3, 8) G(0xdc, 4, 8) G(0xdc, 5, 8) G(0xdc, 6, 8) G(0xdc, 7, 8) \
    G(0xdd, 0, 8)                                                             \
    G(0xde, 0, 2) G(0xde, 1, 2) G(0xde, 2, 2) G(0xde, 3, 2) G(0xde, 4, 2) G(0xde, 5, 2) G(0xde, 6, 2) G(0xde, 7, 2) \
    G(0xdf, 0, 2) G(0xdf, 4, 10) G(0xdf, 5, 8)
#define STORES(G)                                                             \
    G(0xd9, 2, 4) G(0xd9, 3, 4)                                               \
    G(0xdb, 1, 4) G(0xdb, 2, 4) G(0xdb, 3, 4) G(0xdb, 7, 10)                  \
    G(0xdd, 1, 8) G(0xdd, 2, 8) G(0xdd, 3, 8)                                 \
    G(0xdf, 1, 2) G(0xdf, 2, 2) G(0xdf, 3, 2) G(0xdf, 6, 10) G(0xdf, 7, 8)

LOADS(LOAD)
STORES(STORE)

#define LOAD_ENTRY(opcode, reg, bytes) [opcode - 0xd8][reg] = H(NAME(opcode, load, reg)),
#define STORE_ENTRY(opcode, reg, bytes) [opcode - 0xd8][reg] = H(NAME(opcode, store, reg)),
OpHandler *const H(x87_memory)[8][8] = { LOADS(LOAD_ENTRY) STORES(STORE_ENTRY) };

/* ---- control ------------------------------------------------------------------------------------------------- */

static INLINE const Op *fwait(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int unused)
{
    (void)unused;
    if (UNLIKELY(cpu->x87_mode != X87_LIVE)) {
        if (EMU_MODE == MODE_FAST)
            return slow(cpu, op, acc);
        x87_wait(cpu, op, acc);
    }
    return next(cpu, op, acc);
}
DEFINE_HANDLER(x87_fwait, fwait, 0)

static INLINE const Op *fldcw(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int unused)
{
    (void)unused;
    if (EMU_MODE != MODE_FAST)
        x87_wait(cpu, op, acc);
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), 2);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u16 control = (load16(p) & X87_CONTROL_WRITABLE) | X87_CONTROL_ONE;
    if (LIKELY(cpu->x87_mode == X87_LIVE && (control & X87_EXCEPTIONS) == X87_EXCEPTIONS)) {
        cpu->x87.control = control;
        __asm__ volatile("fldcw %0" : : "m"(cpu->x87.control)); /* no local's address: it would forbid the tail call */
    } else if (EMU_MODE == MODE_FAST) {
        return slow(cpu, op, acc);
    } else {
        x87_set_control(cpu, control);
    }
    return next(cpu, op, acc);
}
DEFINE_HANDLER(x87_fldcw, fldcw, 0)

static INLINE const Op *fnstcw(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int unused)
{
    (void)unused;
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), 2);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store16(p, cpu->x87.control);
    mem_written(cpu, p, 2);
    return next_written(cpu, op, acc);
}
DEFINE_HANDLER(x87_fnstcw, fnstcw, 0)

static INLINE u16 status_word(Cpu *cpu)
{
    u16 status;
    if (EMU_MODE != MODE_FAST && cpu->x87_mode != X87_LIVE)
        return x87_status_word(&cpu->x87);
    __asm__ volatile("fnstsw %0" : "=a"(status));
    return status;
}

static INLINE const Op *fnstsw(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool memory)
{
    if (EMU_MODE == MODE_FAST && UNLIKELY(cpu->x87_mode != X87_LIVE))
        return slow(cpu, op, acc);
    if (!memory) {
        store16(&cpu->r[RAX], status_word(cpu));
        return next(cpu, op, acc);
    }
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), 2);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store16(p, status_word(cpu));
    mem_written(cpu, p, 2);
    return next_written(cpu, op, acc);
}
DEFINE_HANDLER(x87_fnstsw_ax, fnstsw, false)
DEFINE_HANDLER(x87_fnstsw_mem, fnstsw, true)

#endif
