/* record ELF [ADDRESS:SIZE…]: runs a ROM on this machine's own processor, under ptrace, and prints the sidecar that describes how it
 * ended (docs/roms.md): at hlt, by a signal, or at exit. What depends on where the stack lies is left out. */
#define _GNU_SOURCE
#include <elf.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct State {
    struct user_regs_struct r;
    uint8_t x[8192]; /* XSAVE, standard format */
    int signal;
    uint64_t address;
    uint8_t memory[8][256];
} State;

static pid_t pid;
static State state;
static int places;
static uint64_t place[8], place_size[8];

static void look(void)
{
    struct iovec area = {state.x, sizeof state.x};
    siginfo_t info;
    ptrace(PTRACE_GETREGS, pid, NULL, &state.r);
    ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &area);
    state.address = ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0 ? (uint64_t)info.si_addr : 0;
    for (int i = 0; i < places; i++)
        for (uint64_t at = 0; at < place_size[i]; at++)
            state.memory[i][at] = (uint8_t)ptrace(PTRACE_PEEKDATA, pid, (void *)(place[i] + at), NULL);
}

static bool at_hlt(void) { return (uint8_t)ptrace(PTRACE_PEEKTEXT, pid, (void *)state.r.rip, NULL) == 0xf4; }

static void print_regs(bool after_syscall)
{
    const struct { const char *name; uint64_t value; } gpr[] = {
        {"rax", state.r.rax}, {"rcx", state.r.rcx}, {"rdx", state.r.rdx}, {"rbx", state.r.rbx}, {"rbp", state.r.rbp}, {"rsi", state.r.rsi},
        {"rdi", state.r.rdi}, {"r8", state.r.r8}, {"r9", state.r.r9}, {"r10", state.r.r10}, {"r11", state.r.r11}, {"r12", state.r.r12},
        {"r13", state.r.r13}, {"r14", state.r.r14}, {"r15", state.r.r15}, {"rflags", state.r.eflags},
    };
    uint64_t bv, low[2], high[2];
    memcpy(&bv, state.x + 512, 8);
    printf("\"regs\":{\"mxcsr\":\"0x%x\",\"fcw\":\"0x%x\"", *(uint32_t *)(state.x + 24), *(uint16_t *)state.x);
    for (size_t i = 0; i < sizeof gpr / sizeof *gpr; i++) {
        bool stack = gpr[i].value >> 40 == 0x7f, clobbered = after_syscall && (!strcmp(gpr[i].name, "rcx") || !strcmp(gpr[i].name, "r11") || !strcmp(gpr[i].name, "rax"));
        if (!stack && !clobbered && (gpr[i].value || i == 15))
            printf(",\"%s\":\"0x%" PRIx64 "\"", gpr[i].name, gpr[i].value);
    }
    for (int i = 0; i < 16; i++) {
        memcpy(low, state.x + 160 + 16 * i, 16);
        memcpy(high, state.x + 576 + 16 * i, 16);
        if (bv & 4 && (high[0] | high[1]))
            printf(",\"ymm%d\":[\"0x%" PRIx64 "\",\"0x%" PRIx64 "\",\"0x%" PRIx64 "\",\"0x%" PRIx64 "\"]", i, low[0], low[1], high[0], high[1]);
        else if (low[0] | low[1])
            printf(",\"xmm%d\":[\"0x%" PRIx64 "\",\"0x%" PRIx64 "\"]", i, low[0], low[1]);
    }
    uint32_t top = *(uint16_t *)(state.x + 2) >> 11 & 7;
    if (state.x[4])
        printf(",\"fsw\":\"0x%x\"", *(uint16_t *)(state.x + 2));
    for (uint32_t i = 0; i < 8; i++)
        if (state.x[4] >> ((top + i) & 7) & 1)
            printf(",\"st%u\":\"0x%04x%016" PRIx64 "\"", i, *(uint16_t *)(state.x + 32 + 16 * i + 8), *(uint64_t *)(state.x + 32 + 16 * i));
    printf("}");
    for (int i = 0; i < places; i++) {
        printf("%s\"0x%" PRIx64 "\":\"", i ? "," : ",\"mem\":{", place[i]);
        for (uint64_t at = 0; at < place_size[i]; at++)
            printf("%02x", state.memory[i][at]);
        printf("\"%s", i + 1 == places ? "}" : "");
    }
}

static void print_output(int out)
{
    uint8_t bytes[4096];
    ssize_t n = pread(out, bytes, sizeof bytes, 0);
    if (n > 0)
        printf("\"stdout\":\"");
    for (ssize_t i = 0; i < n; i++)
        printf(bytes[i] < 32 || bytes[i] == '"' || bytes[i] == '\\' ? "\\u%04x" : bytes[i] > 126 ? "\\udc%02x" : "%c", bytes[i]);
    if (n > 0)
        printf("\",");
}

/* Runs to the end; returns how: 'h' hlt, 's' signal, 'e' exit. */
static char run(int *status)
{
    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
    for (int deliver = 0;;) {
        ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)deliver);
        if (waitpid(pid, status, 0) != pid)
            exit(1);
        if (WIFSIGNALED(*status))
            return 's';
        if (WIFEXITED(*status))
            exit(1);
        int signal = WSTOPSIG(*status);
        deliver = signal == (SIGTRAP | 0x80) ? 0 : signal;
        look();
        if (!deliver && (state.r.orig_rax == SYS_exit || state.r.orig_rax == SYS_exit_group) && (long)state.r.rax == -38)
            return 'e';
        if (signal == SIGSEGV && !state.address && at_hlt()) /* #GP has no address */
            return 'h';
        state.signal = deliver;
    }
}

int main(int argc, char **argv)
{
    char *const args[] = {argv[1], NULL}, *const environment[] = {NULL};
    int status;
    if (argc < 2)
        return 2;
    for (int i = 2; i < argc && places < 8; i++)
        if (sscanf(argv[i], "%" SCNi64 ":%" SCNi64, (int64_t *)&place[places], (int64_t *)&place_size[places]) == 2 && place_size[places] <= 256)
            places++;
    int out = memfd_create("stdout", MFD_CLOEXEC);
    if ((pid = fork()) == 0) {
        dup2(out, 1);
        alarm(10);
        personality(ADDR_NO_RANDOMIZE);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execve(argv[1], args, environment);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    char how = run(&status);
    printf("{");
    print_output(out);
    if (how == 's' && sigabbrev_np(WTERMSIG(status)))
        printf("\"expect_signal\":\"SIG%s\",", sigabbrev_np(WTERMSIG(status)));
    else if (how == 's')
        printf("\"expect_signal\":%d,", WTERMSIG(status));
    if (how == 's' && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS))
        printf("\"expect_fault_address\":\"0x%" PRIx64 "\",", state.address);
    if (how == 'e')
        printf("\"exit\":%d,", (int)(state.r.rdi & 0xff));
    print_regs(how == 'e');
    puts("}");
    if (how != 's')
        kill(pid, SIGKILL);
    return 0;
}
