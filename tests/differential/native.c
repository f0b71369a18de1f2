/* The host side. The child runs a whole batch inside one chain of signals: a case ends in a trap or a fault; the handler
 * notes the interrupted registers as the outcome, writes the next case's registers into the same signal frame, and
 * returns — into the next case. So a case costs one signal, and the C library never runs between cases. */
#define _GNU_SOURCE /* REG_… of ucontext.h, memfd_create */
#include "guest.h"
#include "native.h"

#include "mmu/tlb.h"

#include <signal.h>
#include <string.h>

#ifdef __x86_64__

#include <asm/prctl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { ALT_STACK = 1 << 16, FLAG_TRAP = 1 << 8 };

typedef struct Shared {
    Case cases[NATIVE_BATCH];
    Outcome outcomes[NATIVE_BATCH];
    u32 count;
    volatile u32 done; /* cases finished, for the parent to know who killed the child */
} Shared;

static Shared *shared;
static u8 *code_alias, *data_alias; /* writable views of the pages at CODE and DATA */
static u8 base[DATA_SIZE];
static int to_child = -1, from_child = -1;
static pid_t child = -1;

/* ---- in the child ------------------------------------------------------------------------------------------------ */

/* The layout of a signal frame's fpstate: FXSAVE, the XSAVE header, then the upper halves of YMM. */
typedef struct FpState {
    u16 fcw, fsw;
    u8 tags, reserved;
    u16 fop;
    u64 fip, fdp;
    u32 mxcsr, mxcsr_mask;
    u8 st[8][16];
    u8 xmm[16][16];
    u8 spare[96];
    u64 xstate_bv, header[7];
    u8 ymm_high[16][16];
} FpState;
_Static_assert(offsetof(FpState, xstate_bv) == 512 && offsetof(FpState, ymm_high) == 576, "standard XSAVE format");

static ucontext_t idle_context; /* where the batch began */
static u8 idle_fp[sizeof(FpState)];
static bool running;
static u32 current;

static const int greg_of[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                 REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

static u64 get_base(int fs)
{
    u64 value;
    if (fs)
        __asm__ volatile("rdfsbase %0" : "=r"(value));
    else
        __asm__ volatile("rdgsbase %0" : "=r"(value));
    return value;
}

/* Also makes the selectors null, as they are in a new program. */
static void set_bases(u64 fs, u64 gs)
{
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%fs\n\tmov %0, %%gs" : : "r"(0));
    __asm__ volatile("wrfsbase %0\n\twrgsbase %1" : : "r"(fs), "r"(gs));
}

static void load_case(const Case *c, ucontext_t *uc)
{
    FpState *fp = (FpState *)(void *)uc->uc_mcontext.fpregs;
    const State *s = &c->before;
    for (int i = 0; i < 16; i++)
        uc->uc_mcontext.gregs[greg_of[i]] = (greg_t)s->gpr[i];
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)s->rip;
    uc->uc_mcontext.gregs[REG_CSGSFS] = idle_context.uc_mcontext.gregs[REG_CSGSFS];
    uc->uc_mcontext.gregs[REG_EFL] = (greg_t)(s->rflags | (c->step ? FLAG_TRAP : 0));
    fp->fcw = s->fcw;
    fp->fsw = s->fsw;
    fp->tags = s->tags;
    fp->fop = s->fop;
    fp->fip = s->fip;
    fp->fdp = s->fdp;
    fp->mxcsr = s->mxcsr;
    memcpy(fp->st, s->st, sizeof fp->st);
    for (int i = 0; i < 16; i++) {
        memcpy(fp->xmm[i], s->ymm[i], 16);
        memcpy(fp->ymm_high[i], s->ymm[i] + 16, 16);
    }
    fp->xstate_bv |= 7;
    set_bases(s->fs, s->gs);
    memcpy(data_alias, base, DATA_SIZE);
    for (u32 i = 0; i < c->patch_count; i++)
        memcpy(data_alias + c->patch[i].offset, c->patch[i].bytes, c->patch[i].size);
    memcpy(code_alias + (s->rip - CODE), c->code, c->length + !c->step);
}

static void note_outcome(const Case *c, Outcome *o, const ucontext_t *uc)
{
    const FpState *fp = (const FpState *)(const void *)uc->uc_mcontext.fpregs;
    State *s = &o->after;
    s->fs = get_base(1);
    s->gs = get_base(0);
    set_bases(c->before.fs, c->before.gs);
    for (int i = 0; i < 16; i++)
        s->gpr[i] = (u64)uc->uc_mcontext.gregs[greg_of[i]];
    s->rip = (u64)uc->uc_mcontext.gregs[REG_RIP];
    s->rflags = (u64)uc->uc_mcontext.gregs[REG_EFL];
    u64 bv = fp->xstate_bv;
    s->fcw = bv & 1 ? fp->fcw : 0x37f;
    s->fsw = bv & 1 ? fp->fsw : 0;
    s->tags = bv & 1 ? fp->tags : 0;
    s->fop = bv & 1 ? fp->fop : 0;
    s->fip = bv & 1 ? fp->fip : 0;
    s->fdp = bv & 1 ? fp->fdp : 0;
    s->mxcsr = fp->mxcsr;
    for (int i = 0; i < 8; i++) {
        memset(s->st[i], 0, 16);
        if (bv & 1)
            memcpy(s->st[i], fp->st[i], 10);
    }
    for (int i = 0; i < 16; i++) {
        memset(s->ymm[i], 0, 32);
        if (bv & 2)
            memcpy(s->ymm[i], fp->xmm[i], 16);
        if (bv & 4)
            memcpy(s->ymm[i] + 16, fp->ymm_high[i], 16);
    }
    o->vector = (u8)uc->uc_mcontext.gregs[REG_TRAPNO];
    o->error = (u32)uc->uc_mcontext.gregs[REG_ERR];
    o->address = o->vector == 14 ? (u64)uc->uc_mcontext.gregs[REG_CR2] : 0;
    o->cs = (u16)uc->uc_mcontext.gregs[REG_CSGSFS];
    o->died = false;
    memcpy(o->memory, data_alias, DATA_RW);
}

/* NT, AC and ID outlive signals: returning from one keeps what the handler has. */
static void clear_lasting_flags(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x244000, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" : : : "cc", "memory");
}

static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)signal, (void)info;
    clear_lasting_flags();
    if (!running) {
        running = true;
        current = 0;
        memcpy(idle_context.uc_mcontext.gregs, uc->uc_mcontext.gregs, sizeof(gregset_t));
        memcpy(idle_fp, uc->uc_mcontext.fpregs, sizeof idle_fp);
    } else {
        note_outcome(&shared->cases[current], &shared->outcomes[current], uc);
        shared->done = ++current;
    }
    if (current < shared->count) {
        load_case(&shared->cases[current], uc);
        return;
    }
    running = false;
    memcpy(uc->uc_mcontext.gregs, idle_context.uc_mcontext.gregs, sizeof(gregset_t));
    memcpy(uc->uc_mcontext.fpregs, idle_fp, sizeof idle_fp);
}

static void child_main(int in, int out)
{
    static u8 stack[ALT_STACK] __attribute__((aligned(64)));
    static const int signals[] = { SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS };
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigfillset(&action.sa_mask);
    sigaltstack(&alternate, NULL);
    for (u32 i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &action, NULL);
    for (u64 at = 0; at < DATA_SIZE; at += PAGE_SIZE) /* pages that are there fault with the "protection" bit */
        (void)*(volatile u8 *)(DATA + at);
    for (u64 at = 0; at < CODE_SIZE; at += PAGE_SIZE)
        (void)*(volatile u8 *)(CODE + at);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    char byte;
    while (read(in, &byte, 1) == 1) {
        alarm(10);
        __asm__ volatile("int3" : : : "memory");
        alarm(0);
        if (write(out, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

/* ---- in the parent ----------------------------------------------------------------------------------------------- */

static void *shared_pages(u64 address, u64 size, int rights, u8 **alias)
{
    int fd = memfd_create("selftest", 0);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        return NULL;
    *alias = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *p = mmap((void *)address, size, rights, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    close(fd);
    return p == (void *)address && *alias != MAP_FAILED ? p : NULL;
}

bool native_open(const char **why)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !shared_pages(CODE, CODE_SIZE, PROT_READ | PROT_EXEC, &code_alias) ||
        !shared_pages(DATA, DATA_SIZE, PROT_READ | PROT_WRITE, &data_alias)) {
        *why = "its addresses are taken in this process";
        return false;
    }
    mprotect((void *)(u64)(DATA + DATA_RW), DATA_SIZE - DATA_RW, PROT_READ);
    case_base_memory(base);
    return true;
}

static void stop_child(void)
{
    if (child < 0)
        return;
    close(to_child);
    close(from_child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = -1;
}

void native_close(void) { stop_child(); }

static bool start_child(void)
{
    int down[2], up[2];
    if (pipe(down) != 0 || pipe(up) != 0)
        return false;
    child = fork();
    if (child == 0) {
        close(down[1]);
        close(up[0]);
        guest_close(); /* the code under test must not find our mappings */
        child_main(down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    to_child = down[1];
    from_child = up[0];
    return child > 0;
}

/* Runs from `first` on; returns how far it came. */
static u32 run_from(const Case *cases, Outcome *outcomes, u32 first, u32 count)
{
    char byte = 0;
    if (child < 0 && !start_child())
        return first;
    shared->count = count - first;
    shared->done = 0;
    memcpy(shared->cases, cases + first, sizeof *cases * (count - first));
    bool ok = write(to_child, &byte, 1) == 1 && read(from_child, &byte, 1) == 1;
    u32 done = shared->done;
    memcpy(outcomes + first, shared->outcomes, sizeof *outcomes * done);
    if (!ok)
        stop_child();
    return first + done;
}

void native_run(const Case *cases, Outcome *outcomes, u32 count)
{
    for (u32 at = 0; at < count;) {
        at = run_from(cases, outcomes, at, count);
        if (at < count)
            outcomes[at++].died = true;
    }
}

#else

bool native_open(const char **why) { *why = "this host is not x86-64"; return false; }
void native_close(void) {}
void native_run(const Case *cases, Outcome *outcomes, u32 count) { (void)cases, (void)outcomes, (void)count; }

#endif
