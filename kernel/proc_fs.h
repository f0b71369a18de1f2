/* The guest's /proc: its processes, its machine. What says nothing of either is passed through to the host's. */
#ifndef EMU_KERNEL_PROC_FS_H
#define EMU_KERNEL_PROC_FS_H

#include "kernel/path.h"

/* path->name is an absolute, normalised name below /proc. Afterwards it is one of: an entry of ours (path->proc), the
 * place that a link of ours leads to (exe, cwd, fd/N: path->name and path->dir), or the host's entry as it
 * was. -ENOENT, -ENOTDIR, -ELOOP. */
i64 proc_resolve(Task *task, Path *path, u32 how);

#define PROC_CPU_DIRECTORY "/sys/devices/system/cpu"
/* The same for a name in this directory of sysfs: the lists of processors are ours, of whom there is one (of others -ENOENT);
 * what else is there, and the directory's listing, is the host's. */
i64 proc_resolve_cpu(Path *path);

/* The node's name without links: "/proc/1000/maps" for what was called /proc/self/maps. `size` >= 64. */
void proc_name(const ProcNode *node, char *name, u64 size);

i64 proc_open(Task *task, const Path *path, u32 flags, OpenFile **file);
i64 proc_stat(Task *task, const ProcNode *node, struct stat *st);
i64 proc_access(Task *task, const ProcNode *node, u32 mode);
/* The link's target without a NUL; its length. -EINVAL: not a link. */
i64 proc_readlink(Task *task, const ProcNode *node, char *target, u64 size);

#endif
