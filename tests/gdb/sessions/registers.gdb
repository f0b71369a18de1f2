break 9
continue
p $st0
p $st1
p $ymm3.v8_int32
p $xmm3.v16_int8
p $fctrl
p $ftag
p $fstat
p $mxcsr
p $cs
p $ss
p $gs_base
p $fs_base != 0
p $rsp % 16
p $al = 7
p $eax
p $rflags
p $st0 = 4
p $st0
p $ymm3.v8_int32[7] = 12
p $ymm3.v8_int32
p $xmm3
p $ymm3
set $xmm1.v4_float = {5, 6, 7, 8}
p $xmm1
set $ymm3.v4_double[3] = -0.5
p $ymm3.v4_double
p $xmm3.v2_double
info registers mxcsr
set $eflags = 0x247
p $eflags
set $al = 0x11
p/x $ax
set $ah = 0x22
p/x $ax
set $rip = $rip
set var $r15 = 0x123456789a
p $r15
info registers rip
continue
