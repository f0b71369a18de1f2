/* Stepping: by instruction and by line, into, over and out of functions. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/call.h"
#include "ui/console/command.h"
#include "ui/console/expression.h"

typedef struct Place {
    EmuRegisters registers;
    uint64_t cfa;            /* of the innermost frame: tells frames apart */
    uint64_t function;       /* where it starts, 0: unknown */
    uint32_t inlined;        /* how many inlined functions it is in */
    EmuSource source;
    bool has_source;
} Place;

/* In which inlined functions that is. At the first instruction of one (or several) one stands before the "call" still: on its line. */
static void look_inside(Console *console, Place *p)
{
    EmuInlined inlined;
    uint32_t before = 0, all = 0;
    for (; emu_inlined_at(console->emu, console_pid(console), p->registers.rip, all, &inlined); all++) {
        if (inlined.entry != p->registers.rip || before < all)
            continue;
        before++;
        if (inlined.call_file && inlined.call_line) {
            p->source.file = inlined.call_file;
            p->source.name = inlined.call_name;
            p->source.line = inlined.call_line;
        }
    }
    p->inlined = all - before;
}

static Place look(Console *console)
{
    Place p = {.cfa = 0};
    EmuFrame frame;
    EmuFunction function;
    emu_registers(console->emu, console->tid, &p.registers);
    if (emu_backtrace(console->emu, console->tid, &frame, 1))
        p.cfa = frame.cfa;
    p.has_source = emu_source_at(console->emu, console_pid(console), p.registers.rip, &p.source) && p.source.line > 0;
    if (emu_function_at(console->emu, console_pid(console), p.registers.rip, &function))
        p.function = function.start;
    look_inside(console, &p);
    return p;
}

/* The stop is shown with its place when it is in another function than before, else as the bare line. */
static void report(Console *console, const Place *before)
{
    bool other = true;
    if (console->running && console->stop.kind == EMU_BUDGET) {
        Place now = look(console);
        other = now.function != before->function || (now.inlined && now.inlined != before->inlined) || !now.has_source ||
                now.cfa != before->cfa;
    }
    control_report(console, other);
}

/* Is the instruction at the pc a call, and where does it return to? */
static bool at_call(Console *console, uint64_t *after)
{
    EmuInsn insn;
    uint64_t pc = control_pc(console);
    if (!emu_disassemble(console->emu, console_pid(console), pc, &insn) || strncmp(insn.text, "call", 4) != 0)
        return false;
    *after = pc + insn.length;
    return true;
}

/* One instruction. false: something else than the step stopped the program (judged, to be reported). */
static bool step_insn(Console *console)
{
    for (;;) {
        control_go(console, true);
        if (console->stop.kind == EMU_BUDGET)
            return true;
        if (breakpoints_judge(console) == VERDICT_STOP)
            return false;
        if (console->stop.kind == EMU_FORKED || console->stop.kind == EMU_WATCHPOINT) /* it has been executed */
            return true;
    }
}

/* One instruction, or the whole call that it is. */
static bool step_over(Console *console)
{
    uint64_t after;
    EmuRegisters registers;
    emu_registers(console->emu, console->tid, &registers);
    if (!at_call(console, &after))
        return step_insn(console);
    if (!control_run_to(console, &after, 1, registers.r[4]))
        return false;
    console->stop = (EmuStop){.kind = EMU_BUDGET};
    return true;
}

/* After a step, a breakpoint where we have arrived counts as hit. */
static bool arrived_at_breakpoint(Console *console)
{
    if (!console->running || console->stop.kind != EMU_BUDGET || !breakpoints_armed_at(console, control_pc(console)))
        return false;
    console->stop.kind = EMU_BREAKPOINT;
    if (breakpoints_judge(console) == VERDICT_STOP)
        return true;
    console->stop.kind = EMU_BUDGET;
    return false;
}

static bool step_instructions(Console *console, const char *args, bool over)
{
    uint64_t count;
    if (!command_count(console, args, 1, &count))
        return false;
    Place before = look(console);
    breakpoints_arm(console);
    for (uint64_t i = 0; i < count; i++)
        if (!(over ? step_over(console) : step_insn(console)) || arrived_at_breakpoint(console))
            break;
    report(console, &before);
    return true;
}

bool cmd_stepi(Console *console, const char *format, const char *args)
{
    (void)format;
    return step_instructions(console, args, false);
}

bool cmd_nexti(Console *console, const char *format, const char *args)
{
    (void)format;
    return step_instructions(console, args, true);
}

/* ---- lines ---------------------------------------------------------------------------------------------------- */

/* We have just entered a function by a call. Its body is where to stop when it has lines (and is to be entered), else its
 * return. false: stopped on the way. *done: stay here. */
static bool entered(Console *console, bool over, uint64_t after, uint64_t rsp, bool *done)
{
    EmuFunction function;
    uint64_t pc = control_pc(console);
    bool known = emu_function_at(console->emu, console_pid(console), pc, &function) && function.has_lines;
    *done = false;
    if (over || !known) {
        bool back = control_run_to(console, &after, 1, rsp);
        if (back)
            console->stop = (EmuStop){.kind = EMU_BUDGET};
        return back;
    }
    *done = true;
    if (function.body == pc)
        return true;
    bool there = control_run_to(console, &function.body, 1, 0);
    if (there)
        console->stop = (EmuStop){.kind = EMU_BUDGET};
    return there;
}

/* Is this where a line step ends? Else `range` is what to step through on. */
static bool line_done(const Place *start, const Place *now, bool over, EmuSource *range)
{
    const EmuSource *s = &now->source;
    uint64_t pc = now->registers.rip;
    if (!now->has_source)
        return now->function != start->function; /* left the code that has lines, other than by a call */
    if (now->cfa == start->cfa && now->function == start->function) {
        if (over && now->inlined > start->inlined) /* a "call" that has no instruction */
            return false;
        if (pc >= range->start && pc < range->end)
            return false;
        if (pc == s->start && !s->statement) /* no place to stop at; what comes before the next one belongs to the old line */
            return false;
        if (pc != s->start ||
            (s->line == range->line && !strcmp(s->file, range->file))) { /* in the middle of a line, or the same again */
            *range = *s;
            range->line = start->source.line;
            return false;
        }
        return true;
    }
    if (pc == s->start) /* another frame: at the start of a line at once */
        return true;
    *range = *s; /* returned into the middle of a line: to its end */
    range->line = -1;
    return false;
}

static bool step_line(Console *console, bool over)
{
    Place start = look(console), now;
    EmuSource range = start.source;
    EmuFunction function;
    if (!start.has_source) {
        if (!emu_function_at(console->emu, console_pid(console), start.registers.rip, &function))
            return console_error(console, "Cannot find bounds of current function");
        fprintf(console->out, "Single stepping until exit from function %s,\nwhich has no line number information.\n",
                function.name);
        range.start = function.start;
        range.end = function.end;
    }
    for (;;) {
        uint64_t after = 0, rsp;
        bool call = at_call(console, &after), done = false;
        EmuRegisters registers;
        emu_registers(console->emu, console->tid, &registers);
        rsp = registers.r[4];
        if (!step_insn(console))
            return true;
        if (call && control_pc(console) != after && !entered(console, over || !start.has_source, after, rsp, &done))
            return true;
        if (done || arrived_at_breakpoint(console))
            return true;
        now = look(console);
        if (!start.has_source) {
            if (now.registers.rip < range.start || now.registers.rip >= range.end)
                return true;
        } else if (line_done(&start, &now, over, &range)) {
            if (now.has_source)
                return true;
            EmuFrame frames[2]; /* in code without lines: out of it again */
            if (emu_backtrace(console->emu, console->tid, frames, 2) < 2)
                return true;
            if (!control_run_to(console, &frames[1].pc, 1, frames[0].cfa))
                return true;
            console->stop = (EmuStop){.kind = EMU_BUDGET};
        }
    }
}

static bool step_lines(Console *console, const char *args, bool over)
{
    uint64_t count;
    if (!command_count(console, args, 1, &count))
        return false;
    Place before = look(console);
    breakpoints_arm(console);
    for (uint64_t i = 0; i < count && console->running; i++) {
        if (!step_line(console, over))
            return false;
        if (console->stop.kind != EMU_BUDGET)
            break;
    }
    report(console, &before);
    return true;
}

bool cmd_step(Console *console, const char *format, const char *args)
{
    (void)format;
    return step_lines(console, args, false);
}

bool cmd_next(Console *console, const char *format, const char *args)
{
    (void)format;
    return step_lines(console, args, true);
}

/* ---- out of functions and loops ------------------------------------------------------------------------------- */

/* What the function that has just returned gave back. */
static void show_result(Console *console, uint64_t type_handle)
{
    EmuRegisters r;
    Value v;
    if (!type_handle || !emu_registers(console->emu, console->tid, &r))
        return;
    call_result(console, type_from_handle(&console->types, type_handle), &r, &v);
    fprintf(console->out, "Value returned is $%u = ", console_remember(console, &v));
    value_print(console, console->out, &v, 0);
    putc('\n', console->out);
}

/* Is the innermost frame still in that piece of an inlined function, the depth-th from its outermost? */
static bool still_inlined(Console *console, const Place *now, uint32_t depth, uint64_t entry)
{
    EmuInlined inlined;
    return now->inlined >= depth &&
           emu_inlined_at(console->emu, console_pid(console), now->registers.rip, now->inlined - depth, &inlined) &&
           inlined.entry == entry;
}

/* An inlined function has no return address: step until its instructions are left. */
static void finish_inlined(Console *console, const EmuFrame *frame, const EmuInlined *inlined, uint32_t depth)
{
    Place now = look(console);
    uint64_t pc = frame->pc, cfa = frame->cfa;
    bool arrived = now.cfa == cfa || control_run_to(console, &pc, 1, frame->r[4]); /* out of what it has called */
    while (arrived) {
        console->stop = (EmuStop){.kind = EMU_BUDGET};
        arrived = step_over(console) && !arrived_at_breakpoint(console);
        now = look(console);
        if (now.cfa != cfa || !still_inlined(console, &now, depth, inlined->entry))
            break;
    }
    control_report(console, true);
}

bool cmd_finish(Console *console, const char *format, const char *args)
{
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    EmuFunction function;
    (void)format, (void)args;
    const EmuFrame *caller = console->frame < count ? frames_caller(console, console->frame) : NULL;
    if (!caller)
        return console_error(console, "\"finish\" not meaningful in the outermost frame.");
    uint64_t back = caller->pc, cfa = frames[console->frame].cfa;
    bool known = emu_function_at(console->emu, console_pid(console), frames_lookup_pc(&frames[console->frame]), &function);
    if (console->from_tty) {
        fputs("Run till exit from ", console->out);
        frames_print(console, console->frame, FRAME_LISTED);
    }
    EmuInlined inlined;
    uint64_t pc = frames_lookup_pc(&frames[console->frame]);
    uint32_t index = frames_id(console, console->frame).inlined, more = 0;
    if (emu_inlined_at(console->emu, console_pid(console), pc, index, &inlined)) {
        EmuInlined outer;
        while (emu_inlined_at(console->emu, console_pid(console), pc, index + more, &outer))
            more++;
        const EmuFrame frame = frames[console->frame];
        finish_inlined(console, &frame, &inlined, more);
        return true;
    }
    if (!control_run_to(console, &back, 1, cfa)) {
        control_report(console, true);
        return true;
    }
    console->stop = (EmuStop){.kind = EMU_BUDGET};
    control_report(console, true);
    if (known)
        show_result(console, function.type);
    return true;
}

/* Runs to a location, or until the selected frame returns. */
static bool run_to_location(Console *console, const char *location)
{
    uint64_t addresses[17];
    uint32_t count, frame_count;
    const EmuFrame *frames = frames_get(console, &frame_count);
    uint64_t back = console->frame < frame_count ? frames[console->frame].return_address : 0;
    if (!source_location(console, location, addresses, 16, &count))
        return false;
    if (back)
        addresses[count++] = back;
    if (control_run_to(console, addresses, count, 0))
        console->stop = (EmuStop){.kind = EMU_BUDGET};
    control_report(console, true);
    return true;
}

bool cmd_advance(Console *console, const char *format, const char *args)
{
    (void)format;
    return run_to_location(console, args);
}

/* Like next, but not backwards: a jump back to the start of a loop is followed. */
bool cmd_until(Console *console, const char *format, const char *args)
{
    (void)format;
    if (*args)
        return run_to_location(console, args);
    Place start = look(console);
    uint64_t cfa = start.cfa, pc = start.registers.rip;
    breakpoints_arm(console);
    do {
        if (!step_line(console, true) || console->failed)
            return false;
        if (!console->running || console->stop.kind != EMU_BUDGET)
            break;
        Place now = look(console);
        if (now.cfa != cfa)
            break;
    } while (control_pc(console) <= pc);
    report(console, &start);
    return true;
}

/* ---- to where the program would not go by itself --------------------------------------------------------------- */

bool cmd_jump(Console *console, const char *format, const char *args)
{
    uint64_t addresses[16];
    uint32_t count;
    EmuRegisters registers;
    (void)format;
    if (!source_location(console, args, addresses, 16, &count) || !reverse_may_change(console) ||
        !emu_registers(console->emu, console->tid, &registers))
        return false;
    registers.rip = addresses[0];
    emu_set_registers(console->emu, console->tid, &registers);
    frames_forget(console);
    if (console->from_tty)
        fprintf(console->out, "Continuing at 0x%" PRIx64 ".\n", addresses[0]);
    control_run(console);
    return true;
}

bool cmd_return(Console *console, const char *format, const char *args)
{
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    EmuRegisters registers;
    Value value = {.type = type_builtin(TYPE_VOID)};
    (void)format;
    const EmuFrame *outer = frames && console->frame < count ? frames_caller(console, console->frame) : NULL;
    if (!outer)
        return console_error(console, "Can not force return from the outermost frame.");
    if (frames_id(console, console->frame).inlined < frames_id(console, console->frame + 1).inlined)
        return console_error(console, "Can not force return from an inlined function.");
    const EmuFrame caller = *outer;
    if ((*args && !expression_evaluate(console, args, &value)) || !reverse_may_change(console) ||
        !emu_registers(console->emu, console->tid, &registers))
        return false;
    if (!command_confirm(console, "Make selected stack frame return now?"))
        return console_error(console, "Not confirmed");
    for (int i = 0; i < 16; i++)
        if (caller.known >> i & 1)
            registers.r[i] = caller.r[i];
    registers.rip = caller.pc;
    if (*args && type_is_float(value.type) && value.type->size <= 8)
        memcpy(registers.vector[0], value.bytes, 8);
    else if (*args)
        registers.r[0] = value_number(&value);
    emu_set_registers(console->emu, console->tid, &registers);
    frames_forget(console);
    console->frame = 0;
    if (console->from_tty)
        frames_print(console, 0, FRAME_SELECTED);
    return true;
}
