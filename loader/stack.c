/* The first stack, built from the top down as Linux does it, in one buffer that ends at stack_top. */
#include "loader/stack.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"

enum {
    STRING_MAX = 32 * 4096,      /* MAX_ARG_STRLEN, with the NUL */
    ARGS_MIN = 32 * 4096,        /* ARG_MAX */
    ARGS_MAX = 6 * 1024 * 1024,  /* _STK_LIM / 4 * 3 */
    AUXV_ENTRIES = 28,
    CLOCK_TICKS = 100,
};
#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#define AT_RSEQ_ALIGN 28
#endif
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static const char platform[] = "x86_64";

typedef struct Builder {
    u8 *bytes;     /* [capacity]; the last byte lies at stack_top - 1 */
    u64 capacity;
    u64 top;       /* stack_top */
    u64 p;         /* guest address of the lowest byte used */
} Builder;

static u8 *host_of(const Builder *b, u64 address) { return b->bytes + b->capacity - (b->top - address); }

static u64 push(Builder *b, const void *data, u64 size)
{
    b->p -= size;
    memcpy(host_of(b, b->p), data, size);
    return b->p;
}

static u32 list_count(const char *const *list)
{
    u32 n = 0;
    while (list && list[n])
        n++;
    return n;
}

/* Bytes of all strings with their NULs, or ~0 when one is too long. */
static u64 list_bytes(const char *const *list, u32 count)
{
    u64 sum = 0;
    for (u32 i = 0; i < count; i++) {
        u64 size = strlen(list[i]) + 1;
        if (size > STRING_MAX)
            return ~0ull;
        sum += size;
    }
    return sum;
}

/* Copies the strings so that list[0] lies lowest. Returns the address of the first. */
static u64 push_list(Builder *b, const char *const *list, u32 count)
{
    for (u32 i = count; i-- > 0;)
        push(b, list[i], strlen(list[i]) + 1);
    return b->p;
}

/* bprm_stack_limits() in fs/exec.c. */
static bool fits(const StackInput *in, u32 argc, u32 envc, u64 strings)
{
    u64 limit = in->stack_limit / 4 < ARGS_MAX ? in->stack_limit / 4 : ARGS_MAX;
    if (limit < ARGS_MIN)
        limit = ARGS_MIN;
    u64 pointers = ((u64)(argc ? argc : 1) + envc) * 8;
    return strings != ~0ull && pointers < limit && strings <= limit - pointers;
}

/* In the kernel's order (create_elf_tables()). Returns the words used, AT_NULL included. */
static u32 fill_auxv(u64 *auxv, const StackInput *in, u64 random, u64 execfn, u64 platform_address)
{
    const u64 entries[][2] = {
        {AT_MINSIGSTKSZ, in->min_signal_stack}, {AT_HWCAP, in->hwcap}, {AT_PAGESZ, 4096}, {AT_CLKTCK, CLOCK_TICKS},
        {AT_PHDR, in->image->phdr_vaddr + in->bias}, {AT_PHENT, sizeof(Elf64_Phdr)}, {AT_PHNUM, in->image->phdr_count},
        {AT_BASE, 0}, {AT_FLAGS, 0}, {AT_ENTRY, in->image->entry + in->bias},
        {AT_UID, in->uid}, {AT_EUID, in->euid}, {AT_GID, in->gid}, {AT_EGID, in->egid}, {AT_SECURE, in->secure},
        {AT_RANDOM, random}, {AT_HWCAP2, in->hwcap2}, {AT_EXECFN, execfn}, {AT_PLATFORM, platform_address},
    };
    u32 n = 0;
    memcpy(auxv, entries, sizeof entries);
    n += 2 * ARRAY_LEN(entries);
    if (in->rseq_size) {
        auxv[n++] = AT_RSEQ_FEATURE_SIZE;
        auxv[n++] = in->rseq_size;
        auxv[n++] = AT_RSEQ_ALIGN;
        auxv[n++] = in->rseq_align;
    }
    auxv[n++] = AT_NULL;
    auxv[n++] = 0;
    return n;
}

/* Stores count pointers to consecutive strings that start at `address`, then NULL. Returns the next free word. */
static u8 *store_pointers(u8 *word, u64 address, const char *const *list, u32 count)
{
    for (u32 i = 0; i < count; i++, word += 8) {
        store64(word, address);
        address += strlen(list[i]) + 1;
    }
    store64(word, 0);
    return word + 8;
}

static void push_tables(Builder *b, StackImage *stack, const StackInput *in, const char *const *argv, u32 argc, u32 envc,
                        u64 execfn)
{
    b->p = (b->p - in->gap) & ~15ull;
    u64 platform_address = push(b, platform, sizeof platform);
    u64 random = push(b, in->random, sizeof in->random);
    u64 auxv[2 * AUXV_ENTRIES];
    u32 auxv_words = fill_auxv(auxv, in, random, execfn, platform_address);
    u64 items = 1 + (argc + 1) + (envc + 1);
    b->p = (b->p - (auxv_words + items) * 8) & ~15ull;
    u8 *word = host_of(b, b->p);
    store64(word, argc);
    word = store_pointers(word + 8, stack->arg_start, argv, argc);
    word = store_pointers(word, stack->env_start, in->envp, envc);
    memcpy(word, auxv, auxv_words * 8);
    stack->auxv_address = b->p + items * 8;
    stack->auxv_size = auxv_words * 8;
}

int stack_build(StackImage *stack, const StackInput *in)
{
    static const char *const empty_argv[] = {"", NULL};
    memset(stack, 0, sizeof *stack);
    const char *const *argv = list_count(in->argv) ? in->argv : empty_argv;
    u32 argc = list_count(argv), envc = list_count(in->envp);
    u64 arg_bytes = list_bytes(argv, argc), env_bytes = list_bytes(in->envp, envc);
    u64 name_bytes = strlen(in->execfn) + 1;
    u64 strings = arg_bytes == ~0ull || env_bytes == ~0ull ? ~0ull : arg_bytes + env_bytes + name_bytes;
    if (!fits(in, argc, envc, strings))
        return E2BIG;
    Builder b = {.top = in->stack_top, .p = in->stack_top};
    b.capacity = 8 + strings + in->gap + sizeof platform + 16 + AUXV_ENTRIES * 16 + ((u64)argc + envc + 3) * 8 + 64;
    b.bytes = calloc(1, b.capacity);
    if (!b.bytes)
        return ENOMEM;
    b.p -= 8;
    u64 execfn = push(&b, in->execfn, name_bytes);
    stack->env_end = execfn;
    stack->env_start = push_list(&b, in->envp, envc);
    stack->arg_end = stack->env_start;
    stack->arg_start = push_list(&b, argv, argc);
    push_tables(&b, stack, in, argv, argc, envc, execfn);
    stack->rsp = b.p;
    stack->size = b.top - b.p;
    memmove(b.bytes, host_of(&b, b.p), stack->size);
    stack->bytes = b.bytes;
    return 0;
}

void stack_free(StackImage *stack)
{
    free(stack->bytes);
    stack->bytes = NULL;
}
