# Accesses over two lines whose instruction starts over: PUSH of memory to a page that no TLB has, CALL to where nobody has been, with a
# stack that is not aligned. Each is one access and counts once.
        .intel_syntax noprefix
        .globl _start
_start: lea     rbx, [rip+buffer]
        lea     r12, [rip+stack]
        mov     ecx, 200
again:  mov     eax, ecx
        imul    eax, eax, 4096
        lea     rsp, [r12+rax]
        push    qword ptr [rbx+60]
        lea     rsp, [r12+rax+68]
        lea     rdx, [rip+returns]
        mov     eax, ecx
        and     eax, 15
        lea     rdx, [rdx+rax*8]
        call    rdx
        dec     ecx
        jnz     again
        mov     eax, 60
        xor     edi, edi
        syscall
        .balign 8
returns:
        .rept   16
        ret
        .balign 8
        .endr
        .bss
        .balign 4096
buffer: .skip   8192
stack:  .skip   4096*204
