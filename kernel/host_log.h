/* The log of a run's inputs, and the switch between recording and replaying it.
 *
 * A log is one stream of bytes: for each host call its number, its result, errno when it failed, and what it stored. The stream
 * has no times or counts in it: the same run asks the same questions in the same order. Only what arrives by itself
 * (signals) says when, as the number of the look around at which it was found.
 *
 * The log of a file (a recording on disk) is not trusted: lengths are checked against what the caller has room for, and an
 * answer to another question than the one asked marks the log as broken; from there on every call fails with EIO. */
#ifndef EMU_KERNEL_HOST_LOG_H
#define EMU_KERNEL_HOST_LOG_H

#include "base/types.h"

typedef enum HostMode {
    HOST_RECORD, /* ask the host, append the answers */
    HOST_REPLAY, /* answer from the log */
    HOST_MUTE,   /* the host must not be asked: every call succeeds and does nothing */
    HOST_DIRECT, /* ask the host, log nothing */
} HostMode;

enum { HOST_PIECE = 1 << 20 };

typedef struct HostFile { /* the contents of a program or mapped file, in recordings to a file */
    u64 device, inode, size;
    u8 *bytes;
    char *path;
    struct HostFile *next;
} HostFile;

typedef struct HostLog {
    HostMode mode;
    u64 begin, end;     /* stream offsets of what is kept */
    u64 position;       /* REPLAY: of the next answer */
    u8 **pieces;        /* of HOST_PIECE bytes; pieces[0] holds the piece that `begin` lies in */
    u64 first_piece;    /* its number */
    u64 piece_count, piece_capacity;
    bool broken;        /* the log does not fit the run, or ends early */
    bool full;          /* RECORD: out of memory or disk; the recording ends here */
    int echo[2];        /* REPLAY: what is written to these descriptors of the recording goes to our 1 and 2; -1: nowhere */
    int sink;           /* RECORD: a file that gets the stream as well; -1: none */
    u64 sunk;           /* stream offset up to which it has it */
    int sink_error;     /* errno of its first failure */
    bool keep_files;    /* RECORD: programs and mapped files go along */
    HostFile *files;
} HostLog;

/* The log of the calling thread; NULL: the host is asked and nobody listens. Set by whoever runs a machine, and put back. */
HostLog *host_log_use(HostLog *log);
HostLog *host_log_current(void);

/* NULL: no memory. */
HostLog *host_log_create(void);
void host_log_destroy(HostLog *log);
/* Forgets the stream below `offset` (whole pieces of it). */
void host_log_forget(HostLog *log, u64 offset);
/* Bytes of host memory. */
u64 host_log_bytes(const HostLog *log);
/* REPLAY: appends a piece of a stream read from a file. false: no memory. */
bool host_log_append(HostLog *log, const void *bytes, u64 size);
/* RECORD with a sink: hands over all that is pending. */
void host_log_flush(HostLog *log);

/* A program or mapped file, if the log wants to keep them: its contents are read through `fd`. */
void host_log_file(int fd, const char *path, u64 device, u64 inode);
const HostFile *host_log_find_file(const HostLog *log, u64 device, u64 inode);
bool host_log_add_file(HostLog *log, const char *path, u64 device, u64 inode, const void *bytes, u64 size);

/* Signals that arrived: `live` at look-around number `serial`; what counts is returned. */
u64 host_log_signals(u64 serial, u64 live);

#endif
