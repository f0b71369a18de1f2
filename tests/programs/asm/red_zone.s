# A signal handler must not touch the 128 bytes below RSP, and rt_sigreturn restores every register and flag.
        .globl _start
_start: mov     $13, %eax               # rt_sigaction(SIGUSR1)
        mov     $10, %edi
        lea     action(%rip), %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall
        mov     $39, %eax
        syscall
        mov     %eax, %r12d
        mov     $16, %ecx               # fill the red zone
1:      mov     %rcx, %rax
        imul    $0x01010101, %rax
        neg     %rcx
        mov     %rax, (%rsp,%rcx,8)
        neg     %rcx
        loop    1b
        mov     $0x1234, %ebx
        mov     $0x5678, %ebp
        mov     $77, %r13d
        movq    %r13, %xmm5
        fld1
        stc
        mov     $62, %eax               # kill(getpid(), SIGUSR1)
        mov     %r12d, %edi
        mov     $10, %esi
        syscall
        setc    answer(%rip)
        cmp     $0x1234, %ebx
        sete    answer+1(%rip)
        cmp     $0x5678, %ebp
        sete    answer+2(%rip)
        movq    %xmm5, %r13
        cmp     $77, %r13
        sete    answer+3(%rip)
        fistps  room(%rip)
        cmpw    $1, room(%rip)
        sete    answer+4(%rip)
        xor     %ebx, %ebx
        mov     $16, %ecx
2:      mov     %rcx, %rax
        imul    $0x01010101, %rax
        neg     %rcx
        cmp     %rax, (%rsp,%rcx,8)
        setne   %al
        or      %al, %bl
        neg     %rcx
        loop    2b
        xor     $1, %bl
        mov     %bl, answer+5(%rip)
        mov     calls(%rip), %al
        mov     %al, answer+6(%rip)
        mov     $7, %ecx
        lea     answer(%rip), %rbx
3:      addb    $'0', -1(%rbx,%rcx)
        loop    3b
        mov     $1, %eax
        mov     $1, %edi
        mov     %rbx, %rsi
        mov     $8, %edx
        syscall
        mov     $60, %eax
        xor     %edi, %edi
        syscall
handler:
        incb    calls(%rip)
        pxor    %xmm5, %xmm5
        fninit
        xor     %ebx, %ebx
        xor     %ebp, %ebp
        push    %rbx
        pop     %rbx
        clc
        ret
restore:
        mov     $15, %eax
        syscall
        .data
answer: .zero   7
        .byte   10
calls:  .byte   0
room:   .quad   0
action: .quad   handler
        .quad   0x04000000              # SA_RESTORER
        .quad   restore
        .quad   0
