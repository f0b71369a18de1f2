/* General queries and settings: what we support, qXfer objects, which signals and calls gdb wants to hear of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_record.h"
#include "ui/gdb/gdb.h"

static void supported(Gdb *gdb, Cursor *cursor)
{
    const char *text;
    EmuRecordInfo info;
    while (take_char(cursor, ':') || take_char(cursor, ';')) {
        size_t size = take_until(cursor, ';', &text);
#define SAYS(feature) (size == sizeof(feature) - 1 && memcmp(text, feature, size) == 0)
        gdb->multiprocess |= SAYS("multiprocess+");
        gdb->swbreak |= SAYS("swbreak+");
        gdb->fork_events |= SAYS("fork-events+");
        gdb->vfork_events |= SAYS("vfork-events+");
        gdb->exec_events |= SAYS("exec-events+");
        gdb->no_resumed |= SAYS("no-resumed+");
        gdb->short_floats |= SAYS("memory-tagging+"); /* gdb 11 is the first to say this; older ones refuse types they do not know */
#undef SAYS
    }
    reply_text(&gdb->out, "PacketSize=%x;QStartNoAckMode+;multiprocess+;swbreak+;hwbreak+;fork-events+;vfork-events+;exec-events+;"
                          "vContSupported+;no-resumed+;QPassSignals+;QProgramSignals-;QCatchSyscalls+;QNonStop-;"
                          "qXfer:features:read+;qXfer:auxv:read+;qXfer:exec-file:read+;qXfer:threads:read+;"
                          "qXfer:siginfo:read+;qXfer:siginfo:write+", (unsigned)PACKET_SIZE);
    if (gdb->start.launch)
        reply_text(&gdb->out, ";QDisableRandomization+;QEnvironmentHexEncoded+;QEnvironmentUnset+;QEnvironmentReset+;QSetWorkingDir+");
    emu_record_info(gdb->emu, &info);
    if (info.recording)
        reply_text(&gdb->out, ";ReverseStep+;ReverseContinue+");
    resume_configure(gdb);
}

/* ---- qXfer ----------------------------------------------------------------------------------------------------- */

/* The whole object into `object`; false: there is no such thing. */
static bool make_object(Gdb *gdb, const char *name, const char *annex, Reply *object)
{
    char path[64];
    uint8_t info[SIGINFO_SIZE];
    EmuOpened file;
    EmuTask task;
    uint64_t pid = 0;
    Cursor cursor = {annex, annex + strlen(annex)};
    if (strcmp(name, "features") == 0 && strcmp(annex, "target.xml") == 0) {
        registers_describe(object, gdb->short_floats);
    } else if (strcmp(name, "threads") == 0) {
        gdb_thread_list(gdb, object);
    } else if (strcmp(name, "auxv") == 0) {
        snprintf(path, sizeof path, "/proc/%d/auxv", gdb_pid(gdb));
        if (emu_open(gdb->emu, 0, path, &file))
            return false;
        reply_bytes(object, file.text, file.size);
        emu_opened_close(&file);
    } else if (strcmp(name, "exec-file") == 0) {
        if ((*annex && !take_hex(&cursor, &pid)) || !gdb_thread(gdb, (Thread){pid ? (int)pid : gdb_pid(gdb), 0}, &task))
            return false;
        reply_text(object, "%s", task.exe);
    } else if (strcmp(name, "siginfo") == 0) {
        if (gdb_tid(gdb) <= 0)
            return false;
        if (!emu_signal_info(gdb->emu, gdb_tid(gdb), info))
            stop_signal_info(gdb, info);
        reply_bytes(object, info, sizeof info);
    } else {
        return false;
    }
    return !object->failed;
}

/* Has the object that is read, as it was when it was read from its beginning; siginfo is read in any order. */
static bool keep_object(Gdb *gdb, const char *name, const char *annex, bool anew)
{
    char both[sizeof gdb->object_name];
    Reply object = {0};
    snprintf(both, sizeof both, "%s:%s", name, annex);
    if (!anew && strcmp(both, gdb->object_name) == 0 && strcmp(name, "siginfo") != 0)
        return true;
    bool good = make_object(gdb, name, annex, &object);
    free(gdb->object);
    gdb->object = (uint8_t *)object.data;
    gdb->object_size = good ? object.size : 0;
    snprintf(gdb->object_name, sizeof gdb->object_name, "%s", good ? both : "");
    return good;
}

/* "OBJECT:read:ANNEX:OFFSET,LENGTH". The object is kept from offset 0 on, so that its parts fit together. */
static void transfer_read(Gdb *gdb, const char *name, Cursor *cursor)
{
    const char *text;
    char annex[64];
    uint64_t offset, length;
    size_t size = take_until(cursor, ':', &text);
    snprintf(annex, sizeof annex, "%.*s", (int)(size < sizeof annex ? size : sizeof annex - 1), text);
    if (!take_char(cursor, ':') || !take_hex(cursor, &offset) || !take_char(cursor, ',') || !take_hex(cursor, &length)) {
        gdb_error(gdb, 0);
        return;
    }
    if (!keep_object(gdb, name, annex, offset == 0)) {
        gdb_error(gdb, 1);
        return;
    }
    uint64_t left = offset < gdb->object_size ? gdb->object_size - offset : 0;
    uint64_t most = PACKET_SIZE / 2, n = length < left ? length : left;
    n = n < most ? n : most;
    reply_text(&gdb->out, n < left ? "m" : "l");
    if (n)
        reply_binary(&gdb->out, gdb->object + offset, n);
}

/* "siginfo:write::OFFSET:DATA" */
static void transfer_siginfo(Gdb *gdb, Cursor *cursor)
{
    uint64_t offset;
    uint8_t info[SIGINFO_SIZE];
    bool good = take_char(cursor, ':') && take_hex(cursor, &offset) && take_char(cursor, ':') && gdb_tid(gdb) > 0 &&
                emu_signal_info(gdb->emu, gdb_tid(gdb), info);
    size_t size = (size_t)(cursor->end - cursor->at);
    if (!good || offset > sizeof info || size > sizeof info - offset) {
        gdb_error(gdb, 1);
        return;
    }
    memcpy(info + offset, cursor->at, size);
    if (emu_set_signal_info(gdb->emu, gdb_tid(gdb), info))
        reply_text(&gdb->out, "%zx", size);
    else
        gdb_error(gdb, 1);
}

static void transfer(Gdb *gdb, Cursor *cursor)
{
    const char *text;
    char name[32];
    size_t size = take_until(cursor, ':', &text);
    snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : 0), text);
    if (strcmp(name, "siginfo") == 0 && take_text(cursor, ":write:"))
        transfer_siginfo(gdb, cursor);
    else if (take_text(cursor, ":read:"))
        transfer_read(gdb, name, cursor);
}

/* ---- thread-local storage -------------------------------------------------------------------------------------- */

enum { AT_PHDR = 3, AT_PHNUM = 5, PT_TLS = 7, PHDR_SIZE = 56 };

static uint64_t auxv_value(Gdb *gdb, int pid, uint64_t tag)
{
    char path[64];
    EmuOpened file;
    uint64_t value = 0, pair[2];
    snprintf(path, sizeof path, "/proc/%d/auxv", pid);
    if (emu_open(gdb->emu, 0, path, &file))
        return 0;
    for (uint64_t at = 0; at + sizeof pair <= file.size; at += sizeof pair) {
        memcpy(pair, (const uint8_t *)file.text + at, sizeof pair);
        if (pair[0] == tag)
            value = pair[1];
    }
    emu_opened_close(&file);
    return value;
}

/* "qGetTLSAddr:THREAD,OFFSET,MODULE": a static program has one module, whose block ends at FS's base. ELF Handling For
 * Thread-Local Storage, variant II. */
static void thread_local_address(Gdb *gdb, Cursor *cursor)
{
    Thread thread;
    EmuTask task;
    EmuRegisters r;
    uint64_t offset, module, header[PHDR_SIZE / 8];
    if (!gdb_parse_thread(gdb, cursor, &thread) || !take_char(cursor, ',') || !take_hex(cursor, &offset) || !take_char(cursor, ',') ||
        !take_hex(cursor, &module) || !gdb_thread(gdb, thread, &task) || !emu_registers(gdb->emu, task.tid, &r)) {
        gdb_error(gdb, 1);
        return;
    }
    uint64_t at = auxv_value(gdb, task.pid, AT_PHDR), count = auxv_value(gdb, task.pid, AT_PHNUM);
    for (uint64_t i = 0; i < count && i < 64; i++) {
        if (emu_read(gdb->emu, task.pid, at + i * PHDR_SIZE, header, sizeof header) != sizeof header)
            break;
        if ((uint32_t)header[0] != PT_TLS)
            continue;
        uint64_t size = header[5], align = header[6] ? header[6] : 1; /* p_memsz, p_align */
        reply_text(&gdb->out, "%llx", (unsigned long long)(r.fs_base - (size + align - 1) / align * align + offset));
        return;
    }
    gdb_error(gdb, 1);
}

/* ---- q --------------------------------------------------------------------------------------------------------- */

/* "" or ":PID" */
static bool taken_up(const Gdb *gdb, Cursor *cursor)
{
    uint64_t pid = 0;
    return take_char(cursor, ':') && take_hex(cursor, &pid) && pid && pid == (uint64_t)gdb->taken_up;
}

static void remote_command(Gdb *gdb, Cursor *cursor)
{
    size_t size;
    char *line = (char *)take_hex_bytes(cursor, &size);
    if (!line)
        gdb_error(gdb, 1);
    else
        monitor_command(gdb, line);
    free(line);
}

bool query_get(Gdb *gdb, Cursor *cursor)
{
    EmuTask task;
    if (take_text(cursor, "Supported")) {
        supported(gdb, cursor);
    } else if (take_text(cursor, "Xfer:")) {
        transfer(gdb, cursor);
    } else if (take_text(cursor, "fThreadInfo")) {
        gdb_answer_thread_query(gdb, true);
    } else if (take_text(cursor, "sThreadInfo")) {
        gdb_answer_thread_query(gdb, false);
    } else if (take_text(cursor, "Attached")) {
        reply_text(&gdb->out, "%d", taken_up(gdb, cursor)); /* 0: we have started it: leaving gdb ends it */
    } else if (take_text(cursor, "Rcmd,")) {
        remote_command(gdb, cursor);
    } else if (take_text(cursor, "Search:memory:")) {
        memory_search(gdb, cursor);
    } else if (take_text(cursor, "CRC:")) {
        memory_checksum(gdb, cursor);
    } else if (take_text(cursor, "GetTLSAddr:")) {
        thread_local_address(gdb, cursor);
    } else if (take_text(cursor, "Symbol")) {
        gdb_ok(gdb); /* no symbols are needed */
    } else if (query_lldb(gdb, cursor)) {
        return true;
    } else if (take_text(cursor, "C") && cursor->at == cursor->end && gdb_thread(gdb, (Thread){0, gdb_tid(gdb)}, &task)) {
        reply_text(&gdb->out, "QC");
        gdb_reply_thread(gdb, task.pid, task.tid);
    }
    return true;
}

/* ---- Q --------------------------------------------------------------------------------------------------------- */

static void pass_signals(Gdb *gdb, Cursor *cursor)
{
    uint64_t number;
    gdb->pass_signals = 0;
    while (take_hex(cursor, &number)) {
        int signal = signal_from_gdb(number);
        if (signal)
            gdb->pass_signals |= 1ull << (signal - 1);
        take_char(cursor, ';');
    }
    resume_configure(gdb);
    gdb_ok(gdb);
}

/* "0", "1" or "1;NUMBER;NUMBER…" */
static void catch_calls(Gdb *gdb, Cursor *cursor)
{
    uint64_t number;
    gdb->catch_calls = take_char(cursor, '1');
    if (!gdb->catch_calls && !take_char(cursor, '0')) {
        gdb_error(gdb, 1);
        return;
    }
    gdb->call_count = 0;
    while (take_char(cursor, ';') && take_hex(cursor, &number))
        if (gdb->call_count < GDB_CALLS && number <= UINT32_MAX)
            gdb->calls[gdb->call_count++] = (uint32_t)number;
    resume_configure(gdb);
    gdb_ok(gdb);
}

bool query_set(Gdb *gdb, Cursor *cursor)
{
    if (launch_setting(gdb, cursor))
        return true;
    if (take_text(cursor, "StartNoAckMode")) {
        gdb_ok(gdb);
        bool sent = reply_send(&gdb->out, &gdb->in, &gdb->link); /* this reply is still acknowledged */
        gdb->in.no_ack = true;
        (void)sent; /* if not, the next packet says so */
        return false;
    }
    if (take_text(cursor, "PassSignals:"))
        pass_signals(gdb, cursor);
    else if (take_text(cursor, "CatchSyscalls:"))
        catch_calls(gdb, cursor);
    else if (take_text(cursor, "NonStop:")) {
        if (take_char(cursor, '0'))
            gdb_ok(gdb);
        else
            gdb_error(gdb, 1);
    }
    return true;
}
