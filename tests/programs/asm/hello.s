# The smallest static program: write and exit, no library.
        .globl _start
_start: mov     $1, %eax
        mov     $1, %edi
        lea     text(%rip), %rsi
        mov     $length, %edx
        syscall
        mov     $60, %eax
        xor     %edi, %edi
        syscall
        .section .rodata
text:   .ascii  "hello from assembly\n"
        .equ    length, . - text
