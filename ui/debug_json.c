/* Stops as JSON (debug_json.h). */
#include "ui/debug_json.h"

#include <stdlib.h>
#include <string.h>

#include "ui/json.h"

static char *text; /* what the console has said since the last stop */
static size_t text_size;

static const char *kind_name(const Console *console)
{
    static const char *const names[] = {
        [EMU_EXITED] = "exited", [EMU_KILLED] = "killed", [EMU_BUDGET] = "step", [EMU_TIMEOUT] = "limit", [EMU_INTERRUPTED] = "interrupted",
        [EMU_BREAKPOINT] = "breakpoint", [EMU_WATCHPOINT] = "watchpoint", [EMU_FATAL] = "signal", [EMU_DEADLOCK] = "deadlock",
        [EMU_HISTORY_START] = "history-start", [EMU_HISTORY_END] = "history-end", [EMU_SIGNAL] = "signal", [EMU_CALL_ENTRY] = "syscall-entry",
        [EMU_CALL_RETURN] = "syscall-return", [EMU_FORKED] = "fork", [EMU_VFORKED] = "vfork", [EMU_EXECED] = "exec", [EMU_ENDED] = "exited",
    };
    size_t kind = (size_t)console->stop.kind;
    return kind < sizeof names / sizeof names[0] && names[kind] ? names[kind] : "stop";
}

static void put_place(Console *console, Json *json)
{
    EmuRegisters registers;
    EmuSource source;
    EmuFunction function;
    EmuStats stats;
    if (!console->running || !emu_registers(console->emu, console->tid, &registers))
        return;
    emu_stats(console->emu, &stats);
    json_number(json, "instructions", stats.insns);
    json_address(json, "pc", registers.rip);
    if (emu_function_at(console->emu, console_pid(console), registers.rip, &function))
        json_string(json, "function", function.name);
    if (emu_source_at(console->emu, console_pid(console), registers.rip, &source) && source.line > 0) {
        json_string(json, "file", source.file);
        json_number(json, "line", (uint64_t)source.line);
    }
}

static void put_stop(Console *console, Json *json)
{
    const EmuStop *stop = &console->stop;
    char name[32];
    json_open(json, NULL, '{');
    json_string(json, "stop", kind_name(console));
    if (console->hit)
        json_number(json, "number", (uint64_t)console->hit);
    if (stop->pid)
        json_number(json, "pid", (uint64_t)stop->pid), json_number(json, "tid", (uint64_t)stop->tid);
    if (stop->kind == EMU_EXITED)
        json_number(json, "status", (uint64_t)stop->status);
    if (stop->signal)
        json_string(json, "signal", signal_label(stop->signal, name, sizeof name));
    if (stop->kind == EMU_WATCHPOINT)
        json_address(json, "address", stop->address), json_number(json, "size", stop->size);
    if (stop->kind == EMU_CALL_ENTRY || stop->kind == EMU_CALL_RETURN)
        json_number(json, "call", stop->number);
    put_place(console, json);
    json_string(json, "text", text);
    json_close(json, '}');
}

/* Line breaks that are not in strings (there they are \n) are the layout's: an object is one line. */
static void print_flat(const char *pretty, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (pretty[i] != '\n') {
            putchar(pretty[i]);
            continue;
        }
        while (i + 1 < size && pretty[i + 1] == ' ')
            i++;
    }
    putchar('\n');
}

static void stopped(Console *console)
{
    char *pretty = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&pretty, &size);
    fflush(console->out);
    if (!out)
        return;
    text[text_size] = 0; /* behind it is what an earlier, longer text has left */
    Json json = {.out = out};
    put_stop(console, &json);
    fclose(out);
    print_flat(pretty, size);
    fflush(stdout);
    free(pretty);
    rewind(console->out);
    fflush(console->out);
}

bool debug_json_open(Console *console)
{
    FILE *out = open_memstream(&text, &text_size);
    if (!out)
        return false;
    console->out = out;
    console->stopped = stopped;
    return true;
}

void debug_json_flush(Console *console)
{
    fflush(console->out);
    fwrite(text, 1, text_size, stdout);
    fflush(stdout);
    rewind(console->out);
    fflush(console->out);
}

void debug_json_close(Console *console)
{
    debug_json_flush(console);
    fclose(console->out);
    console->out = stdout;
    console->stopped = NULL;
    free(text);
    text = NULL;
}
