/* Memory, and the breakpoints and watchpoints in it. */
#include <stdlib.h>
#include <string.h>

#include "ui/gdb/gdb.h"

enum { READ_MAX = PACKET_SIZE / 2, WATCH_MAX = 1 << 20 };

static bool take_range(Cursor *cursor, uint64_t *address, uint64_t *size)
{
    return take_hex(cursor, address) && take_char(cursor, ',') && take_hex(cursor, size);
}

void remote_memory_read(Gdb *gdb, Cursor *cursor)
{
    uint64_t address, size;
    uint8_t *bytes = malloc(READ_MAX);
    if (!bytes || !take_range(cursor, &address, &size) || gdb_pid(gdb) <= 0) {
        free(bytes);
        gdb_error(gdb, 1);
        return;
    }
    uint64_t got = emu_read(gdb->emu, gdb_pid(gdb), address, bytes, size < READ_MAX ? size : READ_MAX);
    if (!got && size)
        gdb_error(gdb, 14);
    else
        reply_hex(&gdb->out, bytes, got);
    free(bytes);
}

void remote_memory_write(Gdb *gdb, Cursor *cursor, bool binary)
{
    uint64_t address, size;
    size_t have = 0;
    uint8_t *bytes = NULL;
    bool good = take_range(cursor, &address, &size) && take_char(cursor, ':') && gdb_pid(gdb) > 0;
    if (good && binary) {
        have = (size_t)(cursor->end - cursor->at);
        bytes = malloc(have + 1);
        if (bytes)
            memcpy(bytes, cursor->at, have);
    } else if (good) {
        bytes = take_hex_bytes(cursor, &have);
    }
    if (!bytes || have != size)
        gdb_error(gdb, 1);
    else if (emu_write(gdb->emu, gdb_pid(gdb), address, bytes, size) != size)
        gdb_error(gdb, 14);
    else
        gdb_ok(gdb);
    free(bytes);
}

/* qSearch:memory:ADDRESS;LENGTH;PATTERN (the pattern is binary): in stretches that overlap by the pattern's length. */
void memory_search(Gdb *gdb, Cursor *cursor)
{
    uint64_t address, length;
    uint8_t *window = malloc(2 * READ_MAX);
    bool good = window && take_hex(cursor, &address) && take_char(cursor, ';') && take_hex(cursor, &length) && take_char(cursor, ';') &&
                gdb_pid(gdb) > 0;
    size_t size = (size_t)(cursor->end - cursor->at);
    if (!good || !size || size > READ_MAX) {
        free(window);
        gdb_error(gdb, 1);
        return;
    }
    for (uint64_t done = 0; length - done >= size && done < length;) {
        uint64_t want = length - done < 2 * READ_MAX ? length - done : 2 * READ_MAX;
        uint64_t got = emu_read(gdb->emu, gdb_pid(gdb), address + done, window, want);
        const uint8_t *hit = got >= size ? memmem(window, got, cursor->at, size) : NULL;
        if (hit) {
            reply_text(&gdb->out, "1,%llx", (unsigned long long)(address + done + (uint64_t)(hit - window)));
            break;
        }
        if (got < want) {
            gdb_error(gdb, 14);
            break;
        }
        done += want - size + 1;
    }
    if (!gdb->out.size)
        reply_text(&gdb->out, "0");
    free(window);
}

/* CRC-32 with polynomial 0x04c11db7, not reflected, starting with all ones: the gdb manual, "qCRC". */
static uint32_t crc(uint32_t sum, const uint8_t *bytes, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        sum ^= (uint32_t)bytes[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            sum = sum << 1 ^ (sum >> 31 ? 0x04c11db7u : 0);
    }
    return sum;
}

void memory_checksum(Gdb *gdb, Cursor *cursor)
{
    uint64_t address, size;
    uint8_t page[4096];
    uint32_t sum = 0xffffffff;
    if (!take_range(cursor, &address, &size) || gdb_pid(gdb) <= 0) {
        gdb_error(gdb, 1);
        return;
    }
    for (uint64_t done = 0; done < size;) {
        uint64_t n = size - done < sizeof page ? size - done : sizeof page;
        if (emu_read(gdb->emu, gdb_pid(gdb), address + done, page, n) != n) {
            gdb_error(gdb, 14);
            return;
        }
        sum = crc(sum, page, n);
        done += n;
    }
    reply_text(&gdb->out, "C%x", sum);
}

/* ---- breakpoints and watchpoints ------------------------------------------------------------------------------- */

static bool is_code(const Point *p) { return p->kind <= POINT_HARD; }

static uint32_t access_of(const Point *p)
{
    return p->kind == POINT_WRITE ? EMU_MAP_WRITE : p->kind == POINT_READ ? EMU_MAP_READ : EMU_MAP_READ | EMU_MAP_WRITE;
}

static void drop(Gdb *gdb, Point *p)
{
    if (p->set && is_code(p))
        emu_breakpoint(gdb->emu, p->address, false);
    else if (p->set)
        emu_watchpoint_in(gdb->emu, p->pid, p->address, p->size, access_of(p), false);
    *p = gdb->points[--gdb->point_count];
}

static bool add(Gdb *gdb, const Point *point)
{
    Point *grown = realloc(gdb->points, (gdb->point_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    gdb->points = grown;
    gdb->points[gdb->point_count++] = *point;
    return true;
}

static Point *find(Gdb *gdb, const Point *like)
{
    for (size_t i = 0; i < gdb->point_count; i++) {
        Point *p = &gdb->points[i];
        if (p->pid == like->pid && p->kind == like->kind && p->address == like->address && p->size == like->size)
            return p;
    }
    return NULL;
}

/* "TYPE,ADDRESS,KIND". gdb takes all breakpoints out whenever the program stops and puts them back before it goes on: the machine
 * hears of it only then (points_apply), and mostly there is nothing to tell. */
void points_change(Gdb *gdb, Cursor *cursor, bool insert)
{
    uint64_t kind;
    Point point = {.pid = gdb_pid(gdb), .wanted = true};
    if (!take_hex(cursor, &kind) || kind > POINT_ACCESS || !take_char(cursor, ',') || !take_range(cursor, &point.address, &point.size)) {
        gdb_error(gdb, 1);
        return;
    }
    point.kind = (PointKind)kind;
    bool code = is_code(&point);
    if (point.pid <= 0 || (!code && (!point.size || point.size > WATCH_MAX))) {
        gdb_error(gdb, 1);
        return;
    }
    Point *known = find(gdb, &point);
    if (known && (code || !insert)) {
        known->wanted = insert;
        if (!code)
            drop(gdb, known);
    } else if (insert && !known) {
        if (!code) {
            point.set = emu_watchpoint_in(gdb->emu, point.pid, point.address, point.size, access_of(&point), true);
            if (!point.set) {
                gdb_error(gdb, 12);
                return;
            }
        }
        if (!add(gdb, &point)) {
            if (point.set)
                emu_watchpoint_in(gdb->emu, point.pid, point.address, point.size, access_of(&point), false);
            gdb_error(gdb, 12);
            return;
        }
    }
    gdb_ok(gdb);
}

void points_apply(Gdb *gdb)
{
    for (size_t i = gdb->point_count; i-- > 0;) {
        Point *p = &gdb->points[i];
        if (!p->wanted) {
            drop(gdb, p);
        } else if (!p->set) {
            emu_breakpoint(gdb->emu, p->address, true);
            p->set = true;
        }
    }
}

void points_forget(Gdb *gdb, int pid)
{
    for (size_t i = gdb->point_count; i-- > 0;)
        if (pid == 0 || gdb->points[i].pid == pid)
            drop(gdb, &gdb->points[i]);
}

void points_copy(Gdb *gdb, int parent, int child)
{
    for (size_t i = 0, count = gdb->point_count; i < count; i++) {
        Point copy = gdb->points[i];
        if (copy.pid != parent || !copy.wanted)
            continue;
        copy.pid = child;
        copy.set = !is_code(&copy) && emu_watchpoint_in(gdb->emu, child, copy.address, copy.size, access_of(&copy), true);
        if (is_code(&copy) || copy.set)
            add(gdb, &copy);
    }
}

bool points_code_at(const Gdb *gdb, int pid, uint64_t address)
{
    for (size_t i = 0; i < gdb->point_count; i++)
        if (is_code(&gdb->points[i]) && gdb->points[i].pid == pid && gdb->points[i].address == address && gdb->points[i].wanted)
            return true;
    return false;
}

const Point *points_touched(const Gdb *gdb, const EmuStop *stop)
{
    for (size_t i = 0; i < gdb->point_count; i++) {
        const Point *p = &gdb->points[i];
        bool kind = !is_code(p) && (stop->write ? p->kind != POINT_READ : p->kind != POINT_WRITE);
        if (kind && p->pid == stop->pid && stop->address < p->address + p->size && p->address < stop->address + stop->size)
            return p;
    }
    return NULL;
}
