/* What the user asks for while the machine runs, done by its thread between two slices: marks, counters as files. */
#define _GNU_SOURCE
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

void runner_count_accesses(Runner *r, uint64_t address)
{
    if (!emu_count_accesses(r->emu, r->model->pid, address))
        fprintf(stderr, "emu: accesses are not counted where the run is recorded or its heap is watched\n");
}

/* ---- who wrote last ------------------------------------------------------------------------------------------------ */

void runner_cut_search_locked(Runner *r)
{
    if (!r->searching || r->cut)
        return;
    r->cut = true;
    emu_interrupt(r->emu);
}

static void name_writer(Runner *r, LastWriter *found)
{
    EmuSource source;
    model_name_address(r->emu, found->writer.pid, found->writer.pc, found->place, 64);
    size_t used = strlen(found->place);
    if (emu_source_at(r->emu, found->writer.pid, found->writer.pc, &source) && source.line > 0)
        snprintf(found->place + used, sizeof found->place - used, "%s%.24s:%d", used ? ", " : "", basename(source.name),
                 source.line);
}

/* Looking back may take a while: the picture is shown before, and whatever the user does next comes first. */
void runner_find_writer(Runner *r, ModelRequest *request)
{
    EmuRecordInfo info;
    LastWriter found = {.address = request->focus, .size = request->who};
    emu_record_info(r->emu, &info);
    found.count = info.now;
    if (!info.recording || !found.address || !found.size ||
        (r->writer.address == found.address && r->writer.size == found.size && r->writer.count == found.count))
        return;
    pthread_mutex_lock(&r->lock);
    bool idle = r->mode == RUN_PAUSED && !r->asked && !r->order_count;
    r->searching = idle;
    r->cut = false;
    pthread_mutex_unlock(&r->lock);
    if (!idle)
        return;
    bool written = emu_last_write(r->emu, r->model->pid, found.address, found.size, &found.writer);
    pthread_mutex_lock(&r->lock);
    bool cut = r->cut;
    r->searching = false;
    pthread_mutex_unlock(&r->lock);
    if (cut && !written)
        return; /* whoever cut it short has asked for something that leads here again */
    found.state = written ? WRITER_FOUND : WRITER_NOBODY;
    if (written)
        name_writer(r, &found);
    r->writer = found;
    runner_publish(r, request);
}
