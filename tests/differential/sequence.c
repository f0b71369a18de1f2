#include "sequence.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "generate.h"
#include "values.h"

static u32 pick(u64 *seed, u32 count) { return (u32)(random_next(seed) % count); }
static bool chance(u64 *seed, u32 percent) { return pick(seed, 100) < percent; }

/* Forms that work on registers alone; those of general registers that write or read flags come first. */
static u32 *pool, pool_count, integer_count;

static bool on_registers(const Form *form)
{
    u64 seed = 1;
    u8 bytes[32];
    Insn1 insn;
    if (form->memory || generate_excluded(form->mnemonic))
        return false;
    for (u32 tries = 0; tries < 20; tries++) {
        generate_encoding(bytes, form, &seed);
        if (!form_decode(bytes, 15, &insn) || insn.z.mnemonic != form->mnemonic)
            continue;
        for (u32 i = 0; i < insn.z.operand_count; i++)
            if (insn.operand[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
                return false;
        return !generate_is_branch(&insn) && insn.z.meta.category != ZYDIS_CATEGORY_INTERRUPT &&
               insn.z.meta.category != ZYDIS_CATEGORY_SYSTEM && insn.z.meta.category != ZYDIS_CATEGORY_RDWRFSGS;
    }
    return false;
}

static bool on_flags(ZydisMnemonic m)
{
    static const ZydisMnemonic list[] = {
        ZYDIS_MNEMONIC_ADD, ZYDIS_MNEMONIC_OR, ZYDIS_MNEMONIC_ADC, ZYDIS_MNEMONIC_SBB, ZYDIS_MNEMONIC_AND, ZYDIS_MNEMONIC_SUB,
        ZYDIS_MNEMONIC_XOR, ZYDIS_MNEMONIC_CMP, ZYDIS_MNEMONIC_TEST, ZYDIS_MNEMONIC_INC, ZYDIS_MNEMONIC_DEC, ZYDIS_MNEMONIC_NEG,
        ZYDIS_MNEMONIC_SHL, ZYDIS_MNEMONIC_SHR, ZYDIS_MNEMONIC_SAR, ZYDIS_MNEMONIC_ROL, ZYDIS_MNEMONIC_ROR, ZYDIS_MNEMONIC_RCL,
        ZYDIS_MNEMONIC_RCR, ZYDIS_MNEMONIC_LEA, ZYDIS_MNEMONIC_MOV, ZYDIS_MNEMONIC_MOVZX, ZYDIS_MNEMONIC_MOVSX, ZYDIS_MNEMONIC_IMUL,
        ZYDIS_MNEMONIC_BT, ZYDIS_MNEMONIC_ADCX, ZYDIS_MNEMONIC_ADOX, ZYDIS_MNEMONIC_UCOMISD, ZYDIS_MNEMONIC_PTEST, ZYDIS_MNEMONIC_FCOMI,
        ZYDIS_MNEMONIC_LAHF, ZYDIS_MNEMONIC_SAHF, ZYDIS_MNEMONIC_CMC, ZYDIS_MNEMONIC_BLSR, ZYDIS_MNEMONIC_POPCNT, ZYDIS_MNEMONIC_TZCNT,
    };
    for (u32 i = 0; i < ARRAY_LEN(list); i++)
        if (list[i] == m)
            return true;
    const char *name = ZydisMnemonicGetString(m);
    return !strncmp(name, "set", 3) || !strncmp(name, "cmov", 4);
}

static void make_pool(const Form *forms, u32 form_count)
{
    pool = malloc(form_count * sizeof *pool);
    for (int integer = 1; integer >= 0; integer--) {
        for (u32 i = 0; i < form_count; i++)
            if (on_flags(forms[i].mnemonic) == integer && on_registers(&forms[i]))
                pool[pool_count++] = i;
        if (integer)
            integer_count = pool_count;
    }
}

/* What is known of the flags on the way: a reader of undefined ones would make the sequence meaningless. */
static bool follow_flags(Case *c, const Insn1 *insn, bool skipped)
{
    const ZydisAccessedFlags *f = insn->z.cpu_flags;
    u32 before = c->undefined;
    if (!f)
        return true;
    if (f->tested & before)
        return false;
    bool sometimes = insn->z.meta.category == ZYDIS_CATEGORY_SHIFT || insn->z.meta.category == ZYDIS_CATEGORY_ROTATE || skipped;
    c->undefined = (sometimes ? before : before & ~(f->modified | f->set_0 | f->set_1)) | f->undefined;
    c->ever_undefined |= c->undefined;
    return true;
}

static const u32 condition_flags[8] = { FLAG_OF, FLAG_CF, FLAG_ZF, FLAG_CF | FLAG_ZF, FLAG_SF, FLAG_PF, FLAG_SF | FLAG_OF, FLAG_ZF | FLAG_SF | FLAG_OF };

static bool append(Case *c, const Form *form, u64 *seed)
{
    u8 bytes[32];
    Insn1 insn;
    generate_encoding(bytes, form, seed);
    if (!form_decode(bytes, 15, &insn) || insn.z.mnemonic != form->mnemonic || !form_implemented(&insn) || c->length + insn.z.length + 2 > 70)
        return false;
    if (generate_is_branch(&insn) || generate_unspecified(&insn) || (insn.z.mnemonic == ZYDIS_MNEMONIC_SHLD || insn.z.mnemonic == ZYDIS_MNEMONIC_SHRD))
        return false;
    bool skip = chance(seed, 30);
    u32 condition = pick(seed, 16);
    if (skip && condition_flags[condition >> 1] & c->undefined)
        return false;
    Case kept = *c;
    if (skip) {
        c->code[c->length++] = (u8)(0x70 | condition);
        c->code[c->length++] = insn.z.length;
    }
    memcpy(c->code + c->length, bytes, insn.z.length);
    c->length += insn.z.length;
    if (follow_flags(c, &insn, skip))
        return true;
    *c = kept;
    return false;
}

bool generate_sequence(Case *c, const Form *forms, u32 form_count, u64 case_seed, u64 fs_base)
{
    u64 seed = case_seed;
    if (!pool)
        make_pool(forms, form_count);
    memset(c, 0, sizeof *c);
    c->form = SEQUENCE_FORM;
    c->seed = case_seed;
    values_state(&c->before, &seed);
    c->before.fs = fs_base;
    c->before.gs = GS_BASE;
    c->before.rflags &= ~(u64)FLAG_DF;
    u32 count = 2 + pick(&seed, 8);
    for (u32 tries = 0; count && tries < 60; tries++) {
        u32 form = chance(&seed, 75) ? pick(&seed, integer_count) : pick(&seed, pool_count);
        count -= append(c, &forms[pool[form]], &seed);
    }
    c->code[c->length] = 0xcc;
    c->before.rip = CODE + pick(&seed, CODE_SIZE - 80);
    return !count;
}
