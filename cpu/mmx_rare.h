/* The functions behind the MMX_RARE rows of mmx.def: op->a and op->b are register numbers, op->c says that the source is in
 * memory. */
#ifndef EMU_CPU_MMX_RARE_H
#define EMU_CPU_MMX_RARE_H

#include "cpu/translate.h"

RareFunction rare_emms, rare_maskmovq;
RareFunction rare_cvtpi2ps, rare_cvtpi2pd, rare_cvtps2pi, rare_cvttps2pi, rare_cvtpd2pi, rare_cvttpd2pi;

#endif
