/* The shapes of vec.def's rows. A file of handlers defines MAKE_V_… for those it makes, before it includes this; all others
 * become nothing here. MAKE_V_x(mnemonic, semantics) makes the row's handlers and its table. */
#ifndef EMU_CPU_VEC_SHAPES_H
#define EMU_CPU_VEC_SHAPES_H

#define VEC(mnemonic, shape, semantics, level, notes) MAKE_##shape(mnemonic, semantics)
#define VEC_SSE(mnemonic, shape, semantics, level, notes) MAKE_##shape(mnemonic, semantics)
#define VEC_AVX(mnemonic, shape, semantics, level, notes) MAKE_##shape(mnemonic, semantics)

#ifndef VEC_SHAPES_COMPUTE /* destination = f(sources): vec_int_*.c */
#define MAKE_V_BINARY(m, f)       /* (a, b), every width */
#define MAKE_V_BINARY_128(m, f)   /* no 256-bit form */
#define MAKE_V_BINARY_32(m, f)    /* low lane of 4 bytes */
#define MAKE_V_BINARY_IMM(m, f)   /* (a, b, imm8) */
#define MAKE_V_UNARY(m, f)        /* (source) */
#define MAKE_V_UNARY_128(m, f)
#define MAKE_V_UNARY_IMM(m, f)    /* (source, imm8) */
#define MAKE_V_WIDEN_2(m, f)      /* the source is a half … */
#define MAKE_V_WIDEN_4(m, f)
#define MAKE_V_WIDEN_8(m, f)      /* … an eighth of the destination */
#define MAKE_V_DUPLICATE(m, f)    /* MOVDDUP: 8 bytes for XMM, 32 for YMM */
#define MAKE_V_SHIFT(m, f)        /* the count in an XMM register, 16 bytes of memory or an imm8 */
#define MAKE_V_BLEND(m, f)        /* (a, b, mask): XMM0, or a fourth operand */
#define MAKE_V_SHA(m, f)          /* (a, b), no VEX twin, no alignment */
#define MAKE_V_SHA_IMM(m, f)      /* (a, b, imm8) */
#define MAKE_V_SHA_XMM0(m, f)     /* (a, b, XMM0) */
#define MAKE_V_BINARY_IMM_128(m, f)
#define MAKE_V_UNARY_IMM_128(m, f)
#define MAKE_V_INSERTPS(m, f)
#endif

#ifndef VEC_SHAPES_AVX /* VEX only: vec_avx.c */
#define MAKE_V_BINARY_AVX(m, f)
#define MAKE_V_BINARY_IMM_AVX(m, f)
#define MAKE_V_BINARY_256(m, f)
#define MAKE_V_BINARY_IMM_256(m, f)
#define MAKE_V_UNARY_IMM_256(m, f)
#define MAKE_V_PERMIL(m, f)       /* by vector or by immediate */
#define MAKE_V_BROADCAST_8(m, f)
#define MAKE_V_BROADCAST_16(m, f)
#define MAKE_V_BROADCAST_32(m, f)
#define MAKE_V_BROADCAST_64(m, f)
#define MAKE_V_BROADCAST_64_256(m, f)
#define MAKE_V_BROADCAST_128(m, f)
#define MAKE_V_INSERT_HALF(m, f)
#define MAKE_V_EXTRACT_HALF(m, f)
#define MAKE_V_MASKMOV_32(m, f)   /* the sign of each mask lane says whether the lane is loaded or stored */
#define MAKE_V_MASKMOV_64(m, f)
#define MAKE_V_ZERO(m, f)         /* no operands */
#endif

#ifndef VEC_SHAPES_STRING /* vec_string.c */
#define MAKE_V_STRING(m, f)
#endif

#ifndef VEC_SHAPES_GATHER /* vec_gather.c */
#define MAKE_V_GATHER(m, f)
#endif

#ifndef VEC_SHAPES_FP /* the same, and they may raise #XM: vec_fp.c */
#define MAKE_V_FP_PS(m, f)        /* (a, b): results may be tiny */
#define MAKE_V_FP_PD(m, f)
#define MAKE_V_FP_SS(m, f)
#define MAKE_V_FP_SD(m, f)
#define MAKE_V_FP_EXACT(m, f)     /* (a, b): never underflows */
#define MAKE_V_FP_EXACT_32(m, f)
#define MAKE_V_FP_EXACT_64(m, f)
#define MAKE_V_FP_UNARY(m, f)
#define MAKE_V_FP_CMP(m, f)       /* (a, b, predicate) */
#define MAKE_V_FP_CMP_32(m, f)
#define MAKE_V_FP_CMP_64(m, f)
#define MAKE_V_FP_WIDEN(m, f)
#define MAKE_V_FP_NARROW(m, f)
#define MAKE_V_FP_NARROW_PS(m, f)
#define MAKE_V_FP_SD_TO_SS(m, f)
#define MAKE_V_FP_DOT_PS(m, f)    /* (a, b, imm8), in three or two steps */
#define MAKE_V_FP_DOT_PD(m, f)
#define MAKE_V_FP_ROUND(m, f)     /* (source, imm8) */
#define MAKE_V_FP_ROUND_32(m, f)  /* (a, b, imm8) */
#define MAKE_V_FP_ROUND_64(m, f)
#define MAKE_V_FP_FROM_HALF(m, f)
#define MAKE_V_FP_TO_HALF(m, f)
#endif

#ifndef VEC_SHAPES_FMA /* (a, b, c): vec_fma.c */
#define MAKE_V_FMA_PS(m, f)
#define MAKE_V_FMA_PD(m, f)
#define MAKE_V_FMA_SS(m, f)
#define MAKE_V_FMA_SD(m, f)
#endif

#ifndef VEC_SHAPES_GPR /* with a general register, or flags: vec_gpr.c */
#define MAKE_V_FP_FROM_INT(m, f)
#define MAKE_V_FP_TO_INT_32(m, f)
#define MAKE_V_FP_TO_INT_64(m, f)
#define MAKE_V_FP_FLAGS_32(m, f)
#define MAKE_V_FP_FLAGS_64(m, f)
#define MAKE_V_TEST(m, f)         /* (a, b): flags */
#define MAKE_V_TEST_AVX(m, f)
#define MAKE_V_MOVE_GPR_32(m, f)
#define MAKE_V_MOVE_GPR_64(m, f)
#define MAKE_V_MASK(m, f)
#define MAKE_V_EXTRACT_8(m, f)
#define MAKE_V_EXTRACT_16(m, f)
#define MAKE_V_EXTRACT_32(m, f)
#define MAKE_V_EXTRACT_64(m, f)
#define MAKE_V_INSERT_8(m, f)
#define MAKE_V_INSERT_16(m, f)
#define MAKE_V_INSERT_32(m, f)
#define MAKE_V_INSERT_64(m, f)
#endif

#ifndef VEC_SHAPES_MOVE /* vec_move.c */
#define MAKE_V_MOVE_ALIGNED(m, f)
#define MAKE_V_MOVE_UNALIGNED(m, f)
#define MAKE_V_MOVE_32(m, f)
#define MAKE_V_MOVE_64(m, f)
#define MAKE_V_MOVE_HALF_LOW(m, f)
#define MAKE_V_MOVE_HALF_HIGH(m, f)
#endif

#endif
