/* The first stack against the kernel's own: this process was started by execve, so its stack is the oracle. The image is
 * rebuilt from what the kernel passed, at the same addresses, and must be the same bytes from argc to the top. */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "base/bits.h"
#include "loader/stack.h"
#include "tests/unit/check.h"

enum { MAX_STRINGS = 4096 };

/* Entry `type` of an auxiliary vector; NULL: not there. */
static const u64 *auxv_find(const u64 *auxv, u64 type)
{
    for (; auxv[0] != AT_NULL; auxv += 2)
        if (auxv[0] == type)
            return auxv;
    return NULL;
}

static StackInput input_like_ours(const ElfImage *image, const char *const *argv, const char *const *envp)
{
    const char *const *end = envp;
    while (*end)
        end++;
    const u64 *auxv = (const u64 *)(end + 1); /* getauxval(AT_HWCAP) is glibc's own idea, not the kernel's */
    StackInput in = {
        .argv = argv, .envp = envp, .execfn = (const char *)getauxval(AT_EXECFN), .image = image,
        .stack_limit = 8 << 20, .uid = (u32)getauxval(AT_UID), .euid = (u32)getauxval(AT_EUID), .gid = (u32)getauxval(AT_GID),
        .egid = (u32)getauxval(AT_EGID), .hwcap = auxv_find(auxv, AT_HWCAP)[1], .hwcap2 = getauxval(AT_HWCAP2),
        .min_signal_stack = getauxval(51), .rseq_size = (u32)getauxval(27), .rseq_align = (u32)getauxval(28),
    };
    memcpy(in.random, (const void *)getauxval(AT_RANDOM), 16);
    u64 end_of_name = getauxval(AT_EXECFN) + strlen(in.execfn) + 1;
    in.stack_top = end_of_name + 8;
    return in;
}

/* The kernel's stack of this process, with two known differences: it has a vDSO (AT_SYSINFO_EHDR), and an interpreter. */
static void test_against_kernel(int argc, char **argv, char **envp)
{
    ElfImage image = {.phdr_vaddr = getauxval(AT_PHDR), .phdr_count = (u16)getauxval(AT_PHNUM), .entry = getauxval(AT_ENTRY)};
    StackInput in = input_like_ours(&image, (const char *const *)argv, (const char *const *)envp);
    StackImage stack;
    CHECK_EQUAL(stack_build(&stack, &in), 0);
    const u8 *top = stack.bytes + stack.size;
    CHECK(memcmp(top - (in.stack_top - stack.arg_start), argv[0], in.stack_top - stack.arg_start) == 0);
    CHECK_EQUAL(stack.arg_start, (u64)argv[0]);
    CHECK_EQUAL(stack.env_start, envp[0] ? (u64)envp[0] : stack.env_end);
    CHECK_EQUAL(stack.env_end, getauxval(AT_EXECFN));
    CHECK_EQUAL(load64(stack.bytes), argc);
    CHECK(memcmp(stack.bytes + 8, argv, (argc + 1) * 8) == 0);
    u64 envc = 0;
    while (envp[envc])
        envc++;
    CHECK(memcmp(stack.bytes + 8 + (argc + 1) * 8, envp, (envc + 1) * 8) == 0);
    CHECK_EQUAL(stack.rsp & 15, 0);
    u64 *ours = malloc(stack.auxv_size), *order = ours;
    memcpy(ours, stack.bytes + (stack.auxv_address - stack.rsp), stack.auxv_size);
    for (const u64 *theirs = (const u64 *)(envp + envc + 1); theirs[0] != AT_NULL; theirs += 2) {
        if (theirs[0] == AT_SYSINFO_EHDR || theirs[0] == 29 || theirs[0] == 30)
            continue; /* no vDSO here; AT_HWCAP3, AT_HWCAP4 */
        CHECK_EQUAL(order[0], theirs[0]);
        if (theirs[0] != AT_BASE && theirs[0] != AT_RANDOM && theirs[0] != AT_PLATFORM)
            CHECK_EQUAL(order[1], theirs[1]);
        order += 2;
    }
    CHECK_EQUAL(order[0], AT_NULL);
    u64 platform = auxv_find(ours, AT_PLATFORM)[1];
    CHECK(strcmp((const char *)stack.bytes + (platform - stack.rsp), "x86_64") == 0);
    CHECK(memcmp(stack.bytes + (auxv_find(ours, AT_RANDOM)[1] - stack.rsp), in.random, 16) == 0);
    free(ours);
    stack_free(&stack);
}

static void test_limits(void)
{
    ElfImage image = {0};
    const char *none[] = {NULL};
    char *longest = malloc(131073);
    memset(longest, 'x', 131072);
    longest[131072] = 0;
    const char *args[] = {longest, NULL};
    StackInput in = {
        .argv = args, .envp = none, .execfn = "x", .image = &image, .stack_top = 0x7ffffffff000, .stack_limit = 8 << 20};
    StackImage stack;
    CHECK_EQUAL(stack_build(&stack, &in), E2BIG); /* MAX_ARG_STRLEN counts the NUL */
    longest[131071] = 0;
    CHECK_EQUAL(stack_build(&stack, &in), 0);
    stack_free(&stack);
    in.stack_limit = 4096; /* never below ARG_MAX, which one such string with its pointer exceeds */
    CHECK_EQUAL(stack_build(&stack, &in), E2BIG);
    longest[100000] = 0;
    CHECK_EQUAL(stack_build(&stack, &in), 0);
    stack_free(&stack);
    const char **many = calloc(300001, sizeof *many);
    for (int i = 0; i < 300000; i++)
        many[i] = "";
    in.argv = many;
    in.stack_limit = 8 << 20;
    CHECK_EQUAL(stack_build(&stack, &in), E2BIG); /* 300000 * (8 + 1) > 2 MiB */
    free(many);
    free(longest);
}

static void test_shape(void)
{
    ElfImage image = {0};
    const char *none[] = {NULL};
    StackImage stack;
    for (u32 gap = 0; gap < 8192; gap += 77) {
        StackInput in = {.argv = none, .envp = none, .execfn = "p", .image = &image, .stack_top = 0x7ffffffff000, .gap = gap};
        CHECK_EQUAL(stack_build(&stack, &in), 0);
        CHECK_EQUAL(stack.rsp & 15, 0);
        CHECK_EQUAL(load64(stack.bytes), 1); /* an empty argv becomes { "" } */
        CHECK_EQUAL(stack.rsp + stack.size, in.stack_top);
        stack_free(&stack);
    }
}

int main(int argc, char **argv, char **envp)
{
    test_against_kernel(argc, argv, envp);
    test_limits();
    test_shape();
    return check_result();
}
