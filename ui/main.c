/* emu: the command line of libemu. Everything it does with a machine goes through emu/emu.h. */
#include "ui/commands.h"

int main(int argc, char **argv)
{
    extern char **environ;
    Options options;
    int code = options_parse(&options, argc, argv);
    if (code < 0) {
        switch (options.command) {
        case COMMAND_INFO: code = command_info(&options); break;
        case COMMAND_ROM: code = command_rom(&options); break;
        case COMMAND_EXPLAIN:
        case COMMAND_WHY: code = command_explain(&options, environ); break;
        case COMMAND_RECORD: code = command_run(&options, environ); break;
        case COMMAND_REPLAY: code = command_replay(&options, environ); break;
        case COMMAND_DEBUG: code = command_debug(&options, environ); break;
        case COMMAND_CACHESIM: code = command_cachesim(&options); break;
        case COMMAND_DIFF: code = command_diff(&options); break;
        default: code = command_run(&options, environ);
        }
    }
    options_free(&options);
    return code;
}
