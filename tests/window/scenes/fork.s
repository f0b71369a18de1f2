# After fork both processes share every frame, copy on write; the child's writes make four pages its own.
.include "common.inc"
.globl _start
.bss
.lcomm shared, 32 * PAGE
.text
_start:
    lea rbx, [shared]
    mov ecx, 32
fill:
    mov [rbx], cl
    add rbx, PAGE
    dec ecx
    jnz fill
alone:
    call_kernel SYS_fork
    test eax, eax
    jz child
    call_kernel SYS_wait4, -1
    nop
parent_again:
    mov byte ptr [shared + 20 * PAGE], 7
parent_wrote:
    leave_program
child:
    nop
child_runs:
    lea rbx, [shared + 8 * PAGE]
    mov ecx, 4
own:
    mov [rbx], cl
    add rbx, 2 * PAGE
    dec ecx
    jnz own
child_wrote:
    leave_program
