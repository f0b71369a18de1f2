/* What the inspector tells, against what a program did (argv[1], made of inspected_guest.c): heap blocks, counted accesses,
 * who wrote last; and a program that waits is shown nevertheless. All through the window's own thread, without a screen. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/emu_heap.h"
#include "ui/window/runner.h"

static Emu *load(const char *path, bool record)
{
    EmuConfig config;
    emu_config_init(&config);
    config.deterministic = true;
    config.record = record;
    Emu *emu = emu_create(&config);
    const char *argv[] = {path, NULL}, *environment[] = {NULL};
    assert(emu && emu_load(emu, path, argv, environment) == 0);
    return emu;
}

static uint64_t symbol(Emu *emu, const char *name)
{
    EmuSymbol found;
    assert(emu_symbol_named(emu, 0, name, &found));
    return found.address;
}

static void run_to(Emu *emu, const char *name)
{
    emu_breakpoint(emu, symbol(emu, name), true);
    assert(emu_run(emu, EMU_FOREVER).kind == EMU_BREAKPOINT);
    emu_breakpoint(emu, symbol(emu, name), false);
}

static uint64_t pointer(Emu *emu, const char *name)
{
    uint64_t value = 0;
    assert(emu_read(emu, 0, symbol(emu, name), &value, sizeof value) == sizeof value);
    return value;
}

static void test_heap(const char *path, bool watched)
{
    static const struct { const char *name; uint64_t size; bool live; } blocks[] = {
        {"hundred", 100, true}, {"small", 24, false}, {"large", 5000, false}, {"last", 10, true}};
    Emu *emu = load(path, false);
    EmuHeapPlace place;
    assert(!watched || emu_heap_watch(emu) == 0);
    run_to(emu, "allocated");
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        uint64_t address = pointer(emu, blocks[i].name);
        assert(emu_heap_place(emu, 0, address + 3, &place));
        assert(place.address == address && place.live == blocks[i].live && place.watched == watched);
        assert(watched ? place.size == blocks[i].size : place.size >= blocks[i].size && place.size < blocks[i].size + 32);
        assert(!watched || (place.serial && place.pc));
    }
    assert(!emu_heap_place(emu, 0, symbol(emu, "page"), &place));
    emu_destroy(emu);
}

static void test_counts(const char *path)
{
    Emu *emu = load(path, false);
    EmuAccessCounts c;
    assert(!emu_access_counts(emu, &c));
    run_to(emu, "count_from_here");
    uint64_t page = symbol(emu, "page");
    assert(emu_count_accesses(emu, 0, page + 100));
    run_to(emu, "count_to_here");
    assert(emu_access_counts(emu, &c) && c.page == page);
    assert(c.reads == 1000 + 300 && c.writes == 700 + 300); /* 300 are read, changed and written */
    assert(c.line_reads[0] == 1000 && c.line_writes[0] == 0);
    assert(c.line_reads[1] == 300 && c.line_writes[1] == 300 && c.line_writes[63] == 700);
    assert(emu_count_accesses(emu, 0, 0) && !emu_access_counts(emu, &c));
    emu_destroy(emu);
    emu = load(path, true);
    assert(!emu_count_accesses(emu, 0, page)); /* its counts could not go back in time */
    emu_destroy(emu);
}

/* The first picture that is good. */
static const Model *wait_for(Runner *runner, bool (*good)(const Model *))
{
    char status[96];
    RunMode mode;
    for (int i = 0; i < 20000; i++) {
        runner_wait(runner, 0, 1000000);
        if (runner_take(runner, status, &mode) && good(runner->shown))
            return runner->shown;
    }
    assert(!"no such picture within twenty seconds");
}

static bool writer_is_known(const Model *m) { return m->focus.writer.state == WRITER_FOUND; }

static void test_last_writer(const char *path)
{
    Emu *emu = load(path, true);
    static Runner runner;
    run_to(emu, "count_to_here");
    ModelRequest wanted = {.focus = symbol(emu, "page") + 63 * 64, .who = 1};
    assert(runner_start(&runner, emu, RUN_PAUSED, 0, true, NULL));
    runner_ask(&runner, &wanted);
    const LastWriter *w = &wait_for(&runner, writer_is_known)->focus.writer;
    assert(w->writer.address <= wanted.focus && wanted.focus < w->writer.address + w->writer.size);
    assert(strncmp(w->place, "write_much", 10) == 0);
    runner_stop(&runner);
    emu_destroy(emu);
}

static bool has_read(const Model *m) { return m->stats.system_calls && m->focus.address == m->registers.r[4]; }
static bool looks_elsewhere(const Model *m) { return m->focus.address == 0x400000; }

/* It reads from a pipe that nobody writes to, and then knows nothing of who has looked. */
static void test_waiting(const char *path)
{
    int ends[2];
    assert(pipe(ends) == 0 && dup2(ends[0], 0) == 0);
    Emu *emu = load(path, false);
    static Runner runner;
    ModelRequest elsewhere = {.focus = 0x400000};
    assert(runner_start(&runner, emu, RUN_FREE, 0, true, NULL));
    wait_for(&runner, has_read);
    runner_ask(&runner, &elsewhere);
    wait_for(&runner, looks_elsewhere);
    assert(write(ends[1], "x", 1) == 1);
    for (bool ended = false; !ended; usleep(1000)) {
        pthread_mutex_lock(&runner.lock);
        ended = runner.ended;
        pthread_mutex_unlock(&runner.lock);
    }
    assert(runner.stop.kind == EMU_EXITED && runner.stop.status == 7);
    runner_stop(&runner);
    emu_destroy(emu);
}

int main(int argc, char **argv)
{
    assert(argc == 2);
    test_heap(argv[1], false);
    test_heap(argv[1], true);
    test_counts(argv[1]);
    test_last_writer(argv[1]);
    test_waiting(argv[1]);
    puts("what the inspector tells is so");
    return 0;
}
