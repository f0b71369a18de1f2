/* emu explain: runs to a place and takes the next instruction's memory accesses apart. emu why: runs to the end and tells what
 * befell one page and one line. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_explain.h"
#include "ui/commands.h"
#include "ui/help.h"

static void print_line(void *context, const char *line) { fprintf(context, "%s\n", line); }

/* 0xADDRESS, SYMBOL, SYMBOL+N, FILE:LINE. */
static bool find_location(Emu *emu, const char *text, uint64_t *address)
{
    char name[256], *colon = strrchr(text, ':'), *plus = strrchr(text, '+');
    uint64_t offset = 0, number;
    EmuSymbol symbol;
    if (options_parse_number(text, address))
        return true;
    if (colon && options_parse_number(colon + 1, &number) && number < INT_MAX) {
        int line = (int)number;
        snprintf(name, sizeof name, "%.*s", (int)(colon - text), text);
        return emu_line_addresses(emu, 0, name, &line, address, 1) > 0;
    }
    if (plus && options_parse_number(plus + 1, &offset))
        snprintf(name, sizeof name, "%.*s", (int)(plus - text), text);
    else
        snprintf(name, sizeof name, "%s", text);
    if (!emu_symbol_named(emu, 0, name, &symbol))
        return false;
    *address = symbol.address + offset;
    return true;
}

/* Runs to the `hit`th arrival at the address. false: the program ended before that. */
static bool run_to(Emu *emu, uint64_t address, uint64_t hit)
{
    uint64_t seen = 0;
    emu_breakpoint(emu, address, true);
    for (;;) {
        EmuStop stop = emu_run(emu, EMU_FOREVER);
        if (stop.kind == EMU_BREAKPOINT && ++seen == hit)
            break;
        if (stop.kind != EMU_BREAKPOINT && stop.kind != EMU_FATAL) {
            fprintf(stderr, "emu: the program ended after %llu of %llu arrivals\n", (unsigned long long)seen,
                (unsigned long long)hit);
            return false;
        }
        emu_breakpoint(emu, address, false);
        emu_run(emu, 1);
        emu_breakpoint(emu, address, true);
    }
    emu_breakpoint(emu, address, false);
    return true;
}

/* One access: how it would go; if it faults and the kernel can help, how it goes after that. */
static void explain_access(Emu *emu, FILE *out, uint32_t index, const EmuAccess *access)
{
    emu_explain_operand(emu, 0, index, print_line, out);
    if (emu_explain_access(emu, 0, access, print_line, out))
        return;
    if (!emu_resolve(emu, 0, access))
        return;
    fprintf(out, "  again\n");
    emu_explain_access(emu, 0, access, print_line, out);
}

void explain_next(Emu *emu, FILE *out)
{
    EmuAccess accesses[8];
    uint32_t count = emu_accesses(emu, 0, accesses, 8);
    emu_explain_insn(emu, 0, print_line, out);
    if (!count)
        fprintf(out, "  it accesses no memory\n");
    for (uint32_t i = 0; i < count && i < 8; i++) {
        if (i)
            fprintf(out, "  and then\n");
        explain_access(emu, out, i, &accesses[i]);
        if (accesses[i].read)
            emu_explain_value(emu, 0, &accesses[i], print_line, out);
    }
    bool stored = false;
    for (uint32_t i = 0; i < count && i < 8; i++)
        stored |= accesses[i].write;
    if (!stored)
        return;
    emu_run(emu, 1);
    fprintf(out, "  done\n");
    for (uint32_t i = 0; i < count && i < 8; i++)
        if (accesses[i].write)
            emu_explain_value(emu, 0, &accesses[i], print_line, out);
}

static Emu *make_machine(const Options *options, const EmuConfig *config, const char **environment, int *code)
{
    char found[PATH_MAX];
    const char *path = run_find_program(options->program[0], found);
    Emu *emu = emu_create(config);
    *code = EXIT_FAILED;
    if (!emu) {
        fprintf(stderr, "emu: cannot make a machine: %s\n", strerror(errno));
        return NULL;
    }
    if (emu_hierarchy(emu, options->hierarchy ? options->hierarchy : "skylake", (const char *const *)options->overrides) != 0) {
        fprintf(stderr, "emu: --hierarchy: %s\n", *emu_error(emu) ? emu_error(emu) : strerror(ENOMEM));
    } else {
        int error = emu_load(emu, path, options->program, environment);
        if (!error)
            return emu;
        fprintf(stderr, "emu: cannot run '%s': %s\n", options->program[0], emu_error(emu));
        *code = error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    }
    emu_destroy(emu);
    return NULL;
}

static int why(Emu *emu, const Options *options, FILE *out, uint64_t address)
{
    EmuStop stop = {.kind = EMU_BUDGET};
    if (emu_why_record(emu, address) != 0)
        return EXIT_FAILED;
    uint64_t left = options->config.max_insns ? options->config.max_insns : UINT64_MAX;
    while (left-- && (stop.kind == EMU_BUDGET ||
        stop.kind == EMU_FATAL)) /* one by one, so that each event knows its instruction */
        stop = emu_run(emu, 1);
    fprintf(out, "0x%llx: instructions retired, and what happened then\n", (unsigned long long)address);
    emu_why(emu, print_line, out);
    return 0;
}

int command_explain(const Options *options, char **environment)
{
    EmuConfig config = options->config;
    const char **edited = options_environment(options, environment);
    int code = EXIT_FAILED;
    FILE *out = options->output ? fopen(options->output, "we") : stdout;
    config.stop_on_fatal = true;
    config.deterministic = true;
    if (!options->at)
        fprintf(stderr, "emu: --at LOCATION says %s\n", options->command == COMMAND_WHY ? "which address" : "where");
    else if (!out)
        fprintf(stderr, "emu: cannot write '%s': %s\n", options->output, strerror(errno));
    Emu *emu = edited && options->at && out ? make_machine(options, &config, edited, &code) : NULL;
    uint64_t address;
    if (emu && !find_location(emu, options->at, &address)) {
        fprintf(stderr, "emu: --at: '%s' is no address, symbol or FILE:LINE of the program\n", options->at);
        code = EXIT_FAILED;
    } else if (emu && options->command == COMMAND_WHY) {
        code = why(emu, options, out, address);
    } else if (emu && run_to(emu, address, options->hit ? options->hit : 1)) {
        explain_next(emu, out);
        code = 0;
    } else if (emu) {
        code = EXIT_LIMIT;
    }
    emu_destroy(emu);
    if (out && out != stdout)
        fclose(out);
    free(edited);
    return code;
}
