/* Guest memory as system calls reach it: through the MMU with the program's own rights, faults resolved on the way. */
#include <errno.h>

#include "kernel/debug.h"
#include "kernel/frames.h"
#include "kernel/oom.h"
#include "kernel/paging.h"
#include "mmu/pte.h"

/* Host pointer to `address`, good to the end of its page; NULL: the program could not have touched it either. */
static u8 *touch(void *whose, u64 address, Access access)
{
    Task *task = whose;
    Mmu *mmu = &task->kernel->cpu.mmu;
    Fault fault;
    if (UNLIKELY(address >= USER_LIMIT))
        return NULL;
    for (;;) {
        u8 *host = mmu_translate(mmu, address, access, &fault);
        if (LIKELY(host != NULL))
            return host;
        if (fault.kind != FAULT_PAGE)
            return NULL;
        FaultResult result = space_fault(task->process->space, address, access);
        if (result == FAULT_OOM && oom_kill(task))
            continue;
        if (result != FAULT_RESOLVED)
            return NULL;
    }
}

static u64 to_page_end(u64 address, u64 size)
{
    u64 room = PAGE_SIZE - (address & (PAGE_SIZE - 1));
    return size < room ? size : room;
}

/* Touches every page, so that the move which follows cannot stop half-way. */
static bool touch_all(Task *task, u64 address, u64 size, Access access)
{
    if (!guest_range_ok(address, size))
        return false;
    for (u64 done = 0; done < size; done += to_page_end(address + done, size - done))
        if (!touch(task, address + done, access))
            return false;
    return true;
}

/* One of the two ways to a page: touch() through the MMU, space_touch() for a space that is not loaded. */
typedef u8 *PageOf(void *whose, u64 address, Access access);

/* How many bytes were read before the first page that could not be. */
static INLINE u64 read_pages(PageOf *page_of, void *whose, void *to, u64 address, u64 size)
{
    u64 done = 0;
    while (done < size) {
        const u8 *host = page_of(whose, address + done, ACCESS_READ);
        if (!host)
            break;
        u64 piece = to_page_end(address + done, size - done);
        memcpy((u8 *)to + done, host, piece);
        done += piece;
    }
    return done;
}

/* The same for writing; without `from` zeros. `wrote` hears of each piece. */
static INLINE u64 write_pages(PageOf *page_of, void *whose, u64 address, const void *from, u64 size,
                              void (*wrote)(void *whose, const u8 *host, u64 size))
{
    u64 done = 0;
    while (done < size) {
        u8 *host = page_of(whose, address + done, ACCESS_WRITE);
        if (!host)
            break;
        u64 piece = to_page_end(address + done, size - done);
        if (from)
            memcpy(host, (const u8 *)from + done, piece);
        else
            memset(host, 0, piece);
        wrote(whose, host, piece);
        done += piece;
    }
    return done;
}

static void task_wrote(void *task, const u8 *host, u64 size) { guest_wrote(task, host, size); }

static void task_read(Task *task, u64 address, u64 size)
{
    if (UNLIKELY(task->kernel->watches != NULL))
        watch_read(task, address, size);
}

u64 copy_from_guest_partial(Task *task, void *to, u64 address, u64 size)
{
    u64 done = read_pages(touch, task, to, address, size);
    task_read(task, address, done);
    return done;
}

u64 copy_to_guest_partial(Task *task, u64 address, const void *from, u64 size)
{
    return write_pages(touch, task, address, from, size, task_wrote);
}

bool copy_from_guest(Task *task, void *to, u64 address, u64 size)
{
    if (!size) /* Linux does not look at the address then */
        return true;
    return guest_range_ok(address, size) && copy_from_guest_partial(task, to, address, size) == size;
}

bool copy_to_guest(Task *task, u64 address, const void *from, u64 size)
{
    if (!size)
        return true;
    if (to_page_end(address, size) < size && !touch_all(task, address, size, ACCESS_WRITE))
        return false;
    return guest_range_ok(address, size) && copy_to_guest_partial(task, address, from, size) == size;
}

bool clear_guest(Task *task, u64 address, u64 size)
{
    return touch_all(task, address, size, ACCESS_WRITE) && write_pages(touch, task, address, NULL, size, task_wrote) == size;
}

i64 string_from_guest(Task *task, char *to, u64 address, u64 capacity)
{
    for (u64 done = 0; done < capacity;) {
        const u8 *host = touch(task, address + done, ACCESS_READ);
        if (!host)
            return -EFAULT;
        u64 piece = to_page_end(address + done, capacity - done);
        const u8 *end = memchr(host, 0, piece);
        u64 length = end ? (u64)(end - host) + 1 : piece;
        task_read(task, address + done, length);
        memcpy(to + done, host, length);
        done += length;
        if (end)
            return (i64)done - 1;
    }
    return -ENAMETOOLONG;
}

u8 *guest_pages(Task *task, u64 address, u64 *size, Access access)
{
    *size = to_page_end(address, *size);
    u8 *host = touch(task, address, access);
    if (UNLIKELY(task->kernel->paging != NULL) && host)
        paging_pin(task->kernel, host);
    if (host && access == ACCESS_READ)
        task_read(task, address, *size);
    return host;
}

void guest_wrote(Task *task, const u8 *host, u64 size)
{
    mmu_wrote(&task->kernel->cpu.mmu, host, (u32)size);
    if (UNLIKELY(task->kernel->watches != NULL))
        watch_wrote(task, host, size);
}

/* ---- spaces that are not loaded ------------------------------------------------------------------------------------ */

/* Host pointer to `address`, good to the end of its page; NULL: no such right, or RAM full. */
static u8 *space_touch(void *whose, u64 address, Access access)
{
    Space *space = whose;
    u64 forbidden = access == ACCESS_WRITE ? PTE_W : 0;
    const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, address, false);
    if (!entry || !(*entry & PTE_P) || (forbidden && !(*entry & forbidden))) {
        if (space_fault(space, address, access) != FAULT_RESOLVED)
            return NULL;
        entry = pt_entry(&space->kernel->phys, space->cr3, address, false);
    }
    if (access == ACCESS_WRITE)
        frames_wrote(space, address);
    return phys_host(&space->kernel->phys, *entry & PTE_FRAME) + (address & (PAGE_SIZE - 1));
}

static void space_wrote(void *whose, const u8 *host, u64 size)
{
    Space *space = whose;
    mmu_wrote(&space->kernel->cpu.mmu, host, (u32)size);
}

u64 space_read(Space *space, u64 address, void *to, u64 size) { return read_pages(space_touch, space, to, address, size); }

u64 space_write(Space *space, u64 address, const void *from, u64 size)
{
    return write_pages(space_touch, space, address, from, size, space_wrote);
}
