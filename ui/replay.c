/* emu replay: a recording under the debugger, or (-a) once through it. */
#include <stdio.h>
#include <stdlib.h>

#include "emu/emu_record.h"
#include "ui/commands.h"

/* Ends as the program did; a replay that came out otherwise is worth nothing, and is said so. */
static int once_through(const char *path)
{
    char why[256];
    Emu *emu = emu_replay_open(path, true, why, sizeof why);
    if (!emu) {
        fprintf(stderr, "emu: cannot replay '%s': %s\n", path, why);
        return EXIT_CANNOT_RUN;
    }
    EmuStop stop;
    do {
        stop = emu_run(emu, EMU_FOREVER);
    } while (stop.kind == EMU_FATAL);
    int code = stop.kind == EMU_EXITED ? stop.status : stop.kind == EMU_KILLED ? 128 + stop.signal : EXIT_FAILED;
    if (!emu_replay_faithful(emu)) {
        fprintf(stderr, "emu: the replay of '%s' did not end as the recorded run did\n", path);
        code = EXIT_FAILED;
    }
    emu_destroy(emu);
    return code;
}

int command_replay(const Options *options, char **environment)
{
    return options->autopilot ? once_through(options->program[0]) : command_debug(options, environment);
}
