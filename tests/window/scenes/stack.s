# The stack grows down, a page and a half with each call, until `bottom`; then the calls return.
.include "common.inc"
.globl _start
_start:
    mov edi, 40
    call descend
done:
    leave_program
descend:
    push rbp
    mov rbp, rsp
    sub rsp, 6000
    mov qword ptr [rsp], 0x5a5a
    dec edi
    jz bottom
    call descend
back:
    leave
    ret
bottom:
    nop
    leave
    ret
