/* The machine's file side at its birth: what the guest inherits from the emulator's own process (standard descriptors,
 * working directory, umask), and what every file call needs to know about the host.
 *
 * Inherited descriptions are shared with whoever started us, so their modes are never changed. A pipe gets a private
 * O_NONBLOCK description through /proc/self/fd where the host allows it; all else that may block is polled before use. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/heap.h"
#include "kernel/fd.h"
#include "kernel/guest_io.h"
#include "kernel/host.h"
#include "kernel/host_signals.h"
#include "kernel/terminal.h"

enum {
    INHERITED_MAX = 256, /* guest numbers that can be inherited */
    HIGH_FD = 512,       /* host numbers of inherited descriptors: clear of 0, 1, 2 and of what a crash might confuse */
};

bool vfs_create(Kernel *kernel)
{
    Vfs *vfs = heap_calloc(1, sizeof *vfs);
    if (!vfs)
        return false;
    vfs->poison = mmap(NULL, POISON_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (vfs->poison == MAP_FAILED) {
        heap_free(vfs);
        return false;
    }
    struct stat st;
    if (host_stat("/proc", &st) == 0)
        vfs->proc_device = st.st_dev;
    vfs->kernel = kernel;
    vfs->host_umask = host_umask(022);
    host_umask(vfs->host_umask);
    vfs->next_inode = 1;
    kernel->vfs = vfs;
    if (!host_signal_is_ignored(SIGPIPE)) /* (which notes what the guest inherits, before this changes it) */
        signal(SIGPIPE, SIG_IGN); /* a guest's broken pipe is EPIPE here, and then the guest's signal */
    return true;
}

static OpenFile *first_sent(const Vfs *vfs)
{
    OpenFile *file = vfs->open_files;
    while (file && !file->sent)
        file = file->next;
    return file;
}

void vfs_forget_sent(Kernel *kernel)
{
    for (OpenFile *file; kernel->vfs && (file = first_sent(kernel->vfs));) {
        file->sent = false;
        file_unref(kernel, file);
    }
}

void vfs_destroy(Kernel *kernel)
{
    Vfs *vfs = kernel->vfs;
    if (!vfs)
        return;
    terminals_destroy(kernel);
    munmap(vfs->poison, POISON_SIZE);
    if (vfs->async_epoll)
        host_close(vfs->async_epoll);
    heap_free(vfs);
    kernel->vfs = NULL;
}

/* A private description of the same pipe, so that O_NONBLOCK is nobody else's business; -1: the host refuses. */
static int reopen_pipe(int fd, u32 flags)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = host_open(path, (int)(flags & O_ACCMODE) | O_NONBLOCK | O_CLOEXEC, 0);
    if (own < 0)
        return -1;
    int high = host_fcntl(own, F_DUPFD_CLOEXEC, HIGH_FD);
    host_close(own);
    return high;
}

static OpenFile *inherit(Kernel *kernel, int host)
{
    int flags = host_fcntl(host, F_GETFL, 0);
    if (flags < 0)
        return NULL;
    struct stat st;
    bool pipe = host_fstat(host, &st) == 0 && S_ISFIFO(st.st_mode) && !(flags & O_PATH);
    int own = pipe ? reopen_pipe(host, (u32)flags) : -1;
    bool private = own >= 0;
    if (!private)
        own = host_fcntl(host, F_DUPFD_CLOEXEC, HIGH_FD);
    if (own < 0)
        own = host_fcntl(host, F_DUPFD_CLOEXEC, 3);
    OpenFile *file = own < 0 ? NULL : file_from_host(kernel, own, (u32)flags);
    if (file && !private && file->wait == WAIT_NONBLOCK)
        file->wait = WAIT_POLL;
    return file;
}

/* Host descriptor `host` becomes guest number `number`; two names of one description stay that. */
static void inherit_as(Kernel *kernel, Files *files, u32 number, int host, const int *hosts)
{
    OpenFile *file = NULL;
    for (u32 i = 0; i < INHERITED_MAX && !file; i++)
        if (i != number && files->slots[i].file && (host == hosts[i] || host_same_description(host, hosts[i])))
            file = file_ref(files->slots[i].file);
    if (!file)
        file = inherit(kernel, host);
    files->slots[number].file = file;
    files->count += file != NULL;
}

typedef struct Inherited { const Kernel *kernel; int *hosts; } Inherited;

static void note_inherited(void *context, const char *name, u8 type)
{
    (void)type;
    const Inherited *inherited = context;
    int fd = atoi(name);
    if (fd > 2 && fd < INHERITED_MAX && fd != inherited->kernel->config.strace_fd && host_fcntl(fd, F_GETFD, 0) == 0)
        inherited->hosts[fd] = fd;
}

/* The host descriptors above 2 that an exec here would keep. Ours are all close-on-exec. */
static void find_inherited(const Kernel *kernel, int hosts[INHERITED_MAX])
{
    host_directory("/proc/self/fd", note_inherited, &(Inherited){kernel, hosts});
}

/* The guest has its own now: when it closes its standard input or output, whoever is at the other end shall see it. */
static void give_away_stdio(void)
{
    int null = host_open("/dev/null", O_RDWR | O_CLOEXEC, 0);
    for (int fd = 0; fd < 2 && null >= 0; fd++)
        if (host_fcntl(fd, F_GETFD, 0) == 0)
            host_dup2(null, fd);
    if (null >= 0)
        host_close(null);
}

Files *files_create(Kernel *kernel)
{
    Files *files = heap_calloc(1, sizeof *files);
    if (!files || !(files->slots = heap_calloc(INHERITED_MAX, sizeof *files->slots))) {
        heap_free(files);
        return NULL;
    }
    files->refs = 1;
    files->capacity = INHERITED_MAX;
    int hosts[INHERITED_MAX];
    for (u32 i = 0; i < INHERITED_MAX; i++)
        hosts[i] = i < 3 ? kernel->config.stdio[i] : -1;
    if (kernel->config.take_place)
        find_inherited(kernel, hosts);
    for (u32 i = 0; i < INHERITED_MAX; i++)
        if (hosts[i] >= 0)
            inherit_as(kernel, files, i, hosts[i], hosts);
    if (kernel->config.take_place) {
        for (u32 i = 3; i < INHERITED_MAX; i++)
            if (hosts[i] >= 0)
                host_close(hosts[i]);
        give_away_stdio();
    }
    return files;
}

/* ---- working directory, root, umask --------------------------------------------------------------------------------- */

FsInfo *fs_create(Kernel *kernel)
{
    FsInfo *fs = heap_calloc(1, sizeof *fs);
    if (!fs)
        return NULL;
    *fs = (FsInfo){.refs = 1, .umask = kernel->vfs->host_umask, .cwd_fd = AT_FDCWD, .root_fd = -1};
    return fs;
}

FsInfo *fs_copy(FsInfo *fs)
{
    FsInfo *copy = heap_calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *fs;
    copy->refs = 1;
    if (fs->cwd_fd != AT_FDCWD)
        copy->cwd_fd = host_fcntl(fs->cwd_fd, F_DUPFD_CLOEXEC, 3);
    if (fs->root_fd >= 0)
        copy->root_fd = host_fcntl(fs->root_fd, F_DUPFD_CLOEXEC, 3);
    copy->proc_cwd = fs->proc_cwd ? heap_strdup(fs->proc_cwd) : NULL;
    copy->root_path = fs->root_path ? heap_strdup(fs->root_path) : NULL;
    bool complete = (copy->cwd_fd != -1) && (copy->root_fd >= 0) == (fs->root_fd >= 0) &&
                    !copy->proc_cwd == !fs->proc_cwd && !copy->root_path == !fs->root_path;
    if (!complete) {
        fs_unref(copy);
        return NULL;
    }
    return copy;
}

void fs_ref(FsInfo *fs)
{
    fs->refs++;
}

void fs_unref(FsInfo *fs)
{
    if (--fs->refs)
        return;
    if (fs->cwd_fd >= 0)
        host_close(fs->cwd_fd);
    if (fs->root_fd >= 0)
        host_close(fs->root_fd);
    heap_free(fs->proc_cwd);
    heap_free(fs->root_path);
    heap_free(fs);
}
