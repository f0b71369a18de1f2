/* Handlers of fused multiply-add: destination = f(destination, second, third). */
#include "cpu/vec_fp_ext.h"
#include "cpu/vec_templates.h"

VEC_TEMPLATE(fma_rr_128, V128 (*f)(V128, V128, V128))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get(cpu, op->a), vec_get(cpu, op->b), vec_get(cpu, op->c)));
}
VEC_TEMPLATE(fma_rm_128, V128 (*f)(V128, V128, V128))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_128(f(vec_get(cpu, op->a), vec_get(cpu, op->b), vec_load(p, size)));
}
VEC_TEMPLATE(fma_rr_256, V256 (*f)(V256, V256, V256))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->a), vec_get_256(cpu, op->b), vec_get_256(cpu, op->c)));
}
VEC_TEMPLATE(fma_rm_256, V256 (*f)(V256, V256, V256))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_get_256(cpu, op->a), vec_get_256(cpu, op->b), vec_load_256(p)));
}

#define VEC_SHAPES_FMA
#define MAKE_V_FMA_PS(m, f) VEC_MAKE_VEX(m, fma, fma, f, 16, 32, FP_TINY_PS)
#define MAKE_V_FMA_PD(m, f) VEC_MAKE_VEX(m, fma, fma, f, 16, 32, FP_TINY_PD)
#define MAKE_V_FMA_SS(m, f) VEC_MAKE_128(m, fma, f, 4, FP_TINY_SS) VEC_TABLE(m, VEC_ENTRIES_128(m))
#define MAKE_V_FMA_SD(m, f) VEC_MAKE_128(m, fma, f, 8, FP_TINY_SD) VEC_TABLE(m, VEC_ENTRIES_128(m))

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"
