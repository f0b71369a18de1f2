/* An address space: the mappings a process may use (VMAs) and, behind them, the page tables that hold what it has touched.
 *
 *   mmap, brk, exec … only note a Vma; a frame comes with the first touch, in space_fault()
 *
 * VMAs lie in one sorted array (binary search), merged where Linux would merge them, so that /proc/pid/maps and
 * max_map_count read alike. */
#ifndef EMU_KERNEL_SPACE_H
#define EMU_KERNEL_SPACE_H

#include "kernel/kernel.h"
#include "mmu/mmu.h"

#define USER_LIMIT 0x7ffffffff000ull /* TASK_SIZE: the first address a program cannot have */
enum { MAX_MAPS = 65530, STACK_GUARD_GAP = 256 * PAGE_SIZE };
#define MMAP_MIN 0x10000ull          /* vm.mmap_min_addr */

enum { /* Vma.flags */
    VMA_READ = 1, VMA_WRITE = 2, VMA_EXEC = 4, /* = PROT_* */
    VMA_SHARED = 8,
    VMA_GROWSDOWN = 16,
    VMA_NORESERVE = 32,
    VMA_LOCKED = 64,
    VMA_DONTFORK = 128, VMA_WIPEONFORK = 256, VMA_DONTDUMP = 512,
    VMA_MAY_WRITE = 1024, /* a shared mapping of a file that is open for writing, or any private one */
};

typedef enum VmaKind { VMA_ANON, VMA_FILE, VMA_HEAP, VMA_STACK } VmaKind; /* HEAP, STACK: the named ones in maps */

typedef struct Vma {
    u64 start, end;    /* page-aligned, end exclusive */
    u64 offset;        /* into `file`, bytes, at start */
    CachedFile *file;  /* NULL: private anonymous; else one reference */
    u32 flags;
    u32 kind;          /* VmaKind */
} Vma;

struct Space {
    u32 refs;          /* processes that share it (CLONE_VM) */
    Kernel *kernel;
    u64 cr3;
    Vma *vmas;
    u32 count, capacity;
    u32 last;          /* index of the last VMA found */
    u64 mmap_base;     /* top-down search starts here */
    u64 brk_start, brk;
    u64 stack_top;
    u64 code_start, code_end, data_start, data_end, arg_start, arg_end, env_start, env_end;
    u64 entry;
    u8 auxv[512]; u32 auxv_size;
    u64 total_pages;   /* mapped: RLIMIT_AS, VmSize */
    u64 data_pages;    /* private writable: RLIMIT_DATA */
    u64 locked_pages;
    u64 resident, resident_peak; /* pages with a frame */
    u64 swapped;       /* pages in swap */
    u32 lock_future;   /* VMA_LOCKED after mlockall(MCL_FUTURE), else 0 */
    bool lock_on_fault; /* … with MCL_ONFAULT: not brought in at once */
    u32 membarrier;    /* registered commands */
};

/* An empty space with one reference; NULL when host or guest memory is full. */
Space *space_create(Kernel *kernel);
/* fork: same mappings, frames shared copy-on-write. NULL: memory full. */
Space *space_copy(Space *space);
void space_ref(Space *space);
void space_unref(Space *space);

/* The VMA that contains `address`, or NULL. Valid until the next change. */
Vma *space_find(Space *space, u64 address);
/* Index of the first VMA that ends above `address` (count: none). */
u32 space_index(const Space *space, u64 address);

/* Maps [start, start + size), replacing what is there. Takes its own reference to file. 0 or -ENOMEM. */
i64 space_map(Space *space, u64 start, u64 size, u32 flags, VmaKind kind, CachedFile *file, u64 offset);
/* Unmaps every page in the range; splits VMAs. 0 or -ENOMEM (too many maps). */
i64 space_unmap(Space *space, u64 start, u64 end);
/* mprotect: -ENOMEM for holes, -EACCES. */
i64 space_protect(Space *space, u64 start, u64 end, u32 prot);
/* A free range, top-down below mmap_base, `hint` first if it is free; 0: none. */
u64 space_find_free(Space *space, u64 hint, u64 size, u64 low);
/* The lowest free range within [low, high); 0: none. MAP_32BIT. */
u64 space_find_low(const Space *space, u64 size, u64 low, u64 high);
/* Touches what is mapped in a range (MAP_POPULATE, mlock); stops silently when it cannot go on. */
void space_populate(Space *space, u64 start, u64 end);
/* Drops the frames of a range, the mapping stays (MADV_DONTNEED). */
void space_discard(Space *space, u64 start, u64 end);

/* Do RLIMIT_AS, RLIMIT_DATA and overcommit (no more than all of RAM at once) allow `size` more bytes with these flags? */
bool space_may_map(const Space *space, u64 size, u32 flags);

/* What a page fault came to. */
typedef enum FaultResult {
    FAULT_RESOLVED,
    FAULT_MAPERR,  /* SIGSEGV SEGV_MAPERR: nothing is mapped there */
    FAULT_ACCERR,  /* SIGSEGV SEGV_ACCERR: mapped without that right */
    FAULT_ADRERR,  /* SIGBUS BUS_ADRERR: beyond the end of the file */
    FAULT_OOM,     /* no frame left: the OOM killer's business */
} FaultResult;

/* Makes `address` accessible for `access` if the mappings allow it. */
FaultResult space_fault(Space *space, u64 address, Access access);

/* Reads and writes a space that need not be loaded, with its mappings' rights. Bytes moved before what is not mapped so, or
 * RAM was full. space_write: `from` NULL writes zeroes. */
u64 space_read(Space *space, u64 address, void *to, u64 size);
u64 space_write(Space *space, u64 address, const void *from, u64 size);

#endif
