/* One ROM. It runs once to its end: exit, the fatal signal, or the first hlt. After an exit the registers are gone, so the
 * machine, which is deterministic, is run a second time up to the instruction before; the same way shows the last ones. */
#define _GNU_SOURCE
#include "ui/rom/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ui/rom/state.h"

enum { DEFAULT_TIMEOUT = 10, MAX_TIMEOUT = 86400, MAX_ARGS = 64, LAST_INSNS = 5 };

typedef struct Rom {
    const char *path;
    EmuConfig config;
    const Value *sidecar; /* NULL: none */
    const char *argv[MAX_ARGS + 2];
    int out;              /* what it wrote to its stdout */
    EmuStop stop;
    uint64_t insns;
    Message message, note;
} Rom;

#define differs(rom, ...) message_add(&(rom)->message, __VA_ARGS__)

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

/* PATH.json, else NAME.json for NAME.elf (or whatever extension). */
static char *read_sidecar(const char *path, size_t *size)
{
    char name[4096];
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    int stem = dot && dot > (slash ? slash : path) ? (int)(dot - path) : (int)strlen(path);
    snprintf(name, sizeof name, "%s.json", path);
    char *text = read_file(name, size);
    if (text)
        return text;
    snprintf(name, sizeof name, "%.*s.json", stem, path);
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
            message_add(&rom->note, "%s\"%s\"", rom->note.used ? ", " : "sidecar: not checked, for it is no key we know: ", v->key);
    return true;
}

/* NULL: not there, or null. */
static const Value *key(const Rom *rom, const char *name)
{
    const Value *value = value_member(rom->sidecar, name);
    return value && value->kind != VALUE_NULL ? value : NULL;
}

static int temporary(const void *bytes, size_t size)
{
    int fd = memfd_create("rom", MFD_CLOEXEC);
    if (fd >= 0 && size && write(fd, bytes, size) == (ssize_t)size)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool prepare_arguments(Rom *rom)
{
    const Value *args = key(rom, "args");
    size_t count = 0;
    rom->argv[count++] = rom->path;
    if (args && args->kind != VALUE_LIST)
        return differs(rom, "sidecar: args is not a list");
    for (const Value *v = args ? args->first : NULL; v; v = v->next) {
        if (!v->text || count > MAX_ARGS)
            return differs(rom, "sidecar: args is not a list of at most %d strings", MAX_ARGS);
        rom->argv[count++] = v->text;
    }
    return true;
}

static bool prepare_cpu(Rom *rom)
{
    const Value *cpu = key(rom, "cpu");
    const char *level = cpu && cpu->text ? cpu->text + (strncmp(cpu->text, "x86-64-", 7) ? 0 : 7) : "";
    if (!cpu)
        return true;
    if (level[0] != 'v' || level[1] < '1' || level[1] > '3' || level[2])
        return differs(rom, "sidecar: cpu is not v1, v2 or v3");
    rom->config.cpu_level = level[1] - '0';
    return true;
}

static bool prepare(Rom *rom, const EmuConfig *base)
{
    const Value *input = key(rom, "stdin");
    double seconds = DEFAULT_TIMEOUT;
    rom->config = *base;
    if (!prepare_arguments(rom) || !prepare_cpu(rom))
        return false;
    if (key(rom, "timeout_s") && !(value_fraction(key(rom, "timeout_s"), &seconds) && seconds > 0 && seconds <= MAX_TIMEOUT))
        return differs(rom, "sidecar: timeout_s is not a number of seconds up to a day");
    rom->config.timeout_ns = (uint64_t)(seconds * 1e9);
    rom->config.deterministic = true;
    rom->config.stop_on_fatal = true;
    rom->config.stop_at_hlt = true;
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
    rom->config.stdio[1] = temporary(NULL, 0); /* a file again: programs look at what they write to */
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
    for (uint64_t n = first; emu && n <= rom->insns && emu_registers(emu, 0, &registers); n++) {
        if (emu_disassemble(emu, 0, registers.rip, &insn))
            differs(rom, "\n %s 0x%" PRIx64 "  %s", n == rom->insns ? "=>" : "  ", registers.rip, insn.text);
        if (n < rom->insns)
            emu_run(emu, 1);
    }
    emu_destroy(emu);
}

/* ---- comparing ---------------------------------------------------------------------------------------------------- */

static const char *signal_name(int signal)
{
    static char name[16];
    const char *abbreviation = sigabbrev_np(signal);
    snprintf(name, sizeof name, "SIG%s", abbreviation ? abbreviation : "?");
    return name;
}

static bool check_address(Rom *rom)
{
    uint64_t address;
    if (!key(rom, "expect_fault_address"))
        return true;
    if (!value_u64(key(rom, "expect_fault_address"), &address))
        return differs(rom, "sidecar: expect_fault_address is not a number");
    return address == rom->stop.address ||
           differs(rom, "fault address: expected 0x%" PRIx64 ", got 0x%" PRIx64, address, rom->stop.address);
}

static bool check_signal(Rom *rom, const Value *expected)
{
    const EmuStop *stop = &rom->stop;
    uint64_t number = 0;
    bool numeric = value_u64(expected, &number);
    if (expected && !expected->text)
        return differs(rom, "sidecar: expect_signal is not the name or number of a signal");
    if (stop->kind != EMU_FATAL && stop->kind != EMU_KILLED)
        return differs(rom, "expected %s, but it ended without a signal", expected ? expected->text : "a fault");
    if (expected && !(numeric ? (int)number == stop->signal : !strcmp(expected->text, signal_name(stop->signal))))
        return differs(rom, "expected %s, got %s at address 0x%" PRIx64, expected->text, signal_name(stop->signal), stop->address);
    return check_address(rom);
}

static bool check_end(Rom *rom)
{
    const EmuStop *stop = &rom->stop;
    uint64_t status = 0;
    if (stop->kind == EMU_TIMEOUT || stop->kind == EMU_DEADLOCK)
        return differs(rom, "did not end in time");
    if (key(rom, "expect_signal") || key(rom, "expect_fault_address"))
        return check_signal(rom, key(rom, "expect_signal"));
    if (key(rom, "exit") && !value_u64(key(rom, "exit"), &status))
        return differs(rom, "sidecar: exit is not a number");
    if (stop->kind == EMU_HALTED)
        return !status || differs(rom, "exit status: expected %d, but it ended at hlt", (int)status);
    if (stop->kind == EMU_FATAL || stop->kind == EMU_KILLED)
        return differs(rom, "died of %s, address 0x%" PRIx64, signal_name(stop->signal), stop->address);
    if ((key(rom, "exit") || !rom->sidecar) && (int)(status & 0xff) != stop->status)
        return differs(rom, "exit status: expected %d, got %d", (int)(status & 0xff), stop->status);
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

/* The state in front of the exit is gone: the machine runs again up to there. */
static bool check_state(Rom *rom, Emu *emu)
{
    bool there = rom->stop.kind == EMU_FATAL || rom->stop.kind == EMU_HALTED;
    Emu *again = there ? emu : rerun(rom, rom->insns - 1);
    bool good = again && state_check(again, rom->sidecar, &rom->message);
    if (again != emu)
        emu_destroy(again);
    return good;
}

bool rom_check(const char *path, const EmuConfig *base, char *message, size_t size)
{
    char note[1024] = "";
    Rom rom = {.path = path, .message = {message, size, 0}, .note = {note, sizeof note, 0}};
    message[0] = 0;
    if (!load_sidecar(&rom) || !prepare(&rom, base))
        return false;
    Emu *emu = start(&rom);
    if (!emu)
        return false;
    EmuTask first;
    bool known = emu_task(emu, 0, &first);
    do /* a child that dies of a signal is its parent's business */
        rom.stop = emu_run(emu, EMU_FOREVER);
    while (rom.stop.kind == EMU_FATAL && known && rom.stop.pid != first.pid);
    rom.insns = retired(emu);
    bool good = check_end(&rom) && check_output(&rom);
    good = good && (!(key(&rom, "regs") || key(&rom, "mem")) || check_state(&rom, emu));
    emu_destroy(emu);
    if (!good && rom.stop.kind != EMU_TIMEOUT)
        show_last(&rom);
    if (rom.note.used)
        message_add(&rom.message, "%s%s", good ? "" : "\n    ", note);
    return good;
}
