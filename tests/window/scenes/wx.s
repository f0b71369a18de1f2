# Memory that is writable and executable at once: a program writes itself a function there and calls it.
.include "common.inc"
.globl _start
_start:
    map_pages 8, RWX
    mov rbx, rax
    mov dword ptr [rbx], 0x00002ab8 # mov eax, 42
    mov word ptr [rbx + 4], 0xc300  # … ret
    call rbx
called:
    mov eax, SYS_mprotect
    mov rdi, rbx
    mov esi, 8 * PAGE
    mov edx, 5
    syscall
protected:
    leave_program
