# brk() promises 256 pages; frames come one by one as they are touched: every second one of the first hundred.
.include "common.inc"
.globl _start
_start:
    call_kernel SYS_brk, 0
    mov rbx, rax
    lea rdi, [rax + 256 * PAGE]
    mov eax, SYS_brk
    syscall
promised:
    mov ecx, 50
touch:
    mov byte ptr [rbx], 1
    add rbx, 2 * PAGE
    dec ecx
    jnz touch
touched:
    call_kernel SYS_brk, 0
    sub rax, 128 * PAGE
    mov rdi, rax
    mov eax, SYS_brk
    syscall
shrunk:
    leave_program
