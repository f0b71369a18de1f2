/* The stream of host answers (host_log.h): appending, fetching, and the few kinds of things in it. Numbers are written seven
 * bits to a byte, signed ones with the sign in bit 0. */
#include "kernel/host_log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/host_log_internal.h"

enum { LARGEST_FILE = 256 << 20 }; /* programs and mapped files larger than this are not kept */

static _Thread_local HostLog *current;

HostLog *host_log_use(HostLog *log)
{
    HostLog *before = current;
    current = log;
    return before;
}

HostLog *host_log_current(void) { return current; }

HostLog *host_log_create(void)
{
    HostLog *log = calloc(1, sizeof *log);
    if (log)
        log->sink = log->echo[0] = log->echo[1] = -1;
    return log;
}

void host_log_destroy(HostLog *log)
{
    for (u64 i = 0; log && i < log->piece_count; i++)
        free(log->pieces[i]);
    for (HostFile *file = log ? log->files : NULL, *next; file; file = next) {
        next = file->next;
        free(file->bytes);
        free(file->path);
        free(file);
    }
    if (log)
        free(log->pieces);
    free(log);
}

/* ---- the bytes of the stream ------------------------------------------------------------------------------------ */

static u8 *piece_at(const HostLog *log, u64 offset) { return log->pieces[offset / HOST_PIECE - log->first_piece]; }

static bool add_piece(HostLog *log)
{
    if (log->piece_count == log->piece_capacity) {
        u64 capacity = log->piece_capacity * 2 + 16;
        u8 **grown = realloc(log->pieces, capacity * sizeof *grown);
        if (!grown)
            return false;
        log->pieces = grown;
        log->piece_capacity = capacity;
    }
    u8 *piece = malloc(HOST_PIECE);
    if (piece)
        log->pieces[log->piece_count++] = piece;
    return piece;
}

static void put(HostLog *log, const void *bytes, u64 size)
{
    for (const u8 *from = bytes; size && !log->full;) {
        if (log->end / HOST_PIECE - log->first_piece == log->piece_count && !add_piece(log)) {
            log->full = true;
            return;
        }
        u64 at = log->end % HOST_PIECE, part = HOST_PIECE - at < size ? HOST_PIECE - at : size;
        memcpy(piece_at(log, log->end) + at, from, part);
        from += part;
        size -= part;
        log->end += part;
        if (log->sink >= 0 && log->end % HOST_PIECE == 0) { /* nobody goes back in a run that goes to a file */
            host_log_flush(log);
            host_log_forget(log, log->sunk);
        }
    }
}

static bool get(HostLog *log, void *bytes, u64 size)
{
    if (log->broken || size > log->end - log->position) {
        log->broken = true;
        memset(bytes, 0, size);
        return false;
    }
    for (u8 *to = bytes; size;) {
        u64 at = log->position % HOST_PIECE, part = HOST_PIECE - at < size ? HOST_PIECE - at : size;
        memcpy(to, piece_at(log, log->position) + at, part);
        to += part;
        size -= part;
        log->position += part;
    }
    return true;
}

static void put_number(HostLog *log, u64 value)
{
    u8 bytes[10];
    u32 n = 0;
    do {
        bytes[n++] = (u8)((value & 127) | (value > 127 ? 128 : 0));
        value >>= 7;
    } while (value);
    put(log, bytes, n);
}

static u64 get_number(HostLog *log)
{
    u64 value = 0;
    for (u32 shift = 0; shift < 70; shift += 7) {
        u8 byte;
        if (!get(log, &byte, 1))
            return 0;
        value |= (u64)(byte & 127) << (shift < 63 ? shift : 63);
        if (!(byte & 128))
            return value;
    }
    log->broken = true;
    return 0;
}

void host_log_flush(HostLog *log)
{
    while (log->sunk < log->end && !log->sink_error) {
        u64 at = log->sunk % HOST_PIECE, left = log->end - log->sunk, part = HOST_PIECE - at < left ? HOST_PIECE - at : left;
        ssize_t wrote = write(log->sink, piece_at(log, log->sunk) + at, part);
        if (wrote > 0)
            log->sunk += (u64)wrote;
        else if (wrote == 0 || errno != EINTR)
            log->sink_error = wrote ? errno : EIO;
    }
}

bool host_log_append(HostLog *log, const void *bytes, u64 size)
{
    put(log, bytes, size);
    return !log->full;
}

void host_log_forget(HostLog *log, u64 offset)
{
    u64 first = offset / HOST_PIECE, drop = first > log->first_piece ? first - log->first_piece : 0;
    if (drop > log->piece_count)
        drop = log->piece_count;
    for (u64 i = 0; i < drop; i++)
        free(log->pieces[i]);
    if (log->piece_count > drop)
        memmove(log->pieces, log->pieces + drop, (log->piece_count - drop) * sizeof *log->pieces);
    log->piece_count -= drop;
    log->first_piece += drop;
    if (offset > log->begin)
        log->begin = offset;
}

u64 host_log_bytes(const HostLog *log)
{
    u64 size = log->piece_count * HOST_PIECE;
    for (const HostFile *file = log->files; file; file = file->next)
        size += file->size;
    return size;
}

/* ---- one call ------------------------------------------------------------------------------------------------- */

HostCall host_begin(u8 number)
{
    HostLog *log = current;
    return (HostCall){.log = log && log->mode != HOST_DIRECT ? log : NULL, .number = number,
                      .live = !log || log->mode == HOST_RECORD || log->mode == HOST_DIRECT};
}

void host_break(HostCall *call)
{
    if (call->log)
        call->log->broken = true;
}

void host_at_most(HostCall *call, u64 most)
{
    if (call->log && call->result > 0 && (u64)call->result > most)
        host_break(call);
}

i64 host_checked(HostCall *call)
{
    if (!call->log || call->live || !call->log->broken)
        return call->result;
    errno = EIO;
    return -1;
}

static i64 fetch_result(HostLog *log, u8 number)
{
    u8 found;
    if (log->mode == HOST_MUTE || !get(log, &found, 1) || found != number) {
        log->broken |= log->mode != HOST_MUTE;
        errno = EIO;
        return -1;
    }
    u64 coded = get_number(log);
    i64 result = (i64)(coded >> 1) ^ -(i64)(coded & 1);
    if (result < 0)
        errno = (int)get_number(log);
    return result;
}

i64 host_end(HostCall *call, i64 result)
{
    HostLog *log = call->log;
    if (!log)
        return call->result = result;
    if (!call->live)
        return call->result = fetch_result(log, call->number);
    int error = errno;
    put(log, &call->number, 1);
    put_number(log, (u64)result << 1 ^ (u64)(result >> 63));
    if (result < 0)
        put_number(log, (u64)error);
    errno = error;
    return call->result = result;
}

static void transfer(HostCall *call, void *bytes, u64 size)
{
    if (call->live)
        put(call->log, bytes, size);
    else
        get(call->log, bytes, size);
}

void host_object(HostCall *call, void *object, u64 size)
{
    if (call->log && call->result >= 0 && object)
        transfer(call, object, size);
}

void host_bytes(HostCall *call, void *bytes, u64 capacity)
{
    if (!call->log || call->result <= 0)
        return;
    if ((u64)call->result > capacity)
        host_break(call);
    else
        transfer(call, bytes, (u64)call->result);
}

void host_attribute(HostCall *call, void *bytes, u64 size)
{
    if (size)
        host_bytes(call, bytes, size);
}

void host_vector(HostCall *call, const struct iovec *v, u64 count)
{
    u64 left = call->log && call->result > 0 ? (u64)call->result : 0;
    for (u64 i = 0; i < count && left; i++) {
        u64 part = v[i].iov_len < left ? v[i].iov_len : left;
        transfer(call, v[i].iov_base, part);
        left -= part;
    }
    if (left)
        host_break(call);
}

u64 host_number(HostCall *call, u64 value, u64 most)
{
    if (!call->log || call->result < 0)
        return value;
    if (call->live) {
        put_number(call->log, value);
        return value;
    }
    value = get_number(call->log);
    if (value <= most)
        return value;
    host_break(call);
    return 0;
}

u64 host_log_signals(u64 serial, u64 live)
{
    HostLog *log = current;
    if (!log || log->mode == HOST_DIRECT)
        return live;
    u8 number = HOST_signals;
    if (log->mode == HOST_RECORD) {
        if (live) {
            put(log, &number, 1);
            put_number(log, serial);
            put_number(log, live);
        }
        return live;
    }
    u64 before = log->position;
    if (log->mode == HOST_MUTE || log->broken || before == log->end)
        return 0;
    get(log, &number, 1);
    if (number == HOST_signals && get_number(log) == serial)
        return get_number(log);
    log->position = before;
    return 0;
}

/* ---- programs and mapped files ----------------------------------------------------------------------------------- */

const HostFile *host_log_find_file(const HostLog *log, u64 device, u64 inode)
{
    for (const HostFile *file = log ? log->files : NULL; file; file = file->next)
        if (file->device == device && file->inode == inode)
            return file;
    return NULL;
}

static HostFile *new_file(HostLog *log, const char *path, u64 device, u64 inode, u64 size)
{
    HostFile *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    *file = (HostFile){.device = device, .inode = inode, .size = size, .bytes = malloc(size ? size : 1), .path = strdup(path)};
    if (!file->bytes || !file->path) {
        free(file->bytes);
        free(file->path);
        free(file);
        return NULL;
    }
    file->next = log->files;
    return log->files = file;
}

bool host_log_add_file(HostLog *log, const char *path, u64 device, u64 inode, const void *bytes, u64 size)
{
    HostFile *file = new_file(log, path, device, inode, size);
    if (file)
        memcpy(file->bytes, bytes, size);
    return file;
}

void host_log_file(int fd, const char *path, u64 device, u64 inode)
{
    HostLog *log = current;
    if (!log || log->mode != HOST_RECORD || !log->keep_files || host_log_find_file(log, device, inode))
        return;
    struct stat st;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LARGEST_FILE;
    HostFile *file = good ? new_file(log, path, device, inode, (u64)st.st_size) : NULL;
    u64 done = 0;
    for (ssize_t got; file && done < file->size; done += (u64)got)
        if ((got = pread(fd, file->bytes + done, file->size - done, (off_t)done)) <= 0)
            break;
    if (file)
        file->size = done;
}
