/* The first stack of a program: strings, auxiliary vector, argv and envp, byte for byte where Linux puts them
 * (fs/exec.c, create_elf_tables() in fs/binfmt_elf.c; System V psABI "Process Initialization"):
 *
 *   stack_top   8 bytes of zero
 *               execfn, envp strings, argv strings (each list ascending in memory)
 *               random gap, to 16
 *               "x86_64", 16 random bytes
 *               auxv, NULL, envp…, NULL, argv…, argc  ◄─ RSP, 16-byte aligned
 */
#ifndef EMU_LOADER_STACK_H
#define EMU_LOADER_STACK_H

#include "base/types.h"
#include "loader/elf.h"

typedef struct StackInput {
    const char *const *argv; /* NULL-terminated; an empty list becomes { "" }, as since Linux 5.18 */
    const char *const *envp;
    const char *execfn;      /* the path as given to execve */
    const ElfImage *image;
    u64 bias;
    u64 stack_top;           /* page-aligned end of the stack mapping; Linux without ASLR: 0x7ffffffff000 */
    u64 stack_limit;         /* RLIMIT_STACK: arguments may fill a quarter of it (6 MiB at most, 128 KiB at least) */
    u32 gap;                 /* 0..8191: the random distance between strings and tables (0 without ASLR) */
    u8 random[16];           /* AT_RANDOM */
    u32 uid, euid, gid, egid;
    bool secure;
    u64 hwcap, hwcap2;       /* cpu_hwcap(), cpu_hwcap2() */
    u64 min_signal_stack;    /* AT_MINSIGSTKSZ: bytes that a signal frame needs */
    u32 rseq_size, rseq_align; /* AT_RSEQ_FEATURE_SIZE, AT_RSEQ_ALIGN; 0: not stated */
} StackInput;

typedef struct StackImage {
    u8 *bytes;     /* `size` bytes to be copied to guest `rsp`; they end at stack_top */
    u64 size;
    u64 rsp;
    u64 arg_start, arg_end, env_start, env_end; /* /proc/PID/stat, cmdline, environ */
    u64 auxv_address;
    u64 auxv_size; /* bytes, AT_NULL included: /proc/PID/auxv */
} StackImage;

/* 0; or E2BIG (execve(2): too many or too long arguments), ENOMEM. stack_free() after success. */
int stack_build(StackImage *stack, const StackInput *input);
void stack_free(StackImage *stack);

#endif
