/* Handlers of fused multiply-add: destination = f(destination, second, third). */
#include "cpu/vec_fp_ext.h"
#include "cpu/vec_make.h"

VEC_TEMPLATE(fma_128, V128, V128 (*f)(V128, V128, V128))
{
    VEC_SOURCE_128(c);
    VEC_FINISH_128(f(vec_get(cpu, op->a), vec_first(cpu, op, last, first), c));
}
VEC_TEMPLATE(fma_256, V256, V256 (*f)(V256, V256, V256))
{
    VEC_SOURCE_256(c);
    VEC_FINISH_256(f(vec_get_256(cpu, op->a), vec_first_256(cpu, op, last, first), c));
}

#define VEC_SHAPES_FMA
#define FMA_PACKED(m, f, fp)                          \
    VEC_MAKE_128(m, fma, f, 16, fp)                   \
    VEC_MAKE_256(m, fma, f, 32, fp)                   \
    VEC_FORWARD_128(m, fma, f, 16, fp)                \
    VEC_FORWARD_256(m, fma, f, 32, fp)                \
    VEC_TABLE(m, VEC_ENTRIES_128(m), VEC_ENTRIES_256(m), VEC_FORWARDED_128(m), VEC_FORWARDED_256(m))
#define FMA_SCALAR(m, f, size, fp)                    \
    VEC_MAKE_128(m, fma, f, size, fp)                 \
    VEC_FORWARD_128(m, fma, f, size, fp)              \
    VEC_TABLE(m, VEC_ENTRIES_128(m), VEC_FORWARDED_128(m))
#define MAKE_V_FMA_PS(m, f) FMA_PACKED(m, f, FP_TINY_PS)
#define MAKE_V_FMA_PD(m, f) FMA_PACKED(m, f, FP_TINY_PD)
#define MAKE_V_FMA_SS(m, f) FMA_SCALAR(m, f, 4, FP_TINY_SS)
#define MAKE_V_FMA_SD(m, f) FMA_SCALAR(m, f, 8, FP_TINY_SD)

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"
