/* What the user asks for while the machine runs, done by its thread between two slices: marks, counters as files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ui/window/runner.h"

/* Sets the mark, or takes it away when it is there. Size 0: a breakpoint. */
void runner_toggle_mark(Runner *r, uint64_t address, uint64_t size)
{
    Marks *m = &r->marks;
    uint32_t i = 0;
    if (r->hooks) {
        r->hooks->mark(r->hooks->context, address, size);
        return;
    }
    while (i < m->count && (m->mark[i].address != address || m->mark[i].size != size))
        i++;
    bool set = i == m->count;
    if (set && m->count == MARKS_MAX)
        return;
    if (size && !emu_watchpoint(r->emu, address, size, EMU_MAP_WRITE, set))
        return;
    if (!size)
        emu_breakpoint(r->emu, address, set);
    if (set)
        m->mark[m->count++] = (Mark){address, size};
    else
        m->mark[i] = m->mark[--m->count];
}

static FILE *open_dump(const char *extension, unsigned number, char path[64])
{
    snprintf(path, 64, "emu-counters-%03u.%s", number, extension);
    return fopen(path, "wxe");
}

void runner_dump_counters(Runner *r)
{
    char json_path[64], csv_path[64];
    FILE *json = NULL, *csv;
    while (!json && (json = open_dump("json", ++r->dumps, json_path)) == NULL && errno == EEXIST)
        ;
    csv = json ? open_dump("csv", r->dumps, csv_path) : NULL;
    if (csv)
        counters_write(&r->counters, r->emu, json, csv);
    bool written = csv && !ferror(csv) && !ferror(json);
    if (json)
        written &= fclose(json) == 0;
    if (csv)
        written &= fclose(csv) == 0;
    if (written)
        fprintf(stderr, "emu: %s, %s\n", json_path, csv_path);
    else
        fprintf(stderr, "emu: cannot write the counters to '%s': %s\n", csv ? csv_path : json_path, strerror(errno));
}
