# 2 GiB are reserved, a page of every 2 MiB is touched: the band folds, and its cells fill in part.
.include "common.inc"
.globl _start
_start:
    mov eax, SYS_mmap
    xor edi, edi
    mov esi, 0x80000000
    mov edx, RW
    mov r10d, 0x4022 # also MAP_NORESERVE
    mov r8, -1
    xor r9d, r9d
    syscall
    mov rbx, rax
    mov ecx, 1024
touch:
    mov [rbx], ecx
    add rbx, 0x200000
    dec ecx
    jnz touch
touched:
    leave_program
