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
set var $r15 = 0x123456789a
p $r15
info registers rip
continue
