/* Signal frames, byte for byte as Linux lays them (arch/x86/kernel/signal.c, arch/x86/kernel/fpu/signal.c):
 *
 *   old RSP - 128 (red zone), or the end of the alternate stack
 *     fpstate   64-byte aligned XSAVE image, behind it FP_XSTATE_MAGIC2
 *     struct rt_sigframe { return address; ucontext; siginfo }   ◄─ RSP, 8 below a multiple of 16                        */
#include <errno.h>
#include <signal.h>

#include "base/bits.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"

enum { /* uc_flags */
    UC_FP_XSTATE = 1, UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4,
    XSAVE_MAX = 832, FXSAVE_SIZE = 512, SW_BYTES = 464, XSTATE_BV = 512, RED_ZONE = 128,
    USER_CS = 0x33, USER_DS = 0x2b,
};
#define SS_AUTODISARM (1u << 31) /* linux/signal.h */

typedef struct GuestUcontext {
    u64 flags, link;
    u64 stack_address;
    u32 stack_flags, pad;
    u64 stack_size;
    u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    u16 cs, gs, fs, ss;
    u64 error, trap, old_mask, cr2, fpstate, reserved[8];
    u64 mask;
} GuestUcontext;
_Static_assert(sizeof(GuestUcontext) == 304, "struct ucontext");

typedef struct SignalFrame {
    u64 return_address;
    GuestUcontext uc;
    SigInfo info;
} SignalFrame;
_Static_assert(sizeof(SignalFrame) == 440, "struct rt_sigframe");

static bool on_altstack(const Task *task, u64 rsp)
{
    const SignalStack *stack = &task->altstack;
    return !(stack->flags & (SS_DISABLE | (i32)SS_AUTODISARM)) && rsp > stack->address && rsp - stack->address <= stack->size;
}

static void fill_context(Task *task, GuestUcontext *uc, u64 fpstate, bool extended)
{
    const CpuState *cpu = task_registers(task);
    const u64 *r = cpu->r;
    *uc = (GuestUcontext){
        .flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (extended ? UC_FP_XSTATE : 0),
        .stack_address = task->altstack.address, .stack_flags = (u32)task->altstack.flags, .stack_size = task->altstack.size,
        .r8 = r[R8], .r9 = r[R9], .r10 = r[R10], .r11 = r[R11], .r12 = r[R12], .r13 = r[R13], .r14 = r[R14], .r15 = r[R15],
        .rdi = r[RDI], .rsi = r[RSI], .rbp = r[RBP], .rbx = r[RBX], .rdx = r[RDX], .rax = r[RAX], .rcx = r[RCX], .rsp = r[RSP],
        .rip = cpu->rip, .rflags = cpu_rflags(cpu), .cs = USER_CS, .ss = USER_DS,
        .error = task->trap_error, .trap = task->trap_number, .cr2 = task->trap_address, .fpstate = fpstate,
        .mask = task->restore_mask ? task->saved_mask : task->blocked,
    };
    uc->old_mask = uc->mask;
}

/* The XSAVE image with what tells user space its size. Bytes to store (magic included). */
static u32 fill_fpstate(Task *task, u8 *image)
{
    Kernel *kernel = task->kernel;
    u32 size = cpu_xsave(task_registers(task), kernel->cpu.level, image);
    if (size <= FXSAVE_SIZE)
        return size;
    u64 features = size > XSTATE_BV + 64 ? 7 : 3; /* x87, SSE, AVX */
    store32(image + SW_BYTES, FP_XSTATE_MAGIC1);
    store32(image + SW_BYTES + 4, size + 4);
    store64(image + SW_BYTES + 8, features);
    store32(image + SW_BYTES + 16, size);
    memset(image + SW_BYTES + 20, 0, FXSAVE_SIZE - SW_BYTES - 20);
    store32(image + size, FP_XSTATE_MAGIC2);
    return size + 4;
}

bool signal_frame_push(Task *task, const SigInfo *info, const SignalAction *action)
{
    CpuState *cpu = task_registers(task);
    u8 image[XSAVE_MAX + 4] __attribute__((aligned(64))) = {0};
    u32 image_size = fill_fpstate(task, image);
    u64 rsp = cpu->r[RSP];
    bool was_on = on_altstack(task, rsp);
    rsp -= RED_ZONE;
    bool use_altstack = (action->flags & SA_ONSTACK) && !was_on && !(task->altstack.flags & SS_DISABLE);
    if (use_altstack)
        rsp = task->altstack.address + task->altstack.size;
    u64 fpstate = bits_align_down(rsp - image_size, 64);
    u64 frame_address = bits_align_down(fpstate - sizeof(SignalFrame), 16) - 8;
    if ((was_on || use_altstack) && frame_address <= task->altstack.address)
        return false; /* the alternate stack is too small */
    if (!(action->flags & 0x04000000 /* SA_RESTORER */))
        return false;
    SignalFrame frame = {.return_address = action->restorer, .info = *info};
    fill_context(task, &frame.uc, fpstate, image_size > FXSAVE_SIZE);
    if (!copy_to_guest(task, fpstate, image, image_size) || !copy_to_guest(task, frame_address, &frame, sizeof frame))
        return false;
    if (task->altstack.flags & (i32)SS_AUTODISARM)
        task->altstack = (SignalStack){.flags = SS_DISABLE};
    CpuState fresh;
    cpu_state_init(&fresh); /* handlers begin with the FPU as a new program has it */
    memcpy(cpu->v, fresh.v, sizeof cpu->v);
    cpu->x87 = fresh.x87;
    cpu->mxcsr = fresh.mxcsr;
    cpu_set_rflags(cpu, frame.uc.rflags & ~(u64)(FLAG_DF | FLAG_RF | FLAG_TF));
    cpu->r[RDI] = (u64)info->signo;
    cpu->r[RSI] = frame_address + offsetof(SignalFrame, info);
    cpu->r[RDX] = frame_address + offsetof(SignalFrame, uc);
    cpu->r[RAX] = 0;
    cpu->r[RSP] = frame_address;
    cpu->rip = action->handler;
    return true;
}

/* The FPU as a frame describes it. NULL pointer: as new. false: the frame cannot be read. */
static bool restore_fpstate(Task *task, u64 address)
{
    CpuState *cpu = task_registers(task);
    u8 image[XSAVE_MAX] __attribute__((aligned(64))) = {0};
    u64 features = 3;
    if (!address) {
        CpuState fresh;
        cpu_state_init(&fresh);
        memcpy(cpu->v, fresh.v, sizeof cpu->v);
        cpu->x87 = fresh.x87;
        cpu->mxcsr = fresh.mxcsr;
        return true;
    }
    if (!copy_from_guest(task, image, address, FXSAVE_SIZE))
        return false;
    u8 probe[XSAVE_MAX + 4];
    u32 size = cpu_xsave(cpu, task->kernel->cpu.level, probe);
    u32 magic2 = 0;
    /* check_xstate_in_sigframe(): without both magics only the FXSAVE part is taken. */
    if (size > FXSAVE_SIZE && load32(image + SW_BYTES) == FP_XSTATE_MAGIC1 && load32(image + SW_BYTES + 16) == size &&
        copy_from_guest(task, &magic2, address + size, 4) && magic2 == FP_XSTATE_MAGIC2) {
        if (!copy_from_guest(task, image, address, size))
            return false;
        features = load64(image + XSTATE_BV) & load64(image + SW_BYTES + 8);
    }
    cpu_xrstor(cpu, task->kernel->cpu.level, image, features);
    return true;
}

static i64 bad_frame(Task *task)
{
    task->has_exception = false;
    signal_force(task, &(SigInfo){.signo = SIGSEGV, .code = SI_KERNEL});
    return SYS_NORETURN;
}

i64 sys_rt_sigreturn(Task *task, const u64 *arg)
{
    (void)arg;
    CpuState *cpu = task_registers(task);
    GuestUcontext uc;
    if (!copy_from_guest(task, &uc, cpu->r[RSP], sizeof uc))
        return bad_frame(task);
    task->blocked = uc.mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    u64 *r = cpu->r;
    r[R8] = uc.r8, r[R9] = uc.r9, r[R10] = uc.r10, r[R11] = uc.r11, r[R12] = uc.r12, r[R13] = uc.r13, r[R14] = uc.r14;
    r[R15] = uc.r15, r[RDI] = uc.rdi, r[RSI] = uc.rsi, r[RBP] = uc.rbp, r[RBX] = uc.rbx, r[RDX] = uc.rdx, r[RAX] = uc.rax;
    r[RCX] = uc.rcx, r[RSP] = uc.rsp;
    cpu->rip = uc.rip;
    u64 settable = FLAGS_ARITH | FLAG_AC | FLAG_DF | FLAG_TF | FLAG_RF; /* FIX_EFLAGS */
    cpu_set_rflags(cpu, (cpu_rflags(cpu) & ~settable) | (uc.rflags & settable));
    task->restart_result = 0;
    if (!restore_fpstate(task, uc.fpstate))
        return bad_frame(task);
    if (!(uc.stack_flags & ~(u32)(SS_AUTODISARM | SS_DISABLE | SS_ONSTACK)) && !on_altstack(task, r[RSP]))
        task->altstack = uc.stack_flags & SS_DISABLE
            ? (SignalStack){.flags = SS_DISABLE}
            : (SignalStack){uc.stack_address, (i32)(uc.stack_flags & SS_AUTODISARM), uc.stack_size};
    return SYS_NORETURN;
}

/* sigaltstack(2) */
i64 sys_sigaltstack(Task *task, const u64 *arg)
{
    u64 rsp = task_registers(task)->r[RSP];
    const SignalStack *stack = &task->altstack;
    struct { u64 address; i32 flags, pad; u64 size; } new, old = {stack->address, stack->flags, 0, stack->size};
    if (on_altstack(task, rsp))
        old.flags |= SS_ONSTACK;
    if (arg[0]) {
        if (!copy_from_guest(task, &new, arg[0], sizeof new))
            return -EFAULT;
        i32 mode = new.flags & ~(i32)SS_AUTODISARM;
        if (on_altstack(task, rsp))
            return -EPERM;
        bool same = new.address == stack->address && new.size == stack->size && (u32)new.flags == task->altstack_flags;
        if (same) /* whatever it is: a new program's stack, none at all, can be set again */
            return arg[1] && !copy_to_guest(task, arg[1], &old, sizeof old) ? -EFAULT : 0;
        if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
            return -EINVAL;
        if (mode == SS_DISABLE)
            new.address = new.size = 0;
        else if (new.size < 2048 /* MINSIGSTKSZ */)
            return -ENOMEM;
        task->altstack = (SignalStack){new.address, new.flags, new.size};
        task->altstack_flags = (u32)new.flags;
    }
    return arg[1] && !copy_to_guest(task, arg[1], &old, sizeof old) ? -EFAULT : 0;
}
