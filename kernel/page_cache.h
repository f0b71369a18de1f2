/* Pages of files in guest frames, shared by every mapping of the same file (by device and inode), and anonymous memory
 * that is shared across fork or by memfd/SysV. One truth: while a page is cached, host reads and writes of the file by
 * guest calls go through cached_file_sync()/cached_file_changed(), so mappings and read(2)/write(2) agree. */
#ifndef EMU_KERNEL_PAGE_CACHE_H
#define EMU_KERNEL_PAGE_CACHE_H

#include "kernel/kernel.h"

/* The cache of the file behind `host_fd` (duplicated, the caller keeps his); one reference. NULL with errno. */
CachedFile *cached_file_open(Kernel *kernel, int host_fd, const char *path);
/* Shared anonymous memory of `size` bytes under `name` (as /proc/pid/maps shows it). */
CachedFile *cached_file_anonymous(Kernel *kernel, u64 size, const char *name);
void cached_file_ref(CachedFile *file);
void cached_file_unref(CachedFile *file);

/* The frame of page `index` with one more reference, read in or zeroed if it was not there; 0: RAM full, or (`*beyond`)
 * the page lies wholly beyond the end of the file. */
u64 cached_file_page(CachedFile *file, u64 index, bool *beyond, bool *major);
/* For paging.c. Is it shared anonymous memory (whose pages go to swap)? Is a cached page noted as dirty? Writes it back if it
 * is: false, the host refused. Puts `value` (0, or a swap entry) in the place of the page's frame, whose reference is
 * dropped. */
bool cached_file_is_anonymous(const CachedFile *file);
bool cached_file_page_dirty(CachedFile *file, u64 index);
bool cached_file_clean_page(CachedFile *file, u64 index);
void cached_file_replace(CachedFile *file, u64 index, u64 value);
/* Notes that the page may be written through a shared mapping. */
void cached_file_dirty(CachedFile *file, u64 index);
/* Writes back dirty pages in [offset, offset + size) to the host file. 0 or -errno. */
i64 cached_file_write_back(CachedFile *file, u64 offset, u64 size);

/* For the file side. Both are one test when no such file is mapped. `fd` is a host descriptor. */
/* Before a host read (or stat of times) of the file: brings the host file up to date with shared mappings. */
void cached_file_sync(Kernel *kernel, int host_fd, u64 offset, u64 size);
/* After a host write or truncation (and sync before it, or unwritten changes beside the written bytes are lost): cached
 * pages of the range are read again; pages beyond a new end are dropped. */
void cached_file_changed(Kernel *kernel, int host_fd, u64 offset, u64 size);

/* What the file holds at `offset`, cached or not, without caching it (for debuggers). Behind the end of the file, up to the
 * end of its last page, it is zero. Returns the bytes copied. */
u64 cached_file_peek(CachedFile *file, u64 offset, void *to, u64 size);

/* The file is now mapped by mmap(2) (not only run): from here on sync and changed look at it. */
void cached_file_watch(CachedFile *file);

/* Is this descriptor of the file (the one a mapping came through) open for writing? */
bool cached_file_writable(const CachedFile *file, int host_fd);
/* mincore(2): is the page in a frame? */
bool cached_file_has_page(CachedFile *file, u64 index);

/* Drops up to about `wanted` clean pages that nobody maps. true if any. */
bool page_cache_reclaim(Kernel *kernel, u32 wanted);
void page_cache_destroy(Kernel *kernel);

/* For /proc/pid/maps. */
const char *cached_file_name(const CachedFile *file);
u64 cached_file_device(const CachedFile *file); /* st_dev */
u64 cached_file_inode(const CachedFile *file);

#endif
