/* disassemble: instructions with their bytes, with the source lines they came from, or with what each of their bytes is for. */
#include <inttypes.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"

typedef struct Style {
    bool bytes, roles, source; /* /r /b /s */
    uint64_t base;             /* of the function; 0: none */
    char file[4096];           /* the line shown last */
    int line;
} Style;

static const char *role_name(char role)
{
    static const char *const names[] = {"prefix", "opcode", "modrm", "sib", "disp", "imm"};
    const char *found = strchr(EMU_INSN_ROLES, role);
    return found ? names[found - EMU_INSN_ROLES] : "?";
}

/* "prefix:48 opcode:8b modrm:45 disp:fc" */
static void print_roles(Console *console, const EmuInsn *insn)
{
    char roles[16], last = 0;
    if (!emu_insn_roles(insn->bytes, insn->length, roles))
        return;
    for (int i = 0; i < insn->length; i++) {
        if (roles[i] != last)
            fprintf(console->out, i ? " %s:" : "%s:", role_name(roles[i]));
        fprintf(console->out, "%02x", insn->bytes[i]);
        last = roles[i];
    }
}

static void print_line_of(Console *console, Style *style, uint64_t address)
{
    EmuSource source;
    if (!emu_source_at(console->emu, console_pid(console), address, &source) || source.line <= 0)
        return;
    bool other_file = strncmp(source.file, style->file, sizeof style->file - 1) != 0;
    if (!other_file && source.line == style->line)
        return;
    if (style->line)
        putc('\n', console->out);
    if (other_file)
        fprintf(console->out, "%s:\n", source.name);
    if (!source_print_line(console, source.file, source.line))
        fprintf(console->out, "%d\tin %s\n", source.line, source.name);
    snprintf(style->file, sizeof style->file, "%s", source.file);
    style->line = source.line;
}

static void disassemble_range(Console *console, uint64_t start, uint64_t end, Style *style)
{
    EmuInsn insn;
    uint64_t pc = frames_selected_pc(console);
    for (uint64_t at = start; at < end && emu_disassemble(console->emu, console_pid(console), at, &insn); at += insn.length) {
        if (style->source)
            print_line_of(console, style, at);
        fprintf(console->out, "%s0x%016" PRIx64, at == pc && pc ? "=> " : "   ", at);
        if (style->base)
            fprintf(console->out, " <+%" PRIu64 ">:\t", at - style->base);
        else
            value_print_symbol(console, console->out, at), fputs(":\t", console->out);
        for (int i = 0; style->bytes && i < insn.length; i++)
            fprintf(console->out, i ? " %02x" : "%02x", insn.bytes[i]);
        fprintf(console->out, "%s%s", style->bytes ? "\t" : "", insn.text);
        if (style->roles) {
            fputs("\t; ", console->out);
            print_roles(console, &insn);
        }
        putc('\n', console->out);
    }
}

/* "START,END" or "START,+LENGTH"; false after an error. */
static bool take_range(Console *console, const char *args, const char *comma, uint64_t *start, uint64_t *end)
{
    char text[256];
    snprintf(text, sizeof text, "%.*s", (int)(comma - args), args);
    const char *second = comma + 1 + strspn(comma + 1, " ");
    if (!expression_address(console, text, start) || !expression_address(console, second + (*second == '+'), end))
        return false;
    *end += *second == '+' ? *start : 0;
    return true;
}

static bool take_style(Console *console, const char **args, Style *style)
{
    *style = (Style){.base = 0};
    while (**args == '/') {
        size_t n = strcspn(*args, " \t");
        for (size_t i = 1; i < n; i++) {
            if (!strchr("rsb", (*args)[i]))
                return console_error(console, "Invalid disassembly modifier.");
            style->bytes |= (*args)[i] == 'r';
            style->source |= (*args)[i] == 's';
            style->roles |= (*args)[i] == 'b';
        }
        *args += n + strspn(*args + n, " \t");
    }
    return true;
}

bool cmd_disassemble(Console *console, const char *format, const char *args)
{
    uint64_t start, end;
    EmuFunction function;
    Style style;
    (void)format;
    if (!take_style(console, &args, &style))
        return false;
    const char *comma = strchr(args, ',');
    if (comma) {
        if (!take_range(console, args, comma, &start, &end))
            return false;
        fprintf(console->out, "Dump of assembler code from 0x%" PRIx64 " to 0x%" PRIx64 ":\n", start, end);
    } else {
        if (!*args && !console_running(console))
            return false;
        uint32_t count;
        const EmuFrame *frames = console->running ? frames_get(console, &count) : NULL;
        start = frames && console->frame < count ? frames_lookup_pc(&frames[console->frame]) : control_pc(console);
        if (*args && !expression_address(console, args, &start))
            return false;
        if (!console->emu || !emu_function_at(console->emu, console_pid(console), start, &function))
            return console_error(console, *args ? "No function contains specified address."
                                                : "No function contains program counter for selected frame.");
        fprintf(console->out, "Dump of assembler code for function %s:\n", function.name);
        start = style.base = function.start;
        end = function.end;
    }
    disassemble_range(console, start, end, &style);
    fputs("End of assembler dump.\n", console->out);
    return true;
}
