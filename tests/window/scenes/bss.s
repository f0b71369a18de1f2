# Data comes out of the file; bss is only promised, and shows the page of zeroes where it was merely read.
.include "common.inc"
.globl _start
.section .rodata
constants:
    .fill 3 * PAGE, 1, 0x77
.data
table:
    .fill 12 * PAGE, 1, 0x11
.bss
.lcomm zeroes, 60 * PAGE
.text
_start:
    mov al, [constants + 2 * PAGE]
    mov byte ptr [table], 1
    mov byte ptr [table + 5 * PAGE], 2
    mov al, [table + 8 * PAGE]
data_used:
    lea rbx, [zeroes + PAGE]
    mov ecx, 10
read:
    mov al, [rbx]
    add rbx, 2 * PAGE
    dec ecx
    jnz read
zeroes_read:
    lea rbx, [zeroes + 30 * PAGE]
    mov ecx, 10
write:
    mov [rbx], cl
    add rbx, 2 * PAGE
    dec ecx
    jnz write
zeroes_written:
    leave_program
