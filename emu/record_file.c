/* Recordings as files: what a run depends on, in the order in which it becomes known.
 *
 *   magic · settings · program, arguments, environment │ the log, as it grows │ programs and mapped files │ end, magic
 *
 * Numbers are 64 bits, little-endian; strings are a length and their bytes. The last bytes say where the parts begin, so a file that
 * was cut short is known for what it is. Nothing in a file is believed: lengths are compared with what is there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "emu/record.h"
#include "kernel/fd.h"

static const char MAGIC[8] = "EMUREC01", END_MAGIC[8] = "EMUEND01";

enum { SETTINGS = 14, TRAILER = 6 * 8 + 8, MOST_STRINGS = 1 << 20 };

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void put(Record *record, const void *bytes, u64 size)
{
    HostLog *log = record->log;
    for (const u8 *from = bytes; size && !log->sink_error;) {
        ssize_t wrote = write(log->sink, from, size);
        if (wrote > 0) {
            from += wrote;
            size -= (u64)wrote;
        } else if (wrote == 0 || errno != EINTR) {
            log->sink_error = wrote ? errno : EIO;
        }
    }
}

static void put_number(Record *record, u64 value) { put(record, &value, sizeof value); }

static void put_text(Record *record, const char *text)
{
    put_number(record, strlen(text));
    put(record, text, strlen(text));
}

static void put_list(Record *record, const char *const *list)
{
    u64 count = 0;
    while (list[count])
        count++;
    put_number(record, count);
    for (u64 i = 0; i < count; i++)
        put_text(record, list[i]);
}

/* The number of rows of host calls tells versions apart whose logs differ. */
static u64 format_number(void)
{
    u64 rows = 0;
#define HOST(type, name, parameters, call, outs) rows++;
#define HAND(name) rows++;
#include "kernel/host_calls.def"
#undef HOST
#undef HAND
    return rows;
}

static void settings_of(const KernelConfig *c, u64 s[SETTINGS])
{
    const u64 values[SETTINGS] = {
        format_number(), c->memory_size, c->stack_size, (u64)c->cpu_level,
        (u64)c->deterministic | (u64)c->fixed_addresses << 1, c->seed, c->sched_seed, c->no_net, (u64)c->stdio[0], (u64)c->stdio[1], (u64)c->stdio[2], c->take_place, c->stop_on_fatal, c->forward_signals,
    };
    memcpy(s, values, sizeof values);
}

int emu_record_to(Emu *emu, const char *path)
{
    Record *record = emu->record;
    if (!record)
        return EINVAL;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 600); /* clear of the guest's */
    if (fd >= 0)
        close(fd);
    if (high < 0)
        return errno;
    record->sink = high;
    record->streaming = true;
    return 0;
}

void record_file_begin(Emu *emu, const char *path, const char *const *argv, const char *const *envp)
{
    Record *record = emu->record;
    u64 settings[SETTINGS];
    record->log->sink = record->sink;
    settings_of(&emu->kernel->config, settings);
    put(record, MAGIC, sizeof MAGIC);
    put(record, settings, sizeof settings);
    put_text(record, path);
    put_list(record, argv);
    put_list(record, envp);
    record->log_start = (u64)lseek(record->sink, 0, SEEK_CUR);
}

int emu_record_close(Emu *emu)
{
    Record *record = emu->record;
    if (!record || !record->streaming || record->log->sink < 0)
        return EINVAL;
    HostLog *log = record->log;
    host_log_flush(log);
    u64 files = 0;
    for (const HostFile *file = log->files; file; file = file->next, files++) {
        put_number(record, file->device);
        put_number(record, file->inode);
        put_text(record, file->path);
        put_number(record, file->size);
        put(record, file->bytes, file->size);
    }
    const u64 trailer[] = {record->log_start, log->sunk, files, record_now(emu), emu_state_hash(emu), log->full};
    put(record, trailer, sizeof trailer);
    put(record, END_MAGIC, sizeof END_MAGIC);
    if (close(record->sink) != 0 && !log->sink_error)
        log->sink_error = errno;
    log->sink = record->sink = -1;
    log->mode = HOST_DIRECT;
    return log->sink_error;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

typedef struct Reader {
    const u8 *bytes;
    u64 size, at;
    bool bad;
} Reader;

static const u8 *take(Reader *r, u64 size)
{
    if (r->bad || size > r->size - r->at) {
        r->bad = true;
        return NULL;
    }
    r->at += size;
    return r->bytes + r->at - size;
}

static u64 take_number(Reader *r)
{
    const u8 *p = take(r, 8);
    return p ? load64(p) : 0;
}

/* malloc'ed; NULL when the file is bad. */
static char *take_text(Reader *r)
{
    u64 size = take_number(r);
    const u8 *p = take(r, size);
    char *text = p ? malloc(size + 1) : NULL;
    if (text) {
        memcpy(text, p, size);
        text[size] = 0;
    }
    r->bad |= !text;
    return text;
}

static void free_list(char **list)
{
    for (u64 i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static char **take_list(Reader *r)
{
    u64 count = take_number(r);
    char **list = r->bad || count > MOST_STRINGS || count > r->size / 8 ? NULL : calloc(count + 1, sizeof *list);
    for (u64 i = 0; list && i < count; i++)
        if (!(list[i] = take_text(r)))
            break;
    r->bad |= !list;
    return list;
}

typedef struct Recording {
    Reader head;      /* settings, program, arguments, environment */
    u64 log_start, log_size, files, final_count, final_hash;
} Recording;

static const char *parse(const u8 *bytes, u64 size, Recording *recording)
{
    if (size < sizeof MAGIC || memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
        return "it is not a recording";
    if (size < sizeof MAGIC + TRAILER || memcmp(bytes + size - 8, END_MAGIC, 8) != 0)
        return "the recording has no end: emu record was killed, or the file was cut";
    Reader tail = {.bytes = bytes, .size = size - 8, .at = size - TRAILER};
    recording->log_start = take_number(&tail);
    recording->log_size = take_number(&tail);
    recording->files = take_number(&tail);
    recording->final_count = take_number(&tail);
    recording->final_hash = take_number(&tail);
    recording->head = (Reader){.bytes = bytes, .size = size - TRAILER, .at = sizeof MAGIC};
    if (recording->log_start > size - TRAILER || recording->log_size > size - TRAILER - recording->log_start)
        return "the recording is damaged";
    return NULL;
}

static bool read_files(HostLog *log, const Recording *recording)
{
    Reader r = recording->head;
    r.at = recording->log_start + recording->log_size;
    for (u64 i = 0; i < recording->files && !r.bad; i++) {
        u64 device = take_number(&r), inode = take_number(&r);
        char *path = take_text(&r);
        u64 size = take_number(&r);
        const u8 *bytes = take(&r, size);
        if (bytes && path)
            r.bad |= !host_log_add_file(log, path, device, inode, bytes, size);
        free(path);
    }
    return !r.bad;
}

static bool config_of(Reader *r, EmuConfig *config)
{
    u64 s[SETTINGS];
    for (u32 i = 0; i < SETTINGS; i++)
        s[i] = take_number(r);
    emu_config_init(config);
    config->stack_size = s[2];
    config->cpu_level = (int)s[3];
    config->deterministic = s[4] & 1;
    config->fixed_addresses = s[4] >> 1 & 1;
    config->seed = s[5];
    config->sched_seed = s[6];
    config->no_net = s[7];
    for (u32 i = 0; i < 3; i++)
        config->stdio[i] = (int)s[8 + i];
    config->take_place = s[11];
    config->stop_on_fatal = s[12];
    config->forward_signals = s[13];
    config->record = true;
    bool sane = s[3] >= CPU_V1 && s[3] <= CPU_V3 && s[2] >= PAGE_SIZE && s[2] <= 1ull << 40 && s[1] == 4ull << 30;
    return !r->bad && sane && s[0] == format_number();
}

/* Host descriptors behind the guest's 1 and 2, whose output an echo shows. */
static void find_echo(Emu *emu)
{
    const Task *task = emu->kernel->init ? emu->kernel->init->threads : NULL;
    for (u32 i = 0; task && task->files && i < 2; i++)
        if (i + 1 < task->files->capacity && task->files->slots[i + 1].file)
            emu->record->echo[i] = task->files->slots[i + 1].file->host_fd;
    memcpy(emu->record->log->echo, emu->record->echo, sizeof emu->record->echo);
}

static Emu *open_parsed(Recording *recording, bool echo, const char **why)
{
    EmuConfig config;
    Reader *head = &recording->head;
    *why = "the recording was made by another version of emu, or is damaged";
    if (!config_of(head, &config))
        return NULL;
    char *path = take_text(head), **argv = take_list(head), **envp = take_list(head);
    Record *record = head->bad ? NULL : record_create(0);
    Emu *emu = NULL;
    if (record) {
        record->from_file = record->final_known = true;
        record->final_count = recording->final_count;
        record->final_hash = recording->final_hash;
        bool read = host_log_append(record->log, head->bytes + recording->log_start, recording->log_size) &&
                    read_files(record->log, recording);
        record->log->mode = HOST_REPLAY;
        emu = read ? machine_make(&config, record) : NULL;
        if (!emu && !read)
            record_destroy(record);
    }
    if (emu && emu_load(emu, path, (const char *const *)argv, (const char *const *)envp) != 0) {
        emu_destroy(emu);
        emu = NULL;
        *why = "the recording is damaged: its program cannot be started";
    }
    if (emu && echo)
        find_echo(emu);
    free(path);
    free_list(argv);
    free_list(envp);
    return emu;
}

Emu *emu_replay_open(const char *path, bool echo, char *why, size_t why_size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *bytes = MAP_FAILED;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(why, why_size, "%s", fd < 0 ? strerror(errno) : "it is not a file");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (st.st_size)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    Recording recording = {.log_start = 0};
    const char *problem = bytes == MAP_FAILED ? "it is not a recording" : parse(bytes, (u64)st.st_size, &recording);
    Emu *emu = problem ? NULL : open_parsed(&recording, echo, &problem);
    if (bytes != MAP_FAILED)
        munmap(bytes, (size_t)st.st_size);
    if (!emu)
        snprintf(why, why_size, "%s", problem);
    return emu;
}

bool emu_replay_faithful(Emu *emu)
{
    const Record *record = emu->record;
    return record && record->from_file && !record->log->broken && record->log->position == record->log->end &&
           record_now(emu) == record->final_count && emu_state_hash(emu) == record->final_hash;
}
