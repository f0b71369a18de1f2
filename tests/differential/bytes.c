#include "bytes.h"

#include <string.h>

#include "cpu/cpu.h"
#include "forms.h"
#include "generate.h"
#include "values.h"

static u32 pick(u64 *seed, u32 count) { return (u32)(random_next(seed) % count); }

/* Instructions that must not run on the host, or lead out of what can be compared. */
static bool harmless(const Insn1 *insn)
{
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_INT: return insn->operand[0].imm.value.u != 0x80;
    case ZYDIS_MNEMONIC_POPF: case ZYDIS_MNEMONIC_POPFQ: case ZYDIS_MNEMONIC_IRET: case ZYDIS_MNEMONIC_IRETD: case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_SGDT: case ZYDIS_MNEMONIC_SIDT: case ZYDIS_MNEMONIC_SMSW: case ZYDIS_MNEMONIC_SLDT: case ZYDIS_MNEMONIC_STR:
        return false; /* emulated by Linux, which does not end a single step there */
    case ZYDIS_MNEMONIC_WRFSBASE: case ZYDIS_MNEMONIC_XRSTOR: case ZYDIS_MNEMONIC_XRSTOR64: case ZYDIS_MNEMONIC_XGETBV:
        return false;
    default:
        if (insn->z.meta.category == ZYDIS_CATEGORY_STRINGOP || insn->z.meta.category == ZYDIS_CATEGORY_IOSTRINGOP)
            return false; /* repeated ones are stepped by iteration */
        return !generate_excluded(insn->z.mnemonic) && insn->z.meta.category != ZYDIS_CATEGORY_SEGOP;
    }
}

/* No operand may lie far from where the registers point: a 32-bit displacement could reach the test's own memory. */
static bool near(const Insn1 *insn)
{
    for (u32 i = 0; i < insn->z.operand_count; i++) {
        const ZydisDecodedOperand *o = &insn->operand[i];
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY && insn->z.raw.disp.size >= 32 && o->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN)
            return false;
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY && (o->mem.segment == ZYDIS_REGISTER_FS || insn->z.mnemonic == ZYDIS_MNEMONIC_XLAT))
            return false;
    }
    return true;
}

bool generate_bytes(Case *c, u64 case_seed, u64 fs_base)
{
    static const u8 starts[] = { 0x66, 0xf2, 0xf3, 0x67, 0x48, 0x41, 0x0f, 0x0f, 0x0f, 0xc4, 0xc5, 0x62, 0x2e, 0xf0, 0x65, 0x40 };
    u64 seed = case_seed;
    u32 n = 0;
    Insn1 insn;
    memset(c, 0, sizeof *c);
    c->form = BYTES_FORM;
    c->seed = case_seed;
    values_state(&c->before, &seed);
    for (u32 i = 0; i < 16; i++)
        c->before.gpr[i] = DATA + 0x800 + 16 * pick(&seed, 32);
    memset(c->before.ymm, 0, sizeof c->before.ymm); /* indices of gathers */
    c->before.fs = fs_base;
    c->before.gs = 0;
    while (n < 6 && pick(&seed, 2))
        c->code[n++] = starts[pick(&seed, ARRAY_LEN(starts))];
    while (n < 15)
        c->code[n++] = (u8)random_next(&seed);
    c->length = 15;
    c->step = true;
    c->before.rip = CODE + pick(&seed, CODE_SIZE - 32);
    c->before.rflags &= ~(u64)(FLAG_DF | FLAG_AC);
    return !form_decode(c->code, 15, &insn) || (harmless(&insn) && near(&insn));
}

BytesVerdict bytes_judge(const Case *c, const Outcome *host, const Outcome *emulated)
{
    Insn1 insn;
    bool known = form_decode(c->code, 15, &insn);
    bool host_refuses = host->vector == VECTOR_UD, we_refuse = emulated->vector == VECTOR_UD;
    if (host_refuses && we_refuse)
        return BYTES_AGREE;
    if (known && generate_unspecified(&insn))
        return BYTES_MAKER;
    if (!known && host->vector + emulated->vector == VECTOR_UD + VECTOR_GP)
        return BYTES_MAKER; /* refused by both: as unknown, too long, or privileged */
    if (we_refuse && !host_refuses)
        return known && (!form_implemented(&insn) || insn.z.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX) ? BYTES_BEYOND : BYTES_DIFFERENT;
    if (host_refuses != we_refuse || host->vector != emulated->vector)
        return BYTES_DIFFERENT;
    return host->after.rip == emulated->after.rip ? BYTES_AGREE : BYTES_DIFFERENT;
}
