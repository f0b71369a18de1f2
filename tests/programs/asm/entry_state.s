# What the kernel leaves in the registers at entry: RDX, RBP and the general registers are 0, RSP is 16-byte aligned, flags
# are 0x202, MXCSR 0x1f80, x87 control word 0x37f. Each answer is one bit of the exit status' bytes, written out as text.
        .globl _start
_start: pushf
        pop     %r15
        mov     %rsp, %r14
        or      %rax, %rbx
        or      %rcx, %rbx
        or      %rdx, %rbx
        or      %rsi, %rbx
        or      %rdi, %rbx
        or      %rbp, %rbx
        or      %r8, %rbx
        or      %r12, %rbx
        setz    answer(%rip)
        test    $15, %r14
        setz    answer+1(%rip)
        cmp     $0x202, %r15
        sete    answer+2(%rip)
        stmxcsr room(%rip)
        cmpl    $0x1f80, room(%rip)
        sete    answer+3(%rip)
        fnstcw  room(%rip)
        cmpw    $0x37f, room(%rip)
        sete    answer+4(%rip)
        mov     (%r14), %rax            # argc
        cmp     $1, %rax
        sete    answer+5(%rip)
        mov     %fs, %eax
        mov     %cs, %ecx
        mov     %ss, %edx
        or      %eax, %eax
        setz    answer+6(%rip)
        cmp     $0x33, %ecx
        sete    answer+7(%rip)
        cmp     $0x2b, %edx
        sete    answer+8(%rip)
        mov     $9, %ecx
        lea     answer(%rip), %rbx
1:      addb    $'0', -1(%rbx,%rcx)
        loop    1b
        mov     $1, %eax
        mov     $1, %edi
        mov     %rbx, %rsi
        mov     $10, %edx
        syscall
        mov     $231, %eax
        mov     $33, %edi
        syscall
        .data
answer: .zero   9
        .byte   10
room:   .quad   0
