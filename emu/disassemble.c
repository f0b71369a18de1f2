/* Instructions as text: Zydis' own formatter, with absolute addresses named by the program's symbols. */
#include <Zydis/Zydis.h>
#include <stdio.h>

#include "emu/machine.h"

typedef struct Context {
    Emu *emu;
    int pid;
    ZydisFormatterFunc plain; /* Zydis' way to print an absolute address */
} Context;

/* "0x401530 <main+4>": the address, and the symbol behind it. */
static ZyanStatus print_address(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer, ZydisFormatterContext *z)
{
    Context *context = z->user_data;
    ZYAN_CHECK(context->plain(formatter, buffer, z));
    ZyanU64 address;
    EmuSymbol symbol;
    ZYAN_CHECK(ZydisCalcAbsoluteAddress(z->instruction, z->operand, z->runtime_address, &address));
    if (!emu_symbol_at(context->emu, context->pid, address, &symbol))
        return ZYAN_STATUS_SUCCESS;
    ZyanString *string;
    ZyanStringView view;
    char name[96];
    ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL));
    ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &string));
    if (symbol.address == address)
        snprintf(name, sizeof name, " <%s>", symbol.name);
    else
        snprintf(name, sizeof name, " <%.64s+%llu>", symbol.name, (unsigned long long)(address - symbol.address));
    ZYAN_CHECK(ZyanStringViewInsideBuffer(&view, name));
    return ZyanStringAppend(string, &view);
}

static bool formatter_init(ZydisFormatter *formatter, Context *context)
{
    static const struct { ZydisFormatterProperty property; ZyanUPointer value; } properties[] = {
        {ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE},
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

bool emu_disassemble(Emu *emu, int pid, uint64_t address, EmuInsn *out)
{
    memset(out, 0, sizeof *out);
    u64 got = emu_read(emu, pid, address, out->bytes, sizeof out->bytes);
    for (u64 n = sizeof out->bytes; got == 0 && n > 0; n--) /* the next page may be the one that is missing */
        got = emu_read(emu, pid, address, out->bytes, n) == n ? n : 0;
    if (got == 0)
        return false;
    ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisFormatter formatter;
    Context context = {.emu = emu, .pid = pid};
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (formatter_init(&formatter, &context) &&
        ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, out->bytes, got, &insn, operands)) &&
        ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &insn, operands, insn.operand_count_visible, out->text,
                                                     sizeof out->text, address, &context))) {
        out->length = insn.length;
        out->valid = true;
        return true;
    }
    out->length = 1;
    snprintf(out->text, sizeof out->text, "(bad)");
    return true;
}

void emu_set_syntax(Emu *emu, bool att) { emu->att_syntax = att; }
