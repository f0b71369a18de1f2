/* Programs that gdb starts (`target extended-remote`, then `run`) or takes up (`attach`). A new program is a new machine; the old one
 * must be at its end, for it would end with it. The environment and directory are set before: they are kept until then. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/gdb/gdb.h"

static void free_words(char **words)
{
    for (char **w = words; w && *w; w++)
        free(*w);
    free(words);
}

/* The words behind each other in hex, with ';' between them: malloc'ed, NULL-terminated. NULL: that they are not, or no memory. */
static char **take_words(Cursor *cursor)
{
    size_t count = 0, size;
    char **words = calloc((size_t)(cursor->end - cursor->at) + 2, sizeof *words);
    while (words && take_char(cursor, ';')) {
        words[count] = (char *)take_hex_bytes(cursor, &size);
        if (!words[count] || strlen(words[count]) != size) { /* a NUL in it */
            free(words[count]);
            words[count] = NULL;
            break;
        }
        count++;
    }
    if (words && (cursor->at != cursor->end || !count)) {
        free_words(words);
        words = NULL;
    }
    return words;
}

/* ---- what it is started with ------------------------------------------------------------------------------------- */

static bool same_name(const char *a, const char *b)
{
    size_t size = strcspn(a, "=");
    return size == strcspn(b, "=") && strncmp(a, b, size) == 0;
}

/* Takes over `text`. */
static bool edit_environment(Start *start, char *text)
{
    char **grown = realloc(start->edits, (start->edit_count + 2) * sizeof *grown);
    if (!grown) {
        free(text);
        return false;
    }
    start->edits = grown;
    size_t at = 0;
    while (at < start->edit_count && !same_name(grown[at], text))
        at++;
    if (at < start->edit_count)
        free(grown[at]);
    else
        grown[++start->edit_count] = NULL;
    grown[at] = text;
    return true;
}

static void reset_environment(Start *start)
{
    free_words(start->edits);
    start->edits = NULL;
    start->edit_count = 0;
}

/* The first program's environment with the edits; NULL-terminated, its strings borrowed. NULL: no memory. */
static const char **environment(const Start *start)
{
    const char *const *first = start->launch->environment;
    size_t count = 0, at;
    while (first[count])
        count++;
    const char **list = calloc(count + start->edit_count + 1, sizeof *list);
    count = 0;
    for (size_t i = 0; list && first[i]; i++) {
        for (at = 0; at < start->edit_count && !same_name(start->edits[at], first[i]); at++)
            ;
        if (at == start->edit_count)
            list[count++] = first[i];
    }
    for (size_t i = 0; list && i < start->edit_count; i++)
        if (strchr(start->edits[i], '='))
            list[count++] = start->edits[i];
    return list;
}

/* The guest's first directory is ours. "": the one that emu was started in. */
static bool change_directory(Start *start, const char *path)
{
    if (!*path)
        return start->home < 0 || fchdir(start->home) == 0;
    if (start->home < 0)
        start->home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return start->home >= 0 && chdir(path) == 0;
}

/* "HEX": NAME=VALUE to be set, or NAME to be unset */
static void take_edit(Gdb *gdb, Cursor *cursor, bool set)
{
    size_t size;
    char *text = (char *)take_hex_bytes(cursor, &size);
    const char *equals = text ? strchr(text, '=') : NULL;
    bool good = text && size && strlen(text) == size && cursor->at == cursor->end && equals != text && (equals != NULL) == set;
    if (!good)
        free(text);
    if (good && edit_environment(&gdb->start, text))
        gdb_ok(gdb);
    else
        gdb_error(gdb, 1);
}

bool launch_setting(Gdb *gdb, Cursor *cursor)
{
    size_t size;
    if (!gdb->start.launch)
        return false;
    if (take_text(cursor, "EnvironmentHexEncoded:")) {
        take_edit(gdb, cursor, true);
    } else if (take_text(cursor, "EnvironmentUnset:")) {
        take_edit(gdb, cursor, false);
    } else if (take_text(cursor, "EnvironmentReset")) {
        reset_environment(&gdb->start);
        gdb_ok(gdb);
    } else if (take_text(cursor, "SetWorkingDir:")) {
        char *path = (char *)take_hex_bytes(cursor, &size);
        if (path && strlen(path) == size && change_directory(&gdb->start, path))
            gdb_ok(gdb);
        else
            gdb_error(gdb, 1);
        free(path);
    } else if (take_text(cursor, "DisableRandomization:")) {
        gdb->start.random_addresses = take_char(cursor, '0');
        gdb_ok(gdb);
    } else {
        return false;
    }
    return true;
}

/* ---- starting ---------------------------------------------------------------------------------------------------- */

static bool anybody_lives(Gdb *gdb)
{
    EmuTask task;
    for (uint32_t i = 0; emu_task(gdb->emu, i, &task); i++)
        if (task.state != 'Z')
            return true;
    return false;
}

/* gdb stands at the first instruction of the first process. */
static void stand_at_entry(Gdb *gdb)
{
    EmuTask task;
    gdb->over = gdb->detached = false;
    gdb->general = (Thread){0, 0};
    gdb->stop = (EmuStop){.kind = EMU_STEPPED};
    if (emu_task(gdb->emu, 0, &task)) {
        gdb->stop.pid = task.pid;
        gdb->stop.tid = task.tid;
        gdb_attach(gdb, task.pid);
    }
    resume_configure(gdb);
}

static bool start_again(Gdb *gdb)
{
    Start *start = &gdb->start;
    const char **list = anybody_lives(gdb) ? NULL : environment(start);
    Emu *emu = gdb->emu;
    if (!list)
        return false;
    points_forget(gdb, 0); /* while the machine is there that they are in */
    monitor_done(gdb);
    bool good = start->launch->launch(start->launch->context, &emu, start->path ? start->path : start->launch->path,
                                      start->argv ? (const char *const *)start->argv : start->launch->argv, list, !start->random_addresses);
    free(list);
    if (!good)
        return false;
    gdb->emu = emu;
    gdb->attached_count = 0;
    gdb->taken_up = 0;
    stand_at_entry(gdb);
    return true;
}

/* ";PROGRAM;WORD;WORD…": no PROGRAM is the last one again; without words either, as emu was started. */
void launch_run(Gdb *gdb, Cursor *cursor)
{
    Start *start = &gdb->start;
    char **words = start->launch ? take_words(cursor) : NULL;
    if (!start->launch)
        return; /* an empty reply: not supported */
    if (!words) {
        gdb_error(gdb, 1);
        return;
    }
    Start before = *start; /* what cannot be started is not the last one */
    start->path = **words ? strdup(*words) : start->path;
    free(*words);
    *words = strdup(start->path ? start->path : start->launch->argv[0]);
    start->argv = start->path || words[1] ? words : NULL;
    bool good = *words && start_again(gdb);
    if (!start->argv || !good)
        free_words(words);
    if (before.path != start->path)
        free(good ? before.path : start->path);
    if (good) {
        free_words(before.argv);
        stop_reply(gdb);
    } else {
        start->path = before.path;
        start->argv = before.argv;
        gdb_error(gdb, 1);
    }
}

bool launch_restart(Gdb *gdb)
{
    if (!gdb->start.launch || !gdb->extended)
        return true; /* an empty reply */
    gdb_kill(gdb, 0);
    start_again(gdb);
    return false;
}

/* ";PID": a process of the machine, like one that a fork has made and gdb has let go */
void launch_attach(Gdb *gdb, Cursor *cursor)
{
    uint64_t pid;
    EmuTask task;
    bool good = take_char(cursor, ';') && take_hex(cursor, &pid) && pid && pid <= INT32_MAX && cursor->at == cursor->end &&
                !gdb_is_attached(gdb, (int)pid);
    uint32_t i = 0;
    while (good && (good = emu_task(gdb->emu, i, &task)) && (task.pid != (int)pid || task.state == 'Z'))
        i++;
    if (!good || !gdb_attach(gdb, task.pid)) {
        gdb_error(gdb, 1);
        return;
    }
    gdb->taken_up = task.pid;
    gdb->detached = false;
    gdb->general = (Thread){0, 0};
    gdb->stop = (EmuStop){.kind = EMU_STEPPED, .pid = task.pid, .tid = task.tid};
    stop_reply(gdb);
}

void launch_done(Gdb *gdb)
{
    Start *start = &gdb->start;
    free(start->path);
    free_words(start->argv);
    reset_environment(start);
    if (start->home >= 0)
        close(start->home);
}
