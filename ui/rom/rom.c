/* emu rom: runs files and folders of ROMs, each in a process of its own, and says which of them did what their sidecar
 * expects (docs/roms.md). A ROM that hangs or crashes us costs itself only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ui/commands.h"
#include "ui/json.h"
#include "ui/rom/check.h"

enum { MESSAGE_SIZE = 4096, MAX_JOBS = 256, EXIT_DIFFERENT = 1 };

typedef struct Result {
    char *path;
    bool done, passed, known; /* known: in the list of known failures */
    char *message;            /* why it did not pass; or what was not checked */
} Result;

static Result *results;
static size_t result_count;

/* ---- which -------------------------------------------------------------------------------------------------------- */

static bool is_elf(const char *path)
{
    char magic[4] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, magic, 4);
    if (fd >= 0)
        close(fd);
    return n == 4 && memcmp(magic, "\177ELF", 4) == 0;
}

static bool add(const char *path)
{
    Result *grown = realloc(results, (result_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    results = grown;
    results[result_count++] = (Result){.path = strdup(path)};
    return true;
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)ftw;
    return kind == FTW_F && S_ISREG(st->st_mode) && is_elf(path) && !add(path);
}

static int by_path(const void *a, const void *b) { return strcmp(((const Result *)a)->path, ((const Result *)b)->path); }

static bool collect(const char *const *paths)
{
    for (; *paths; paths++) {
        if (nftw(*paths, visit, 32, FTW_PHYS) != 0) {
            fprintf(stderr, "emu: cannot read '%s': %s\n", *paths, strerror(errno));
            return false;
        }
    }
    qsort(results, result_count, sizeof *results, by_path);
    return true;
}

/* One path (or the end of one) a line; # begins a comment. */
static bool mark_known(const char *file)
{
    char line[4096];
    FILE *in = fopen(file, "re");
    if (!in) {
        fprintf(stderr, "emu: cannot read '%s': %s\n", file, strerror(errno));
        return false;
    }
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "#\n")] = 0;
        size_t length = strlen(line);
        while (length && line[length - 1] == ' ')
            line[--length] = 0;
        for (size_t i = 0; length && i < result_count; i++) {
            size_t whole = strlen(results[i].path);
            bool tail = whole > length && results[i].path[whole - length - 1] == '/' && !strcmp(results[i].path + whole - length, line);
            results[i].known |= tail || !strcmp(results[i].path, line);
        }
    }
    fclose(in);
    return true;
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

typedef struct Job {
    pid_t pid;
    int fd;      /* what it has to say: '+', or '-' and the message */
    size_t index, used;
    char text[MESSAGE_SIZE + 1];
} Job;

static void child(const char *path, const EmuConfig *config, int fd)
{
    static char text[MESSAGE_SIZE];
    bool good = rom_check(path, config, text + 1, sizeof text - 1);
    text[0] = good ? '+' : '-';
    ssize_t ignored = write(fd, text, 1 + strlen(text + 1));
    (void)ignored;
    _exit(0);
}

static bool start_job(Job *job, size_t index, const EmuConfig *config)
{
    int ends[2];
    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC) != 0 || (job->pid = fork()) < 0) {
        fprintf(stderr, "emu: cannot start a process: %s\n", strerror(errno));
        return false;
    }
    if (job->pid == 0)
        child(results[index].path, config, ends[1]);
    close(ends[1]);
    job->fd = ends[0];
    job->index = index;
    job->used = 0;
    return true;
}

static void finish_job(Job *job)
{
    int status = 0;
    Result *r = &results[job->index];
    close(job->fd);
    waitpid(job->pid, &status, 0);
    job->pid = 0;
    job->text[job->used] = 0;
    r->done = true;
    r->passed = job->used && job->text[0] == '+';
    if (job->used > 1)
        r->message = strdup(job->text + 1);
    else if (!job->used && WIFSIGNALED(status) && asprintf(&r->message, WTERMSIG(status) == SIGALRM ? "did not end in time" : "emu itself died of signal %d",
                                             WTERMSIG(status)) < 0)
        r->message = NULL;
}

static void progress(size_t done)
{
    if (isatty(2))
        fprintf(stderr, "\r%zu of %zu%s", done, result_count, done == result_count ? "\r\033[K" : "");
}

static bool run_all(unsigned jobs, const EmuConfig *config)
{
    static Job job[MAX_JOBS];
    static struct pollfd polls[MAX_JOBS];
    size_t next = 0, done = 0;
    while (done < result_count) {
        for (unsigned i = 0; i < jobs; i++) {
            if (!job[i].pid && next < result_count && !start_job(&job[i], next++, config))
                return false;
            polls[i] = (struct pollfd){job[i].pid ? job[i].fd : -1, POLLIN, 0};
        }
        if (poll(polls, jobs, -1) < 0 && errno != EINTR)
            return false;
        for (unsigned i = 0; i < jobs; i++) {
            if (!job[i].pid || !polls[i].revents)
                continue;
            ssize_t n = read(job[i].fd, job[i].text + job[i].used, MESSAGE_SIZE - job[i].used);
            job[i].used += n > 0 ? (size_t)n : 0;
            if (n <= 0) {
                finish_job(&job[i]);
                progress(++done);
            }
        }
    }
    return true;
}

/* ---- reports ------------------------------------------------------------------------------------------------------ */

typedef struct Totals {
    size_t passed, failed, known, surprising; /* surprising: passed though listed as a known failure */
} Totals;

static Totals totals(void)
{
    Totals t = {0};
    for (size_t i = 0; i < result_count; i++) {
        const Result *r = &results[i];
        t.passed += r->passed;
        t.failed += !r->passed && !r->known;
        t.known += !r->passed && r->known;
        t.surprising += r->passed && r->known;
    }
    return t;
}

static const char *message_of(const Result *r) { return r->message ? r->message : r->passed ? "" : "no answer"; }

/* What was not checked though the sidecar asked for it: the first of each kind, so that a misspelt key does not pass unseen. */
static void report_notes(FILE *out)
{
    for (size_t i = 0; i < result_count; i++) {
        size_t same = 0, before = 0;
        for (size_t k = 0; results[i].passed && results[i].message && k < result_count; k++)
            if (results[k].passed && results[k].message && !strcmp(results[k].message, results[i].message))
                same++, before += k < i;
        if (same && !before)
            fprintf(out, "note: %s%s: %s\n", results[i].path, same > 1 ? " and others" : "", results[i].message);
    }
}

static void report_tap(void)
{
    printf("TAP version 13\n1..%zu\n", result_count);
    for (size_t i = 0; i < result_count; i++) {
        const Result *r = &results[i];
        printf("%sok %zu - %s%s\n", r->passed ? "" : "not ", i + 1, r->path, r->known ? " # TODO known failure" : "");
        for (const char *line = message_of(r); *line; line += strspn(line, "\n")) {
            size_t length = strcspn(line, "\n");
            printf("# %.*s\n", (int)length, line);
            line += length;
        }
    }
}

static void report_text(double seconds)
{
    Totals t = totals();
    for (size_t i = 0; i < result_count; i++)
        if (!results[i].passed && !results[i].known)
            printf("FAIL %s\n  %s\n", results[i].path, message_of(&results[i]));
        else if (results[i].passed && results[i].known)
            printf("passes now, though a known failure: %s\n", results[i].path);
    report_notes(stdout);
    printf("%zu passed, %zu failed", t.passed, t.failed);
    if (t.known)
        printf(", %zu known failures", t.known);
    printf(" of %zu in %.1f s\n", result_count, seconds);
}

static void put_xml(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("<>&\"", *text))
            fprintf(out, "&#%d;", *text);
        else if ((unsigned char)*text >= 32 || *text == '\n')
            putc(*text, out);
    }
}

static void report_junit(FILE *out, double seconds)
{
    Totals t = totals();
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"emu rom\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
            result_count, t.failed, t.known, seconds);
    for (size_t i = 0; i < result_count; i++) {
        fputs("  <testcase name=\"", out);
        put_xml(out, results[i].path);
        fputs("\">", out);
        if (!results[i].passed) {
            fputs(results[i].known ? "<skipped message=\"known failure\"/>" : "<failure message=\"differs\">", out);
            if (!results[i].known) {
                put_xml(out, message_of(&results[i]));
                fputs("</failure>", out);
            }
        }
        fputs("</testcase>\n", out);
    }
    fputs("</testsuite>\n", out);
}

static void report_json(FILE *out, double seconds)
{
    Totals t = totals();
    Json json = {.out = out};
    json_open(&json, NULL, '{');
    json_string(&json, "schema", "emu-rom-1");
    json_number(&json, "passed", t.passed);
    json_number(&json, "failed", t.failed);
    json_number(&json, "known_failures", t.known);
    json_real(&json, "seconds", seconds);
    json_open(&json, "roms", '[');
    for (size_t i = 0; i < result_count; i++) {
        json_open(&json, NULL, '{');
        json_string(&json, "path", results[i].path);
        json_bool(&json, "passed", results[i].passed);
        json_bool(&json, "known", results[i].known);
        if (!results[i].passed || results[i].message)
            json_string(&json, "message", message_of(&results[i]));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

static bool report_file(const char *path, void (*report)(FILE *, double), double seconds)
{
    FILE *out = path ? fopen(path, "we") : NULL;
    if (path && !out)
        fprintf(stderr, "emu: cannot write '%s': %s\n", path, strerror(errno));
    if (out) {
        report(out, seconds);
        fclose(out);
    }
    return !path || out;
}

int command_rom(const Options *options)
{
    struct timespec before, after;
    unsigned jobs = options->jobs ? options->jobs : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    clock_gettime(CLOCK_MONOTONIC, &before);
    if (!collect(options->program) || (options->known_failures && !mark_known(options->known_failures)))
        return EXIT_FAILED;
    if (!result_count) {
        fprintf(stderr, "emu: no ROM (an ELF file) there\n");
        return EXIT_FAILED;
    }
    if (!run_all(jobs < MAX_JOBS ? jobs : MAX_JOBS, &options->config))
        return EXIT_FAILED;
    clock_gettime(CLOCK_MONOTONIC, &after);
    double seconds = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    if (options->tap)
        report_tap();
    else
        report_text(seconds);
    bool written = report_file(options->junit, report_junit, seconds);
    written &= report_file(options->rom_json, report_json, seconds);
    return !written ? EXIT_FAILED : totals().failed ? EXIT_DIFFERENT : 0;
}
