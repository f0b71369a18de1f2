/* The page cache: one frame per page of a file, whoever maps it, kept after the last mapping as long as RAM is not needed,
 * so that running the same program again finds its text (and the code decoded from it) in place.
 *
 * A file is known by device and inode. What was cached while nobody mapped it is trusted again only if size and change
 * time are what they were. Shared anonymous memory is a file that has no host side. */
#include "kernel/page_cache.h"
#include "base/heap.h"
#include "kernel/host.h"
#include "kernel/host_log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/frames.h"
#include "kernel/paging.h"

enum { CHUNK_PAGES = 512, MAX_IDLE_FILES = 64 };

typedef struct Chunk {
    u64 frame[CHUNK_PAGES]; /* paddr, 0: not cached. The cache holds one reference. Shared anonymous memory: or a swap entry */
    u8 dirty[CHUNK_PAGES];
    u8 dropped[CHUNK_PAGES]; /* it was cached and had to leave */
} Chunk;

struct CachedFile {
    Kernel *kernel;
    CachedFile *next;
    char *name;
    u32 refs;         /* 0: idle */
    int fd;           /* host; -1: none (anonymous, or idle) */
    bool anonymous, writable_fd;
    bool watched;     /* mapped by mmap(2): read(2) and write(2) of the file must agree with it */
    u64 device, inode;
    u64 size;         /* anonymous: the object's; else when last looked at */
    struct timespec changed, looked; /* ctime, and the clock when it was read */
    Chunk **chunks;
    u64 chunk_count;
};

/* ---- pages -------------------------------------------------------------------------------------------------------- */

static Chunk *chunk_at(CachedFile *file, u64 index, bool create)
{
    u64 number = index / CHUNK_PAGES;
    if (number >= file->chunk_count) {
        if (!create || number >= 1ull << 32)
            return NULL;
        u64 count = number + 1 > file->chunk_count * 2 ? number + 1 : file->chunk_count * 2;
        Chunk **grown = heap_realloc(file->chunks, count * sizeof *grown);
        if (!grown)
            return NULL;
        memset(grown + file->chunk_count, 0, (count - file->chunk_count) * sizeof *grown);
        file->chunks = grown;
        file->chunk_count = count;
    }
    if (!file->chunks[number] && create)
        file->chunks[number] = heap_calloc(1, sizeof(Chunk));
    return file->chunks[number];
}

/* The size now. */
static u64 file_size(CachedFile *file)
{
    struct stat st;
    if (!file->anonymous && file->fd >= 0 && !host_fstat(file->fd, &st))
        file->size = (u64)st.st_size;
    return file->size;
}

/* Reads page `index` of the host file into its frame; behind the end it is zero. */
static void read_page(CachedFile *file, u64 index, u64 paddr)
{
    u8 *host = phys_host(&file->kernel->phys, paddr);
    u64 done = 0;
    while (done < PAGE_SIZE) {
        ssize_t got = host_pread(file->fd, host + done, PAGE_SIZE - done, (off_t)((index << PAGE_SHIFT) + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (u64)got;
    }
    memset(host + done, 0, PAGE_SIZE - done);
}

/* Fills a page that has no frame. A first reading is not major: as natively, where a file that is run or mapped lies in the
 * host's page cache as a rule, only what had to leave for want of memory must be waited for. */
static bool bring_in(CachedFile *file, u64 index, Chunk *chunk, bool *major)
{
    Kernel *kernel = file->kernel;
    u64 *frame = &chunk->frame[index % CHUNK_PAGES];
    u64 paddr = file->anonymous ? frames_alloc_shared(kernel, index) : frames_alloc(kernel, FRAME_FILE, index);
    if (!paddr)
        return false;
    *major = chunk->dropped[index % CHUNK_PAGES];
    if (!file->anonymous)
        read_page(file, index, paddr);
    else if (swap_is_entry(*frame)) {
        u32 slot = swap_slot(*frame);
        if (!swap_in(&kernel->paging->swap, &kernel->phys, slot, paddr)) {
            frames_put(kernel, paddr);
            return false;
        }
        swap_keep(&kernel->paging->swap, paddr, slot);
    }
    *frame = paddr;
    if (kernel->paging)
        paging_cached(kernel, paddr, file, index);
    return true;
}

u64 cached_file_page(CachedFile *file, u64 index, bool *beyond, bool *major)
{
    Kernel *kernel = file->kernel;
    if (index >= (file_size(file) + PAGE_SIZE - 1) >> PAGE_SHIFT) {
        *beyond = true;
        return 0;
    }
    Chunk *chunk = chunk_at(file, index, true);
    if (!chunk)
        return 0;
    u64 *frame = &chunk->frame[index % CHUNK_PAGES];
    if ((!*frame || swap_is_entry(*frame)) && !bring_in(file, index, chunk, major))
        return 0;
    phys_ref(&kernel->phys, *frame);
    return *frame;
}

bool cached_file_is_anonymous(const CachedFile *file) { return file->anonymous; }

bool cached_file_page_dirty(CachedFile *file, u64 index)
{
    const Chunk *chunk = chunk_at(file, index, false);
    return chunk && chunk->dirty[index % CHUNK_PAGES];
}

void cached_file_replace(CachedFile *file, u64 index, u64 value)
{
    Chunk *chunk = chunk_at(file, index, false);
    u64 paddr = chunk->frame[index % CHUNK_PAGES];
    chunk->frame[index % CHUNK_PAGES] = value;
    chunk->dirty[index % CHUNK_PAGES] = 0;
    chunk->dropped[index % CHUNK_PAGES] = 1;
    frames_put(file->kernel, paddr);
}

void cached_file_dirty(CachedFile *file, u64 index)
{
    Chunk *chunk = chunk_at(file, index, false);
    if (chunk && chunk->frame[index % CHUNK_PAGES])
        chunk->dirty[index % CHUNK_PAGES] = 1;
}

static i64 write_page(CachedFile *file, u64 index, u64 paddr, u64 size)
{
    u64 offset = index << PAGE_SHIFT, length = size - offset < PAGE_SIZE ? size - offset : PAGE_SIZE;
    const u8 *host = phys_host(&file->kernel->phys, paddr);
    for (u64 done = 0; done < length;) {
        ssize_t wrote = host_pwrite(file->fd, host + done, length - done, (off_t)(offset + done));
        if (wrote < 0 && errno != EINTR)
            return -errno;
        if (wrote > 0)
            done += (u64)wrote;
    }
    return 0;
}

bool cached_file_clean_page(CachedFile *file, u64 index)
{
    Chunk *chunk = chunk_at(file, index, false);
    u64 size = file_size(file);
    if (!chunk->dirty[index % CHUNK_PAGES] || !file->writable_fd || index << PAGE_SHIFT >= size)
        return true;
    return write_page(file, index, chunk->frame[index % CHUNK_PAGES], size) == 0;
}

/* Calls `visit` for each cached page first..last. */
typedef void PageVisit(CachedFile *file, u64 index, u64 *frame, u8 *dirty, void *context);
static void visit_pages(CachedFile *file, u64 first, u64 last, PageVisit *visit, void *context)
{
    for (u64 number = first / CHUNK_PAGES; number < file->chunk_count && number <= last / CHUNK_PAGES; number++) {
        Chunk *chunk = file->chunks[number];
        for (u64 i = 0; chunk && i < CHUNK_PAGES; i++) {
            u64 index = number * CHUNK_PAGES + i;
            if (chunk->frame[i] && index >= first && index <= last)
                visit(file, index, &chunk->frame[i], &chunk->dirty[i], context);
        }
    }
}

typedef struct WriteBack { u64 size; i64 result; } WriteBack;

static void write_back_page(CachedFile *file, u64 index, u64 *frame, u8 *dirty, void *context)
{
    WriteBack *job = context;
    if (!*dirty)
        return;
    *dirty = 0;
    if (index << PAGE_SHIFT >= job->size)
        return;
    i64 result = write_page(file, index, *frame, job->size);
    if (result)
        job->result = result;
}

i64 cached_file_write_back(CachedFile *file, u64 offset, u64 size)
{
    if (file->anonymous || !file->writable_fd || !size)
        return 0;
    u64 first = offset >> PAGE_SHIFT, last = (offset + size - 1) >> PAGE_SHIFT;
    frames_harvest(file->kernel, file, first, last, false);
    WriteBack job = {file_size(file), 0};
    visit_pages(file, first, last, write_back_page, &job);
    return job.result;
}

static void drop_page(CachedFile *file, u64 index, u64 *frame, u8 *dirty, void *context)
{
    (void)index;
    (void)context;
    if (swap_is_entry(*frame))
        swap_unref(&file->kernel->paging->swap, swap_slot(*frame));
    else
        frames_put(file->kernel, *frame);
    *frame = 0;
    *dirty = 0;
}

static void drop_unmapped_page(CachedFile *file, u64 index, u64 *frame, u8 *dirty, void *context)
{
    if (phys_frame(&file->kernel->phys, *frame)->refs == 1 && !*dirty) {
        drop_page(file, index, frame, dirty, NULL);
        ++*(u32 *)context;
    }
}

/* ---- files -------------------------------------------------------------------------------------------------------- */

static void file_destroy(CachedFile *file)
{
    visit_pages(file, 0, UINT64_MAX, drop_page, NULL);
    for (CachedFile **link = &file->kernel->cached_files; *link; link = &(*link)->next)
        if (*link == file) {
            *link = file->next;
            break;
        }
    for (u64 i = 0; i < file->chunk_count; i++)
        heap_free(file->chunks[i]);
    if (file->fd >= 0)
        host_close(file->fd);
    heap_free(file->chunks);
    heap_free(file->name);
    heap_free(file);
}

static CachedFile *file_create(Kernel *kernel, const char *name)
{
    CachedFile *file = heap_calloc(1, sizeof *file);
    char *copy = heap_strdup(name);
    if (!file || !copy) {
        heap_free(file);
        heap_free(copy);
        errno = ENOMEM;
        return NULL;
    }
    *file = (CachedFile){.kernel = kernel, .next = kernel->cached_files, .name = copy, .refs = 1, .fd = -1};
    kernel->cached_files = file;
    return file;
}

static CachedFile *file_lookup(Kernel *kernel, u64 device, u64 inode)
{
    for (CachedFile *file = kernel->cached_files; file; file = file->next)
        if (!file->anonymous && file->device == device && file->inode == inode)
            return file;
    return NULL;
}

/* Idle pages are still the file's if its size and change time are; a change in the same clock tick as our reading would
 * not show, so such a young file is read again. */
static bool still_valid(const CachedFile *file, const struct stat *st)
{
    i64 age = (file->looked.tv_sec - file->changed.tv_sec) * 1000 + (file->looked.tv_nsec - file->changed.tv_nsec) / 1000000;
    return file->size == (u64)st->st_size && file->changed.tv_sec == st->st_ctim.tv_sec &&
           file->changed.tv_nsec == st->st_ctim.tv_nsec && age > 100;
}

static void look(CachedFile *file, const struct stat *st)
{
    file->size = (u64)st->st_size;
    file->changed = st->st_ctim;
    host_clock_gettime(CLOCK_REALTIME, &file->looked);
}

CachedFile *cached_file_open(Kernel *kernel, int host_fd, const char *path)
{
    struct stat st;
    int flags = host_fcntl(host_fd, F_GETFL, 0);
    if (flags < 0 || host_fstat(host_fd, &st))
        return NULL;
    bool writable = (flags & O_ACCMODE) == O_RDWR;
    CachedFile *file = file_lookup(kernel, st.st_dev, st.st_ino);
    if (file && !file->refs && !still_valid(file, &st)) {
        file_destroy(file);
        file = NULL;
    }
    if (file && file->fd >= 0 && (file->writable_fd || !writable)) {
        file->refs++;
        return file;
    }
    int fd = host_fcntl(host_fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return NULL;
    if (file) {
        if (file->fd >= 0)
            host_close(file->fd);
        file->refs++;
    } else if (!(file = file_create(kernel, path))) {
        host_close(fd);
        return NULL;
    } else {
        file->device = st.st_dev;
        file->inode = st.st_ino;
    }
    if (file->refs == 1)
        look(file, &st);
    host_log_file(fd, path, st.st_dev, st.st_ino);
    file->fd = fd;
    file->writable_fd = writable;
    return file;
}

CachedFile *cached_file_anonymous(Kernel *kernel, u64 size, const char *name)
{
    CachedFile *file = file_create(kernel, name);
    if (file) {
        file->anonymous = true;
        file->size = size;
        file->device = 1;
        file->inode = ++kernel->next_anonymous_inode;
    }
    return file;
}

void cached_file_ref(CachedFile *file) { file->refs++; }

/* Keeps the idle list short: the oldest go. */
static void trim_idle(Kernel *kernel)
{
    u32 idle = 0;
    for (CachedFile *file = kernel->cached_files, *next; file; file = next) {
        next = file->next;
        if (!file->refs && ++idle > MAX_IDLE_FILES)
            file_destroy(file);
    }
}

void cached_file_unref(CachedFile *file)
{
    if (--file->refs)
        return;
    if (file->watched)
        file->kernel->watched_files--;
    file->watched = false;
    if (file->anonymous) {
        file_destroy(file);
        return;
    }
    WriteBack job = {file_size(file), 0};
    if (file->writable_fd) {
        visit_pages(file, 0, UINT64_MAX, write_back_page, &job);
        struct stat st;
        if (!host_fstat(file->fd, &st))
            look(file, &st);
    }
    host_close(file->fd);
    file->fd = -1;
    trim_idle(file->kernel);
}

void cached_file_watch(CachedFile *file)
{
    file->kernel->watched_files += !file->watched;
    file->watched = true;
}

/* Bytes of the host file that nobody has touched. While the past is looked at, its descriptor may be another file's by now:
 * then from what the recording has kept. */
static bool peek_host(CachedFile *file, void *to, u64 size, u64 at)
{
    const HostLog *log = file->kernel->config.log;
    if (!log || log->mode != HOST_REPLAY)
        return host_pread(file->fd, to, size, (off_t)at) >= 0;
    const HostFile *kept = host_log_find_file(log, file->device, file->inode);
    if (kept && at < kept->size)
        memcpy(to, kept->bytes + at, kept->size - at < size ? kept->size - at : size);
    return kept;
}

u64 cached_file_peek(CachedFile *file, u64 offset, void *to, u64 size)
{
    u64 done = 0, end = (file_size(file) + PAGE_SIZE - 1) & PAGE_MASK;
    while (done < size && offset + done < end) {
        u64 at = offset + done, room = PAGE_SIZE - (at & (PAGE_SIZE - 1)), piece = size - done < room ? size - done : room;
        const Chunk *chunk = chunk_at(file, at >> PAGE_SHIFT, false);
        u64 paddr = chunk ? chunk->frame[(at >> PAGE_SHIFT) % CHUNK_PAGES] : 0;
        u8 *out = (u8 *)to + done;
        memset(out, 0, piece);
        if (swap_is_entry(paddr)) {
            if (!swap_peek(&file->kernel->paging->swap, swap_slot(paddr), at & (PAGE_SIZE - 1), out, piece))
                break;
        } else if (paddr)
            memcpy(out, phys_host(&file->kernel->phys, paddr) + (at & (PAGE_SIZE - 1)), piece);
        else if (!file->anonymous && !peek_host(file, out, piece, at))
            break;
        done += piece;
    }
    return done;
}

bool cached_file_writable(const CachedFile *file, int host_fd)
{
    return file->anonymous || (host_fcntl(host_fd, F_GETFL, 0) & O_ACCMODE) == O_RDWR;
}

bool cached_file_has_page(CachedFile *file, u64 index)
{
    const Chunk *chunk = chunk_at(file, index, false);
    return chunk && pte_frame(chunk->frame[index % CHUNK_PAGES] & ~(u64)PTE_P);
}

bool page_cache_reclaim(Kernel *kernel, u32 wanted)
{
    u32 freed = 0;
    for (CachedFile *file = kernel->cached_files; file && freed < wanted; file = file->next)
        if (!file->anonymous)
            visit_pages(file, 0, UINT64_MAX, drop_unmapped_page, &freed);
    return freed > 0;
}

void page_cache_destroy(Kernel *kernel)
{
    while (kernel->cached_files)
        file_destroy(kernel->cached_files);
}

/* ---- agreement with read(2) and write(2) -------------------------------------------------------------------------- */

static CachedFile *watched_file(Kernel *kernel, int host_fd)
{
    struct stat st;
    if (!kernel->watched_files || host_fstat(host_fd, &st) || !S_ISREG(st.st_mode))
        return NULL;
    CachedFile *file = file_lookup(kernel, st.st_dev, st.st_ino);
    return file && file->refs ? file : NULL;
}

void cached_file_sync(Kernel *kernel, int host_fd, u64 offset, u64 size)
{
    CachedFile *file = watched_file(kernel, host_fd);
    if (file && size)
        cached_file_write_back(file, offset, size > UINT64_MAX - offset ? UINT64_MAX - offset : size);
}

static void reread_page(CachedFile *file, u64 index, u64 *frame, u8 *dirty, void *context)
{
    (void)context;
    *dirty = 0;
    read_page(file, index, *frame);
    mmu_wrote(&file->kernel->cpu.mmu, phys_host(&file->kernel->phys, *frame), PAGE_SIZE);
}

void cached_file_changed(Kernel *kernel, int host_fd, u64 offset, u64 size)
{
    CachedFile *file = watched_file(kernel, host_fd);
    if (!file)
        return;
    u64 last = size > UINT64_MAX - offset ? UINT64_MAX : offset + size;
    visit_pages(file, offset >> PAGE_SHIFT, last >> PAGE_SHIFT, reread_page, NULL);
    u64 first_beyond = (file_size(file) + PAGE_SIZE - 1) >> PAGE_SHIFT;
    frames_harvest(kernel, file, first_beyond, UINT64_MAX, true);
    visit_pages(file, first_beyond, UINT64_MAX, drop_page, NULL);
}

const char *cached_file_name(const CachedFile *file) { return file->name; }
u64 cached_file_device(const CachedFile *file) { return file->device; }
u64 cached_file_inode(const CachedFile *file) { return file->inode; }
