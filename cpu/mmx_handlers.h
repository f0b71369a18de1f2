/* What handlers/mmx.c offers to mmx_translate.c, per mode. */
#ifndef EMU_CPU_MMX_HANDLERS_H
#define EMU_CPU_MMX_HANDLERS_H

#include "cpu/op.h"

/* A row's table: source in a register, in memory, an immediate count. */
typedef enum MmxForm { MMX_RR, MMX_RM, MMX_RI, MMX_FORMS } MmxForm;

#define MMX(m, f, size, level, notes) extern OpHandler *const fast_mmx_table_##m[MMX_FORMS], *const slow_mmx_table_##m[MMX_FORMS];
#define MMX_IMM(m, f, level, notes) MMX(m, f, 8, level, notes)
#define MMX_FORM(m, shape, level, notes)
#define MMX_RARE(m, function, level, notes)
#include "cpu/mmx.def"
#undef MMX
#undef MMX_IMM
#undef MMX_FORM
#undef MMX_RARE

#define MMX_HANDLER(name) extern OpHandler fast_##name, slow_##name;
MMX_HANDLER(mmx_move)
MMX_HANDLER(mmx_from_gpr_4) MMX_HANDLER(mmx_from_gpr_8)
MMX_HANDLER(mmx_load_4) MMX_HANDLER(mmx_load_8) MMX_HANDLER(mmx_store_4) MMX_HANDLER(mmx_store_8)
MMX_HANDLER(mmx_movd) MMX_HANDLER(mmx_movq) MMX_HANDLER(mmx_pextrw) MMX_HANDLER(mmx_pmovmskb)
MMX_HANDLER(mmx_pinsrw_r) MMX_HANDLER(mmx_pinsrw_m)
MMX_HANDLER(mmx_movq2dq) MMX_HANDLER(mmx_movdq2q)
#undef MMX_HANDLER

#endif
