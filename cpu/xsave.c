/* FXSAVE, XSAVE and their kin, and the same images for signal frames.
 *
 * One image is packed from the registers, or taken apart into them; instructions move the parts of it that they own to and
 * from the guest. SDM Vol. 1, "FXSAVE and FXRSTOR Instructions" and "Managing State Using the XSAVE Feature Set". */
#include "cpu/exec.h"
#include "cpu/fpenv.h"
#include "cpu/table.h"
#include "cpu/vec.h"
#include "cpu/x87.h"

enum { COMPONENT_X87 = 1, COMPONENT_SSE = 2, COMPONENT_AVX = 4, COMPONENTS = 7 };
enum { /* offsets in the area */
    AREA_MXCSR = 24, AREA_ST = 32, AREA_XMM = 160, AREA_LEGACY_END = 416, AREA_HEADER = 512, AREA_AVX = 576, AREA_SIZE = 832,
};
enum { MXCSR_MASK = 0xffff };
#define COMPACTED (1ull << 63)

/* ---- the image ------------------------------------------------------------------------------------------------------ */

/* `wide`: pointers of 64 bits (REX.W), else 32 bits and a selector. */
static void pack_x87(const X87 *x87, bool wide, u8 *area)
{
    bool pending = x87_pending(x87);
    store16(area, x87->control);
    store16(area + 2, x87_status_word(x87));
    store16(area + 4, x87->tags);
    store16(area + 6, pending ? x87->opcode : 0);
    store64(area + 8, pending ? x87->ip : 0);
    store64(area + 16, pending ? x87->dp : 0);
    if (!wide) {
        store32(area + 12, pending ? x87->code_selector : 0);
        store32(area + 20, pending ? x87->data_selector : 0);
    }
    for (u32 i = 0; i < 8; i++) {
        memcpy(area + AREA_ST + 16 * i, x87->st[(x87->top + i) & 7], 10);
        memset(area + AREA_ST + 16 * i + 10, 0, 6);
    }
}

static void unpack_x87(X87 *x87, bool wide, const u8 *area)
{
    x87->control = (load16(area) & X87_CONTROL_WRITABLE) | X87_CONTROL_ONE;
    x87_set_status_word(x87, load16(area + 2));
    x87->tags = area[4];
    x87->opcode = load16(area + 6) & 0x7ff;
    x87->ip = wide ? (u64)bits_sign_extend(load64(area + 8), 57) : load32(area + 8); /* all that a linear address can have */
    x87->dp = wide ? (u64)bits_sign_extend(load64(area + 16), 57) : load32(area + 16);
    x87->code_selector = wide ? 0 : load16(area + 12);
    x87->data_selector = wide ? 0 : load16(area + 20);
    for (u32 i = 0; i < 8; i++)
        memcpy(x87->st[(x87->top + i) & 7], area + AREA_ST + 16 * i, 10);
}

static void pack_mxcsr(u32 mxcsr, u8 *area)
{
    store32(area + AREA_MXCSR, mxcsr);
    store32(area + AREA_MXCSR + 4, MXCSR_MASK);
}

static void pack_halves(const CpuState *state, u32 half, u8 *to)
{
    for (u32 i = 0; i < 16; i++)
        memcpy(to + 16 * i, &state->v[i].u64[2 * half], 16);
}

/* NULL: the initial state, zeros. */
static void unpack_halves(CpuState *state, u32 half, const u8 *from)
{
    for (u32 i = 0; i < 16; i++) {
        if (from)
            memcpy(&state->v[i].u64[2 * half], from + 16 * i, 16);
        else
            memset(&state->v[i].u64[2 * half], 0, 16);
    }
}

static void init_x87(X87 *x87)
{
    x87_reset(x87);
    memset(x87->st, 0, sizeof x87->st);
}

static bool x87_in_use(const X87 *x87)
{
    static const u8 zero[sizeof x87->st];
    return x87->control != X87_CONTROL_INIT || x87_status_word(x87) || x87->tags || x87->opcode || x87->ip || x87->dp ||
           memcmp(x87->st, zero, sizeof zero);
}

static bool halves_in_use(const CpuState *state, u32 half)
{
    u64 any = 0;
    for (u32 i = 0; i < 16; i++)
        any |= state->v[i].u64[2 * half] | state->v[i].u64[2 * half + 1];
    return any;
}

/* XINUSE: which components differ from their initial state. */
static u32 components_in_use(const CpuState *state)
{
    return (x87_in_use(&state->x87) ? COMPONENT_X87 : 0) |
           (halves_in_use(state, 0) || state->mxcsr != MXCSR_DEFAULT ? COMPONENT_SSE : 0) |
           (halves_in_use(state, 1) ? COMPONENT_AVX : 0);
}

u32 cpu_xsave(const CpuState *state, CpuLevel level, u8 *area)
{
    memset(area, 0, level >= CPU_V3 ? AREA_SIZE : AREA_HEADER);
    pack_x87(&state->x87, true, area);
    pack_mxcsr(state->mxcsr, area);
    pack_halves(state, 0, area + AREA_XMM);
    if (level < CPU_V3)
        return AREA_HEADER;
    store64(area + AREA_HEADER, components_in_use(state) | COMPONENT_X87 | COMPONENT_SSE);
    pack_halves(state, 1, area + AREA_AVX);
    return AREA_SIZE;
}

void cpu_xrstor(CpuState *state, CpuLevel level, const u8 *area, u64 xstate_bv)
{
    if (xstate_bv & COMPONENT_X87)
        unpack_x87(&state->x87, true, area);
    else
        init_x87(&state->x87);
    if (xstate_bv & (COMPONENT_SSE | COMPONENT_AVX))
        state->mxcsr = load32(area + AREA_MXCSR) & MXCSR_MASK;
    else
        state->mxcsr = MXCSR_DEFAULT;
    unpack_halves(state, 0, xstate_bv & COMPONENT_SSE ? area + AREA_XMM : NULL);
    if (level >= CPU_V3)
        unpack_halves(state, 1, xstate_bv & COMPONENT_AVX ? area + AREA_AVX : NULL);
}

/* ---- moving parts of an image: no byte moves before the whole area is known to be accessible -------------------------- */

typedef struct Part {
    u32 start, end; /* of the area; multiples of 4, whole 16-byte lines but for MXCSR's */
} Part;

static u32 piece(const Part *part, u32 at) { return part->end - at < 16 - (at & 15) ? part->end - at : 16 - (at & 15); }

/* Areas are aligned to 16 bytes, so that a line never crosses a page. */
static void write_parts(Cpu *cpu, const Op *op, u64 acc, u64 address, const u8 *area, const Part *parts, u32 count)
{
    for (u32 store = 0; store < 2; store++)
        for (u32 i = 0; i < count; i++)
            for (u32 at = parts[i].start, size; at < parts[i].end; at += size) {
                size = piece(&parts[i], at);
                if (!store) {
                    cpu_slow_check(cpu, op, acc, address + at, size, ACCESS_WRITE);
                    continue;
                }
                u8 *p = cpu_slow_write(cpu, op, acc, address + at, size, false);
                memcpy(p, area + at, size);
                cpu_slow_written(cpu, p, size);
            }
}

static void read_part(Cpu *cpu, const Op *op, u64 acc, u64 address, u8 *area, Part part)
{
    for (u32 at = part.start, size; at < part.end; at += size) {
        size = piece(&part, at);
        memcpy(area + at, cpu_slow_read(cpu, op, acc, address + at, size), size);
    }
}

static u64 aligned_address(Cpu *cpu, const Op *op, u64 acc, u32 alignment)
{
    u64 address = op_address(cpu, op);
    if (alignment == 16 && !mmu_canonical(address)) /* FXSAVE and FXRSTOR look first whether it is #SS */
        cpu_slow_check(cpu, op, acc, address, 1, ACCESS_READ);
    if (address & (alignment - 1))
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    return address;
}

/* ---- FXSAVE, FXRSTOR -------------------------------------------------------------------------------------------------- */

static void fxsave(Cpu *cpu, const Op *op, u64 acc, bool wide)
{
    static const Part all = { 0, AREA_LEGACY_END };
    u8 area[AREA_LEGACY_END];
    u64 address = aligned_address(cpu, op, acc, 16);
    cpu_slow_check(cpu, op, acc, address + AREA_HEADER - 1, 1, ACCESS_WRITE); /* the last byte first, as hardware: CR2 */
    x87_settle(cpu);
    pack_x87(&cpu->x87, wide, area);
    pack_mxcsr(fpenv_guest_get(cpu), area);
    pack_halves(&cpu->state, 0, area + AREA_XMM);
    write_parts(cpu, op, acc, address, area, &all, 1);
}
void rare_fxsave(Cpu *cpu, const Op *op, u64 acc) { fxsave(cpu, op, acc, false); }
void rare_fxsave64(Cpu *cpu, const Op *op, u64 acc) { fxsave(cpu, op, acc, true); }

/* A change between masked and unmasked needs the other mode's handlers: the run is left and goes on with them. */
static void set_mxcsr(Cpu *cpu, u32 mxcsr)
{
    bool unmasked = fpenv_unmasked(cpu);
    fpenv_guest_set(cpu, mxcsr);
    if (fpenv_unmasked(cpu) != unmasked)
        cpu->leave = 1;
}

static void fxrstor(Cpu *cpu, const Op *op, u64 acc, bool wide)
{
    u8 area[AREA_LEGACY_END];
    u64 address = aligned_address(cpu, op, acc, 16);
    cpu_slow_check(cpu, op, acc, address + AREA_HEADER - 1, 1, ACCESS_READ);
    read_part(cpu, op, acc, address, area, (Part){ 0, AREA_LEGACY_END });
    if (load32(area + AREA_MXCSR) & ~(u32)MXCSR_MASK)
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    x87_settle(cpu);
    unpack_x87(&cpu->x87, wide, area);
    unpack_halves(&cpu->state, 0, area + AREA_XMM);
    set_mxcsr(cpu, load32(area + AREA_MXCSR));
}
void rare_fxrstor(Cpu *cpu, const Op *op, u64 acc) { fxrstor(cpu, op, acc, false); }
void rare_fxrstor64(Cpu *cpu, const Op *op, u64 acc) { fxrstor(cpu, op, acc, true); }

/* ---- XSAVE, XSAVEOPT, XSAVEC ------------------------------------------------------------------------------------------- */

/* Of an area with these components: it is touched before anything else moves, as CR2 shows. */
static u32 last_byte(u32 components) { return (components & COMPONENT_AVX ? AREA_SIZE : AREA_AVX) - 1; }

static u32 requested(const Cpu *cpu) { return (u32)cpu->r[RAX] & COMPONENTS; }

/* `always`: the components to write whether in use or not. The header's XSTATE_BV (and XCOMP_BV) are in the area already. */
static void write_components(Cpu *cpu, const Op *op, u64 acc, u8 *area, u32 write, bool mxcsr, bool compact, bool wide)
{
    Part parts[6];
    u32 count = 0;
    u64 address = op_address(cpu, op);
    pack_x87(&cpu->x87, wide, area);
    pack_mxcsr(cpu->mxcsr, area);
    pack_halves(&cpu->state, 0, area + AREA_XMM);
    pack_halves(&cpu->state, 1, area + AREA_AVX);
    if (write & COMPONENT_X87) {
        parts[count++] = (Part){ 0, AREA_MXCSR };
        parts[count++] = (Part){ AREA_ST, AREA_XMM };
    }
    if (mxcsr)
        parts[count++] = (Part){ AREA_MXCSR, AREA_ST };
    if (write & COMPONENT_SSE)
        parts[count++] = (Part){ AREA_XMM, AREA_LEGACY_END };
    parts[count++] = (Part){ AREA_HEADER, AREA_HEADER + (compact ? 16 : 8) };
    if (write & COMPONENT_AVX)
        parts[count++] = (Part){ AREA_AVX, AREA_SIZE };
    write_parts(cpu, op, acc, address, area, parts, count);
}

static void xsave(Cpu *cpu, const Op *op, u64 acc, bool optimised, bool wide)
{
    u8 area[AREA_SIZE];
    u64 address = aligned_address(cpu, op, acc, 64);
    cpu_slow_check(cpu, op, acc, address, 1, ACCESS_WRITE); /* whatever is written: CR2 */
    x87_settle(cpu);
    fpenv_guest_get(cpu);
    u32 mask = requested(cpu), used = components_in_use(&cpu->state) & mask;
    u64 old = load64(cpu_slow_read(cpu, op, acc, address + AREA_HEADER, 8));
    cpu_slow_check(cpu, op, acc, address + last_byte(mask), 1, ACCESS_WRITE);
    store64(area + AREA_HEADER, (old & ~(u64)mask) | used);
    write_components(cpu, op, acc, area, optimised ? used : mask, mask & (COMPONENT_SSE | COMPONENT_AVX), false, wide);
}
void rare_xsave(Cpu *cpu, const Op *op, u64 acc) { xsave(cpu, op, acc, false, false); }
void rare_xsave64(Cpu *cpu, const Op *op, u64 acc) { xsave(cpu, op, acc, false, true); }
void rare_xsaveopt(Cpu *cpu, const Op *op, u64 acc) { xsave(cpu, op, acc, true, false); }
void rare_xsaveopt64(Cpu *cpu, const Op *op, u64 acc) { xsave(cpu, op, acc, true, true); }

/* The compacted form of these three components is laid out as the standard one. */
static void xsavec(Cpu *cpu, const Op *op, u64 acc, bool wide)
{
    u8 area[AREA_SIZE];
    u64 address = aligned_address(cpu, op, acc, 64);
    cpu_slow_check(cpu, op, acc, address, 1, ACCESS_WRITE);
    x87_settle(cpu);
    fpenv_guest_get(cpu);
    u32 mask = requested(cpu), used = components_in_use(&cpu->state) & mask;
    cpu_slow_check(cpu, op, acc, address + last_byte(mask), 1, ACCESS_WRITE);
    store64(area + AREA_HEADER, used);
    store64(area + AREA_HEADER + 8, COMPACTED | mask);
    write_components(cpu, op, acc, area, used, used & COMPONENT_SSE, true, wide);
}
void rare_xsavec(Cpu *cpu, const Op *op, u64 acc) { xsavec(cpu, op, acc, false); }
void rare_xsavec64(Cpu *cpu, const Op *op, u64 acc) { xsavec(cpu, op, acc, true); }

/* ---- XRSTOR, XGETBV ------------------------------------------------------------------------------------------------------ */

/* SDM Vol. 1, "XRSTOR": what the header must not say. */
static bool header_refused(const u8 *header)
{
    u64 present = load64(header), compact = load64(header + 8), rest = 0;
    for (u32 i = 16; i < 64; i += 8)
        rest |= load64(header + i);
    if (!(compact & COMPACTED)) /* bytes 24..63 are ignored */
        return present & ~(u64)COMPONENTS || compact || load64(header + 16);
    return (compact & ~COMPACTED) & ~(u64)COMPONENTS || present & ~(compact & ~COMPACTED) || rest;
}

static void xrstor(Cpu *cpu, const Op *op, u64 acc, bool wide)
{
    u8 area[AREA_SIZE];
    u64 address = aligned_address(cpu, op, acc, 64);
    u32 mask = requested(cpu);
    cpu_slow_check(cpu, op, acc, address, 1, ACCESS_READ); /* CR2: the first byte, the header, and the last byte come first */
    read_part(cpu, op, acc, address, area, (Part){ AREA_HEADER, AREA_AVX });
    bool compact = load64(area + AREA_HEADER + 8) & COMPACTED;
    u32 load = (u32)load64(area + AREA_HEADER) & mask;
    cpu_slow_check(cpu, op, acc, address + last_byte(compact ? load : mask), 1, ACCESS_READ);
    if (header_refused(area + AREA_HEADER))
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    bool from_memory = compact ? load & COMPONENT_SSE : mask & (COMPONENT_SSE | COMPONENT_AVX);
    read_part(cpu, op, acc, address, area, (Part){ 0, AREA_LEGACY_END });
    if (load & COMPONENT_AVX)
        read_part(cpu, op, acc, address, area, (Part){ AREA_AVX, AREA_SIZE });
    if (from_memory && load32(area + AREA_MXCSR) & ~(u32)MXCSR_MASK)
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    x87_settle(cpu);
    if (load & COMPONENT_X87)
        unpack_x87(&cpu->x87, wide, area);
    else if (mask & COMPONENT_X87)
        init_x87(&cpu->x87);
    if (mask & COMPONENT_SSE)
        unpack_halves(&cpu->state, 0, load & COMPONENT_SSE ? area + AREA_XMM : NULL);
    if (mask & COMPONENT_AVX)
        unpack_halves(&cpu->state, 1, load & COMPONENT_AVX ? area + AREA_AVX : NULL);
    if (from_memory)
        set_mxcsr(cpu, load32(area + AREA_MXCSR));
    else if (mask & COMPONENT_SSE)
        set_mxcsr(cpu, MXCSR_DEFAULT);
}
void rare_xrstor(Cpu *cpu, const Op *op, u64 acc) { xrstor(cpu, op, acc, false); }
void rare_xrstor64(Cpu *cpu, const Op *op, u64 acc) { xrstor(cpu, op, acc, true); }

/* ECX 0: XCR0; 1: XCR0 and XINUSE. */
void rare_xgetbv(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    u32 index = (u32)cpu->r[RCX];
    if (index > 1)
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    x87_settle(cpu);
    fpenv_guest_get(cpu);
    cpu->r[RAX] = index ? components_in_use(&cpu->state) : COMPONENTS;
    cpu->r[RDX] = 0;
}

/* ---- MXCSR ----------------------------------------------------------------------------------------------------------------- */

void rare_ldmxcsr(Cpu *cpu, const Op *op, u64 acc)
{
    u32 value = load32(cpu_slow_read(cpu, op, acc, op_address(cpu, op), 4));
    if (value & ~(u32)MXCSR_MASK)
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    set_mxcsr(cpu, value);
}

void rare_stmxcsr(Cpu *cpu, const Op *op, u64 acc)
{
    u8 *p = cpu_slow_write(cpu, op, acc, op_address(cpu, op), 4, false);
    store32(p, fpenv_guest_get(cpu));
    cpu_slow_written(cpu, p, 4);
}

/* CLFLUSH is "a load of a byte" to paging; nothing is cached here. SDM Vol. 2A, "CLFLUSH". */
void rare_clflush(Cpu *cpu, const Op *op, u64 acc) { cpu_slow_check(cpu, op, acc, op_address(cpu, op), 1, ACCESS_READ); }

/* MASKMOVDQU: the bytes of the destination at [RDI] whose mask byte has its top bit set. All 16 must be writable. a: source,
 * b: mask. */
void rare_maskmovdqu(Cpu *cpu, const Op *op, u64 acc)
{
    const Vector *source = vec_reg(cpu, op->a), *mask = vec_reg(cpu, op->b);
    u8 *p = cpu_slow_write(cpu, op, acc, op_address(cpu, op), 16, true);
    for (u32 i = 0; i < 16; i++)
        if (mask->u8[i] & 0x80)
            p[i] = source->u8[i];
    cpu_slow_written(cpu, p, 16);
}
