/* Enumerates encodings: prefix x map x opcode x ModRM class, legacy and VEX; keeps one of each (mnemonic, operand kinds and
 * widths, opcode) that decodes and that the table has a row for. Zydis says which ModRM fields are operands. */
#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/translate.h"

static Form *forms;
static u32 form_count, form_capacity;

bool form_decode(const u8 *bytes, u32 size, Insn1 *insn)
{
    static ZydisDecoder decoder;
    static bool ready;
    if (!ready)
        ready = ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) &&
                ZYAN_SUCCESS(ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE));
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, size, &insn->z, insn->operand));
}

bool form_implemented(const Insn1 *insn)
{
    Insn full = { .z = insn->z };
    memcpy(full.operand, insn->operand, sizeof full.operand);
    return translate_row(&full) != NULL;
}

/* ---- which are the same form ------------------------------------------------------------------------------------- */

typedef struct Key {
    u16 mnemonic;
    u8 map, opcode, fixed, count;
    u32 operand[ZYDIS_MAX_OPERAND_COUNT];
} Key;

static Key *keys;

static Key key_of(const Insn1 *insn, const Form *form)
{
    Key key;
    memset(&key, 0, sizeof key);
    key.mnemonic = (u16)insn->z.mnemonic;
    key.map = (u8)(form->map | form->vex << 3 | form->memory << 4);
    key.opcode = form->opcode;
    if (form->has_modrm)
        key.fixed = (u8)((form->reg_free ? 0 : form->modrm & 0x38) | (form->rm_free || form->memory ? 0 : form->modrm & 7));
    key.count = insn->z.operand_count;
    for (u32 i = 0; i < insn->z.operand_count; i++) {
        const ZydisDecodedOperand *o = &insn->operand[i];
        key.operand[i] = (u32)o->type | (u32)o->encoding << 4 | (u32)o->size << 12;
    }
    return key;
}

static bool known(const Key *key)
{
    for (u32 i = form_count; i-- > 0;) {
        if (keys[i].mnemonic == key->mnemonic && memcmp(&keys[i], key, sizeof *key) == 0)
            return true;
    }
    return false;
}

static void add(Form form, const Insn1 *insn)
{
    for (u32 i = 0; i < insn->z.operand_count; i++) {
        ZydisOperandEncoding encoding = insn->operand[i].encoding;
        form.reg_free |= encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG;
        form.rm_free |= encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM && !form.memory;
        form.vvvv_free |= encoding == ZYDIS_OPERAND_ENCODING_NDSNDD;
    }
    form.mnemonic = insn->z.mnemonic;
    form.has_modrm = insn->z.attributes & ZYDIS_ATTRIB_HAS_MODRM;
    form.memory &= form.has_modrm;
    Key key = key_of(insn, &form);
    if (known(&key))
        return;
    if (form_count == form_capacity) {
        form_capacity = form_capacity ? 2 * form_capacity : 1024;
        forms = realloc(forms, form_capacity * sizeof *forms);
        keys = realloc(keys, form_capacity * sizeof *keys);
    }
    keys[form_count] = key;
    forms[form_count++] = form;
}

/* ---- every encoding ---------------------------------------------------------------------------------------------- */

u32 form_prefix_bytes(u8 prefix, u8 *out)
{
    u32 n = 0;
    if (prefix == PREFIX_66_F3 || prefix == PREFIX_66_F2)
        out[n++] = 0x66;
    if (prefix)
        out[n++] = prefix == PREFIX_66_F3 ? 0xf3 : prefix == PREFIX_66_F2 ? 0xf2 : prefix;
    return n;
}

static u32 legacy_bytes(const Form *f, u8 *out)
{
    u32 n = form_prefix_bytes(f->prefix, out);
    if (f->wide)
        out[n++] = 0x48;
    if (f->map)
        out[n++] = 0x0f;
    if (f->map > 1)
        out[n++] = f->map == 2 ? 0x38 : 0x3a;
    out[n++] = f->opcode;
    out[n++] = f->modrm;
    return n;
}

static u32 vex_bytes(const Form *f, u8 vvvv, u8 *out)
{
    u32 pp = f->prefix == 0x66 ? 1 : f->prefix == 0xf3 ? 2 : f->prefix == 0xf2 ? 3 : 0;
    out[0] = 0xc4;
    out[1] = 0xe0 | f->map;
    out[2] = (u8)((u32)f->wide << 7 | (u32)(~vvvv & 15) << 3 | (u32)f->l256 << 2 | pp);
    out[3] = f->opcode;
    out[4] = f->modrm;
    return 5;
}

static void try_form(Form form)
{
    for (u32 vvvv = 0; vvvv < (form.vex ? 2u : 1u); vvvv++) { /* as if unused; then as an operand, distinct from the others */
        u8 bytes[32] = { 0 };
        Insn1 insn;
        u32 n = form.vex ? vex_bytes(&form, vvvv ? 5 : 0, bytes) : legacy_bytes(&form, bytes);
        bytes[n] = form.memory ? 0x20 + 5 : 0; /* [rbp], for forms that insist on SIB */
        if (!form_decode(bytes, 15, &insn) || !form_implemented(&insn))
            continue;
        add(form, &insn);
        return;
    }
}

static void try_modrms(Form form)
{
    for (u32 modrm = 0; modrm < 256; modrm++) {
        if (modrm < 0xc0 && (modrm & 0xc7) != 4) /* memory: [sib], which all forms accept */
            continue;
        form.modrm = (u8)modrm;
        form.memory = modrm < 0xc0;
        try_form(form);
    }
}

static bool is_prefix(u8 opcode)
{
    return opcode == 0x0f || opcode == 0xc4 || opcode == 0xc5 || opcode == 0x62 || (opcode & 0xe7) == 0x26 || (opcode & 0xf0) == 0x40 ||
           (opcode >= 0x64 && opcode <= 0x67) || opcode == 0xf0 || opcode == 0xf2 || opcode == 0xf3;
}

static int by_encoding(const void *a, const void *b)
{
    const Form *x = a, *y = b;
    int order = strcmp(ZydisMnemonicGetString(x->mnemonic), ZydisMnemonicGetString(y->mnemonic));
    return order ? order : memcmp(x, y, sizeof *x);
}

const Form *forms_all(u32 *count)
{
    static const u8 prefixes[7] = { 0, 0x66, 0xf3, 0xf2, 0x67, PREFIX_66_F3, PREFIX_66_F2 }; /* 67 makes JECXZ */
    if (!forms) {
        for (u32 i = 0; i < 7 * 2 * 4 * 256; i++) {
            Form form;
            memset(&form, 0, sizeof form);
            form.prefix = prefixes[i % 7], form.wide = i / 7 % 2, form.map = i / 14 % 4, form.opcode = (u8)(i / 56);
            bool escape = form.map == 0 ? is_prefix(form.opcode) : form.map == 1 && (form.opcode == 0x38 || form.opcode == 0x3a);
            if (!escape)
                try_modrms(form);
            form.vex = true;
            if (form.map && (form.prefix == 0 || form.prefix == 0x66 || form.prefix >= 0xf2)) {
                try_modrms(form);
                form.l256 = true;
                try_modrms(form);
            }
        }
        qsort(forms, form_count, sizeof *forms, by_encoding);
        free(keys);
        keys = NULL;
    }
    *count = form_count;
    return forms;
}
