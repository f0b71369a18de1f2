/* Guest buffers as host iovecs (guest_io.h). */
#include "kernel/guest_io.h"

#include <errno.h>

#include "kernel/paging.h"

i64 cursor_single(GuestCursor *cursor, u64 address, u64 size)
{
    if (!guest_range_ok(address, size))
        return -EFAULT;
    if (size > TRANSFER_MAX)
        size = TRANSFER_MAX;
    cursor->single = (GuestVector){address, size};
    cursor->vector = &cursor->single;
    cursor->count = 1;
    cursor->offset = 0;
    cursor->left = size;
    return 0;
}

i64 cursor_vectors(Task *task, GuestCursor *cursor, GuestVector *vectors, u64 address, u64 count)
{
    if (count > GUEST_VECTORS_MAX)
        return -EINVAL;
    if (!copy_from_guest(task, vectors, address, count * sizeof *vectors))
        return -EFAULT;
    u64 total = 0;
    for (u64 i = 0; i < count; i++)
        if ((i64)vectors[i].size < 0)
            return -EINVAL;
    for (u64 i = 0; i < count; i++) {
        if (!guest_range_ok(vectors[i].address, vectors[i].size))
            return -EFAULT;
        if (vectors[i].size > TRANSFER_MAX - total)
            vectors[i].size = TRANSFER_MAX - total;
        total += vectors[i].size;
    }
    cursor->vector = vectors;
    cursor->count = (u32)count;
    cursor->offset = 0;
    cursor->left = total;
    return 0;
}

void cursor_skip(GuestCursor *cursor, u64 size)
{
    cursor->left -= size;
    cursor->offset += size;
    while (cursor->count && cursor->offset >= cursor->vector->size) {
        cursor->offset -= cursor->vector->size;
        cursor->vector++;
        cursor->count--;
    }
}

/* Appends one stretch, joined to the one before when the host addresses touch. */
static void host_vector_add(HostVectors *host, u8 *base, u64 size)
{
    host->size += size;
    if (host->count) {
        struct iovec *last = &host->v[host->count - 1];
        if ((u8 *)last->iov_base + last->iov_len == base) {
            last->iov_len += size;
            return;
        }
    }
    host->v[host->count++] = (struct iovec){base, size};
}

/* How many frames one transfer may hold at a time; it lets go of those of the stretch before. (Of --user-frames it has what an
 * instruction has: all that it needs at once, so at least one.) */
static u64 frames_to_hold(Kernel *kernel)
{
    if (!kernel->paging)
        return UINT64_MAX;
    paging_unpin(kernel);
    u64 frames = kernel->config.claimed_memory >> PAGE_SHIFT, limit = kernel->paging->limit;
    return (limit && limit < frames ? limit : frames) / 8 + 1;
}

void host_vectors(Task *task, HostVectors *host, const GuestCursor *cursor, u64 limit, Access access)
{
    host->count = 0;
    host->size = 0;
    u64 offset = cursor->offset;
    u64 frames = frames_to_hold(task->kernel);
    if (limit > cursor->left)
        limit = cursor->left;
    for (u32 i = 0; i < cursor->count && host->size < limit && host->count < HOST_VECTORS && frames; i++, offset = 0) {
        const GuestVector *vector = &cursor->vector[i];
        for (; offset < vector->size && host->size < limit && host->count < HOST_VECTORS && frames; frames--) {
            u64 size = vector->size - offset;
            if (size > limit - host->size)
                size = limit - host->size;
            u64 wanted = size;
            u8 *p = guest_pages(task, vector->address + offset, &size, access);
            if (!p) { /* nothing behind it can be reached: the host stops here too */
                host_vector_add(host, task->kernel->vfs->poison, wanted < POISON_SIZE ? wanted : POISON_SIZE);
                return;
            }
            host_vector_add(host, p, size);
            offset += size;
        }
    }
    if (!host->count) /* an empty transfer still asks the host: a directory is EISDIR */
        host_vector_add(host, task->kernel->vfs->poison, 0);
}

void host_vectors_wrote(Task *task, const HostVectors *host, u64 size)
{
    for (u32 i = 0; i < host->count && size; i++) {
        const u8 *p = host->v[i].iov_base;
        u64 left = host->v[i].iov_len < size ? host->v[i].iov_len : size;
        size -= left;
        while (left) { /* page by page: host addresses of frames are page-aligned */
            u64 part = PAGE_SIZE - ((uintptr_t)p & (PAGE_SIZE - 1));
            if (part > left)
                part = left;
            guest_wrote(task, p, part);
            p += part;
            left -= part;
        }
    }
}

u64 cursor_write(Task *task, GuestCursor *cursor, const void *from, u64 size)
{
    u64 done = 0;
    while (done < size && cursor->left) {
        cursor_skip(cursor, 0);
        u64 part = cursor->vector->size - cursor->offset;
        if (part > size - done)
            part = size - done;
        u64 moved = copy_to_guest_partial(task, cursor->vector->address + cursor->offset, (const u8 *)from + done, part);
        cursor_skip(cursor, moved);
        done += moved;
        if (moved < part)
            break;
    }
    return done;
}

u64 cursor_read(Task *task, GuestCursor *cursor, void *to, u64 size)
{
    u64 done = 0;
    while (done < size && cursor->left) {
        cursor_skip(cursor, 0);
        u64 part = cursor->vector->size - cursor->offset;
        if (part > size - done)
            part = size - done;
        u64 moved = copy_from_guest_partial(task, (u8 *)to + done, cursor->vector->address + cursor->offset, part);
        cursor_skip(cursor, moved);
        done += moved;
        if (moved < part)
            break;
    }
    return done;
}
