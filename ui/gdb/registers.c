/* Registers on the wire: one table says their order, size, type and where they are; target.xml, g, G, p and P all come from it. */
#include <stddef.h>
#include <string.h>

#include "ui/gdb/gdb.h"

typedef enum Feature { CORE, SSE, LINUX, SEGMENTS, AVX, FEATURES } Feature;

static const char *const feature_names[FEATURES] = {
    "org.gnu.gdb.i386.core", "org.gnu.gdb.i386.sse", "org.gnu.gdb.i386.linux", "org.gnu.gdb.i386.segments", "org.gnu.gdb.i386.avx",
};

enum { NOWHERE = 0xffff, CALL = 0xfffe }; /* `offset` of what is always 0, and of orig_rax */

typedef struct Row {
    const char *name, *type, *group;
    Feature feature;
    uint16_t bits;
    uint16_t offset; /* into EmuRegisters */
    uint16_t stored; /* bytes there: the rest is zero */
} Row;

#define AT(field) (uint16_t)offsetof(EmuRegisters, field)
#define GENERAL(name, n) {name, "int64", NULL, CORE, 64, AT(r[n]), 8}
#define SEGMENT(name) {#name, "int32", NULL, CORE, 32, AT(name), 2}
#define STACK(n) {"st" #n, "i387_ext", NULL, CORE, 80, AT(st[n]), 10}
#define X87(name, offset, size) {name, "int", "float", CORE, 32, offset, size}
#define XMM(n) {"xmm" #n, "vec128", NULL, SSE, 128, AT(vector[n]), 16}
#define YMMH(n) {"ymm" #n "h", "uint128", NULL, AVX, 128, (uint16_t)(AT(vector[n]) + 16), 16}

static const Row rows[] = {
    GENERAL("rax", 0), GENERAL("rbx", 3), GENERAL("rcx", 1), GENERAL("rdx", 2), GENERAL("rsi", 6), GENERAL("rdi", 7),
    {"rbp", "data_ptr", NULL, CORE, 64, AT(r[5]), 8}, {"rsp", "data_ptr", NULL, CORE, 64, AT(r[4]), 8},
    GENERAL("r8", 8), GENERAL("r9", 9), GENERAL("r10", 10), GENERAL("r11", 11), GENERAL("r12", 12), GENERAL("r13", 13),
    GENERAL("r14", 14), GENERAL("r15", 15),
    {"rip", "code_ptr", NULL, CORE, 64, AT(rip), 8}, {"eflags", "i386_eflags", NULL, CORE, 32, AT(rflags), 4},
    SEGMENT(cs), SEGMENT(ss), SEGMENT(ds), SEGMENT(es), SEGMENT(fs), SEGMENT(gs),
    STACK(0), STACK(1), STACK(2), STACK(3), STACK(4), STACK(5), STACK(6), STACK(7),
    X87("fctrl", AT(fcw), 2), X87("fstat", AT(fsw), 2), X87("ftag", AT(ftw), 2), X87("fiseg", NOWHERE, 0), X87("fioff", AT(fip), 4),
    X87("foseg", NOWHERE, 0), X87("fooff", AT(fdp), 4), X87("fop", AT(fop), 2),
    XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
    XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15),
    {"mxcsr", "i386_mxcsr", "vector", SSE, 32, AT(mxcsr), 4},
    {"orig_rax", "int64", "system", LINUX, 64, CALL, 8},
    {"fs_base", "int64", NULL, SEGMENTS, 64, AT(fs_base), 8}, {"gs_base", "int64", NULL, SEGMENTS, 64, AT(gs_base), 8},
    YMMH(0), YMMH(1), YMMH(2), YMMH(3), YMMH(4), YMMH(5), YMMH(6), YMMH(7),
    YMMH(8), YMMH(9), YMMH(10), YMMH(11), YMMH(12), YMMH(13), YMMH(14), YMMH(15),
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- target.xml ------------------------------------------------------------------------------------------------ */

typedef struct Bit { const char *name; uint8_t bit; } Bit;

static void describe_flags(Reply *xml, const char *id, const Bit *bits, size_t count)
{
    reply_text(xml, "<flags id=\"%s\" size=\"4\">\n", id);
    for (size_t i = 0; i < count; i++)
        reply_text(xml, "<field name=\"%s\" start=\"%u\" end=\"%u\" type=\"bool\"/>\n", bits[i].name, bits[i].bit, bits[i].bit);
    reply_text(xml, "</flags>\n");
}

/* The types that a feature's registers need, lanes of 16-bit floats only for a gdb that knows them. Names of bits: SDM Vol. 1, "EFLAGS Register", "MXCSR Control and Status Register". */
static void describe_types(Reply *xml, Feature feature, bool short_floats)
{
    static const Bit eflags[] = {{"CF", 0}, {"PF", 2}, {"AF", 4}, {"ZF", 6}, {"SF", 7}, {"TF", 8}, {"IF", 9}, {"DF", 10}, {"OF", 11},
                                 {"NT", 14}, {"RF", 16}, {"VM", 17}, {"AC", 18}, {"VIF", 19}, {"VIP", 20}, {"ID", 21}};
    static const Bit mxcsr[] = {{"IE", 0}, {"DE", 1}, {"ZE", 2}, {"OE", 3}, {"UE", 4}, {"PE", 5}, {"DAZ", 6}, {"IM", 7}, {"DM", 8},
                                {"ZM", 9}, {"OM", 10}, {"UM", 11}, {"PM", 12}, {"FZ", 15}};
    static const struct { const char *name, *type; unsigned count; } lanes[] = {
        {"v8_bfloat16", "bfloat16", 8}, {"v8_half", "ieee_half", 8}, {"v4_float", "ieee_single", 4}, {"v2_double", "ieee_double", 2},
        {"v16_int8", "int8", 16}, {"v8_int16", "int16", 8}, {"v4_int32", "int32", 4}, {"v2_int64", "int64", 2},
    };
    if (feature == CORE)
        describe_flags(xml, "i386_eflags", eflags, sizeof eflags / sizeof eflags[0]);
    if (feature != SSE)
        return;
    describe_flags(xml, "i386_mxcsr", mxcsr, sizeof mxcsr / sizeof mxcsr[0]);
    size_t first = short_floats ? 0 : 2;
    for (size_t i = first; i < sizeof lanes / sizeof lanes[0]; i++)
        reply_text(xml, "<vector id=\"lanes%zu\" type=\"%s\" count=\"%u\"/>\n", i, lanes[i].type, lanes[i].count);
    reply_text(xml, "<union id=\"vec128\">\n");
    for (size_t i = first; i < sizeof lanes / sizeof lanes[0]; i++)
        reply_text(xml, "<field name=\"%s\" type=\"lanes%zu\"/>\n", lanes[i].name, i);
    reply_text(xml, "<field name=\"uint128\" type=\"uint128\"/>\n</union>\n");
}

void registers_describe(Reply *xml, bool short_floats)
{
    reply_text(xml, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
                    "<architecture>i386:x86-64</architecture>\n<osabi>GNU/Linux</osabi>\n");
    for (int feature = 0; feature < FEATURES; feature++) {
        reply_text(xml, "<feature name=\"%s\">\n", feature_names[feature]);
        describe_types(xml, (Feature)feature, short_floats);
        for (int i = 0; i < ROWS; i++) {
            if ((int)rows[i].feature != feature)
                continue;
            reply_text(xml, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%d\"", rows[i].name, rows[i].bits, rows[i].type, i);
            if (rows[i].group)
                reply_text(xml, " group=\"%s\"", rows[i].group);
            reply_text(xml, "/>\n");
        }
        reply_text(xml, "</feature>\n");
    }
    reply_text(xml, "</target>\n");
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

/* What RAX shows of a thread that waits in a call, as under ptrace(2): how Linux would make it again. Linux, include/linux/errno.h. */
enum { RESTART = -512 /* ERESTARTSYS */, RESTART_NO_HANDLER = -514 /* ERESTARTNOHAND */, RESTART_BLOCK = -516 /* ERESTART_RESTARTBLOCK */ };

static int64_t restart_of(int64_t call, const EmuRegisters *r)
{
    enum { POLL = 7, SELECT = 23, PAUSE = 34, NANOSLEEP = 35, SIGSUSPEND = 130, FUTEX = 202, CLOCK_NANOSLEEP = 230, PSELECT = 270, PPOLL = 271 };
    enum { RSI = 6, R10 = 10, ABSOLUTE = 1, FUTEX_COMMAND = 0x7f };
    switch (call) {
    case POLL:
    case NANOSLEEP: return RESTART_BLOCK;
    case CLOCK_NANOSLEEP: return r->r[RSI] & ABSOLUTE ? RESTART_NO_HANDLER : RESTART_BLOCK;
    case FUTEX: return (r->r[RSI] & FUTEX_COMMAND) == 0 && r->r[R10] ? RESTART_BLOCK : RESTART; /* FUTEX_WAIT with a timeout */
    case SELECT:
    case PAUSE:
    case SIGSUSPEND:
    case PSELECT:
    case PPOLL: return RESTART_NO_HANDLER;
    default: return RESTART;
    }
}

static bool read_registers(Gdb *gdb, int tid, EmuRegisters *r)
{
    EmuTask task;
    if (tid <= 0 || !emu_registers(gdb->emu, tid, r))
        return false;
    int64_t call = emu_call(gdb->emu, tid);
    if (gdb_thread(gdb, (Thread){0, tid}, &task) && task.state == 'S' && call >= 0)
        r->r[0] = (uint64_t)restart_of(call, r);
    return true;
}

static void row_value(Gdb *gdb, int tid, const EmuRegisters *r, const Row *row, uint8_t *value)
{
    int64_t call = row->offset == CALL ? emu_call(gdb->emu, tid) : 0;
    memset(value, 0, 16);
    if (row->offset == CALL)
        memcpy(value, &call, 8);
    else if (row->offset != NOWHERE)
        memcpy(value, (const uint8_t *)r + row->offset, row->stored);
}

void registers_read_all(Gdb *gdb)
{
    EmuRegisters r;
    uint8_t value[16];
    int tid = gdb_tid(gdb);
    if (!read_registers(gdb, tid, &r)) {
        gdb_error(gdb, 1);
        return;
    }
    for (int i = 0; i < ROWS; i++) {
        row_value(gdb, tid, &r, &rows[i], value);
        reply_hex(&gdb->out, value, rows[i].bits / 8);
    }
}

void registers_read_one(Gdb *gdb, Cursor *cursor)
{
    EmuRegisters r;
    uint64_t number;
    uint8_t value[16];
    int tid = gdb_tid(gdb);
    if (!take_hex(cursor, &number) || number >= ROWS || !read_registers(gdb, tid, &r)) {
        gdb_error(gdb, 1);
        return;
    }
    row_value(gdb, tid, &r, &rows[number], value);
    reply_hex(&gdb->out, value, rows[number].bits / 8);
}

void registers_expedite(Gdb *gdb, int tid)
{
    EmuRegisters r;
    uint8_t value[16];
    if (!read_registers(gdb, tid, &r))
        return;
    for (int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, "rbp") == 0 || strcmp(rows[i].name, "rsp") == 0 || strcmp(rows[i].name, "rip") == 0) {
            row_value(gdb, tid, &r, &rows[i], value);
            reply_text(&gdb->out, "%02x:", (unsigned)i);
            reply_hex(&gdb->out, value, 8);
            reply_text(&gdb->out, ";");
        }
}

/* Takes a row's bytes off the cursor into the registers. *call: what orig_rax shall be. */
static bool take_row(Cursor *cursor, const Row *row, EmuRegisters *r, int64_t *call)
{
    uint8_t value[16];
    for (unsigned i = 0; i < row->bits / 8; i++) {
        if (take_char(cursor, 'x')) { /* "xx": not known, leave it */
            if (!take_char(cursor, 'x'))
                return false;
            memset(value, 0, sizeof value);
            if (row->offset < CALL)
                memcpy(value, (const uint8_t *)r + row->offset, row->stored);
            continue;
        }
        if (!take_byte(cursor, &value[i]))
            return false;
    }
    if (row->offset == CALL)
        memcpy(call, value, 8);
    else if (row->offset != NOWHERE)
        memcpy((uint8_t *)r + row->offset, value, row->stored);
    return true;
}

/* Registers are changed behind a call's back only after it has been ended: what the thread does then is in them. */
static void store(Gdb *gdb, int tid, const EmuRegisters *before, EmuRegisters *after, int64_t call)
{
    bool changed = memcmp(before, after, sizeof *after) != 0, other_call = call != emu_call(gdb->emu, tid);
    if (!changed && !other_call)
        return;
    emu_interrupt_call(gdb->emu, tid);
    emu_set_registers(gdb->emu, tid, after);
    emu_set_call(gdb->emu, tid, call);
}

void registers_write_all(Gdb *gdb, Cursor *cursor)
{
    EmuRegisters before, after;
    int tid = gdb_tid(gdb);
    if (!read_registers(gdb, tid, &before)) {
        gdb_error(gdb, 1);
        return;
    }
    int64_t call = emu_call(gdb->emu, tid);
    after = before;
    for (int i = 0; i < ROWS && cursor->at < cursor->end; i++)
        if (!take_row(cursor, &rows[i], &after, &call)) {
            gdb_error(gdb, 1);
            return;
        }
    store(gdb, tid, &before, &after, call);
    gdb_ok(gdb);
}

void registers_write_one(Gdb *gdb, Cursor *cursor)
{
    EmuRegisters before, after;
    uint64_t number;
    int tid = gdb_tid(gdb);
    bool good = take_hex(cursor, &number) && number < ROWS && take_char(cursor, '=') && read_registers(gdb, tid, &before);
    int64_t call = good ? emu_call(gdb->emu, tid) : -1;
    if (good) {
        after = before;
        good = take_row(cursor, &rows[number], &after, &call);
    }
    if (!good) {
        gdb_error(gdb, 1);
        return;
    }
    store(gdb, tid, &before, &after, call);
    gdb_ok(gdb);
}
