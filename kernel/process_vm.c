/* process_vm_readv(2), process_vm_writev(2). */
#include <errno.h>

#include "base/heap.h"
#include "kernel/credentials.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"

enum { MAX_VECTORS = 1024 };

typedef struct IoVector { u64 base, size; } IoVector;

/* A position in a list of pieces. */
typedef struct Pieces {
    IoVector *list;
    u64 count, at, done; /* done: of list[at] */
} Pieces;

static i64 read_vector(Task *task, u64 address, u64 count, Pieces *pieces)
{
    *pieces = (Pieces){.count = count};
    if (count > MAX_VECTORS)
        return -EINVAL;
    pieces->list = heap_alloc((count + 1) * sizeof *pieces->list);
    if (!pieces->list)
        return -ENOMEM;
    if (!copy_from_guest(task, pieces->list, address, count * sizeof *pieces->list))
        return -EFAULT;
    u64 total = 0;
    for (u64 i = 0; i < count; i++) {
        total += pieces->list[i].size;
        if ((i64)pieces->list[i].size < 0 || (i64)total < 0)
            return -EINVAL;
    }
    return 0;
}

/* What is left of the current piece, skipping empty ones; 0: at the end. */
static u64 piece_left(Pieces *pieces)
{
    while (pieces->at < pieces->count && pieces->done == pieces->list[pieces->at].size) {
        pieces->at++;
        pieces->done = 0;
    }
    return pieces->at < pieces->count ? pieces->list[pieces->at].size - pieces->done : 0;
}

static u64 piece_address(const Pieces *pieces) { return pieces->list[pieces->at].base + pieces->done; }

static i64 transfer(Task *task, Space *other, Pieces *local, Pieces *remote, bool write)
{
    u8 buffer[PAGE_SIZE];
    i64 total = 0;
    for (;;) {
        u64 size = piece_left(local), far = piece_left(remote);
        size = size < far ? size : far;
        size = size < sizeof buffer ? size : sizeof buffer;
        if (!size)
            return total;
        u64 moved;
        if (write) {
            if (!copy_from_guest(task, buffer, piece_address(local), size))
                return total ? total : -EFAULT;
            moved = space_write(other, piece_address(remote), buffer, size);
        } else {
            moved = space_read(other, piece_address(remote), buffer, size);
            if (!copy_to_guest(task, piece_address(local), buffer, moved))
                return total ? total : -EFAULT;
        }
        total += (i64)moved;
        local->done += moved;
        remote->done += moved;
        if (moved < size)
            return total ? total : -EFAULT;
    }
}

static i64 process_vm(Task *task, const u64 *arg, bool write)
{
    Pieces local, remote = {0};
    if (arg[5])
        return -EINVAL;
    i64 result = read_vector(task, arg[1], arg[2], &local);
    if (!result && !piece_left(&local)) { /* nothing to do, whatever the rest says */
        heap_free(local.list);
        return 0;
    }
    result = result ? result : read_vector(task, arg[3], arg[4], &remote);
    Process *process = process_find(task->kernel, (i32)arg[0]);
    if (!result && (!process || !process->space))
        result = -ESRCH;
    if (!result && !credentials_may_inspect(task, process))
        result = -EPERM;
    if (!result)
        result = transfer(task, process->space, &local, &remote, write);
    heap_free(local.list);
    heap_free(remote.list);
    return result;
}

i64 sys_process_vm_readv(Task *task, const u64 *arg) { return process_vm(task, arg, false); }
i64 sys_process_vm_writev(Task *task, const u64 *arg) { return process_vm(task, arg, true); }
