# Two more threads, each on a stack of its own that was mapped for it.
.include "common.inc"
.equ THREAD, 0x50f00 # CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM
.globl _start
_start:
    call start_thread
    call start_thread
    mov ecx, 3
wait:
    push rcx
    call_kernel SYS_sched_yield
    pop rcx
    dec ecx
    jnz wait
all_run:
    mov eax, 231 # exit_group
    xor edi, edi
    syscall
start_thread:
    map_pages 16, RW
    mov rbx, rax
    mov rdi, rax # a guard page below it
    mov esi, PAGE
    xor edx, edx
    mov eax, SYS_mprotect
    syscall
    lea rsi, [rbx + 16 * PAGE]
    mov edi, THREAD
    xor edx, edx
    xor r10d, r10d
    xor r8d, r8d
    mov eax, SYS_clone
    syscall
    test eax, eax
    jz thread
    ret
thread:
    mov ebx, 5
deeper:
    sub rsp, PAGE
    mov [rsp], rbx
    dec ebx
    jnz deeper
in_thread:
    call_kernel SYS_pause
    jmp in_thread
