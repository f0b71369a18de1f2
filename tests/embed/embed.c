/* What docs/embedding.md shows: a program that has a machine of its own. It runs PROGRAM to its main(), says where the stack
 * pointer's page lies, changes nothing, and lets the program end.   usage: embed PROGRAM */
#include <emu/emu.h>

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return fprintf(stderr, "usage: embed PROGRAM\n"), 2;
    EmuConfig config;
    emu_config_init(&config);
    config.deterministic = true;
    Emu *emu = emu_create(&config);
    const char *const arguments[] = {argv[1], NULL}, *const environment[] = {NULL};
    if (!emu || emu_load(emu, argv[1], arguments, environment) != 0)
        return fprintf(stderr, "%s\n", emu ? emu_error(emu) : "no memory"), 1;

    EmuSymbol symbol;
    if (emu_symbol_named(emu, 0, "main", &symbol))
        emu_breakpoint(emu, symbol.address, true);
    EmuStop stop = emu_run(emu, EMU_FOREVER);
    if (stop.kind == EMU_BREAKPOINT) {
        EmuRegisters registers;
        EmuWalk walk;
        EmuInsn insn;
        emu_registers(emu, 0, &registers);
        emu_walk(emu, 0, registers.r[4], &walk);
        emu_disassemble(emu, 0, registers.rip, &insn);
        printf("main: %s\nrsp is %swritable, %d table entries were read\n", insn.text, walk.writable ? "" : "not ", walk.levels_read);
        fflush(stdout);
        emu_breakpoint(emu, symbol.address, false);
        stop = emu_run(emu, EMU_FOREVER);
    }
    EmuStats stats;
    emu_stats(emu, &stats);
    printf("%s, status %d; %s pages were touched\n", stop.kind == EMU_EXITED ? "exited" : "stopped", stop.status,
           stats.minor_faults ? "some" : "no");
    emu_destroy(emu);
    return stop.kind == EMU_EXITED ? 0 : 1;
}
