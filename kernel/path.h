/* From a guest's (directory descriptor, path) to what the host understands, or to an entry of the guest's own /proc.
 *
 * Nearly all paths go to the host as they are, relative to the host descriptor of the guest's directory. Only three things
 * differ: /proc is the guest's (proc_fs.h), /dev/fd and /dev/std* lead into it, and after chroot(2) names are resolved
 * below the root by openat2(RESOLVE_IN_ROOT). */
#ifndef EMU_KERNEL_PATH_H
#define EMU_KERNEL_PATH_H

#include <limits.h>

#include "kernel/fd.h"

enum {
    PATH_NOFOLLOW = 1, /* the last component is not followed if it is a symbolic link */
    PATH_EMPTY = 2,    /* AT_EMPTY_PATH: "" names the descriptor itself */
    PATH_CREATE = 4,   /* the last component need not exist */
};

typedef struct ProcNode { /* an entry of the guest's /proc (proc_fs.c) */
    u16 kind;      /* ProcKind; PROC_NONE: the path is the host's business */
    u16 entry;     /* which file or link of a directory */
    i32 pid, tid;  /* whose */
    i32 number;    /* of fd/N, fdinfo/N */
} ProcNode;

typedef struct Path {
    int dir;         /* host directory descriptor, or AT_FDCWD */
    int owned;       /* a descriptor that path_done() closes; -1: none */
    u32 at_flags;    /* AT_EMPTY_PATH when name is "" */
    OpenFile *file;  /* "" with AT_EMPTY_PATH: the descriptor's file, and `dir` its host descriptor; NULL: a name */
    ProcNode proc;
    char name[PATH_MAX + 64];
} Path;

/* Resolves as far as the guest's view differs from the host's. 0, or -ENOENT (empty), -EFAULT, -ENAMETOOLONG, -EBADF,
 * -ENOTDIR, -ELOOP … After 0 call path_done(). `how`: PATH_… */
i64 path_from_guest(Task *task, Path *path, u64 dirfd, u64 address, u32 how);
/* The same for a name that the emulator holds. */
i64 path_from_name(Task *task, Path *path, u64 dirfd, const char *name, u32 how);
void path_done(Path *path);

/* The absolute guest path of an open host descriptor; -errno. `size` >= PATH_MAX. */
i64 path_of_descriptor(Task *task, int host_fd, char *name, u64 size);
/* The task's working directory; -errno. Length with the NUL. `*outside`: it is not below the task's root (chroot(2)), and
 * the name is the host's. */
i64 path_cwd(Task *task, char *name, u64 size, bool *outside);

/* A host name for calls that have no directory argument: path->name, or one through /proc/self/fd in `buffer`. */
const char *path_link(const Path *path, char *buffer, u64 size);

/* Makes the host's umask the task's: before any call that creates files. */
void fs_use_umask(Task *task);

/* Removes "." and empty components and resolves ".." by text; `name` is absolute. */
void path_normalise(char *name);

#endif
