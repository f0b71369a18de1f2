/* Going backwards: the machine does it (emu_record.h); here is what gdb's commands mean by it. Steps by line and over calls
 * read the thread's last instructions newest first; long calls are left by running back to their function's entry. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_record.h"
#include "ui/console/command.h"
#include "ui/console/expression.h"

enum { PIECE = 20000 /* instructions looked at before a call is run back through */ };

static bool can_go_back(Console *console)
{
    EmuRecordInfo info;
    emu_record_info(console->emu, &info);
    return info.recording || console_error(console, "This run is not recorded: paging and --mem exclude it.");
}

bool reverse_may_change(Console *console)
{
    EmuRecordInfo info;
    emu_record_info(console->emu, &info);
    if (info.from_file)
        return console_error(console, "A recording cannot be changed.");
    return !info.past ||
           console_error(console, "The past cannot be changed: `goto %" PRIu64 "' leads back to the present.", info.end);
}

static void before_moving(Console *console)
{
    console->has_before = emu_registers(console->emu, 0, &console->before);
    frames_forget(console);
    console->frame = 0;
    fflush(console->out);
}

/* All moves end here: the stop is shown as after a step. */
static bool moved(Console *console, EmuStop stop, uint64_t function_before)
{
    EmuFunction function = {.start = 0};
    console->stop = stop;
    frames_forget(console);
    bool same = emu_function_at(console->emu, 0, control_pc(console), &function) && function.start == function_before;
    control_report(console, !same || stop.kind != EMU_BUDGET);
    return true;
}

static uint64_t function_of(Console *console)
{
    EmuFunction function;
    return emu_function_at(console->emu, 0, control_pc(console), &function) ? function.start : 0;
}

/* ---- to a breakpoint or watchpoint -------------------------------------------------------------------------------- */

typedef struct Wish { /* for the filters */
    Console *console;
    uint64_t address, rsp; /* ENTRY: of the function, and what the stack pointer is there */
} Wish;

/* A breakpoint that the user would be told of. Watchpoints are judged where they are told. */
static bool wanted(void *context, const EmuStop *stop)
{
    Console *console = ((Wish *)context)->console;
    if (!stop || stop->kind != EMU_BREAKPOINT)
        return stop != NULL;
    uint64_t pc = control_pc(console);
    for (const Breakpoint *b = console->breakpoints; b; b = b->next)
        for (uint32_t i = 0; b->enabled && i < b->address_count; i++) {
            Value value;
            if (b->addresses[i] != pc)
                continue;
            if (!b->condition)
                return true;
            frames_forget(console);
            bool muted = console->muted, failed = console->failed;
            console->muted = true;
            bool holds = expression_evaluate(console, b->condition, &value) && !value_is_zero(&value);
            console->muted = muted;
            console->failed = failed;
            frames_forget(console);
            if (holds)
                return true;
        }
    return false;
}

bool cmd_reverse_continue(Console *console, const char *format, const char *args)
{
    Wish wish = {.console = console};
    (void)format, (void)args;
    if (!can_go_back(console))
        return false;
    breakpoints_arm(console);
    if (console->from_tty)
        fputs("Continuing.\n", console->out);
    do {
        before_moving(console);
        console->stop = emu_reverse_continue(console->emu, wanted, &wish);
    } while (breakpoints_judge(console) == VERDICT_GO_ON);
    control_report(console, true);
    return true;
}

static bool at_entry(void *context, const EmuStop *stop)
{
    const Wish *wish = context;
    EmuRegisters r;
    return stop && stop->kind == EMU_BREAKPOINT && emu_registers(wish->console->emu, 0, &r) && r.rip == wish->address &&
           r.r[4] == wish->rsp;
}

/* Back to the call that entered `function`, whose caller had `rsp` then. Only that can stop it. */
static bool back_to_call(Console *console, uint64_t function, uint64_t rsp)
{
    Wish wish = {.console = console, .address = function, .rsp = rsp - 8};
    EmuRegisters r;
    bool standing = emu_registers(console->emu, 0, &r) && r.rip == function && r.r[4] == wish.rsp;
    EmuStop stop = {.kind = EMU_BREAKPOINT};
    if (!standing) {
        breakpoints_disarm(console);
        emu_breakpoint(console->emu, function, true);
        stop = emu_reverse_continue(console->emu, at_entry, &wish);
        emu_breakpoint(console->emu, function, false);
        breakpoints_arm(console);
    }
    console->stop = stop.kind == EMU_BREAKPOINT ? emu_reverse_step(console->emu, 0, 1) : stop;
    return console->stop.kind == EMU_BUDGET;
}

/* ---- by instructions ---------------------------------------------------------------------------------------------- */

bool cmd_reverse_stepi(Console *console, const char *format, const char *args)
{
    uint64_t count;
    (void)format;
    if (!command_count(console, args, 1, &count) || !can_go_back(console))
        return false;
    uint64_t function = function_of(console);
    before_moving(console);
    return moved(console, emu_reverse_step(console->emu, 0, count), function);
}

/* ---- by lines, and over calls ------------------------------------------------------------------------------------- */

typedef struct Walk {
    Console *console;
    bool over;             /* calls are one step */
    bool by_line;
    uint64_t above;        /* in a call that is passed over: until the stack pointer is here again; else 0 */
    uint64_t callee_pc;    /* an address in its function */
    bool has_target, done;
    char file[256];        /* of the target */
    int line;
    uint64_t function;
    uint64_t best, best_pc; /* the count to go to, and the pc there */
    uint64_t last;         /* count of the oldest step seen */
} Walk;

static bool is_return(Console *console, uint64_t pc)
{
    EmuInsn insn;
    return emu_disassemble(console->emu, 0, pc, &insn) && (strncmp(insn.text, "ret", 3) == 0 || strstr(insn.text, " ret"));
}

/* The first instruction of a source line, not what follows a call in its middle? */
static bool is_line_start(Console *console, uint64_t pc)
{
    EmuSource here, before;
    return !emu_source_at(console->emu, 0, pc, &here) || !emu_source_at(console->emu, 0, pc - 1, &before) ||
           here.line != before.line || strcmp(here.file, before.file) != 0;
}

static void set_target(Walk *walk, const EmuStep *step, const EmuSource *source, uint64_t function)
{
    walk->has_target = true;
    walk->line = source ? source->line : 0;
    snprintf(walk->file, sizeof walk->file, "%s", source ? source->file : "");
    walk->function = function;
    walk->best = step->count;
    walk->best_pc = step->pc;
}

/* One step of the frames that are looked at. */
static bool seen(Walk *walk, const EmuStep *step)
{
    EmuSource source;
    EmuFunction function;
    Emu *emu = walk->console->emu;
    if (!walk->by_line) {
        set_target(walk, step, NULL, 0);
        walk->done = true;
        return false;
    }
    bool has = emu_source_at(emu, 0, step->pc, &source) && source.line > 0;
    uint64_t start = emu_function_at(emu, 0, step->pc, &function) ? function.start : 0;
    if (!walk->has_target) {
        set_target(walk, step, has ? &source : NULL, start);
        return true;
    }
    bool same = start == walk->function && (has ? source.line == walk->line && !strcmp(source.file, walk->file) : !walk->line);
    if (!same || step->pc >= walk->best_pc) { /* another line; or a jump back to the start of this one */
        walk->done = true;
        return false;
    }
    walk->best = step->count;
    walk->best_pc = step->pc;
    return true;
}

static bool visit(void *context, const EmuStep *step)
{
    Walk *walk = context;
    EmuFunction function;
    walk->last = step->count;
    if (walk->above && step->rsp < walk->above)
        return true;
    if (walk->above) {
        walk->above = 0;
        return seen(walk, step);
    }
    if (is_return(walk->console, step->pc)) {
        bool lines = emu_function_at(walk->console->emu, 0, step->pc, &function) && function.has_lines;
        if (walk->has_target && walk->by_line && !walk->over && lines) { /* a function that has returned to this line */
            walk->done = is_line_start(walk->console, walk->best_pc);
            walk->has_target = walk->done;
            return walk->done ? false : seen(walk, step);
        }
        if (walk->over || !lines) {
            walk->above = step->rsp + 8;
            walk->callee_pc = step->pc;
            return true;
        }
    }
    return seen(walk, step);
}

/* Looks back until the walk is done; false: the history ended first, or somebody interrupted. */
static bool walk_back(Console *console, Walk *walk)
{
    while (!walk->done) {
        EmuFunction function;
        uint64_t visited = emu_history(console->emu, 0, PIECE, visit, walk);
        if (walk->done)
            break;
        if (visited < PIECE)
            return walk->has_target && !walk->above;
        console->stop = emu_goto(console->emu, walk->last);
        if (console->stop.kind != EMU_BUDGET)
            return false;
        if (!walk->above || !emu_function_at(console->emu, 0, walk->callee_pc, &function))
            continue;
        if (!back_to_call(console, function.start, walk->above)) /* a long call: at full speed to its beginning */
            return false;
        EmuRegisters r;
        EmuRecordInfo info;
        emu_registers(console->emu, 0, &r);
        emu_record_info(console->emu, &info);
        walk->above = 0;
        if (!seen(walk, &(EmuStep){info.now, r.rip, r.r[4]}))
            break;
    }
    return walk->has_target;
}

static bool back_once(Console *console, bool by_line, bool over)
{
    Walk walk = {.console = console, .by_line = by_line, .over = over};
    EmuRecordInfo info;
    before_moving(console);
    bool found = walk_back(console, &walk);
    emu_record_info(console->emu, &info);
    if (found)
        console->stop = emu_goto(console->emu, walk.best);
    else if (console->stop.kind != EMU_INTERRUPTED)
        console->stop = emu_goto(console->emu, info.start), console->stop.kind = EMU_HISTORY_START;
    return found && console->stop.kind == EMU_BUDGET;
}

static bool back(Console *console, const char *args, bool by_line, bool over)
{
    uint64_t count;
    if (!command_count(console, args, 1, &count) || !can_go_back(console))
        return false;
    uint64_t function = function_of(console);
    while (count-- && back_once(console, by_line, over))
        ;
    return moved(console, console->stop, function);
}

bool cmd_reverse_nexti(Console *console, const char *format, const char *args)
{
    (void)format;
    return back(console, args, false, true);
}

bool cmd_reverse_step(Console *console, const char *format, const char *args)
{
    (void)format;
    return back(console, args, true, false);
}

bool cmd_reverse_next(Console *console, const char *format, const char *args)
{
    (void)format;
    return back(console, args, true, true);
}

bool cmd_reverse_finish(Console *console, const char *format, const char *args)
{
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    EmuFunction function;
    (void)format, (void)args;
    if (!can_go_back(console))
        return false;
    if (console->frame >= count || !frames_caller(console, console->frame))
        return console_error(console, "\"finish\" not meaningful in the outermost frame.");
    const EmuFrame frame = frames[console->frame];
    if (!emu_function_at(console->emu, 0, frames_lookup_pc(&frame), &function) || !frame.cfa)
        return console_error(console, "Cannot find bounds of current function");
    if (console->from_tty) {
        fputs("Run back to call of ", console->out);
        frames_print(console, console->frame, FRAME_LISTED);
    }
    before_moving(console);
    back_to_call(console, function.start, frame.cfa);
    return moved(console, console->stop, 0);
}

/* ---- to a count --------------------------------------------------------------------------------------------------- */

static bool to_count(Console *console, uint64_t count)
{
    before_moving(console);
    return can_go_back(console) && moved(console, emu_goto(console->emu, count), 0);
}

bool cmd_goto(Console *console, const char *format, const char *args)
{
    Value value;
    (void)format;
    return expression_evaluate(console, args, &value) && to_count(console, value_number(&value));
}

bool cmd_checkpoint(Console *console, const char *format, const char *args)
{
    EmuRecordInfo info;
    (void)format, (void)args;
    if (!can_go_back(console))
        return false;
    uint64_t *grown = realloc(console->checkpoints, (console->checkpoint_count + 1) * sizeof *grown);
    if (!grown)
        return console_error(console, "Out of memory.");
    emu_record_info(console->emu, &info);
    console->checkpoints = grown;
    grown[console->checkpoint_count++] = info.now;
    fprintf(console->out, "Checkpoint %u: instruction %" PRIu64 "\n", console->checkpoint_count, info.now);
    return true;
}

bool cmd_restart(Console *console, const char *format, const char *args)
{
    uint64_t number;
    (void)format;
    if (!command_count(console, args, 0, &number))
        return false;
    if (number == 0 || number > console->checkpoint_count)
        return console_error(console, "Not found: checkpoint id %s", args);
    return to_count(console, console->checkpoints[number - 1]);
}

bool cmd_info_checkpoints(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    if (!console->checkpoint_count)
        fputs("No checkpoints.\n", console->out);
    for (uint32_t i = 0; i < console->checkpoint_count; i++)
        fprintf(console->out, "%u: instruction %" PRIu64 "\n", i + 1, console->checkpoints[i]);
    return true;
}

/* ---- who, and how much -------------------------------------------------------------------------------------------- */

bool cmd_who(Console *console, const char *format, const char *args)
{
    Value value;
    EmuWriter writer;
    EmuSource source;
    EmuSymbol symbol;
    (void)format;
    if (!can_go_back(console) || !expression_evaluate(console, args, &value))
        return false;
    bool object = value.where == WHERE_MEMORY && value.type->size;
    uint64_t address = object ? value.address : value_number(&value), size = object ? value.type->size : 1;
    if (!emu_last_write(console->emu, 0, address, size, &writer)) {
        fprintf(console->out, "Nobody has written 0x%" PRIx64 " since the start of the history.\n", address);
        return true;
    }
    fprintf(console->out, "0x%" PRIx64 " was written last at instruction %" PRIu64 ", 0x%" PRIx64, writer.address, writer.count,
            writer.pc);
    if (emu_symbol_at(console->emu, writer.pid, writer.pc, &symbol) &&
        writer.pc - symbol.address < (symbol.size ? symbol.size : 1 << 16))
        fprintf(console->out, " <%s+%" PRIu64 ">", symbol.name, writer.pc - symbol.address);
    if (emu_source_at(console->emu, writer.pid, writer.pc, &source) && source.line > 0) {
        fprintf(console->out, " at %s:%d\n", source.name, source.line);
        source_print_line(console, source.file, source.line);
    } else {
        putc('\n', console->out);
    }
    return true;
}

bool cmd_info_record(Console *console, const char *format, const char *args)
{
    EmuRecordInfo info;
    (void)format, (void)args;
    emu_record_info(console->emu, &info);
    if (!info.recording) {
        fputs("This run is not recorded.\n", console->out);
        return true;
    }
    fprintf(console->out, "%s instructions %" PRIu64 " to %" PRIu64 ", now at %" PRIu64 "%s.\n",
            info.from_file ? "Recording in a file:" : "Recorded:", info.start, info.end, info.now,
            info.past ? " (in the past)" : "");
    fprintf(console->out, "%u checkpoints, %" PRIu64 " KiB; log %" PRIu64 " KiB; limit %" PRIu64 " MiB.\n", info.checkpoints,
            info.checkpoint_bytes >> 10, info.log_bytes >> 10, info.limit >> 20);
    return true;
}

bool cmd_set_record_limit(Console *console, const char *format, const char *args)
{
    char *end;
    (void)format;
    uint64_t bytes = strtoull(args, &end, 0);
    static const char units[] = "KMGT";
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    if (end == args || (*end && (!unit || end[1])) || bytes == 0)
        return console_error(console, "A size is expected: bytes, or with K, M, G.");
    console->config.record_limit = unit ? bytes << 10 * (unit - units + 1) : bytes;
    if (console->emu)
        emu_record_limit(console->emu, console->config.record_limit);
    return true;
}

/* gdb wants to be told to record; here that has been done. */
bool cmd_record(Console *console, const char *format, const char *args)
{
    (void)format;
    if (strncmp(args, "stop", 4) == 0 || strncmp(args, "delete", 3) == 0)
        return console_error(console, "The record stays: it is how reverse-continue and its like, `goto' and `who' work.");
    if (*args && strcmp(args, "full") != 0 && strcmp(args, "btrace") != 0)
        return console_error(console, "Undefined record command: \"%s\".  Try \"help record\".", args);
    if (console->running && !can_go_back(console))
        return false;
    if (console->from_tty)
        fputs("The program is recorded from its start: go back at any time (reverse-continue, reverse-step, goto ...).\n",
              console->out);
    return true;
}
