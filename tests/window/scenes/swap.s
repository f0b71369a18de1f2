# 96 pages written in order, then the first 16 read again, with frames for half of them: pages leave for swap and come back.
.include "common.inc"
.globl _start
.bss
.balign PAGE
pages: .skip 96 * PAGE
.text
_start:
    lea rbx, [pages]
    mov ecx, 96
fill:
    mov byte ptr [rbx], 1
    add rbx, PAGE
    dec ecx
    jnz fill
filled:
    lea rbx, [pages]
    mov ecx, 16
again:
    mov al, [rbx]
    add rbx, PAGE
    dec ecx
    jnz again
back:
    leave_program
