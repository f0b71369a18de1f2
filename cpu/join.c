/* Puts stencils one behind the other, in memory near the handlers, so that their relative calls and jumps reach. */
#include "cpu/join.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/stencil.h"

#if defined(EMU_TAIL_CALLS) && defined(__x86_64__)

struct Joiner {
    Stencils *stencils;
    u8 *code;
    u64 size, used;
};

enum { ALIGN = 32, JUMP_SIZE = 5, LARGEST = 1 << 19 /* of one block, more than it can be */ };

/* A 32-bit distance from anywhere in [p, p + size) to any handler. Handlers lie within some 16 MiB of this function. */
static bool near_handlers(const u8 *p, u64 size)
{
    i64 distance = p - (const u8 *)(uintptr_t)joiner_create, far = (1ll << 31) - (64 << 20);
    return distance > -far && distance + (i64)size < far;
}

/* At a place that the kernel has free there; NULL: none, or not with the right to execute. */
static u8 *map_near(u64 size)
{
    u64 here = (u64)(uintptr_t)joiner_create & ~0xfffffull;
    for (u64 away = 1ull << 28; away < 1ull << 31; away += 1ull << 28) {
        for (int side = 0; side < 2; side++) {
            void *hint = (void *)(uintptr_t)(side ? here - away : here + away);
            u8 *p = mmap(hint, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (p != MAP_FAILED && near_handlers(p, size))
                return p;
            if (p != MAP_FAILED)
                munmap(p, size);
        }
    }
    return NULL;
}

Joiner *joiner_create(u64 bytes)
{
    Joiner *joiner = calloc(1, sizeof *joiner);
    if (!joiner)
        return NULL;
    joiner->stencils = stencils_create();
    joiner->size = bytes + 2 * LARGEST;
    joiner->code = map_near(joiner->size);
    if (joiner->stencils && joiner->code)
        return joiner;
    joiner_destroy(joiner);
    return NULL;
}

void joiner_destroy(Joiner *joiner)
{
    if (!joiner)
        return;
    if (joiner->code)
        munmap(joiner->code, joiner->size);
    if (joiner->stencils)
        stencils_destroy(joiner->stencils);
    free(joiner);
}

void joiner_clear(Joiner *joiner) { joiner->used = 0; }
u64 joiner_used(const Joiner *joiner) { return joiner->used; }

static void put_distance(Joiner *joiner, u64 at, u64 from, const u8 *target)
{
    i32 distance = (i32)(target - (joiner->code + from));
    memcpy(joiner->code + at, &distance, sizeof distance);
}

static void put_jump(Joiner *joiner, OpHandler *handler)
{
    joiner->code[joiner->used] = 0xe9;
    put_distance(joiner, joiner->used + 1, joiner->used + JUMP_SIZE, (const u8 *)(uintptr_t)handler);
    joiner->used += JUMP_SIZE;
}

static void put_stencil(Joiner *joiner, const Stencil *stencil)
{
    memcpy(joiner->code + joiner->used, stencil->code, stencil->size);
    for (u32 i = 0; i < stencil->patch_count; i++) {
        const Patch *patch = &stencil->patches[i];
        put_distance(joiner, joiner->used + patch->at, joiner->used + patch->from, patch->target);
    }
    joiner->used += stencil->size;
}

OpHandler *joiner_join(Joiner *joiner, const Op *first, OpHandler *handler)
{
    if (joiner->size - joiner->used < LARGEST)
        return NULL;
    u64 start = joiner->used = (joiner->used + ALIGN - 1) & ~(u64)(ALIGN - 1);
    const Op *op = first;
    for (;;) {
        OpHandler *of_op = op == first ? handler : op->handler;
        const Stencil *stencil = stencil_of(joiner->stencils, of_op);
        if (!stencil || !stencil->usable) {
            if (op == first)
                return handler;
            put_jump(joiner, of_op);
            break;
        }
        put_stencil(joiner, stencil);
        if (!stencil->step)
            break;
        op += stencil->step;
    }
    return (OpHandler *)(uintptr_t)(joiner->code + start);
}

#else

Joiner *joiner_create(u64 bytes)
{
    (void)bytes;
    return NULL;
}
void joiner_destroy(Joiner *joiner) { (void)joiner; }
OpHandler *joiner_join(Joiner *joiner, const Op *first, OpHandler *handler)
{
    (void)joiner, (void)first;
    return handler;
}
void joiner_clear(Joiner *joiner) { (void)joiner; }
u64 joiner_used(const Joiner *joiner)
{
    (void)joiner;
    return 0;
}

#endif
