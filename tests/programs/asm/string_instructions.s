# Every string instruction, both directions, with counts, overlapping; the memory afterwards is the output.
        .globl _start
_start: lea     text(%rip), %rsi
        lea     room(%rip), %rdi
        mov     $26, %ecx
        rep movsb
        lea     room(%rip), %rsi        # overlap: a pattern repeats
        lea     room+3(%rip), %rdi
        mov     $40, %ecx
        rep movsb
        mov     $'=', %al
        mov     $5, %ecx
        rep stosb
        lea     text+25(%rip), %rsi
        lea     room+100(%rip), %rdi
        mov     $20, %ecx
        std
        rep movsb
        cld
        lea     room+110(%rip), %rdi
        mov     $0x2d2d2d2d2d2d2d2d, %rax
        mov     $3, %ecx
        rep stosq
        lea     text(%rip), %rdi
        mov     $'q', %al
        mov     $100, %ecx
        repne scasb
        lea     text(%rip), %rax
        sub     %rax, %rdi
        add     $'a', %dil
        mov     %dil, room+140(%rip)
        lea     text(%rip), %rsi
        lea     other(%rip), %rdi
        mov     $26, %ecx
        repe cmpsb
        mov     $'<', %al
        mov     $'>', %dl
        cmovb   %edx, %eax
        mov     %al, room+141(%rip)
        add     $'A', %cl
        mov     %cl, room+142(%rip)
        lea     text(%rip), %rsi
        lodsw
        mov     %ax, room+143(%rip)
        lodsl
        mov     %eax, room+145(%rip)
        xor     %ecx, %ecx
        mov     $'!', %al
        lea     room+150(%rip), %rdi
        rep stosb                       # no count: nothing
        stosb
        mov     $1, %eax
        mov     $1, %edi
        lea     room(%rip), %rsi
        mov     $160, %edx
        syscall
        mov     $60, %eax
        xor     %edi, %edi
        syscall
        .section .rodata
text:   .ascii  "abcdefghijklmnopqrstuvwxyz"
other:  .ascii  "abcdefghijklmn0pqrstuvwxyz"
        .data
room:   .fill   160, 1, '.'
