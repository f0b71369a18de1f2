# Forty mappings of 200 pages, a page apart, each with one page more in use: more than fit, so the map has a bar, and cells of
# several pages.
.include "common.inc"
.globl _start
_start:
    mov r12, 0x10000000
    mov ebx, 1
next:
    mov eax, SYS_mmap
    mov rdi, r12
    mov esi, 200 * PAGE
    mov edx, RW
    mov r10d, 0x32 # private, anonymous, and just there
    mov r8, -1
    xor r9d, r9d
    syscall
    mov ecx, ebx
touch:
    mov [rax], ecx
    add rax, PAGE
    dec ecx
    jnz touch
    add r12, 201 * PAGE
    inc ebx
    cmp ebx, 40
    jbe next
all_mapped:
    leave_program
