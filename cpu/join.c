/* Puts stencils one behind the other, in memory near the handlers, so that their relative calls and jumps reach. */
#include "cpu/join.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/stencil.h"

#if defined(EMU_TAIL_CALLS) && defined(__x86_64__)

/* A jump out of the copies that must arrive with RSI = op. Behind the block, where it is in nobody's way. */
typedef struct Stub {
    u64 at;     /* of the four bytes that lead to it */
    const Op *op;
    const u8 *target;
} Stub;

enum { ALIGN = 32, JUMP_SIZE = 5, STUB_SIZE = 10, STUBS = 2048, ROOM = STENCIL_MAX + STUBS * STUB_SIZE };

struct Joiner {
    Stencils *stencils;
    u8 *code;
    u64 size, used;
    const Op *ops; /* all that there can be */
    u64 ops_size;  /* bytes */
    Stub stubs[STUBS];
    u32 stub_count;
};

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

Joiner *joiner_create(u64 bytes, const Op *ops, u64 ops_size)
{
    bool reachable = ops && (u64)(uintptr_t)ops + ops_size <= 1ull << 31;
    Joiner *joiner = reachable ? calloc(1, sizeof *joiner) : NULL;
    if (!joiner)
        return NULL;
    joiner->ops = ops;
    joiner->ops_size = ops_size;
    joiner->stencils = stencils_create();
    joiner->size = bytes + 2 * ROOM;
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

static void put32(Joiner *joiner, u64 at, u64 value)
{
    u32 narrow = (u32)value;
    memcpy(joiner->code + at, &narrow, sizeof narrow);
}

/* mov esi, op; jmp target */
static void put_leave(Joiner *joiner, const Op *op, const u8 *target)
{
    u8 *p = joiner->code + joiner->used;
    p[0] = 0xbe;
    put32(joiner, joiner->used + 1, (u64)(uintptr_t)op);
    p[5] = 0xe9;
    put_distance(joiner, joiner->used + 6, joiner->used + STUB_SIZE, target);
    joiner->used += STUB_SIZE;
}

static void put_stubs(Joiner *joiner)
{
    for (u32 i = 0; i < joiner->stub_count; i++) {
        const Stub *stub = &joiner->stubs[i], *last = stub - 1;
        bool again = i && last->op == stub->op && last->target == stub->target;
        u64 place = joiner->used - (again ? STUB_SIZE : 0);
        put_distance(joiner, stub->at, stub->at + 4, joiner->code + place);
        if (!again)
            put_leave(joiner, stub->op, stub->target);
    }
}

/* 3e 48 c7 c0+r imm32, `mov reg, imm32` with a prefix that means nothing, for 48 8b 04+8r 25 disp32, where the value fits and
 * is not the address of an op: links change when they are taken for the first time. */
static void put_load(Joiner *joiner, u64 at, const u8 *from)
{
    i64 value;
    memcpy(&value, from, sizeof value);
    put32(joiner, at, (u64)(uintptr_t)from);
    u8 *p = joiner->code + at - 4;
    bool link = (u64)value - (u64)(uintptr_t)joiner->ops < joiner->ops_size;
    bool constant = ((uintptr_t)from & 31) >= 16 && !link; /* disp or imm */
    if (!constant || value != (i32)value || p[1] != 0x8b || (p[0] & ~4) != 0x48)
        return;
    u8 reg = p[2] >> 3 & 7, high = p[0] >> 2 & 1;
    p[0] = 0x3e;
    p[1] = 0x48 | high;
    p[2] = 0xc7;
    p[3] = 0xc0 | reg;
    put32(joiner, at, (u64)value);
}

static void put_patch(Joiner *joiner, const Patch *patch, const Op *op)
{
    u64 at = joiner->used + patch->at;
    i32 before;
    switch ((PatchKind)patch->kind) {
    case PATCH_DISTANCE:
        put_distance(joiner, at, joiner->used + patch->from, patch->target);
        break;
    case PATCH_LEAVE:
        joiner->stubs[joiner->stub_count++] = (Stub){ at, (const Op *)((const u8 *)op + patch->delta), patch->target };
        break;
    case PATCH_OP:
        put32(joiner, at, (u64)(uintptr_t)op + (u64)patch->delta);
        break;
    case PATCH_LOAD:
        put_load(joiner, at, (const u8 *)op + patch->delta);
        break;
    case PATCH_BYTE:
        memcpy(&before, joiner->code + at, sizeof before);
        put32(joiner, at, (u64)(before + ((const u8 *)op)[patch->delta] * patch->scale));
        break;
    }
}

static void put_stencil(Joiner *joiner, const Stencil *stencil, const Op *op)
{
    memcpy(joiner->code + joiner->used, stencil->code, stencil->size);
    for (u32 i = 0; i < stencil->patch_count; i++)
        put_patch(joiner, &stencil->patches[i], op);
    joiner->used += stencil->size;
}

OpHandler *joiner_join(Joiner *joiner, const Op *first, OpHandler *handler)
{
    u64 start = (joiner->used + ALIGN - 1) & ~(u64)(ALIGN - 1);
    joiner->used = start;
    joiner->stub_count = 0;
    const Op *op = first;
    for (;;) {
        OpHandler *of_op = op == first ? handler : op->handler;
        const Stencil *stencil = stencil_of(joiner->stencils, of_op);
        if (joiner->used + ROOM > joiner->size)
            return NULL;
        if (!stencil || !stencil->usable || joiner->stub_count + stencil->patch_count > STUBS) {
            if (op == first)
                return handler;
            put_leave(joiner, op, (const u8 *)(uintptr_t)of_op);
            break;
        }
        put_stencil(joiner, stencil, op);
        if (!stencil->step)
            break;
        op += stencil->step;
    }
    put_stubs(joiner);
    return (OpHandler *)(uintptr_t)(joiner->code + start);
}

#else

Joiner *joiner_create(u64 bytes, const Op *ops, u64 ops_size)
{
    (void)bytes, (void)ops, (void)ops_size;
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
