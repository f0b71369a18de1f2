/* Handlers of the AVX2 gathers. Each lane whose mask has its sign set is loaded; b is the mask register, which ends as zero.
 *
 * A fault leaves the lanes below the faulting one loaded and their mask bits clear, so that the instruction can go on from
 * there (SDM Vol. 2C, "VPGATHERDD/VPGATHERQD"): the slow handler does it lane by lane, the fast one all or nothing. */
#include "cpu/lanes.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_gather.h"
#include "cpu/vec_make.h"

static INLINE u64 gather_address(Cpu *cpu, const Op *op, const Vector *index, u32 index_size, u32 lane)
{
    u64 i = index_size == 4 ? (u64)(i64)index->i32[lane] : index->u64[lane];
    u64 address = op_address_base(cpu, op) + (i << (op->extra & GATHER_SCALE));
    if (UNLIKELY(op->extra & GATHER_NARROW))
        address = (u32)address;
    if (UNLIKELY(op->extra & (GATHER_FS | GATHER_GS)))
        address += *reg64(cpu, op->extra & GATHER_FS ? SLOT_FS : SLOT_GS);
    return address;
}

/* False: a lane missed, and nothing has changed. Not inlined: handlers go on by a tail call, which locals whose addresses
 * are taken would prevent. */
static INLINE bool gather_lanes(Cpu *cpu, const Op *op, u64 acc, u32 index_size, u32 size, u32 count)
{
    Vector *destination = vec_reg(cpu, op->a), *mask = vec_reg(cpu, op->b), r = *destination;
    const Vector *index = vec_reg(cpu, op->c);
    u32 loaded = 0;
#ifdef EMU_MODEL
    return false; /* the slow handler counts the lanes */
#endif
    for (u32 i = 0; i < count; i++) {
        if (mask->u8[size * i + size - 1] & 0x80) {
            loaded++;
            const u8 *p = mem_read(cpu, op, acc, gather_address(cpu, op, index, index_size, i), size);
            if (MISSED(p))
                return false;
            memcpy(r.u8 + size * i, p, size);
            if (EMU_MODE == MODE_SLOW)
                memcpy(destination->u8 + size * i, p, size);
        }
        if (EMU_MODE == MODE_SLOW)
            memset(mask->u8 + size * i, 0, size);
    }
    memset(r.u8 + size * count, 0, sizeof r - size * count);
    *destination = r;
    memset(mask, 0, sizeof *mask);
    if (EMU_MODE == MODE_SLOW)
        cpu_count_accesses(cpu, op, loaded, 0);
    return true;
}

static INLINE const Op *gather(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool (*lanes)(Cpu *cpu, const Op *op, u64 acc))
{
    return lanes(cpu, op, acc) ? next(cpu, op, acc) : slow(cpu, op, acc);
}

#define VEC_SHAPES_GATHER
/* `kind` gives the widths of index and lane. */
#define LANES(bytes, kind) ((bytes) / (kind##_INDEX > kind##_LANE ? kind##_INDEX : kind##_LANE))
#define MAKE_GATHER(name, kind, bytes)                                                        \
    static NOINLINE bool name##_lanes(Cpu *cpu, const Op *op, u64 acc)                        \
    {                                                                                         \
        return gather_lanes(cpu, op, acc, kind##_INDEX, kind##_LANE, LANES(bytes, kind));     \
    }                                                                                         \
    DEFINE_HANDLER(name, gather, name##_lanes)
#define MAKE_V_GATHER(m, kind)                                                                \
    MAKE_GATHER(m##_128, kind, 16)                                                            \
    MAKE_GATHER(m##_256, kind, 32)                                                            \
    VEC_TABLE(m, VEC_ENTRY(128_RM, m##_128), VEC_ENTRY(256_RM, m##_256))
enum { DD_INDEX = 4, DD_LANE = 4, DQ_INDEX = 4, DQ_LANE = 8, QD_INDEX = 8, QD_LANE = 4, QQ_INDEX = 8, QQ_LANE = 8 };

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"
