# A program without a function: labels, as assemblers leave them.
    .globl _start
    .data
message:
    .ascii "hello\n\0"
counter:
    .quad 0
    .text
_start:
    mov $3, %rcx
again:
    incq counter
    dec %rcx
    jnz again
    call emit
    mov $60, %eax
    mov $5, %edi
    syscall
emit:
    mov $1, %eax
    mov $1, %edi
    lea message(%rip), %rsi
    mov $6, %edx
    syscall
    ret
