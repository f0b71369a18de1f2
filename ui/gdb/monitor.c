/* gdb's `monitor COMMAND`: any command of our own console, on the machine that gdb debugs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/console.h"
#include "ui/gdb/gdb.h"

static const char *no_arguments[] = {"", NULL};

/* The console stands where gdb stands. */
static bool prepare(Gdb *gdb)
{
    EmuConfig config;
    if (!gdb->console) {
        emu_config_init(&config);
        gdb->console = console_create(&config, "", no_arguments, no_arguments + 1);
    }
    if (!gdb->console)
        return false;
    console_borrow(gdb->console, gdb->emu, &gdb->stop);
    return true;
}

void monitor_command(Gdb *gdb, const char *line)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = prepare(gdb) ? open_memstream(&text, &size) : NULL;
    if (!out) {
        gdb_error(gdb, 12);
        return;
    }
    gdb->console->out = gdb->console->err = out;
    console_execute(gdb->console, line);
    gdb->stop = gdb->console->stop;
    gdb->console->out = gdb->console->err = stderr;
    fclose(out);
    for (size_t done = 0; done < size;) { /* "O" packets are told as they are */
        size_t n = size - done < PACKET_SIZE / 4 ? size - done : PACKET_SIZE / 4;
        reply_clear(&gdb->out);
        reply_text(&gdb->out, "O");
        reply_hex(&gdb->out, text + done, n);
        if (!reply_send(&gdb->out, &gdb->in, &gdb->link))
            break;
        done += n;
    }
    free(text);
    reply_clear(&gdb->out);
    gdb_ok(gdb);
}

bool monitor_stops_at(const Gdb *gdb, uint64_t address) { return gdb->console && breakpoints_armed_at(gdb->console, address); }

void monitor_done(Gdb *gdb)
{
    if (!gdb->console)
        return;
    console_return(gdb->console);
    console_destroy(gdb->console);
    gdb->console = NULL;
}
