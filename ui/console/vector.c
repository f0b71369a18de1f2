/* The registers that are not numbers (vector.h); info float, info vector. */
#include "ui/console/vector.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/registers.h"

/* ---- vectors ------------------------------------------------------------------------------------------------------ */

typedef enum View {
    VIEW_BFLOAT16,
    VIEW_HALF,
    VIEW_FLOAT,
    VIEW_DOUBLE,
    VIEW_INT8,
    VIEW_INT16,
    VIEW_INT32,
    VIEW_INT64,
    VIEWS
} View;
static const struct { const char *name; unsigned size; } views[VIEWS] = {
    {"bfloat16", 2}, {"half", 2}, {"float", 4}, {"double", 8}, {"int8", 1}, {"int16", 2}, {"int32", 4}, {"int64", 8},
};

/* IEEE half precision, or (8 bits of exponent) the upper half of a single. */
static void print_small_float(FILE *out, const uint8_t *bytes, bool brain)
{
    uint16_t raw;
    memcpy(&raw, bytes, 2);
    unsigned exponent_bits = brain ? 8 : 5, mantissa_bits = 15 - exponent_bits, mantissa = raw & ((1u << mantissa_bits) - 1);
    int exponent = raw >> mantissa_bits & ((1 << exponent_bits) - 1), bias = (1 << (exponent_bits - 1)) - 1;
    const char *sign = raw >> 15 ? "-" : "";
    if (exponent == (1 << exponent_bits) - 1)
        fprintf(out, mantissa ? "%snan(0x%x)" : "%sinf", sign, mantissa);
    else
        fprintf(
            out, "%s%.*g", sign, brain ? 4 : 5,
            ldexp(exponent ? mantissa | 1u << mantissa_bits : mantissa, (exponent ? exponent : 1) - bias - (int)mantissa_bits));
}

static void print_element(Console *console, FILE *out, View view, const uint8_t *bytes, char format)
{
    if (view <= VIEW_HALF && !format)
        print_small_float(out, bytes, view == VIEW_BFLOAT16);
    else
        value_print_number(console, out, bytes, views[view].size,
                           format                ? format
                           : view <= VIEW_DOUBLE ? 'f'
                                                 : 'd',
                           true, false);
}

static void print_view(Console *console, FILE *out, View view, const uint8_t *bytes, unsigned count, char format)
{
    unsigned size = views[view].size, repeats = console->settings.repeats ? (unsigned)console->settings.repeats : 64;
    fprintf(out, "v%u_%s = {", count, views[view].name);
    for (unsigned i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && !memcmp(bytes + i * size, bytes + (i + run) * size, size); run++)
            continue;
        fputs(i ? ", " : "", out);
        print_element(console, out, view, bytes + i * size, format);
        if (run > repeats)
            fprintf(out, " <repeats %u times>", run);
        else
            run = 1;
    }
    fputs("}, ", out);
}

void vector_print(Console *console, FILE *out, const uint8_t *bytes, unsigned size, char format)
{
    putc('{', out);
    for (View view = 0; view < VIEWS; view++)
        print_view(console, out, view, bytes, size / views[view].size, format);
    if (size == 16) {
        fputs("uint128 = ", out);
        value_print_number(console, out, bytes, 16, format ? format : 'u', false, false);
    } else {
        fputs("v2_int128 = {", out);
        value_print_number(console, out, bytes, 16, format ? format : 'd', true, false);
        fputs(", ", out);
        value_print_number(console, out, bytes + 16, 16, format ? format : 'd', true, false);
        putc('}', out);
    }
    putc('}', out);
}

bool vector_member(Console *console, Value *v, const char *name)
{
    static const BuiltIn elements[VIEWS] = {[VIEW_FLOAT] = TYPE_FLOAT, [VIEW_DOUBLE] = TYPE_DOUBLE, [VIEW_INT8] = TYPE_BYTE,
                                            [VIEW_INT16] = TYPE_I16, [VIEW_INT32] = TYPE_INT, [VIEW_INT64] = TYPE_LONG};
    unsigned size = (unsigned)v->type->size;
    char whole[32];
    for (View view = VIEW_FLOAT; view < VIEWS; view++) {
        snprintf(whole, sizeof whole, "v%u_%s", size / views[view].size, views[view].name);
        if (strcmp(name, whole) != 0)
            continue;
        v->type = type_array(&console->types, type_builtin(elements[view]), size / views[view].size);
        v->where = WHERE_NOWHERE;
        return true;
    }
    if (strcmp(name, "uint128") != 0)
        return console_error(console, "There is no member named %s.", name);
    v->type = type_builtin(TYPE_UINT128);
    v->where = WHERE_NOWHERE;
    return true;
}

bool cmd_info_vector(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return console_execute(
        console, "info registers mxcsr ymm0 ymm1 ymm2 ymm3 ymm4 ymm5 ymm6 ymm7 ymm8 ymm9 ymm10 ymm11 ymm12 ymm13 ymm14 ymm15");
}

/* ---- x87 ---------------------------------------------------------------------------------------------------------- */

/* SDM Vol. 1, "x87 FPU Status Register", "... Control Word", "... Tag Word". */
static const char *const exceptions[6] = {"I", "D", "Z", "O", "U", "P"};

static void print_stack_register(FILE *out, const EmuRegisters *r, unsigned number)
{
    static const char *const tags[] = {"Valid  ", "Zero   ", "Special", "Empty  "};
    unsigned top = r->fsw >> 11 & 7, tag = r->ftw >> (2 * number) & 3;
    const uint8_t *raw = (const uint8_t *)r->st + 10 * ((number + 8 - top) % 8);
    fprintf(out, "%sR%u: %s 0x", number == top ? "=>" : "  ", number, tags[tag]);
    for (int i = 9; i >= 0; i--)
        fprintf(out, "%02x", raw[i]);
    if (tag != 3) {
        long double value = 0;
        memcpy(&value, raw, 10);
        fprintf(out, " %+.18Lg", value);
    }
    putc('\n', out);
}

bool cmd_info_float(Console *console, const char *format, const char *args)
{
    static const char *const precisions[] = {"Single Precision (24-bits)", "Reserved", "Double Precision (53-bits)",
                                             "Extended Precision (64-bits)"};
    static const char *const roundings[] = {"Round to nearest", "Round down", "Round up", "Round toward zero"};
    EmuRegisters r;
    FILE *out = console->out;
    (void)format, (void)args;
    if (!emu_registers(console->emu, console->tid, &r))
        return console_error(console, "The program has no registers now.");
    for (unsigned number = 8; number-- > 0;)
        print_stack_register(out, &r, number);
    fprintf(out, "\nStatus Word:         0x%04x", r.fsw);
    for (int i = 0; i < 6; i++)
        fprintf(out, r.fsw >> i & 1 ? " %sE" : "   ", exceptions[i]);
    fprintf(out, " %s %s %s %s %s %s", r.fsw & 0x80 ? "ES" : "  ", r.fsw & 0x40 ? "SF" : "  ", r.fsw & 0x100 ? "C0" : "  ",
            r.fsw & 0x200 ? "C1" : "  ", r.fsw & 0x400 ? "C2" : "  ", r.fsw & 0x4000 ? "C3" : "  ");
    fprintf(out, "\n                       TOP: %d\nControl Word:        0x%04x  ", r.fsw >> 11 & 7, r.fcw);
    for (int i = 0; i < 6; i++)
        fprintf(out, r.fcw >> i & 1 ? " %sM" : "   ", exceptions[i]);
    fprintf(out, "\n                       PC: %s\n                       RC: %s\n", precisions[r.fcw >> 8 & 3],
            roundings[r.fcw >> 10 & 3]);
    fprintf(out, "Tag Word:            0x%04x\nOpcode:              0x%04x\n", r.ftw, r.fop ? 0xd800 | r.fop : 0);
    return true;
}
