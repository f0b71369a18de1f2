/* Registers and memory, in the spellings that docs/roms.md allows. */
#define _GNU_SOURCE
#include "ui/rom/state.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool message_add(Message *message, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(message->text + message->used, message->size - message->used, format, args);
    va_end(args);
    message->used += n > 0 && message->used + (size_t)n < message->size ? (size_t)n : 0;
    return false;
}

/* ---- registers of up to 64 bits ------------------------------------------------------------------------------------ */

static const char *const gpr_names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};

static bool scalar_register(const EmuRegisters *r, const char *name, uint64_t *value)
{
    const struct { const char *name; uint64_t value; } others[] = {
        {"rip", r->rip}, {"rflags", r->rflags}, {"eflags", r->rflags}, {"mxcsr", r->mxcsr},
        {"fcw", r->fcw}, {"fsw", r->fsw}, {"ftw", r->ftw}, {"fs_base", r->fs_base}, {"gs_base", r->gs_base},
        {"cs", r->cs}, {"ss", r->ss}, {"ds", r->ds}, {"es", r->es}, {"fs", r->fs}, {"gs", r->gs},
    };
    for (int i = 0; i < 16; i++)
        if (!strcasecmp(name, gpr_names[i]))
            return *value = r->r[i], true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcasecmp(name, others[i].name))
            return *value = others[i].value, true;
    return false;
}

static bool check_scalar(const EmuRegisters *r, const Value *v, const Value *flags_mask, Message *message)
{
    enum { RFLAGS_DEFAULT = 0xcd5 }; /* CF PF AF ZF SF DF OF */
    uint64_t expected, got, mask = ~0ull;
    if (!scalar_register(r, v->key, &got))
        return message_add(message, "sidecar: unknown register \"%s\"", v->key);
    if (!value_u64(v, &expected))
        return message_add(message, "sidecar: %s is not a number of at most 64 bits", v->key);
    if (!strcasecmp(v->key, "rflags") || !strcasecmp(v->key, "eflags")) {
        mask = RFLAGS_DEFAULT;
        if (flags_mask && !value_u64(flags_mask, &mask))
            return message_add(message, "sidecar: rflags_mask is not a number");
    }
    if ((got & mask) == (expected & mask))
        return true;
    return message_add(message, "%s: expected 0x%" PRIx64 ", got 0x%" PRIx64, v->key, expected & mask, got & mask);
}

/* ---- wide registers ------------------------------------------------------------------------------------------------ */

typedef struct Wide {
    uint8_t bytes[32]; /* all of the register: behind an xmm the upper half, behind an mm the exponent's bits */
    int size, words;   /* in bytes, as a string shows it; in words, as a list may show it; 0: no such register */
} Wide;

static Wide wide_register(const EmuRegisters *r, const char *name)
{
    static const struct { const char *prefix; unsigned count; int size, words; } kinds[] = {
        {"xmm", 16, 16, 4}, {"ymm", 16, 32, 4}, {"st", 8, 10, 2}, {"mm", 8, 8, 2}};
    Wide wide = {.size = 0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncasecmp(name, kinds[i].prefix, length) || !isdigit((unsigned char)name[length]))
            continue;
        char *end;
        unsigned long number = strtoul(name + length, &end, 10);
        if (number >= kinds[i].count || *end)
            continue;
        unsigned top = r->fsw >> 11 & 7;
        bool vector = kinds[i].count == 16;
        memcpy(wide.bytes, vector ? r->vector[number] : r->st[kinds[i].size == 8 ? (number - top) & 7 : number], vector ? 32 : 10);
        wide.size = kinds[i].size;
        wide.words = kinds[i].words;
    }
    return wide;
}

/* A list of 64-bit words, low first, or one string "0x…" of all digits. How many bytes it speaks of; 0: it is neither. */
static int wide_value(const Value *v, const Wide *wide, uint8_t bytes[32])
{
    int words = 0;
    uint64_t word;
    memset(bytes, 0, 32);
    if (v->kind != VALUE_LIST)
        return value_hex(v, bytes, (size_t)wide->size) ? wide->size : 0;
    for (const Value *w = v->first; w; w = w->next, words++) {
        if (words == wide->words || !value_u64(w, &word))
            return 0;
        memcpy(bytes + 8 * words, &word, 8);
    }
    return 8 * words;
}

static void put_digits(char *out, const uint8_t *bytes, int size)
{
    for (int i = 0; i < size; i++)
        sprintf(out + 2 * i, "%02x", bytes[size - 1 - i]);
}

static bool check_wide(const Wide *wide, const Value *v, Message *message)
{
    uint8_t expected[32];
    char want[65], got[65];
    int size = wide_value(v, wide, expected);
    if (!size)
        return message_add(message, "sidecar: %s is neither a list of 64-bit words, low first, nor \"0x\" and up to %d digits", v->key,
                           2 * wide->size);
    if (memcmp(expected, wide->bytes, (size_t)size) == 0)
        return true;
    int step = v->kind == VALUE_LIST ? 8 : size, at = 0;
    while (memcmp(expected + at, wide->bytes + at, (size_t)step) == 0)
        at += step;
    put_digits(want, expected + at, step);
    put_digits(got, wide->bytes + at, step);
    return step == size ? message_add(message, "%s: expected 0x%s, got 0x%s", v->key, want, got)
                        : message_add(message, "%s[%d]: expected 0x%s, got 0x%s", v->key, at / 8, want, got);
}

/* ---- all ----------------------------------------------------------------------------------------------------------- */

static bool check_memory(Emu *emu, const Value *v, Message *message)
{
    char *end;
    uint64_t address = strtoull(v->key, &end, 0), capacity = v->kind == VALUE_STRING ? v->length / 2 + 1 : 1;
    uint8_t *expected = malloc(capacity), *got = malloc(capacity);
    if (!expected || !got)
        return message_add(message, "no memory");
    long size = value_bytes(v, expected, capacity);
    if (*end || end == v->key || size < 0)
        return message_add(message, "sidecar: mem \"%s\" is not an address with bytes in hexadecimal", v->key);
    if (emu_read(emu, 0, address, got, (uint64_t)size) != (uint64_t)size)
        return message_add(message, "[0x%" PRIx64 "]: not mapped", address);
    for (long i = 0; i < size; i++)
        if (got[i] != expected[i])
            return message_add(message, "[0x%" PRIx64 "]: expected %02x, got %02x", address + (uint64_t)i, expected[i], got[i]);
    return true;
}

bool state_check(Emu *emu, const Value *sidecar, Message *message)
{
    const Value *registers = value_member(sidecar, "regs"), *memory = value_member(sidecar, "mem");
    EmuRegisters r;
    if (registers && !emu_registers(emu, 0, &r))
        return message_add(message, "no registers: the program is gone");
    for (const Value *v = registers ? registers->first : NULL; v; v = v->next) {
        Wide wide = wide_register(&r, v->key);
        if (!(wide.size ? check_wide(&wide, v, message) : check_scalar(&r, v, value_member(sidecar, "rflags_mask"), message)))
            return false;
    }
    for (const Value *v = memory ? memory->first : NULL; v; v = v->next)
        if (!check_memory(emu, v, message))
            return false;
    return true;
}
