/* Random encodings of a form, and a machine state in which it does something interesting: registers from edge values,
 * memory operands placed at every kind of place. Nothing here knows what an instruction does, except tame(), which keeps
 * a few from always ending in the same fault. */
#include "generate.h"

#include "base/bits.h"
#include "cpu/cpu.h"
#include "values.h"

static u32 pick(u64 *seed, u32 count) { return (u32)(random_next(seed) % count); }
static bool chance(u64 *seed, u32 percent) { return pick(seed, 100) < percent; }

const char *generate_excluded(ZydisMnemonic mnemonic)
{
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_SYSCALL: case ZYDIS_MNEMONIC_SYSENTER:
        return "would be a system call on the host";
    case ZYDIS_MNEMONIC_RDTSC: case ZYDIS_MNEMONIC_RDTSCP: case ZYDIS_MNEMONIC_RDRAND: case ZYDIS_MNEMONIC_RDSEED:
        return "its result is no function of the state";
    case ZYDIS_MNEMONIC_CPUID: case ZYDIS_MNEMONIC_XGETBV: case ZYDIS_MNEMONIC_RDPID:
        return "describes the emulated processor, not the host";
    case ZYDIS_MNEMONIC_INT1:
        return "hypervisors report its trap with a RIP of their own";
    case ZYDIS_MNEMONIC_RDSSPD: case ZYDIS_MNEMONIC_RDSSPQ:
        return "depends on CET of the host";
    default:
        return NULL;
    }
}

/* ---- encoding ---------------------------------------------------------------------------------------------------- */

static u32 random_prefixes(u8 *out, u64 *seed, const Form *form)
{
    static const u8 segments[6] = { 0x64, 0x65, 0x2e, 0x36, 0x3e, 0x26 };
    u32 n = 0;
    if (form->memory && chance(seed, 8))
        out[n++] = segments[pick(seed, chance(seed, 80) ? 2 : 6)];
    if (chance(seed, form->memory ? 8 : 1))
        out[n++] = 0x67;
    if (form->memory && !form->vex && chance(seed, 5))
        out[n++] = 0xf0;
    if (!form->vex && chance(seed, 2))
        out[n++] = (u8[]){ 0x66, 0xf2, 0xf3 }[pick(seed, 3)];
    return n;
}

static u32 put_vex(u8 *out, const Form *f, u64 *seed, u8 modrm_extension)
{
    u32 pp = f->prefix == 0x66 ? 1 : f->prefix == 0xf3 ? 2 : f->prefix == 0xf2 ? 3 : 0;
    u32 vvvv = f->vvvv_free ? pick(seed, 16) : 0;
    u32 tail = (~vvvv & 15) << 3 | (u32)f->l256 << 2 | pp;
    if (f->map == 1 && !f->wide && (modrm_extension & 3) == 0 && chance(seed, 50)) { /* two-byte form: R only */
        out[0] = 0xc5;
        out[1] = (u8)((modrm_extension & 4 ? 0 : 0x80) | tail);
        return 2;
    }
    out[0] = 0xc4;
    out[1] = (u8)((~modrm_extension & 7u) << 5 | f->map);
    out[2] = (u8)((u32)f->wide << 7 | tail);
    return 3;
}

static u32 put_legacy(u8 *out, const Form *f, u64 *seed, u8 modrm_extension)
{
    u32 n = form_prefix_bytes(f->prefix, out);
    if (f->wide || modrm_extension || chance(seed, 20))
        out[n++] = (u8)(0x40 | (u32)f->wide << 3 | modrm_extension);
    if (f->map)
        out[n++] = 0x0f;
    if (f->map > 1)
        out[n++] = f->map == 2 ? 0x38 : 0x3a;
    return n;
}

void generate_encoding(u8 out[32], const Form *f, u64 *seed)
{
    u32 n = random_prefixes(out, seed, f);
    u8 extension = chance(seed, 50) ? (u8)pick(seed, 8) : 0; /* R X B */
    n += f->vex ? put_vex(out + n, f, seed, extension) : put_legacy(out + n, f, seed, extension);
    out[n++] = f->opcode;
    if (f->has_modrm) {
        u32 reg = f->reg_free ? pick(seed, 8) : f->modrm >> 3 & 7;
        u32 mod = f->memory ? pick(seed, 3) : 3;
        u32 rm = f->memory || f->rm_free ? pick(seed, 8) : f->modrm & 7;
        out[n++] = (u8)(mod << 6 | reg << 3 | rm);
    }
    while (n < 32)
        out[n++] = (u8)random_next(seed);
}

/* ---- memory operands --------------------------------------------------------------------------------------------- */

/* Where an operand of `size` bytes shall lie. */
static u32 forced_place; /* 0: none */

static u64 choose_target(u64 *seed, u32 size)
{
    u64 ro = DATA + DATA_RW, end = DATA + DATA_SIZE, inside = pick(seed, size ? size : 1);
    switch (forced_place ? forced_place - 1 : pick(seed, 32)) {
    case 0: return DATA + PAGE_SIZE - inside;           /* over the border of two pages, or just behind it */
    case 1: return DATA + PAGE_SIZE - inside;
    case 2: return ro - inside;                         /* over the border to the read-only page */
    case 3: return ro + pick(seed, PAGE_SIZE - 512);    /* read-only */
    case 4: return end - inside;                        /* over the border to nothing */
    case 5: return end + pick(seed, 256);               /* nothing */
    case 6: return DATA - size + inside;                /* nothing, then the first page */
    case 7: return (random_next(seed) | 1ull << 62) & ~(1ull << 63); /* non-canonical */
    default: break;
    }
    u64 align = (u64[]){ 1, 1, 4, 8, 16, 16, 32, 64 }[size < 512 || chance(seed, 20) ? pick(seed, 8) : 7];
    return DATA + 512 + (pick(seed, DATA_RW - 1536) & ~(align - 1));
}

static void patch(Case *c, u64 address, const u8 *bytes, u32 size)
{
    if (c->patch_count == PATCHES || address < DATA || address + size > DATA + DATA_SIZE)
        return;
    Patch *p = &c->patch[c->patch_count++];
    p->offset = (u32)(address - DATA);
    p->size = size;
    memcpy(p->bytes, bytes, size);
}

static u32 gpr_number(ZydisRegister reg) { return (u32)ZydisRegisterGetId(reg); }
static bool is_vector(ZydisRegister reg) { return reg >= ZYDIS_REGISTER_XMM0 && reg <= ZYDIS_REGISTER_ZMM31; }

/* Gives base and index values that make the operand's address `target`; false when the encoding does not allow it. `fixed`
 * has a bit for each register that must not change any more. */
static bool place(Case *c, Insn1 *insn, ZydisDecodedOperand *o, u64 target, u32 *fixed, u64 *seed)
{
    u64 segment = o->mem.segment == ZYDIS_REGISTER_FS ? c->before.fs : o->mem.segment == ZYDIS_REGISTER_GS ? c->before.gs : 0;
    u64 disp = o->mem.disp.has_displacement ? (u64)o->mem.disp.value : 0;
    u64 scale = o->mem.index != ZYDIS_REGISTER_NONE ? o->mem.scale : 0;
    if (insn->z.address_width == 32 && target > UINT32_MAX)
        target = DATA + DATA_SIZE + pick(seed, 256);
    u64 want = target - segment;
    if (insn->z.address_width == 32 && want > UINT32_MAX)
        return false; /* it would be somewhere in the host's own memory */
    if (is_vector(o->mem.index)) { /* gather: lanes a little around the target */
        u8 *lanes = c->before.ymm[gpr_number(o->mem.index)];
        for (u32 i = 0; i < 8; i++)
            store32(lanes + 4 * i, (u32)(pick(seed, 64) - 32));
        bool quadwords = insn->z.mnemonic == ZYDIS_MNEMONIC_VPGATHERQD || insn->z.mnemonic == ZYDIS_MNEMONIC_VPGATHERQQ ||
                         insn->z.mnemonic == ZYDIS_MNEMONIC_VGATHERQPS || insn->z.mnemonic == ZYDIS_MNEMONIC_VGATHERQPD;
        if (quadwords ? segment || chance(seed, 95) : chance(seed, 10))
            for (u32 i = 0; i < 4; i++)
                store64(lanes + 8 * i, (u64)(i64)((i32)pick(seed, 64) - 32));
        scale = 0;
    }
    if (o->mem.base == ZYDIS_REGISTER_NONE || o->mem.base == ZYDIS_REGISTER_RIP || o->mem.base == ZYDIS_REGISTER_EIP) {
        u64 from = o->mem.base == ZYDIS_REGISTER_NONE ? 0 : c->before.rip + c->length;
        u32 size = insn->z.raw.disp.size / 8;
        u64 index = 0;
        if (scale) {
            c->before.gpr[gpr_number(o->mem.index)] = index = pick(seed, 256);
            *fixed |= 1u << gpr_number(o->mem.index);
        }
        u64 value = want - from - index * scale;
        if (size != 8 && (size != 4 || segment > UINT32_MAX))
            return false;
        if (size == 4 && (i64)value != (i32)value && from)
            return false;
        if (size == 4 && (i64)value != (i32)value)
            value = random_next(seed) | ~0ull << 31; /* out of reach: a kernel address, which nobody has mapped */
        memcpy(c->code + insn->z.raw.disp.offset, &value, size);
        o->mem.disp.value = (i64)value;
        return true;
    }
    u32 b = gpr_number(o->mem.base);
    if (*fixed >> b & 1)
        return true; /* placed by another operand: this one follows it */
    *fixed |= 1u << b;
    if (!scale) {
        c->before.gpr[b] = want - disp;
    } else if (gpr_number(o->mem.index) == b) {
        c->before.gpr[b] = (want - disp) / (1 + scale);
    } else {
        u64 *index = &c->before.gpr[gpr_number(o->mem.index)];
        if (!(*fixed >> gpr_number(o->mem.index) & 1) && chance(seed, 70))
            *index = (u64)((i64)pick(seed, 512) - 256);
        *fixed |= 1u << gpr_number(o->mem.index);
        c->before.gpr[b] = want - disp - *index * scale;
    }
    if (insn->z.address_width == 32 && chance(seed, 50))
        c->before.gpr[b] |= random_next(seed) << 32;
    return true;
}

static bool place_operands(Case *c, Insn1 *insn, u64 *seed)
{
    u32 fixed = 0;
    for (u32 i = 0; i < insn->z.operand_count; i++) {
        ZydisDecodedOperand *o = &insn->operand[i];
        if (o->type != ZYDIS_OPERAND_TYPE_MEMORY || o->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
            continue;
        u8 bytes[PATCH_SIZE];
        u64 target = choose_target(seed, o->size / 8);
        if (o->mem.base == ZYDIS_REGISTER_RSP && o->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && chance(seed, 80))
            target = DATA + 1024 + (pick(seed, 1024) & ~7u);
        if (!place(c, insn, o, target, &fixed, seed))
            return false;
        values_fill(bytes, sizeof bytes, seed);
        patch(c, target & ~7ull, bytes, sizeof bytes);
    }
    return true;
}

/* ---- instructions that need some care ------------------------------------------------------------------------------ */

static bool far_bit_offset(const Insn1 *insn)
{
    bool bits = insn->z.mnemonic == ZYDIS_MNEMONIC_BT || insn->z.mnemonic == ZYDIS_MNEMONIC_BTS || insn->z.mnemonic == ZYDIS_MNEMONIC_BTR ||
                insn->z.mnemonic == ZYDIS_MNEMONIC_BTC;
    return bits && insn->operand[0].type == ZYDIS_OPERAND_TYPE_MEMORY && insn->operand[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
}

/* Mostly selectors of Linux's GDT; never the one whose limit is the number of the host's CPU. */
static u16 some_selector(u64 *seed)
{
    u16 selector = (u16)(chance(seed, 60) ? 0x20 + pick(seed, 0x18) : chance(seed, 80) ? pick(seed, 0x100) : random_next(seed));
    return (selector & 0xfffc) == 0x78 ? 0 : selector;
}

/* Registers, before memory operands are placed. */
static void tame_registers(Case *c, const Insn1 *insn, u64 *seed)
{
    u64 *r = c->before.gpr;
    if (insn->z.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE))
        r[RCX] = chance(seed, 90) ? pick(seed, 40) : random_next(seed);
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_DIV: case ZYDIS_MNEMONIC_IDIV: /* mostly quotients that fit */
        if (chance(seed, 70))
            r[RDX] = insn->z.mnemonic == ZYDIS_MNEMONIC_DIV ? pick(seed, 3) : (u64)((i64)r[RAX] >> 63);
        if (chance(seed, 50))
            r[RAX] &= insn->operand[0].size == 8 ? 0xff : ~0ull;
        break;
    case ZYDIS_MNEMONIC_BT: case ZYDIS_MNEMONIC_BTS: case ZYDIS_MNEMONIC_BTR: case ZYDIS_MNEMONIC_BTC: /* the offset reaches far */
        if (far_bit_offset(insn))
            r[gpr_number(insn->operand[1].reg.value)] = (u64)((i64)pick(seed, 2048) - 1024);
        break;
    case ZYDIS_MNEMONIC_LAR: case ZYDIS_MNEMONIC_LSL: case ZYDIS_MNEMONIC_VERR: case ZYDIS_MNEMONIC_VERW:
        for (u32 i = 0; i < insn->z.operand_count_visible; i++)
            if (insn->operand[i].type == ZYDIS_OPERAND_TYPE_REGISTER)
                r[gpr_number(insn->operand[i].reg.value)] = (random_next(seed) & ~0xffffull) | some_selector(seed);
        break;
    case ZYDIS_MNEMONIC_ENTER: /* reads the frames that RBP leads to */
        r[RBP] = DATA + 512 + pick(seed, DATA_SIZE - 512);
        break;
    case ZYDIS_MNEMONIC_XSAVE: case ZYDIS_MNEMONIC_XSAVE64: case ZYDIS_MNEMONIC_XRSTOR: case ZYDIS_MNEMONIC_XRSTOR64:
    case ZYDIS_MNEMONIC_XSAVEC: case ZYDIS_MNEMONIC_XSAVEC64: case ZYDIS_MNEMONIC_XSAVEOPT: case ZYDIS_MNEMONIC_XSAVEOPT64:
        r[RAX] &= 7; /* the components that both machines have */
        r[RDX] = 0;
        break;
    default:
        break;
    }
}

/* A header that XRSTOR accepts, standard or compacted, and MXCSR without reserved bits. */
static void tame_xsave_image(Case *c, u64 *seed)
{
    u8 header[PATCH_SIZE] = { 0 };
    store64(header, random_next(seed) & 7);
    if (chance(seed, 30))
        store64(header + 8, 1ull << 63 | 7);
    store32(c->patch[0].bytes + 24, MXCSR_SAFE(random_next(seed)));
    patch(c, DATA + c->patch[0].offset + 512, header, sizeof header);
}

/* Alignment checks of operands that are accessed in parts: AMD's processors make none for lanes under a mask, and some of their own
 * for images and far pointers. Not modelled, so EFLAGS.AC stays clear. */
static bool has_parts(const Insn1 *insn)
{
    for (u32 i = 0; i < insn->z.operand_count; i++) {
        const ZydisDecodedOperand *o = &insn->operand[i];
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY && (is_vector(o->mem.index) || (o->size > 80 && o->size != 128 && o->size != 256)))
            return true;
    }
    const char *name = ZydisMnemonicGetString(insn->z.mnemonic);
    return insn->z.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR || strstr(name, "maskmov") || !strncmp(name, "iret", 4) ||
           insn->z.meta.category == ZYDIS_CATEGORY_XSAVE || insn->z.meta.category == ZYDIS_CATEGORY_XSAVEOPT;
}

/* What memory operands hold; false: this one could not be made harmless. */
static bool tame_memory(Case *c, const Insn1 *insn, u64 *seed)
{
    u8 *bytes = c->patch[0].bytes;
    u32 inside;
    if (c->patch_count && insn->z.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) /* no pointer into 32-bit code, which is not emulated */
        for (u32 i = 0; i + 2 <= PATCH_SIZE; i++)
            bytes[i] ^= (load16(bytes + i) & 0xfffc) == 0x20 ? 0x80 : 0;
    switch (c->patch_count ? insn->z.mnemonic : ZYDIS_MNEMONIC_INVALID) {
    case ZYDIS_MNEMONIC_POPF: case ZYDIS_MNEMONIC_POPFQ: /* no TF, NT, AC: the host's handlers would run with them */
        inside = (u32)(c->before.gpr[RSP] - DATA) - c->patch[0].offset;
        if (inside + 8 > c->patch[0].size)
            return false;
        store64(bytes + inside, load64(bytes + inside) & 0x8ed5);
        break;
    case ZYDIS_MNEMONIC_LAR: case ZYDIS_MNEMONIC_LSL: case ZYDIS_MNEMONIC_VERR: case ZYDIS_MNEMONIC_VERW:
        for (u32 i = 0; i < PATCH_SIZE; i += 2) /* wherever it lies */
            store16(bytes + i, some_selector(seed));
        break;
    case ZYDIS_MNEMONIC_LDMXCSR: case ZYDIS_MNEMONIC_VLDMXCSR:
        store32(bytes, MXCSR_SAFE(random_next(seed)));
        break;
    case ZYDIS_MNEMONIC_FXRSTOR: case ZYDIS_MNEMONIC_FXRSTOR64:
        store32(bytes + 24, MXCSR_SAFE(random_next(seed)));
        break;
    case ZYDIS_MNEMONIC_XRSTOR: case ZYDIS_MNEMONIC_XRSTOR64:
        tame_xsave_image(c, seed);
        break;
    default:
        break;
    }
    return true;
}

bool generate_unspecified(const Insn1 *insn)
{
    if (insn->z.meta.isa_set == ZYDIS_ISA_SET_VAES || insn->z.meta.isa_set == ZYDIS_ISA_SET_VPCLMULQDQ)
        return true; /* beyond v3: the host has them, the emulated processor does not say so */
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_NOP: /* 0F 0D with a register: reserved NOP at Intel's, #UD at AMD's */
        return insn->z.opcode == 0x0d && insn->z.raw.modrm.mod == 3;
    case ZYDIS_MNEMONIC_LOOPE: case ZYDIS_MNEMONIC_LOOPNE: /* AMD lets F3 and F2 choose the condition */
        for (u32 i = 0; i < insn->z.raw.prefix_count; i++)
            if (insn->z.raw.prefixes[i].value == 0xf2 || insn->z.raw.prefixes[i].value == 0xf3 || insn->z.raw.prefixes[i].value == 0x66)
                return true;
        return false;
    default: /* near branches with an operand-size prefix: ignored by Intel, 16 bits of RIP at AMD's */
        if (insn->z.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) /* REX.W: 64-bit offsets at Intel's, ignored by AMD */
            return insn->z.operand_width == 64 && insn->z.mnemonic != ZYDIS_MNEMONIC_RET;
        return insn->z.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE && insn->z.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE;
    }
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

bool generate_is_branch(const Insn1 *insn)
{
    switch (insn->z.meta.category) {
    case ZYDIS_CATEGORY_COND_BR: case ZYDIS_CATEGORY_UNCOND_BR: case ZYDIS_CATEGORY_CALL: case ZYDIS_CATEGORY_RET:
        return true;
    default:
        return false;
    }
}

bool generate_case(Case *c, const Form *form, u32 form_index, u64 case_seed, u64 fs_base)
{
    Insn1 insn;
    u64 seed = case_seed;
    memset(c, 0, sizeof *c);
    c->form = form_index;
    c->seed = case_seed;
    generate_encoding(c->code, form, &seed);
    if (!form_decode(c->code, 15, &insn) || insn.z.mnemonic != form->mnemonic || !form_implemented(&insn))
        return false;
    c->length = insn.z.length;
    c->step = generate_is_branch(&insn);
    for (u32 i = 0; i < 2; i++)
        if (insn.z.raw.imm[i].size && chance(&seed, 50))
            values_integer(c->code + insn.z.raw.imm[i].offset, insn.z.raw.imm[i].size, &seed);
    values_state(&c->before, &seed);
    c->before.fs = fs_base;
    c->before.gs = GS_BASE;
    u32 room = CODE_SIZE - c->length - 1;
    c->before.rip = CODE + (chance(&seed, 10) ? PAGE_SIZE - pick(&seed, c->length + 2) : chance(&seed, 5) ? room : pick(&seed, room));
    tame_registers(c, &insn, &seed);
    if (has_parts(&insn))
        c->before.rflags &= ~(u64)FLAG_AC;
    u64 rcx = c->before.gpr[RCX];
    if (!place_operands(c, &insn, &seed))
        return false;
    if (insn.z.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE))
        c->before.gpr[RCX] = rcx;
    if (far_bit_offset(&insn)) { /* a base that is also the offset would lead anywhere */
        i64 offset = (i64)c->before.gpr[gpr_number(insn.operand[1].reg.value)];
        if (offset > 4096 || offset < -4096)
            return false;
    }
    if (insn.z.meta.category == ZYDIS_CATEGORY_XSAVE || insn.z.meta.category == ZYDIS_CATEGORY_XSAVEOPT)
        if (c->before.gpr[RAX] > 7 || c->before.gpr[RDX])
            return false; /* they became part of the address */
    if (!tame_memory(c, &insn, &seed))
        return false;
    if (!form_decode(c->code, 15, &insn) || insn.z.length != c->length)
        return false;
    if (insn.z.mnemonic == ZYDIS_MNEMONIC_INT && insn.operand[0].imm.value.u == 0x80)
        return false; /* a system call */
    if (generate_unspecified(&insn))
        return false;
    c->code[c->length] = 0xcc;
    c->undefined = c->ever_undefined = insn.z.cpu_flags ? insn.z.cpu_flags->undefined : 0;
    return true;
}

bool generate_fault(Case *c, const Form *form, u32 form_index, u64 seed, u64 fs_base, u32 place)
{
    forced_place = place;
    bool made = generate_case(c, form, form_index, seed, fs_base);
    forced_place = 0;
    c->place = place;
    return made;
}

bool generate_accesses(const Form *form)
{
    u64 seed = 1;
    u8 bytes[32];
    Insn1 insn;
    for (u32 tries = 0; tries < 20; tries++) {
        generate_encoding(bytes, form, &seed);
        if (!form_decode(bytes, 15, &insn) || insn.z.mnemonic != form->mnemonic)
            continue;
        for (u32 i = 0; i < insn.z.operand_count; i++)
            if (insn.operand[i].type == ZYDIS_OPERAND_TYPE_MEMORY && insn.operand[i].mem.type != ZYDIS_MEMOP_TYPE_AGEN)
                return true;
        return false;
    }
    return false;
}
