/* --replacement=opt: the page that is not needed for the longest time must be known in advance, so the program runs twice. The
 * first run has all the memory it wants and no output, and keeps the string of pages that it uses; the second is the real
 * one. Both are deterministic. What the first does to files is done twice: opt is for programs that compute. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ui/commands.h"

/* What comes through a pipe or a terminal can be read only once: it is read now, and both runs get it from memory. The
 * descriptor, at its beginning; -1 with errno. */
static int spool_input(int fd)
{
    char buffer[65536];
    ssize_t got;
    int spool = memfd_create("emu-stdin", MFD_CLOEXEC);
    while (spool >= 0 && (got = read(fd, buffer, sizeof buffer)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || write(spool, buffer, (size_t)got) != got) {
            close(spool);
            return -1;
        }
    }
    return spool;
}

static EmuConfig first_config(const EmuConfig *config, int null)
{
    EmuConfig first = *config;
    first.paging = (EmuPagingConfig){.replacement = EMU_REPLACE_OPT, .record = true,
        .user_frames = config->paging.user_frames,
        .claimed_memory = config->memory_size ? config->memory_size : 4ull << 30, .swap_size = config->paging.swap_size};
    first.memory_size = config->memory_size > 16ull << 30 ? config->memory_size : 16ull << 30;
    first.stdio[1] = first.stdio[2] = null;
    first.strace = NULL;
    first.take_place = first.stop_on_fatal = first.forward_signals = false;
    return first;
}

static int first_run_failed(const char *why)
{
    fprintf(stderr, "emu: --replacement=opt: %s\n", why);
    return EXIT_FAILED;
}

int opt_first_run(const Options *options, EmuConfig *config, const char **environment, const char *path, uint64_t **future)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    off_t start = config->stdio[0] < 0 ? 0 : lseek(config->stdio[0], 0, SEEK_CUR);
    if (start < 0 && errno == ESPIPE) {
        int spool = isatty(config->stdio[0]) ? null : spool_input(config->stdio[0]);
        if (spool < 0 || (spool != null && dup2(spool, config->stdio[0]) < 0))
            return first_run_failed("its input could not be kept for the second run");
        if (spool != null)
            lseek(config->stdio[0], start = 0, SEEK_SET);
    }
    EmuConfig first = first_config(config, null);
    Emu *emu = emu_create(&first);
    int code = -1;
    if (!emu || emu_load(emu, path, options->program, environment) != 0) {
        emu_destroy(emu);
        close(null);
        return -1; /* the second run says why */
    }
    EmuStop stop = emu_run(emu, EMU_FOREVER);
    *future = emu_future(emu, &config->paging.future_count);
    if (stop.kind != EMU_EXITED && stop.kind != EMU_KILLED && stop.kind != EMU_BUDGET)
        code = first_run_failed("the first run, which finds out what is needed when, did not end");
    else if (!*future)
        code = first_run_failed("no memory for the string of pages");
    config->paging.future = *future;
    emu_destroy(emu);
    if (start >= 0 && config->stdio[0] >= 0)
        lseek(config->stdio[0], start, SEEK_SET);
    close(null);
    return code;
}
