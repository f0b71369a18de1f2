/* One ROM. It runs once to its end: exit, the fatal signal, or the first hlt. After an exit the registers are gone, so the
 * machine, which is deterministic, is run a second time up to the instruction before; the same way shows the last ones. */
#define _GNU_SOURCE
#include "ui/rom/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ui/rom/sidecar.h"

enum { DEFAULT_TIMEOUT = 10, MAX_ARGS = 64, MAX_MEMORY = 1 << 16, LAST_INSNS = 5 };

typedef struct Rom {
    const char *path;
    EmuConfig config;
    const Value *sidecar; /* NULL: none */
    const char *argv[MAX_ARGS + 2];
    int out;              /* what it wrote to its stdout */
    EmuStop stop;
    bool halted;          /* ended at hlt */
    uint64_t insns;
    char *message;
    size_t size, used;
} Rom;

__attribute__((format(printf, 2, 3))) static bool differs(Rom *rom, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(rom->message + rom->used, rom->size - rom->used, format, args);
    va_end(args);
    rom->used += n > 0 && rom->used + (size_t)n < rom->size ? (size_t)n : 0;
    return false;
}

/* ---- the sidecar -------------------------------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t length = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text && pread(fd, text, (size_t)length, 0) != length)
        text = NULL;
    if (fd >= 0)
        close(fd);
    *size = (size_t)length;
    return text;
}

/* NAME.json for NAME.elf (or whatever extension), else PATH.json. */
static char *read_sidecar(const char *path, size_t *size)
{
    char name[4096];
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    int stem = dot && dot > (slash ? slash : path) ? (int)(dot - path) : (int)strlen(path);
    snprintf(name, sizeof name, "%.*s.json", stem, path);
    char *text = read_file(name, size);
    if (text)
        return text;
    snprintf(name, sizeof name, "%s.json", path);
    return read_file(name, size);
}

static bool known_key(const char *key)
{
    static const char *const keys[] = {"args", "stdin", "exit", "stdout", "regs", "rflags_mask", "mem", "cpu", "timeout_s",
                                       "expect_signal", "expect_fault_address", "comment", NULL};
    for (const char *const *k = keys; *k; k++)
        if (!strcmp(*k, key))
            return true;
    return false;
}

static bool load_sidecar(Rom *rom)
{
    size_t size;
    const char *error = NULL;
    char *text = read_sidecar(rom->path, &size);
    if (!text)
        return true;
    rom->sidecar = value_parse(text, size, &error);
    if (!rom->sidecar || rom->sidecar->kind != VALUE_OBJECT)
        return differs(rom, "sidecar: %s", error ? error : "not an object");
    for (const Value *v = rom->sidecar->first; v; v = v->next)
        if (!known_key(v->key))
            return differs(rom, "sidecar: unknown key \"%s\"", v->key);
    return true;
}

static const Value *key(const Rom *rom, const char *name) { return value_member(rom->sidecar, name); }

static int temporary(const void *bytes, size_t size)
{
    int fd = memfd_create("rom", MFD_CLOEXEC);
    if (fd >= 0 && size && write(fd, bytes, size) == (ssize_t)size)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool prepare(Rom *rom, const EmuConfig *base)
{
    const Value *args = key(rom, "args"), *input = key(rom, "stdin"), *cpu = key(rom, "cpu");
    uint64_t seconds = DEFAULT_TIMEOUT;
    size_t count = 0;
    rom->config = *base;
    rom->argv[count++] = rom->path;
    for (const Value *v = args ? args->first : NULL; v && count <= MAX_ARGS; v = v->next)
        rom->argv[count++] = v->kind == VALUE_STRING ? v->text : "";
    if (key(rom, "timeout_s") && !value_u64(key(rom, "timeout_s"), &seconds))
        return differs(rom, "sidecar: timeout_s is not a number");
    if (cpu && (cpu->kind != VALUE_STRING || cpu->text[0] != 'v' || cpu->text[1] < '1' || cpu->text[1] > '3' || cpu->text[2]))
        return differs(rom, "sidecar: cpu is not v1, v2 or v3");
    if (cpu)
        rom->config.cpu_level = cpu->text[1] - '0';
    rom->config.timeout_ns = seconds * 1000000000ull;
    rom->config.deterministic = true;
    rom->config.stop_on_fatal = true;
    rom->out = temporary(NULL, 0);
    rom->config.stdio[0] = temporary(input && input->kind == VALUE_STRING ? input->text : NULL, input ? input->length : 0);
    rom->config.stdio[1] = rom->out;
    rom->config.stdio[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
    alarm((unsigned)seconds + 5); /* a hang of ours */
    return true;
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

static Emu *start(Rom *rom)
{
    static const char *const environment[] = {NULL};
    Emu *emu = emu_create(&rom->config);
    if (!emu || emu_load(emu, rom->path, rom->argv, environment) != 0) {
        differs(rom, "cannot run: %s", emu ? emu_error(emu) : "no memory");
        emu_destroy(emu);
        return NULL;
    }
    return emu;
}

static bool is_halt(Emu *emu, const EmuStop *stop)
{
    EmuInsn insn;
    EmuRegisters registers;
    return stop->kind == EMU_FATAL && stop->from_cpu && stop->vector == 13 && emu_registers(emu, stop->tid, &registers) &&
           emu_disassemble(emu, stop->pid, registers.rip, &insn) && !strncmp(insn.text, "hlt", 3);
}

static uint64_t retired(Emu *emu)
{
    EmuStats stats;
    emu_stats(emu, &stats);
    return stats.insns;
}

/* The machine again, `insns` instructions after its start. */
static Emu *rerun(Rom *rom, uint64_t insns)
{
    lseek(rom->config.stdio[0], 0, SEEK_SET);
    rom->config.stdio[1] = rom->config.stdio[2];
    Emu *emu = start(rom);
    if (emu && insns)
        emu_run(emu, insns);
    return emu;
}

static void show_last(Rom *rom)
{
    uint64_t first = rom->insns > LAST_INSNS ? rom->insns - LAST_INSNS : 0;
    Emu *emu = rerun(rom, first);
    EmuRegisters registers;
    EmuInsn insn;
    for (uint64_t n = first; emu && n < rom->insns && emu_registers(emu, 0, &registers); n++) {
        if (emu_disassemble(emu, 0, registers.rip, &insn))
            differs(rom, "\n    0x%" PRIx64 "  %s", registers.rip, insn.text);
        emu_run(emu, 1);
    }
    emu_destroy(emu);
}

/* ---- comparing ---------------------------------------------------------------------------------------------------- */

static const char *const gpr_names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};

/* A register of at most 64 bits. */
static bool scalar_register(const EmuRegisters *r, const char *name, uint64_t *value)
{
    const struct { const char *name; uint64_t value; } others[] = {
        {"rip", r->rip}, {"rflags", r->rflags}, {"mxcsr", r->mxcsr}, {"fcw", r->fcw}, {"fsw", r->fsw}, {"ftw", r->ftw},
        {"fs_base", r->fs_base}, {"gs_base", r->gs_base},
    };
    for (int i = 0; i < 16; i++)
        if (!strcmp(name, gpr_names[i]))
            return *value = r->r[i], true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(name, others[i].name))
            return *value = others[i].value, true;
    if (name[0] == 'm' && name[1] == 'm' && name[2] >= '0' && name[2] <= '7' && !name[3]) {
        memcpy(value, r->st[(unsigned)(name[2] - '0' - (r->fsw >> 11 & 7)) & 7], 8);
        return true;
    }
    return false;
}

static bool check_vector(Rom *rom, const EmuRegisters *r, const Value *v)
{
    char *end;
    unsigned long number = strtoul(v->key + 3, &end, 10);
    int words = v->key[0] == 'y' ? 4 : 2, i = 0;
    if (*end || number > 15 || end == v->key + 3 || v->kind != VALUE_LIST)
        return differs(rom, "sidecar: %s is not a register with a list of words", v->key);
    for (const Value *w = v->first; w; w = w->next, i++) {
        uint64_t expected, got;
        if (i >= words || !value_u64(w, &expected))
            return differs(rom, "sidecar: %s is not %d words of 64 bits", v->key, words);
        memcpy(&got, r->vector[number] + 8 * i, 8);
        if (got != expected)
            return differs(rom, "%s[%d]: expected 0x%" PRIx64 ", got 0x%" PRIx64, v->key, i, expected, got);
    }
    return i == words || differs(rom, "sidecar: %s is not %d words of 64 bits", v->key, words);
}

/* "0x" and up to 20 digits: sign and exponent, then the significand. */
static bool check_st(Rom *rom, const EmuRegisters *r, const Value *v)
{
    const uint8_t *st = r->st[v->key[2] - '0'];
    uint64_t significand;
    uint16_t top;
    char got[32], expected[32] = "0x";
    memcpy(&significand, st, 8);
    memcpy(&top, st + 8, 2);
    snprintf(got, sizeof got, "0x%04x%016" PRIx64, top, significand);
    if (v->kind != VALUE_STRING || strncmp(v->text, "0x", 2) || v->length < 3 || v->length > 22)
        return differs(rom, "sidecar: %s is not \"0x\" and up to 20 digits", v->key);
    memset(expected + 2, '0', 20);
    memcpy(expected + 2 + (22 - v->length), v->text + 2, v->length - 1);
    return !strcasecmp(got, expected) || differs(rom, "%s: expected %s, got %s", v->key, expected, got);
}

static bool check_register(Rom *rom, const EmuRegisters *r, const Value *v)
{
    enum { RFLAGS_DEFAULT = 0xcd5 }; /* CF PF AF ZF SF DF OF */
    uint64_t expected, got, mask = ~0ull;
    if ((v->key[0] == 'x' || v->key[0] == 'y') && !strncmp(v->key + 1, "mm", 2))
        return check_vector(rom, r, v);
    if (v->key[0] == 's' && v->key[1] == 't' && v->key[2] >= '0' && v->key[2] <= '7' && !v->key[3])
        return check_st(rom, r, v);
    if (!scalar_register(r, v->key, &got))
        return differs(rom, "sidecar: unknown register \"%s\"", v->key);
    if (!value_u64(v, &expected))
        return differs(rom, "sidecar: %s is not a number", v->key);
    if (!strcmp(v->key, "rflags") && (!key(rom, "rflags_mask") || !value_u64(key(rom, "rflags_mask"), &mask)))
        mask = RFLAGS_DEFAULT;
    if ((got & mask) == (expected & mask))
        return true;
    return differs(rom, "%s: expected 0x%" PRIx64 ", got 0x%" PRIx64, v->key, expected & mask, got & mask);
}

static bool check_memory(Rom *rom, Emu *emu, const Value *v)
{
    static uint8_t expected[MAX_MEMORY], got[MAX_MEMORY];
    char *end;
    uint64_t address = strtoull(v->key, &end, 0);
    long size = value_bytes(v, expected, sizeof expected);
    if (*end || size < 0)
        return differs(rom, "sidecar: mem \"%s\" is not an address with bytes in hexadecimal", v->key);
    if (emu_read(emu, 0, address, got, (uint64_t)size) != (uint64_t)size)
        return differs(rom, "[0x%" PRIx64 "]: not mapped", address);
    for (long i = 0; i < size; i++)
        if (got[i] != expected[i])
            return differs(rom, "[0x%" PRIx64 "]: expected %02x, got %02x", address + (uint64_t)i, expected[i], got[i]);
    return true;
}

static bool check_state(Rom *rom, Emu *emu)
{
    const Value *registers = key(rom, "regs"), *memory = key(rom, "mem");
    EmuRegisters r;
    if (registers && !emu_registers(emu, 0, &r))
        return differs(rom, "no registers: the program is gone");
    for (const Value *v = registers ? registers->first : NULL; v; v = v->next)
        if (!check_register(rom, &r, v))
            return false;
    for (const Value *v = memory ? memory->first : NULL; v; v = v->next)
        if (!check_memory(rom, emu, v))
            return false;
    return true;
}

static const char *signal_name(int signal)
{
    static char name[16];
    const char *abbreviation = sigabbrev_np(signal);
    snprintf(name, sizeof name, "SIG%s", abbreviation ? abbreviation : "?");
    return name;
}

static bool check_signal(Rom *rom, const Value *expected)
{
    const EmuStop *stop = &rom->stop;
    uint64_t address, number;
    bool died = (stop->kind == EMU_FATAL && !rom->halted) || stop->kind == EMU_KILLED;
    if (!died)
        return differs(rom, "expected %s, but it ended without a signal", expected->text ? expected->text : "a signal");
    bool same = value_u64(expected, &number) ? (int)number == stop->signal : expected->text && !strcmp(expected->text, signal_name(stop->signal));
    if (!same)
        return differs(rom, "expected %s, got %s", expected->text, signal_name(stop->signal));
    if (!key(rom, "expect_fault_address"))
        return true;
    if (!value_u64(key(rom, "expect_fault_address"), &address))
        return differs(rom, "sidecar: expect_fault_address is not a number");
    return address == stop->address || differs(rom, "fault address: expected 0x%" PRIx64 ", got 0x%" PRIx64, address, stop->address);
}

static bool check_end(Rom *rom)
{
    const EmuStop *stop = &rom->stop;
    uint64_t status = 0;
    if (stop->kind == EMU_TIMEOUT || stop->kind == EMU_DEADLOCK)
        return differs(rom, "did not end in time");
    if (key(rom, "expect_signal"))
        return check_signal(rom, key(rom, "expect_signal"));
    if (rom->halted)
        return true;
    if (stop->kind == EMU_FATAL || stop->kind == EMU_KILLED)
        return differs(rom, "died of %s, address 0x%" PRIx64, signal_name(stop->signal), stop->address);
    if (key(rom, "exit") && !value_u64(key(rom, "exit"), &status))
        return differs(rom, "sidecar: exit is not a number");
    if ((key(rom, "exit") || !rom->sidecar) && (int)status != stop->status)
        return differs(rom, "exit status: expected %d, got %d", (int)status, stop->status);
    return true;
}

static bool check_output(Rom *rom)
{
    const Value *expected = key(rom, "stdout");
    if (!expected)
        return true;
    off_t size = lseek(rom->out, 0, SEEK_END);
    char *got = malloc((size_t)size + 1);
    if (!got || pread(rom->out, got, (size_t)size, 0) != size)
        return differs(rom, "its output cannot be read");
    size_t at = 0, length = expected->length;
    while (at < length && at < (size_t)size && got[at] == expected->text[at])
        at++;
    if (at == length && at == (size_t)size)
        return true;
    return differs(rom, "stdout differs from byte %zu on: expected %zu bytes, got %zu", at, length, (size_t)size);
}

bool rom_check(const char *path, const EmuConfig *base, char *message, size_t size)
{
    Rom rom = {.path = path, .message = message, .size = size};
    message[0] = 0;
    if (!load_sidecar(&rom) || !prepare(&rom, base))
        return false;
    Emu *emu = start(&rom);
    if (!emu)
        return false;
    rom.stop = emu_run(emu, EMU_FOREVER);
    rom.halted = is_halt(emu, &rom.stop);
    rom.insns = retired(emu);
    bool good = check_end(&rom) && check_output(&rom);
    if (good && (key(&rom, "regs") || key(&rom, "mem"))) {
        Emu *again = rom.stop.kind == EMU_FATAL ? emu : rerun(&rom, rom.insns - 1);
        good = again && check_state(&rom, again);
        if (again != emu)
            emu_destroy(again);
    }
    emu_destroy(emu);
    if (!good && rom.stop.kind != EMU_TIMEOUT)
        show_last(&rom);
    return good;
}
