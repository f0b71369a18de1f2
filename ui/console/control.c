/* Running the program: starting it, going on, and saying why it stopped. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emu/emu_heap.h"
#include "emu/emu_record.h"
#include "ui/console/command.h"
#include "ui/console/registers.h"
#include "ui/console/script.h"

enum { BY_COUNT = 1 }; /* EMU_TIMEOUT's status: of instructions, not of time */

/* ---- starting ------------------------------------------------------------------------------------------------- */

static void unload(Console *console)
{
    frames_forget(console);
    breakpoints_disarm(console);
    if (console->replaced)
        console->replaced(console->beside, NULL);
    emu_destroy(console->emu);
    console->emu = console->types.emu = NULL;
    console->running = false;
    console->checkpoint_count = 0;
    console->why = false;
}

/* A recorded program is there at once: it runs, and stands at its beginning. */
static bool load_recording(Console *console)
{
    char why[256];
    console->emu = console->types.emu = emu_replay_open(console->recording, true, why, sizeof why);
    if (!console->emu)
        return console_error(console, "Cannot replay \"%s\": %s.", console->recording, why);
    emu_set_syntax(console->emu, console->settings.att);
    console->frame = 0;
    console->running = true;
    console->stop = (EmuStop){.kind = EMU_BUDGET};
    return true;
}

bool control_load(Console *console)
{
    unload(console);
    if (console->recording)
        return load_recording(console);
    struct stat file;
    if (stat(console->path, &file) == 0 &&
        (file.st_mtim.tv_sec != console->program_time || file.st_ino != console->program_file)) {
        type_pool_outdate(&console->types); /* built anew */
        source_forget(console);
        console->program_time = file.st_mtim.tv_sec;
        console->program_file = file.st_ino;
    }
    console->emu = emu_create(&console->config);
    if (!console->emu)
        return console_error(console, "Cannot make a machine: out of memory.");
    if (console->hierarchy && emu_hierarchy(console->emu, console->hierarchy, console->overrides) != 0) {
        char why[512];
        snprintf(why, sizeof why, "%s", emu_error(console->emu));
        unload(console);
        return console_error(console, "--hierarchy: %s.", why);
    }
    int error = emu_load(console->emu, console->path, console->argv, console->environment);
    if (error) {
        char why[512];
        snprintf(why, sizeof why, "%s", emu_error(console->emu));
        unload(console);
        return console_error(console, "\"%s\": %s.", console->path, why);
    }
    if (console->heap)
        emu_heap_watch(console->emu); /* info heap says when there is nothing to watch */
    console->types.emu = console->emu;
    emu_set_syntax(console->emu, console->settings.att);
    console->frame = 0;
    if (console->replaced)
        console->replaced(console->beside, console->emu);
    return true;
}

static bool begin(Console *console, const char *args)
{
    if (console->borrowed)
        return console_error(console, "The program is gdb's: use its own command.");
    if (console->running &&
        !command_confirm(console, "The program being debugged has been started already.\nStart it from the beginning?"))
        return console_error(console, "Program not restarted.");
    if (*args && !arguments_take(console, args))
        return false;
    if ((console->running || *args || !console->emu || console->redirections.count) && !arguments_load(console))
        return false;
    for (Breakpoint *b = console->breakpoints; b; b = b->next)
        b->hits = 0;
    console->running = true;
    console->threaded = false;
    console->followed = console->fork_child = console->tid = 0;
    console->stop = (EmuStop){.kind = EMU_BUDGET};
    if (console->from_tty) {
        char *whole = realpath(console->path, NULL);
        fprintf(console->out, "Starting program: %s", whole ? whole : console->path);
        free(whole);
        for (uint32_t i = 1; console->argv[0] && console->argv[i]; i++)
            fprintf(console->out, " %s", console->argv[i]);
        fputs(console->argv[0] && console->argv[1] ? "\n" : " \n", console->out);
    }
    return true;
}

bool cmd_run(Console *console, const char *format, const char *args)
{
    (void)format;
    if (!begin(console, args))
        return false;
    breakpoints_arm(console);
    if (breakpoints_armed_at(console, control_pc(console))) { /* at the very first instruction */
        console->stop.kind = EMU_BREAKPOINT;
        if (breakpoints_judge(console) == VERDICT_STOP) {
            control_report(console, true);
            return true;
        }
    }
    control_run(console);
    return true;
}

bool cmd_starti(Console *console, const char *format, const char *args)
{
    (void)format;
    if (!begin(console, args))
        return false;
    fputs("\nProgram stopped.\n", console->out);
    control_report(console, true);
    return true;
}

bool cmd_start(Console *console, const char *format, const char *args)
{
    return cmd_tbreak(console, "", "main") && cmd_run(console, format, args);
}

bool cmd_kill(Console *console, const char *format, const char *args)
{
    EmuTask task = {.pid = 0};
    (void)format, (void)args;
    if (console->borrowed)
        return console_error(console, "The program is gdb's: use its own command.");
    if (!command_confirm(console, "Kill the program being debugged?"))
        return console_error(console, "Not confirmed.");
    emu_task(console->emu, 0, &task);
    fprintf(console->out, "[Inferior 1 (process %d) killed]\n", task.pid);
    return control_load(console);
}

bool cmd_quit(Console *console, const char *format, const char *args)
{
    uint64_t code;
    (void)format;
    if (!command_count(console, args, 0, &code))
        return false;
    EmuTask task;
    char question[128];
    if (console->running && emu_task(console->emu, 0, &task)) {
        snprintf(question, sizeof question,
                 "A debugging session is active.\n\n\tInferior 1 [process %d] will be killed.\n\nQuit anyway?", task.pid);
        if (!command_confirm(console, question))
            return console_error(console, "Not confirmed.");
    }
    console->quit = true;
    console->exit_code = (int)code & 255;
    return true;
}

/* ---- going on ------------------------------------------------------------------------------------------------- */

uint64_t control_pc(Console *console)
{
    EmuRegisters registers;
    return console->emu && emu_registers(console->emu, console->tid, &registers) ? registers.rip : 0;
}

static EmuStop run_machine(Console *console, uint64_t insns)
{
    return console->run_machine ? console->run_machine(console->beside, console->emu, insns) : emu_run(console->emu, insns);
}

/* What becomes of the signal that a stop was about. */
static void settle_signal(Console *console)
{
    int signal = emu_pending_signal(console->emu, console->tid);
    if (signal && !console->signal_chosen && !(console->signals[signal] & SIGNAL_PASS))
        emu_set_pending_signal(console->emu, console->tid, 0);
    console->signal_chosen = false;
}

void control_go(Console *console, bool step)
{
    EmuRegisters before;
    console->has_before = emu_registers(console->emu, console->tid, &before);
    console->before = before;
    frames_forget(console);
    console->frame = 0;
    fflush(console->out);
    fork_follow(console);
    settle_signal(console);
    int pid, tid = console->tid;
    if (!tid)
        emu_last_task(console->emu, &pid, &tid);
    console->tid = 0;
    emu_pass_breakpoint(console->emu, tid);
    emu_step(console->emu, tid, step, true); /* others run on: it may need them to get on */
    console->stop = run_machine(console, EMU_FOREVER);
    emu_step(console->emu, tid, false, false);
    if (console->stop.kind == EMU_BUDGET)
        console->stop = (EmuStop){.kind = EMU_TIMEOUT, .pid = console->stop.pid, .tid = console->stop.tid, .status = BY_COUNT};
    if (console->stop.kind == EMU_STEPPED)
        console->stop.kind = EMU_BUDGET;
}

void control_run(Console *console)
{
    breakpoints_arm(console);
    do {
        control_go(console, false);
    } while (breakpoints_judge(console) == VERDICT_GO_ON);
    control_report(console, true);
}

static bool one_of(uint64_t address, const uint64_t *addresses, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (addresses[i] == address)
            return true;
    return false;
}

bool control_run_to(Console *console, const uint64_t *addresses, uint32_t count, uint64_t least_rsp)
{
    EmuRegisters registers;
    bool arrived = false, stop = false;
    breakpoints_arm(console);
    for (uint32_t i = 0; i < count; i++)
        emu_breakpoint(console->emu, addresses[i], true);
    while (!arrived && !stop) {
        uint64_t pc = control_pc(console);
        if (one_of(pc, addresses, count)) { /* standing on it: step off first */
            control_go(console, true);
            stop = console->stop.kind != EMU_BUDGET;
        } else {
            control_go(console, false);
            stop = console->stop.kind != EMU_BREAKPOINT;
        }
        arrived = !stop && emu_registers(console->emu, console->tid, &registers) && one_of(registers.rip, addresses, count) &&
                  registers.r[4] >= least_rsp;
        if (!arrived && breakpoints_armed_at(console, control_pc(console)))
            stop = true;
        if (stop && breakpoints_judge(console) == VERDICT_GO_ON)
            stop = false;
    }
    for (uint32_t i = 0; i < count && console->emu; i++)
        emu_breakpoint(console->emu, addresses[i], false);
    return arrived;
}

bool cmd_continue(Console *console, const char *format, const char *args)
{
    uint64_t count;
    (void)format;
    if (!command_count(console, args, 1, &count))
        return false;
    uint64_t pc = control_pc(console);
    for (Breakpoint *b = console->breakpoints; b && count > 1; b = b->next)
        for (uint32_t i = 0; i < b->address_count; i++)
            if (b->addresses[i] == pc) {
                b->ignore = count - 1;
                if (console->from_tty)
                    fprintf(console->out, "Will ignore next %" PRIu64 " crossings of breakpoint %d.  ", b->ignore, b->number);
            }
    if (console->from_tty)
        fputs("Continuing.\n", console->out);
    control_run(console);
    return true;
}

void control_print_thread(Console *console, const char *otherwise)
{
    EmuTask task;
    EmuTask stopped = {.tid = 0};
    uint32_t number = 0, threads = 0;
    for (uint32_t i = 0; emu_task(console->emu, i, &task); i++) {
        if (task.tid == console->stop.tid) {
            number = i + 1;
            stopped = task;
        }
        threads += task.pid == console->stop.pid;
    }
    console->threaded |= threads > 1;
    if (console->threaded && stopped.tid)
        fprintf(console->out, "Thread %" PRIu32 " \"%s\" ", number, stopped.name);
    else
        fputs(otherwise, console->out);
}

/* ---- saying why ----------------------------------------------------------------------------------------------- */

static void ended(Console *console)
{
    Value code = value_integer(type_builtin(TYPE_INT), (uint64_t)console->stop.status);
    if (console->stop.kind == EMU_EXITED)
        console_set_variable(console, "_exitcode", &code);
    else
        code = value_integer(type_builtin(TYPE_INT), (uint64_t)console->stop.signal),
        console_set_variable(console, "_exitsignal", &code);
    EmuRecordInfo info;
    emu_record_info(console->emu, &info);
    if (info.from_file) { /* in front of its last instruction: from there one can go back */
        emu_goto(console->emu, info.end ? info.end - 1 : 0);
        return;
    }
    if (!console->borrowed)
        control_load(console);
    console->running = false;
}

bool control_announce(Console *console)
{
    char name[32];
    EmuStop *stop = &console->stop;
    int inferior = console->followed ? 2 : 1;
    if (stop->kind == EMU_ENDED)
        stop->kind = stop->signal ? EMU_KILLED : EMU_EXITED;
    switch (stop->kind) {
    case EMU_EXITED:
        if (stop->status)
            fprintf(console->out, "[Inferior %d (process %d) exited with code 0%o]\n", inferior, stop->pid,
                    (unsigned)stop->status);
        else
            fprintf(console->out, "[Inferior %d (process %d) exited normally]\n", inferior, stop->pid);
        ended(console);
        return false;
    case EMU_KILLED:
        fprintf(console->out, "\nProgram terminated with signal %s, %s.\nThe program no longer exists.\n",
                signal_label(stop->signal, name, sizeof name), signal_description(stop->signal));
        ended(console);
        return false;
    case EMU_SIGNAL:
        if (console->hit) /* its catchpoint has said so */
            return true;
        putc('\n', console->out);
        control_print_thread(console, "Program ");
        fprintf(console->out, "received signal %s, %s.\n", signal_label(stop->signal, name, sizeof name),
                signal_description(stop->signal));
        return true;
    case EMU_INTERRUPTED:
        putc('\n', console->out);
        control_print_thread(console, "Program ");
        fputs("received signal SIGINT, Interrupt.\n", console->out);
        return true;
    case EMU_HISTORY_START:
    case EMU_HISTORY_END: fputs("\nNo more reverse-execution history.\n", console->out); return true;
    case EMU_TIMEOUT:
        fprintf(console->out, "\nThe %s limit is reached.\n", stop->status == BY_COUNT ? "instruction" : "time");
        return true;
    case EMU_DEADLOCK: fputs("\nEvery thread waits for another one.\n", console->out); return true;
    default: return true;
    }
}

static void report_stop(Console *console, bool location)
{
    bool stepped = console->stop.kind == EMU_BUDGET;
    if (!stepped && !control_announce(console))
        return;
    frames_print(console, 0, location ? FRAME_STOP : FRAME_LINE);
    displays_show(console);
    if (console->settings.context && console->running && console->script_depth == 0)
        cmd_context(console, "", "");
}

void control_report(Console *console, bool location)
{
    if (console->running)
        script_hook(console, "stop");
    if (!console->hit || !console->silent)
        report_stop(console, location);
    console->due = console->stopped_by = console->hit;
    console->hit = 0;
    console->stops++;
    if (console->stopped)
        console->stopped(console);
}
