/* Guest descriptors. Two tables, as in Linux: a Files (CLONE_FILES) maps small numbers to OpenFiles, and an OpenFile is an
 * open file description: shared by dup(2), fork(2) and SCM_RIGHTS, freed by its last reference.
 *
 *   guest number ──► Files.slots[n] ──► OpenFile ──► host descriptor      files, pipes, sockets, terminals, eventfd …
 *                                          └───────► FileOps and data     and what only the emulator knows: /proc, signalfd …
 *
 * Guest numbers never reach the host and host numbers never reach the guest, so the emulator's own descriptors cannot be
 * named by it. The idea that makes blocking calls work: every description the guest makes is O_NONBLOCK on the host,
 * whatever the guest asked for; what the guest asked for is in OpenFile.flags, and EAGAIN then means "park the task". A
 * description shared with the outside (inherited stdio) keeps its mode and is polled before each call instead. */
#ifndef EMU_KERNEL_FD_H
#define EMU_KERNEL_FD_H

#include <sys/stat.h>

#include "kernel/kernel.h"

typedef struct OpenFile OpenFile;
typedef struct GuestCursor GuestCursor; /* guest_io.h */
typedef struct EpollWatch EpollWatch;   /* epoll.c */

/* Behaviour of files that only the emulator knows. A missing read, write, seek … gives what Linux gives for such files. */
typedef struct FileOps {
    const char *name; /* what /proc/PID/fd/N shows: "anon_inode:[eventfd]" */
    i64 (*read)(Task *task, OpenFile *file, GuestCursor *to, i64 offset);  /* offset -1: the file's own position */
    i64 (*write)(Task *task, OpenFile *file, GuestCursor *from, i64 offset);
    i64 (*seek)(Task *task, OpenFile *file, i64 offset, int whence);
    i64 (*getdents)(Task *task, OpenFile *file, u64 address, u64 size, bool wide);
    i64 (*ioctl)(Task *task, OpenFile *file, u32 request, u64 argument);
    i64 (*stat)(Task *task, OpenFile *file, struct stat *st);
    u32 (*poll)(Task *task, OpenFile *file); /* ready events; what may change them is announced by wake_event(file) */
    /* Beside wake_event(file): parks on what else changes readiness (a signal, a deadline, a host descriptor). */
    void (*wait)(Task *task, OpenFile *file);
    /* A number of it has been closed (others may be left). */
    void (*closed)(Task *task, OpenFile *file);
    void (*release)(Kernel *kernel, OpenFile *file);
} FileOps;

/* How to find out that a host call would block. */
typedef enum FileWait {
    WAIT_NEVER,    /* regular files, directories: they do not */
    WAIT_NONBLOCK, /* the host description is O_NONBLOCK and ours alone: EAGAIN says so */
    WAIT_POLL,     /* shared with the outside: poll(2) first */
} FileWait;

struct OpenFile {
    const FileOps *ops; /* NULL: a plain host file */
    int host_fd;        /* of files that only we know: an eventfd that stands for them on the host, for locks and SCM_RIGHTS */
    u32 refs;
    u32 flags;          /* open(2)'s as the guest sees them in F_GETFL, without O_CLOEXEC and creation flags */
    u32 mode;           /* S_IFMT of st_mode; 0 for anonymous inodes */
    FileWait wait;
    bool terminal;      /* answers TCGETS */
    bool pty_master;
    bool message;       /* one call moves one message: never split a transfer */
    bool lockable;      /* a lock has been taken through it: waiters hear of its end (lock.c) */
    bool sent;          /* has been in an SCM_RIGHTS message, and is kept for whoever receives it (socket_control.c) */
    struct AsyncOwner *owner; /* whom O_ASYNC tells (async_io.c); NULL: never asked for */
    int mail;           /* a netlink socket that mq_notify(2) answers through: our end; else 0 */
    i32 peer_pid;       /* sockets: the guest process at the other end, for SO_PEERCRED; 0: not known */
    i32 last_number;    /* the guest number it was last looked up by */
    u64 device, inode;  /* on the host; files that only we know: device 0 and a number of their own */
    void *data;         /* of ops */
    char *path;         /* synthetic files: the absolute guest path; else NULL */
    EpollWatch *watches; /* of the epoll instances that watch it (epoll.c) */
    OpenFile *next, *previous; /* of vfs->open_files */
};

typedef struct FdSlot {
    OpenFile *file; /* NULL: free */
    bool cloexec;
} FdSlot;

struct Files {
    u32 refs;
    u32 capacity;
    u32 lowest; /* no number below is free */
    u32 count;
    FdSlot *slots;
};

struct FsInfo {
    u32 refs;
    u32 umask;
    int cwd_fd;      /* O_PATH; AT_FDCWD: the emulator's own working directory */
    int root_fd;     /* O_PATH; -1: the host's root */
    char *proc_cwd;  /* the working directory when it is synthetic ("/proc/self/fd"); else NULL */
    char *root_path; /* host path of root_fd */
};

/* What the file side keeps per machine. */
typedef struct Vfs {
    Kernel *kernel;
    OpenFile *open_files;
    u64 proc_device;  /* st_dev of the host's /proc */
    u32 host_umask;   /* what the emulator's own umask is now: follows the current task's where files are made */
    u64 next_inode;   /* of synthetic files */
    u8 *poison;       /* an unmapped host address for faulting parts of a transfer (guest_io.h) */
    struct LockOwner *lock_owners; /* POSIX record locks (lock.c) */
    int async_epoll;         /* of armed descriptions (async_io.c); 0: not made yet */
    u32 async_count;
    struct Terminal *terminals;      /* terminal.c */
} Vfs;

/* ---- open file descriptions ------------------------------------------------------------------------------------- */

/* Takes over `host_fd` (-1: the file has no host side, a stand-in is made); one reference. NULL: the host has no memory or
 * no descriptor left (host_fd is closed then). */
OpenFile *file_new(Kernel *kernel, const FileOps *ops, int host_fd, u32 flags);
/* A description for a host descriptor that the guest has just opened: kind and waiting found by fstat(2). */
OpenFile *file_from_host(Kernel *kernel, int host_fd, u32 flags);
static inline OpenFile *file_ref(OpenFile *file) { file->refs++; return file; }
void file_unref(Kernel *kernel, OpenFile *file);

static inline bool file_readable(const OpenFile *file) { return (file->flags & 3) != 1 && !(file->flags & 010000000); }
static inline bool file_writable(const OpenFile *file) { return (file->flags & 3) != 0 && !(file->flags & 010000000); }

/* For blocking calls: parks until the host reports `events`, or returns `restart` when a signal ended the wait. The file
 * stays open while the call lasts, whatever close(2) does to the number. */
i64 file_park(Task *task, OpenFile *file, short events, i64 restart);
/* Keeps a description open until the present call ends, reruns and all. */
void file_hold(Task *task, OpenFile *file);
/* WAIT_POLL files: would the host do it now? Others: true, try and see. */
bool file_host_ready(const OpenFile *file, short events);

/* ---- descriptor tables -------------------------------------------------------------------------------------------- */

/* The description behind a number, NULL: -EBADF. A rerun of a parked call gets the one it parked with. Borrowed. */
OpenFile *file_get(Task *task, u64 fd);
/* As file_get, but NULL for O_PATH descriptions as well. */
OpenFile *file_get_usable(Task *task, u64 fd);
/* Gives `file` the lowest free number >= minimum; takes over the reference, also on failure. -EMFILE. */
i64 file_install(Task *task, OpenFile *file, u32 minimum, bool cloexec);
/* Is a number free? For calls that report EMFILE before anything else. */
bool files_have_room(Task *task);

/* -errno for a failed host call, else its result. */
i64 host_result(i64 result);

#endif
