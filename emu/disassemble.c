/* Instructions as text, in the dress that objdump and gdb have made everybody used to: "mov    DWORD PTR [rbp-0x4],0x2a".
 * Zydis prints; what it prints is then dressed. Addresses are named by the program's symbols. */
#include <Zydis/Zydis.h>
#include <ctype.h>
#include <stdio.h>

#include "emu/emu_debug.h"
#include "emu/machine.h"

typedef struct Context {
    Emu *emu;
    int pid;
    ZydisFormatterFunc plain; /* Zydis' way to print an absolute address */
    bool rip_relative;        /* the instruction has a memory operand relative to RIP: `target` is its address */
    u64 target;
} Context;

static void name_address(Context *context, u64 address, char *text, size_t size)
{
    EmuSymbol symbol;
    text[0] = 0;
    if (!emu_symbol_at(context->emu, context->pid, address, &symbol))
        return;
    if (symbol.address == address)
        snprintf(text, size, " <%.80s>", symbol.name);
    else
        snprintf(text, size, " <%.80s+%llu>", symbol.name, (unsigned long long)(address - symbol.address));
}

static ZyanStatus append(ZydisFormatterBuffer *buffer, const char *text)
{
    ZyanString *string;
    ZyanStringView view;
    ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL));
    ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &string));
    ZYAN_CHECK(ZyanStringViewInsideBuffer(&view, text));
    return ZyanStringAppend(string, &view);
}

/* Branch targets become "0x401530 <main+4>"; memory operands stay "rip+0x10", with the address in a comment behind. */
static ZyanStatus print_address(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer, ZydisFormatterContext *z)
{
    Context *context = z->user_data;
    ZyanU64 address;
    char text[128];
    ZYAN_CHECK(ZydisCalcAbsoluteAddress(z->instruction, z->operand, z->runtime_address, &address));
    if (z->operand->type == ZYDIS_OPERAND_TYPE_MEMORY && z->operand->mem.base == ZYDIS_REGISTER_RIP) {
        i64 disp = z->operand->mem.disp.value;
        context->rip_relative = true;
        context->target = address;
        snprintf(text, sizeof text, "rip%c0x%llx", disp < 0 ? '-' : '+', (unsigned long long)(disp < 0 ? -disp : disp));
        return append(buffer, text);
    }
    ZYAN_CHECK(context->plain(formatter, buffer, z));
    if (z->operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
        return ZYAN_STATUS_SUCCESS;
    name_address(context, address, text, sizeof text);
    return append(buffer, text);
}

static bool formatter_init(ZydisFormatter *formatter, Context *context)
{
    static const struct { ZydisFormatterProperty property; ZyanUPointer value; } properties[] = {
        {ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE},
        {ZYDIS_FORMATTER_PROP_FORCE_SIZE, ZYAN_TRUE},
        {ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, (ZyanUPointer)ZYDIS_PADDING_DISABLED},
        {ZYDIS_FORMATTER_PROP_DISP_PADDING, (ZyanUPointer)ZYDIS_PADDING_DISABLED},
        {ZYDIS_FORMATTER_PROP_IMM_PADDING, (ZyanUPointer)ZYDIS_PADDING_DISABLED},
    };
    bool att = context->emu->att_syntax;
    if (ZYAN_FAILED(ZydisFormatterInit(formatter, att ? ZYDIS_FORMATTER_STYLE_ATT : ZYDIS_FORMATTER_STYLE_INTEL)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if (ZYAN_FAILED(ZydisFormatterSetProperty(formatter, properties[i].property, properties[i].value)))
            return false;
    context->plain = (ZydisFormatterFunc)print_address; /* SetHook exchanges it for Zydis' own */
    return ZYAN_SUCCESS(ZydisFormatterSetHook(formatter, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS,
                                              (const void **)&context->plain));
}

/* ---- dressing ------------------------------------------------------------------------------------------------- */

/* Replaces `from` by `to` throughout `text`, which holds `size` bytes; to is not longer than from. */
static void replace(char *text, const char *from, const char *to)
{
    size_t from_length = strlen(from), to_length = strlen(to);
    for (char *p = text; (p = strstr(p, from)); p += to_length) {
        memcpy(p, to, to_length);
        memmove(p + to_length, p + from_length, strlen(p + from_length) + 1);
    }
}

/* "dword ptr" → "DWORD PTR", except where objdump writes no size at all. */
static void dress_sizes(char *operands, bool no_size)
{
    for (char *p = operands; (p = strstr(p, " ptr ")); p += 5) {
        char *word = p;
        while (word > operands && isalnum((unsigned char)word[-1]))
            word--;
        if (no_size) {
            memmove(word, p + 5, strlen(p + 5) + 1);
            p = operands;
            continue;
        }
        for (char *c = word; c < p + 4; c++)
            *c = (char)toupper((unsigned char)*c);
    }
}

/* fs:[0x28] → fs:0x28; [0x28] → ds:0x28 */
static void dress_absolute(char *operands, size_t size)
{
    char *open = strstr(operands, ":[0x"), *bare = open ? NULL : strstr(operands, "[0x"), *close = open ? strchr(open, ']') : NULL;
    size_t digits = bare ? strspn(bare + 3, "0123456789abcdefABCDEF") : 0;
    if (bare && bare[3 + digits] == ']' && strlen(operands) + 2 < size) {
        memmove(bare + 3, bare + 1, strlen(bare + 1) + 1);
        memcpy(bare, "ds:", 3);
        close = strchr(bare, ']');
        memmove(close, close + 1, strlen(close));
    }
    if (!open || !close)
        return;
    memmove(close, close + 1, strlen(close));
    memmove(open + 1, open + 2, strlen(open + 1));
}

static size_t prefix_length(const char *text)
{
    static const char *const prefixes[] = {"rep ", "repe ", "repne ", "repz ", "repnz ", "lock ", "bnd ", "xacquire ", "xrelease "};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return strlen(prefixes[i]);
    return 0;
}

/* Zydis: jnbe, setz, cmovnl. objdump and gdb: ja, sete, cmovge. */
static void dress_condition(char *mnemonic, size_t size)
{
    static const char *const stems[] = {"cmov", "set", "j"};
    static const char *const conditions[][2] = {{"nb", "ae"}, {"nbe", "a"}, {"nl", "ge"}, {"nle", "g"}, {"nz", "ne"}, {"z", "e"}};
    for (size_t i = 0; i < ARRAY_LEN(stems); i++) {
        size_t stem = strlen(stems[i]);
        for (size_t k = 0; strncmp(mnemonic, stems[i], stem) == 0 && k < ARRAY_LEN(conditions); k++)
            if (strcmp(mnemonic + stem, conditions[k][0]) == 0) {
                snprintf(mnemonic + stem, size - stem, "%s", conditions[k][1]);
                return;
            }
    }
}

/* [rbp+0x0]: a displacement that is encoded is shown, even when it is nothing. A long nop shows only its memory operand. */
static void dress_memory(const ZydisDecodedInstruction *insn, char *operands, size_t size)
{
    char *open = strchr(operands, '['), *close = open ? strchr(open, ']') : NULL, *comma = strrchr(operands, ',');
    bool based = close && isalpha((unsigned char)open[1]);
    if (based && strncmp(open, "[rip-0x", 7) == 0 && strlen(operands) + 16 < size) {
        char address[32], behind[128];
        snprintf(behind, sizeof behind, "%s", close);
        snprintf(address, sizeof address, "+0x%llx", (unsigned long long)insn->raw.disp.value);
        snprintf(open + 4, size - (size_t)(open + 4 - operands), "%s%s", address, behind);
    } else if (based && insn->raw.disp.size && insn->raw.disp.value == 0 && strlen(operands) + 5 < size) {
        memmove(close + 4, close, strlen(close) + 1);
        memcpy(close, "+0x0", 4);
        comma = strrchr(operands, ',');
    }
    if (insn->mnemonic == ZYDIS_MNEMONIC_NOP && comma)
        *comma = 0;
}

static void dress(const ZydisDecodedInstruction *insn, char *text, char *out, size_t size)
{
    char name[64], words[192];

    size_t prefix = prefix_length(text), mnemonic = strcspn(text + prefix, " ");
    char *operands = text + prefix + mnemonic;
    bool movabs = insn->mnemonic == ZYDIS_MNEMONIC_MOV && insn->raw.imm[0].size == 64;
    if (!*operands) {
        bool exchange = insn->mnemonic == ZYDIS_MNEMONIC_NOP && insn->opcode == 0x90 && (insn->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE);
        snprintf(out, size, "%s", exchange ? "xchg   ax,ax" : text);
        return;
    }
    *operands++ = 0;
    snprintf(name, sizeof name, "%.*s", (int)sizeof name - 1, movabs ? "movabs" : text);
    if (!movabs)
        dress_condition(name + prefix, sizeof name - prefix);
    snprintf(words, sizeof words, "%s", operands);
    operands = words;
    dress_memory(insn, operands, sizeof words);
    dress_sizes(operands, insn->mnemonic == ZYDIS_MNEMONIC_LEA);
    dress_absolute(operands, sizeof words);
    replace(operands, ", ", ",");
    if (insn->meta.category == ZYDIS_CATEGORY_SHIFT || insn->meta.category == ZYDIS_CATEGORY_ROTATE)
        if ((insn->opcode | 3) == 0xd3 && insn->raw.imm[0].size == 0)
            replace(operands, ",0x1", ",1");
    snprintf(out, size, "%-*s %s", prefix ? 0 : 6, name, operands);
}

/* ---- decoding ------------------------------------------------------------------------------------------------- */

bool emu_disassemble(Emu *emu, int pid, uint64_t address, EmuInsn *out)
{
    memset(out, 0, sizeof *out);
    u64 got = emu_read(emu, pid, address, out->bytes, sizeof out->bytes);
    if (got == 0)
        return false;
    ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisFormatter formatter;
    Context context = {.emu = emu, .pid = pid};
    char text[160], name[128];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE); /* as cpu/block.c */
    out->length = 1;
    snprintf(out->text, sizeof out->text, "(bad)");
    if (!formatter_init(&formatter, &context) ||
        ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, out->bytes, got, &insn, operands)) ||
        ZYAN_FAILED(ZydisFormatterFormatInstruction(&formatter, &insn, operands, insn.operand_count_visible, text, sizeof text,
                                                    address, &context)))
        return true;
    out->length = insn.length;
    out->valid = true;
    if (emu->att_syntax)
        snprintf(out->text, sizeof out->text, "%s", text);
    else
        dress(&insn, text, out->text, sizeof out->text);
    if (context.rip_relative) {
        name_address(&context, context.target, name, sizeof name);
        size_t length = strlen(out->text);
        snprintf(out->text + length, sizeof out->text - length, "        # 0x%llx%s", (unsigned long long)context.target, name);
    }
    return true;
}

void emu_set_syntax(Emu *emu, bool att) { emu->att_syntax = att; }

/* ---- what the bytes are for ------------------------------------------------------------------------------------ */

static void mark(char *roles, uint32_t length, uint32_t offset, uint32_t bits, char role)
{
    for (uint32_t i = offset; i < offset + bits / 8 && i < length; i++)
        roles[i] = role;
}

bool emu_insn_roles(const uint8_t *bytes, uint32_t length, char *roles)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    if (!length || length > ZYDIS_MAX_INSTRUCTION_LENGTH)
        return false;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
    if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, length, &insn)) || insn.length != length)
        return false;
    memset(roles, 'o', length); /* what nothing else claims is the opcode */
    roles[length] = 0;
    mark(roles, length, 0, insn.raw.prefix_count * 8u, 'p');
    if (insn.attributes & ZYDIS_ATTRIB_HAS_REX)
        mark(roles, length, insn.raw.rex.offset, 8, 'p');
    if (insn.attributes & ZYDIS_ATTRIB_HAS_VEX)
        mark(roles, length, insn.raw.vex.offset, insn.raw.vex.size * 8u, 'p');
    if (insn.attributes & ZYDIS_ATTRIB_HAS_MODRM)
        mark(roles, length, insn.raw.modrm.offset, 8, 'm');
    if (insn.attributes & ZYDIS_ATTRIB_HAS_SIB)
        mark(roles, length, insn.raw.sib.offset, 8, 's');
    mark(roles, length, insn.raw.disp.offset, insn.raw.disp.size, 'd');
    for (int i = 0; i < 2; i++)
        mark(roles, length, insn.raw.imm[i].offset, insn.raw.imm[i].size, 'i');
    return true;
}
