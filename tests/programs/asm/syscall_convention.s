# A system call changes RAX, RCX (the address behind it) and R11 (the flags), and nothing else; an unknown one gives -ENOSYS.
        .globl _start
_start: mov     $0x1111, %ebx
        mov     $0x2222, %ebp
        mov     $0x8888, %r8d
        mov     $0x9999, %r9d
        mov     $0xaaaa, %r10d
        mov     $0xdddd, %edx
        mov     $0xeeee, %esi
        mov     $0xffff, %edi
        movq    %rdi, %xmm3
        std
        stc
        mov     $39, %eax               # getpid
        syscall
behind: pushf
        pop     %r15
        cld
        lea     behind(%rip), %r13
        cmp     %r13, %rcx
        sete    answer(%rip)
        cmp     %r15, %r11
        sete    answer+1(%rip)
        bt      $10, %r11               # DF survived
        setc    answer+2(%rip)
        cmp     $0, %rax
        setg    answer+3(%rip)
        add     %rbx, %rbp
        add     %r8, %rbp
        add     %r9, %rbp
        add     %r10, %rbp
        add     %rdx, %rbp
        add     %rsi, %rbp
        add     %rdi, %rbp
        cmp     $0x5554f+3, %rbp
        setbe   answer+4(%rip)
        mov     $4095, %eax
        syscall
        cmp     $-38, %rax
        sete    answer+5(%rip)
        mov     $5, %ecx
        lea     answer(%rip), %rbx
        mov     $6, %ecx
1:      addb    $'0', -1(%rbx,%rcx)
        loop    1b
        mov     $1, %eax
        mov     $1, %edi
        mov     %rbx, %rsi
        mov     $7, %edx
        syscall
        mov     $60, %eax
        mov     $0x1ff07, %edi          # only the low byte counts
        syscall
        .data
answer: .zero   6
        .byte   10
