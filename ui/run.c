/* emu [run]: start the program, let it run, end as it ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/emu_heap.h"
#include "emu/emu_profile.h"
#include "emu/emu_record.h"
#include "ui/commands.h"
#include "ui/gdb/serve.h"
#include "ui/report/report.h"
#include "ui/report/trace.h"
#include "ui/window/window.h"

/* Ends this process by the signal that killed the program, so that whoever waits sees the same. No core: it would be ours. */
static int die_of(int signal)
{
    struct rlimit none = {0, 0};
    sigset_t set;
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    sigemptyset(&set);
    sigaddset(&set, signal);
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigaction(signal, &plain, NULL);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return 128 + signal;
}

const char *run_find_program(const char *name, char *found)
{
    const char *path = getenv("PATH");
    if (strchr(name, '/') || access(name, F_OK) == 0 || !path || !*name)
        return name;
    for (size_t length; *path; path += length + (path[length] == ':')) {
        struct stat st;
        length = strcspn(path, ":");
        int n = snprintf(found, PATH_MAX, "%.*s%s%s", (int)length, path, length ? "/" : "", name);
        if (n < PATH_MAX && access(found, X_OK) == 0 && stat(found, &st) == 0 && S_ISREG(st.st_mode))
            return found;
    }
    return name;
}

static int cannot_run(const char *name, int error, const char *why)
{
    if (error == ENOENT || error == ENOTDIR) {
        fprintf(stderr, "emu: cannot find '%s': %s\n", name, why);
        return EXIT_NOT_FOUND;
    }
    struct stat st;
    bool looked = error == EACCES && stat(name, &st) == 0;
    if (looked && S_ISDIR(st.st_mode))
        why = "it is a directory";
    else if (looked && S_ISREG(st.st_mode) && access(name, X_OK) != 0)
        why = "it is not executable (chmod +x makes it so)";
    fprintf(stderr, "emu: cannot run '%s': %s\n", name, why);
    return error == ENOMEM || error == EMFILE || error == ENFILE ? EXIT_FAILED : EXIT_CANNOT_RUN;
}

/* Runs until the end, with a report before a fault kills. */
static EmuStop run_to_end(Emu *emu, bool crash_report)
{
    for (;;) {
        EmuStop stop = emu_run(emu, EMU_FOREVER);
        if (stop.kind == EMU_FATAL) {
            if (crash_report && stop.from_cpu)
                report_crash(stderr, emu, &stop);
        } else if (stop.kind != EMU_INTERRUPTED) {
            return stop;
        }
    }
}

/* Nobody reads what this process would say, and whoever waits for the end of a pipe on our standard error waits for the
 * program's own descriptors only, which are others. A trace goes on to where it was wanted. */
static void fall_silent(const Options *options)
{
    int null = options->config.strace ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0)
        dup2(null, STDERR_FILENO);
}

/* What the program leaves running in the background must outlive us, who have to end when the program does: a copy of this
 * process carries the machine on, for as long as somebody lives in it, within the same limits. false: there is nothing to
 * carry on (or no process for it). With a debugger the machine is its user's, and ends with it. */
static bool leave_orphans(Emu *emu, const EmuStop *stop, const Options *options)
{
    if (options->gdb || (stop->kind != EMU_EXITED && stop->kind != EMU_KILLED) || !emu_orphans(emu))
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        fall_silent(options);
        run_to_end(emu, false);
        emu_destroy(emu);
        _exit(0);
    }
    return pid > 0;
}

static int exit_code(const Options *options, const EmuStop *stop)
{
    switch (stop->kind) {
    case EMU_EXITED: return stop->status;
    case EMU_KILLED: return 128 + stop->signal;
    case EMU_BUDGET:
        fprintf(stderr, "emu: stopped after %llu instructions (--max-insns)\n", (unsigned long long)options->config.max_insns);
        return EXIT_LIMIT;
    case EMU_TIMEOUT:
        fprintf(stderr, "emu: stopped after %g seconds (--timeout)\n", (double)options->config.timeout_ns / 1e9);
        return EXIT_LIMIT;
    case EMU_DEADLOCK:
        fprintf(stderr, "emu: every thread of the program waits for another one: stopped\n");
        return EXIT_LIMIT;
    case EMU_INTERRUPTED: return 128 + SIGHUP; /* its window was closed */
    default:
        fprintf(stderr, "emu: the machine stopped for no reason (%d)\n", (int)stop->kind);
        return EXIT_FAILED;
    }
}

/* Descriptors 0 to 2 that are closed stay closed for the program; for us they are taken, so that no file of ours gets them. */
static void keep_closed_closed(EmuConfig *config)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) == fd)
            config->stdio[fd] = -1;
}

static bool open_output(const Options *options, EmuConfig *config, FILE **out)
{
    *out = stderr;
    bool for_trace = options->trace && !options->trace_out; /* then -o is the trace's, and the reports go to stderr */
    if (!options->output || options->command == COMMAND_SNAPSHOT || options->command == COMMAND_RECORD || for_trace)
        return true;
    *out = fopen(options->output, "we");
    if (!*out) {
        fprintf(stderr, "emu: cannot write '%s': %s\n", options->output, strerror(errno));
        return false;
    }
    setvbuf(*out, NULL, _IOLBF, 0);
    config->strace_fd = fileno(*out);
    return true;
}

/* The model, and what is kept of it; false, after one line on stderr: it cannot be. */
static bool prepare_model(Emu *emu, const Options *options)
{
    if (options->hierarchy && emu_hierarchy(emu, options->hierarchy, (const char *const *)options->overrides) != 0) {
        fprintf(stderr, "emu: --hierarchy: %s\n", *emu_error(emu) ? emu_error(emu) : strerror(ENOMEM));
        return false;
    }
    uint32_t what = (options->cachegrind_out || options->attribute ? EMU_PROFILE_CODE : 0) |
                    (options->attribute ? EMU_PROFILE_DATA | EMU_PROFILE_SHARING : 0);
    if (what && emu_profile(emu, what) != 0) {
        fprintf(stderr, "emu: no memory for a profile\n");
        return false;
    }
    return report_expectations_known(emu, options);
}

static void print_line(void *context, const char *line) { fprintf(context, "%s\n", line); }

/* Watches the heap of the program that was loaded, if that was asked for; without a heap there is nothing to watch, which is
 * said. */
static void prepare_heap(Emu *emu, const Options *options)
{
    if (options->heap && emu_heap_watch(emu) != 0)
        fprintf(stderr, "emu: --heap: the program names no allocator that is known (malloc, __rust_alloc …): "
                        "its heap is not watched\n");
}

/* The reports at the end. false: an expectation does not hold, or a file could not be written. */
static bool report_all(Emu *emu, const Options *options, FILE *out)
{
    bool ok = true;
    if (options->stats != STATS_OFF)
        report_stats(out, emu, options->stats == STATS_JSON);
    if (options->hierarchy && !options->implied)
        report_hierarchy(out, emu, options);
    if (options->heap)
        emu_heap_report(emu, true, print_line, out);
    if (options->cachegrind_out)
        ok = report_cachegrind_file(emu, options);
    return report_expectations(stderr, emu, options) && ok;
}

/* What gdb's `run` makes another machine from. */
typedef struct Again {
    const Options *options;
    EmuConfig config; /* with descriptors of its own: the first program takes ours */
    char path[PATH_MAX];
    GdbLaunch launch;
} Again;

static bool launch_again(void *context, Emu **emu, const char *path, const char *const *argv, const char *const *environment,
                         bool fixed_addresses)
{
    Again *again = context;
    again->config.fixed_addresses = fixed_addresses;
    Emu *other = emu_create(&again->config);
    if (!other || !prepare_model(other, again->options) || emu_load(other, path, argv, environment) != 0) {
        emu_destroy(other);
        return false;
    }
    prepare_heap(other, again->options);
    emu_destroy(*emu);
    *emu = other;
    return true;
}

/* Before the first program is loaded. A trace is of one machine: with it there is no second. */
static void prepare_again(Again *again, const Options *options, const EmuConfig *config, const char **environment, const char *path)
{
    *again = (Again){.options = options, .config = *config};
    if (!options->gdb)
        return;
    for (int fd = 0; config->take_place && fd < 2; fd++)
        if (config->stdio[fd] == fd)
            again->config.stdio[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    again->config.take_place = false;
    char *absolute = *path == '/' ? NULL : realpath(path, NULL); /* `set cwd` moves us */
    snprintf(again->path, sizeof again->path, "%s", absolute ? absolute : path);
    free(absolute);
    again->launch = (GdbLaunch){.launch = options->trace ? NULL : launch_again, .context = again, .path = again->path, .environment = environment};
}

static void debug_remotely(Emu **emu, Again *again, EmuStop *stop)
{
    const Options *options = again->options;
    const char *name = options->program[0];
    if (options->argv0)
        options->program[0] = options->argv0;
    again->launch.argv = options->program;
    gdb_serve(emu, options->gdb, &again->launch, stop);
    options->program[0] = name;
}

/* Runs the loaded program; the exit code. */
static int run_loaded(Emu **machine, Again *again, FILE *out, Window *window, int *signal, bool *orphans)
{
    const Options *options = again->options;
    Emu *emu = *machine;
    Trace *trace = options->trace ? trace_begin(emu, options) : NULL;
    if (options->trace && !trace)
        return EXIT_FAILED;
    EmuStop stop = {.kind = EMU_EXITED, .status = EXIT_FAILED};
    prepare_heap(emu, options);
    if (options->gdb)
        debug_remotely(machine, again, &stop);
    else
        stop = window ? window_run(window, emu) : run_to_end(emu, options->crash_report);
    emu = *machine; /* gdb may have started it again */
    bool ok = trace_end(trace);
    ok &= report_all(emu, options, out);
    *signal = ok && stop.kind == EMU_KILLED ? stop.signal : 0;
    int code = exit_code(options, &stop);
    *orphans = !window && options->command != COMMAND_RECORD && leave_orphans(emu, &stop, options);
    return ok ? code : 1;
}

static int run(const Options *options, const EmuConfig *config, const char **environment, const char *path, FILE *out,
               Window *window, int *signal)
{
    const char *name = options->program[0];
    Emu *emu = emu_create(config);
    if (!emu) {
        fprintf(stderr, "emu: cannot make a machine: %s (try a smaller --mem)\n", strerror(errno));
        return EXIT_FAILED;
    }
    if (options->command == COMMAND_RECORD && (errno = emu_record_to(emu, options->output)) != 0) {
        fprintf(stderr, "emu: cannot write '%s': %s\n", options->output, strerror(errno));
        emu_destroy(emu);
        return EXIT_FAILED;
    }
    if (options->argv0)
        options->program[0] = options->argv0;
    if (!prepare_model(emu, options)) {
        emu_destroy(emu);
        return EXIT_FAILED;
    }
    Again again;
    prepare_again(&again, options, config, environment, path);
    int error = emu_load(emu, path, options->program, environment), code;
    options->program[0] = name;
    if (error) {
        code = cannot_run(name, error, emu_error(emu));
    } else if (options->command == COMMAND_SNAPSHOT) {
        code = snapshot_take(emu, options);
    } else {
        bool orphans = false;
        code = run_loaded(&emu, &again, out, window, signal, &orphans);
        if (orphans) { /* destroying the machine here would end them: it goes with this process */
            static __attribute__((used)) Emu *left;
            left = emu;
            (void)left;
            return code;
        }
        if (options->command == COMMAND_RECORD && (errno = emu_record_close(emu)) != 0) {
            fprintf(stderr, "emu: cannot write '%s': %s\n", options->output, strerror(errno));
            code = EXIT_FAILED;
        }
    }
    emu_destroy(emu);
    return code;
}

/* gdb is told before a signal kills. When it talks through standard input and output, the program gets neither. */
static void make_room_for_gdb(const Options *options, EmuConfig *config)
{
    config->stop_on_fatal = false;
    config->fixed_addresses = true; /* as gdb starts programs */
    config->record = true; /* gdb can go back; a machine that cannot be recorded (--mem, paging) goes without */
    if (strcmp(options->gdb, "-") != 0)
        return;
    config->take_place = false;
    config->stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    config->stdio[1] = config->stdio[2];
}

/* --record, for a window, where nothing speaks against it. */
static bool may_record(const Options *options)
{
    const EmuConfig *c = &options->config;
    const EmuPagingConfig *p = &c->paging;
    const char *why = NULL;
    if (!options->window)
        why = "goes with --window (emu record -o FILE writes a recording, emu debug always remembers)";
    else if (options->heap)
        why = "does not go with --heap: its books do not travel in time";
    else if (c->memory_size || p->swap_size || p->user_frames || p->working_set || p->frame_order != EMU_FRAMES_SEQUENTIAL)
        why = "does not go with --mem, --swap, --user-frames, --working-set or --frame-order";
    if (options->record && why)
        fprintf(stderr, "emu: --record %s\n", why);
    return !options->record || !why;
}

int command_run(const Options *options, char **environment)
{
    EmuConfig config = options->config;
    FILE *out;
    int signal = 0, code = EXIT_FAILED;
    if (options->command == COMMAND_RECORD && !options->output) {
        fprintf(stderr, "emu: record needs -o FILE\n");
        return EXIT_FAILED;
    }
    if (!may_record(options))
        return EXIT_FAILED;
    keep_closed_closed(&config);
    config.forward_signals = true;
    config.take_place = options->command == COMMAND_RUN || options->command == COMMAND_RECORD;
    config.record = options->command == COMMAND_RECORD || options->record;
    config.stop_on_fatal = options->crash_report;
    if (options->gdb)
        make_room_for_gdb(options, &config);
    const char **edited = options_environment(options, environment);
    Window *window = options->window ? window_open(options) : NULL;
    uint64_t *future = NULL;
    if (edited && (window || !options->window) && open_output(options, &config, &out)) {
        char found[PATH_MAX];
        const char *path = run_find_program(options->program[0], found);
        code = config.paging.replacement == EMU_REPLACE_OPT ? opt_first_run(options, &config, edited, path, &future) : -1;
        if (code < 0)
            code = run(options, &config, edited, path, out, window, &signal);
        if (out != stderr)
            fclose(out);
    }
    free(future);
    window_close(window);
    free(edited);
    return signal ? die_of(signal) : code;
}
