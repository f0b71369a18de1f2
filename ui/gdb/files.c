/* vFile: gdb reads the program, and the guest's /proc for its maps. Nothing is written. gdb manual, "Host I/O Packets", "File-I/O
 * Remote Protocol Extension". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui/gdb/gdb.h"

/* The protocol's numbers: most are Linux's. */
static unsigned wire_error(int error)
{
    switch (error) {
    case EPERM: case ENOENT: case EINTR: case EBADF: case EACCES: case EFAULT: case EBUSY: case EEXIST: case ENODEV: case ENOTDIR:
    case EISDIR: case EINVAL: case ENFILE: case EMFILE: case EFBIG: case ENOSPC: case ESPIPE: case EROFS: return (unsigned)error;
    case ENAMETOOLONG: return 91;
    default: return 9999;
    }
}

static void fail(Gdb *gdb, int error) { reply_text(&gdb->out, "F-1,%x", wire_error(error)); }

/* The path in hex; malloc'ed. NULL: a reply has been made. */
static char *take_path(Gdb *gdb, Cursor *cursor)
{
    size_t size;
    char *path = (char *)take_hex_bytes(cursor, &size);
    if (!path || !size || strlen(path) != size) {
        free(path);
        fail(gdb, EINVAL);
        return NULL;
    }
    return path;
}

static void open_file(Gdb *gdb, Cursor *cursor)
{
    uint64_t flags, mode;
    int slot = 0;
    char *path = take_path(gdb, cursor);
    if (!path)
        return;
    while (slot < GDB_FILES && gdb->file_open[slot])
        slot++;
    if (!take_char(cursor, ',') || !take_hex(cursor, &flags) || !take_char(cursor, ',') || !take_hex(cursor, &mode)) {
        fail(gdb, EINVAL);
    } else if (flags & 0xffff) { /* all that is not O_RDONLY */
        fail(gdb, EACCES);
    } else if (slot == GDB_FILES) {
        fail(gdb, EMFILE);
    } else {
        int pid = gdb_pid(gdb), error = emu_open(gdb->emu, pid > 0 ? pid : 0, path, &gdb->files[slot]);
        gdb->file_open[slot] = !error;
        if (error)
            fail(gdb, error);
        else
            reply_text(&gdb->out, "F%x", (unsigned)slot);
    }
    free(path);
}

/* The file whose number comes next; NULL: a reply has been made. */
static EmuOpened *take_file(Gdb *gdb, Cursor *cursor, uint64_t *slot)
{
    if (take_hex(cursor, slot) && *slot < GDB_FILES && gdb->file_open[*slot])
        return &gdb->files[*slot];
    fail(gdb, EBADF);
    return NULL;
}

static void read_file(Gdb *gdb, Cursor *cursor)
{
    uint64_t slot, count, offset;
    EmuOpened *file = take_file(gdb, cursor, &slot);
    if (!file)
        return;
    if (!take_char(cursor, ',') || !take_hex(cursor, &count) || !take_char(cursor, ',') || !take_hex(cursor, &offset)) {
        fail(gdb, EINVAL);
        return;
    }
    uint8_t *bytes = malloc(PACKET_SIZE / 2);
    uint64_t want = count < PACKET_SIZE / 2 ? count : PACKET_SIZE / 2, left = offset < file->size ? file->size - offset : 0;
    ssize_t got = -1;
    if (bytes && file->fd >= 0) {
        got = pread(file->fd, bytes, want, (off_t)(offset & INT64_MAX));
    } else if (bytes) {
        got = (ssize_t)(want < left ? want : left);
        if (got)
            memcpy(bytes, (const uint8_t *)file->text + offset, (size_t)got);
    }
    if (got < 0) {
        fail(gdb, bytes ? errno : ENOSPC);
    } else {
        reply_text(&gdb->out, "F%zx;", (size_t)got);
        reply_binary(&gdb->out, bytes, (size_t)got);
    }
    free(bytes);
}

static void put_big(uint8_t *to, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

/* struct stat of the protocol: big-endian, 64 bytes. */
static void stat_file(Gdb *gdb, Cursor *cursor)
{
    uint64_t slot;
    struct stat st = {.st_mode = S_IFREG | 0444};
    EmuOpened *file = take_file(gdb, cursor, &slot);
    if (!file)
        return;
    if (file->fd >= 0 && fstat(file->fd, &st) < 0) {
        fail(gdb, errno);
        return;
    }
    if (file->fd < 0)
        st.st_size = (off_t)file->size;
    uint8_t wire[64];
    const uint64_t words[] = {st.st_dev, st.st_ino, st.st_mode, st.st_nlink, st.st_uid, st.st_gid, st.st_rdev};
    for (int i = 0; i < 7; i++)
        put_big(wire + 4 * i, words[i], 4);
    put_big(wire + 28, (uint64_t)st.st_size, 8);
    put_big(wire + 36, (uint64_t)st.st_blksize, 8);
    put_big(wire + 44, (uint64_t)st.st_blocks, 8);
    put_big(wire + 52, (uint64_t)st.st_atim.tv_sec, 4);
    put_big(wire + 56, (uint64_t)st.st_mtim.tv_sec, 4);
    put_big(wire + 60, (uint64_t)st.st_ctim.tv_sec, 4);
    reply_text(&gdb->out, "F%zx;", sizeof wire);
    reply_binary(&gdb->out, wire, sizeof wire);
}

static void close_file(Gdb *gdb, Cursor *cursor)
{
    uint64_t slot;
    EmuOpened *file = take_file(gdb, cursor, &slot);
    if (!file)
        return;
    emu_opened_close(file);
    gdb->file_open[slot] = false;
    reply_text(&gdb->out, "F0");
}

static void read_link(Gdb *gdb, Cursor *cursor)
{
    char target[4096];
    char *path = take_path(gdb, cursor);
    if (!path)
        return;
    int pid = gdb_pid(gdb);
    int64_t size = emu_readlink(gdb->emu, pid > 0 ? pid : 0, path, target, sizeof target);
    free(path);
    if (size < 0) {
        fail(gdb, (int)-size);
        return;
    }
    reply_text(&gdb->out, "F%llx;", (unsigned long long)size);
    reply_binary(&gdb->out, target, (size_t)size);
}

void remote_file_request(Gdb *gdb, Cursor *cursor)
{
    if (take_text(cursor, "setfs:"))
        reply_text(&gdb->out, "F0"); /* every process sees the same files */
    else if (take_text(cursor, "open:"))
        open_file(gdb, cursor);
    else if (take_text(cursor, "pread:"))
        read_file(gdb, cursor);
    else if (take_text(cursor, "fstat:"))
        stat_file(gdb, cursor);
    else if (take_text(cursor, "close:"))
        close_file(gdb, cursor);
    else if (take_text(cursor, "readlink:"))
        read_link(gdb, cursor);
    else if (take_text(cursor, "pwrite:") || take_text(cursor, "unlink:"))
        fail(gdb, EROFS);
}

void remote_files_close(Gdb *gdb)
{
    for (int slot = 0; slot < GDB_FILES; slot++)
        if (gdb->file_open[slot])
            emu_opened_close(&gdb->files[slot]);
    memset(gdb->file_open, 0, sizeof gdb->file_open);
}
