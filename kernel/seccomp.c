/* seccomp(2): programs that forbid themselves system calls. A filter is a small program of classic BPF over the call's number
 * and arguments; a task's filters form a chain to which it only adds, and which its children share. All are asked, and the
 * strictest answer counts. Nobody traces guests and no process is asked about another's calls, so what would go to a tracer is
 * answered as without one. */
#include "kernel/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>

#include "base/heap.h"
#include "kernel/credentials.h"
#include "kernel/signal_internal.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"

enum { MOST_INSNS_TOGETHER = 32768, COST_OF_A_FILTER = 4 }; /* MAX_INSNS_PER_PATH, kernel/seccomp.c */
enum { SYNC_ESRCH = 1 << 4 }; /* SECCOMP_FILTER_FLAG_TSYNC_ESRCH */
enum { SYS_ADMIN = 21 }; /* capabilities(7) */

typedef struct sock_filter Insn;
_Static_assert(sizeof(Insn) == 8 && sizeof(struct seccomp_data) == 64, "linux/filter.h, linux/seccomp.h");

struct SeccompFilter {
    SeccompFilter *older; /* one reference */
    u32 refs;
    u32 count;
    Insn insns[];
};

/* ---- checking a filter ------------------------------------------------------------------------------------------- */

/* No modulo, no packet's bytes: kernel/seccomp.c, seccomp_check_filter(). */
static bool known(u16 code)
{
    static const u16 others[] = {
        BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_LEN, BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM,
        BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX, BPF_RET | BPF_K, BPF_RET | BPF_A, BPF_MISC | BPF_TAX,
        BPF_MISC | BPF_TXA, BPF_ALU | BPF_NEG, BPF_JMP | BPF_JA};
    u16 operation = BPF_OP(code);
    for (u32 i = 0; i < ARRAY_LEN(others); i++)
        if (others[i] == code)
            return true;
    if (code == (BPF_ALU | operation | BPF_SRC(code)))
        return operation < BPF_NEG || operation == BPF_XOR;
    return code == (BPF_JMP | operation | BPF_SRC(code)) && operation >= BPF_JEQ && operation <= BPF_JSET;
}

/* Is the operand legal, and does a jump stay inside? `left`: instructions behind this one. */
static bool operand_legal(const Insn *insn, u32 left)
{
    switch (insn->code) {
    case BPF_LD | BPF_W | BPF_ABS: return !(insn->k & 3) && insn->k < sizeof(struct seccomp_data);
    case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM: case BPF_ST: case BPF_STX: return insn->k < BPF_MEMWORDS;
    case BPF_ALU | BPF_DIV | BPF_K: return insn->k != 0;
    case BPF_ALU | BPF_LSH | BPF_K: case BPF_ALU | BPF_RSH | BPF_K: return insn->k < 32;
    case BPF_JMP | BPF_JA: return insn->k < left;
    default: return BPF_CLASS(insn->code) != BPF_JMP || (insn->jt < left && insn->jf < left);
    }
}

/* Is every memory word written, on all ways, before it is read? `reach` has room for one mask per instruction. */
static bool memory_legal(const Insn *insns, u32 count, u16 *reach)
{
    u16 written = 0;
    memset(reach, 0xff, count * sizeof *reach);
    for (u32 i = 0; i < count; i++) {
        const Insn *insn = &insns[i];
        written &= reach[i];
        switch (insn->code) {
        case BPF_ST: case BPF_STX: written |= (u16)(1u << insn->k); break;
        case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM:
            if (!(written >> insn->k & 1))
                return false;
            break;
        case BPF_JMP | BPF_JA:
            reach[i + 1 + insn->k] &= written;
            written = 0xffff;
            break;
        default:
            if (BPF_CLASS(insn->code) == BPF_JMP) {
                reach[i + 1 + insn->jt] &= written;
                reach[i + 1 + insn->jf] &= written;
                written = 0xffff;
            }
        }
    }
    return true;
}

static i64 check(const SeccompFilter *filter)
{
    for (u32 i = 0; i < filter->count; i++)
        if (!known(filter->insns[i].code) || !operand_legal(&filter->insns[i], filter->count - i - 1))
            return -EINVAL;
    if (BPF_CLASS(filter->insns[filter->count - 1].code) != BPF_RET)
        return -EINVAL;
    u16 *reach = heap_alloc(filter->count * sizeof *reach);
    if (!reach)
        return -ENOMEM;
    bool legal = memory_legal(filter->insns, filter->count, reach);
    heap_free(reach);
    return legal ? 0 : -EINVAL;
}

/* ---- running one ------------------------------------------------------------------------------------------------- */

static bool compare(u16 code, u32 a, u32 b)
{
    switch (BPF_OP(code)) {
    case BPF_JEQ: return a == b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    default: return a & b;
    }
}

/* A division by X of zero ends the filter: `*ended`. */
static u32 calculate(u16 code, u32 a, u32 b, bool *ended)
{
    switch (BPF_OP(code)) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_DIV: *ended = b == 0; return b ? a / b : 0;
    case BPF_AND: return a & b;
    case BPF_OR: return a | b;
    case BPF_XOR: return a ^ b;
    case BPF_LSH: return a << (b & 31);
    case BPF_RSH: return a >> (b & 31);
    default: return -a;
    }
}

static u32 load(const Insn *insn, const struct seccomp_data *data, const u32 *memory)
{
    u32 word;
    switch (BPF_MODE(insn->code)) {
    case BPF_IMM: return insn->k;
    case BPF_MEM: return memory[insn->k];
    case BPF_LEN: return sizeof *data;
    default:
        memcpy(&word, (const u8 *)data + insn->k, 4);
        return word;
    }
}

/* The filter's answer. It was checked, jumps go forward only, and its last instruction returns. */
static u32 run(const SeccompFilter *filter, const struct seccomp_data *data)
{
    u32 a = 0, x = 0, memory[BPF_MEMWORDS] = {0};
    bool ended = false;
    for (u32 i = 0;; i++) {
        const Insn *insn = &filter->insns[i];
        u32 operand = BPF_SRC(insn->code) == BPF_X ? x : insn->k;
        switch (BPF_CLASS(insn->code)) {
        case BPF_LD: a = load(insn, data, memory); break;
        case BPF_LDX: x = load(insn, data, memory); break;
        case BPF_ST: memory[insn->k] = a; break;
        case BPF_STX: memory[insn->k] = x; break;
        case BPF_ALU: a = calculate(insn->code, a, operand, &ended); break;
        case BPF_JMP:
            i += BPF_OP(insn->code) == BPF_JA ? insn->k : compare(insn->code, a, operand) ? insn->jt : insn->jf;
            break;
        case BPF_RET: return BPF_RVAL(insn->code) == BPF_A ? a : insn->k;
        default: *(BPF_MISCOP(insn->code) == BPF_TAX ? &x : &a) = BPF_MISCOP(insn->code) == BPF_TAX ? a : x;
        }
        if (ended)
            return SECCOMP_RET_KILL_THREAD;
    }
}

/* ---- judging calls ----------------------------------------------------------------------------------------------- */

/* The strictest answer of all filters: actions compare as signed numbers, of equal ones the newest filter's counts. */
static u32 ask(const Task *task, u64 address)
{
    const Call *call = &task->call;
    struct seccomp_data data = {.nr = (int)call->number, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = address};
    u32 strictest = SECCOMP_RET_ALLOW;
    memcpy(data.args, call->arg, sizeof data.args);
    for (const SeccompFilter *filter = task->seccomp_filter; filter; filter = filter->older) {
        u32 answer = run(filter, &data);
        if ((i32)(answer & SECCOMP_RET_ACTION_FULL) < (i32)(strictest & SECCOMP_RET_ACTION_FULL))
            strictest = answer;
    }
    return strictest;
}

static void send_sigsys(Task *task, u64 address, u32 data, bool deadly)
{
    SigInfo info = {.signo = SIGSYS, .code = 1 /* SYS_SECCOMP */, .error = (i32)data};
    info.sys.call_address = address;
    info.sys.syscall = (i32)task->call.number;
    info.sys.arch = AUDIT_ARCH_X86_64;
    if (deadly) {
        task->process->handlers->actions[SIGSYS - 1].handler = (u64)SIG_DFL;
        task->blocked &= ~SIGNAL_BIT(SIGSYS);
    }
    signal_force(task, &info);
}

static i64 end_task(Task *task, u32 action, u64 address, u32 data)
{
    if (action == SECCOMP_RET_KILL_THREAD && task->process->thread_count > 1)
        task_exit(task, SIGSYS);
    else
        send_sigsys(task, address, data, true);
    return SYS_NORETURN;
}

static bool strict_allows(Task *task, i64 *result)
{
    u64 number = task->call.number;
    if (number == 0 || number == 1 || number == 15 || number == 60) /* read, write, rt_sigreturn, exit */
        return true;
    task_exit(task, SIGKILL);
    *result = SYS_NORETURN;
    return false;
}

bool seccomp_allows(Task *task, i64 *result)
{
    if (task->seccomp_mode == SECCOMP_MODE_STRICT)
        return strict_allows(task, result);
    u64 address = task_registers(task)->rip;
    u32 answer = ask(task, address), action = answer & SECCOMP_RET_ACTION_FULL, data = answer & SECCOMP_RET_DATA;
    switch (action) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
        return true;
    case SECCOMP_RET_ERRNO:
        *result = -(i64)(data > 4095 ? 4095 : data);
        return false;
    case SECCOMP_RET_TRAP:
        send_sigsys(task, address, data, false);
        *result = SYS_NORETURN;
        return false;
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
        *result = -ENOSYS; /* nobody is there to be asked */
        return false;
    default: /* kill, and what no kernel knows */
        *result = end_task(task, action, address, data);
        return false;
    }
}

/* ---- filters come and go ----------------------------------------------------------------------------------------- */

static void unref(SeccompFilter *filter)
{
    while (filter && --filter->refs == 0) {
        SeccompFilter *older = filter->older;
        heap_free(filter);
        filter = older;
    }
}

void seccomp_release(Task *task)
{
    unref(task->seccomp_filter);
    task->seccomp_filter = NULL;
}

static void take(Task *task, u32 mode, SeccompFilter *filter)
{
    if (filter)
        filter->refs++;
    unref(task->seccomp_filter);
    task->seccomp_filter = filter;
    task->seccomp_mode = mode;
}

void seccomp_inherit(Task *child, const Task *parent) { take(child, parent->seccomp_mode, parent->seccomp_filter); }

u32 seccomp_filter_count(const Task *task)
{
    u32 count = 0;
    for (const SeccompFilter *filter = task->seccomp_filter; filter; filter = filter->older)
        count++;
    return count;
}

static bool is_ancestor(const SeccompFilter *old, const SeccompFilter *young)
{
    while (young && young != old)
        young = young->older;
    return young == old;
}

/* The first other thread that has filters which the task has not; NULL: all may follow it. */
static Task *cannot_follow(const Task *task)
{
    for (Task *other = task->process->threads; other; other = other->next_thread)
        if (other != task && other->seccomp_mode && !(other->seccomp_mode == SECCOMP_MODE_FILTER &&
                                                      is_ancestor(other->seccomp_filter, task->seccomp_filter)))
            return other;
    return NULL;
}

/* The guest's struct sock_fprog as a filter of one reference. */
static i64 read_filter(Task *task, u64 address, SeccompFilter **made)
{
    struct { u16 count; u16 pad[3]; u64 insns; } program;
    bool privileged = credentials_capabilities(task->kernel, &task->credentials) >> SYS_ADMIN & 1;
    if (!copy_from_guest(task, &program, address, sizeof program))
        return -EFAULT;
    if (!program.count || program.count > BPF_MAXINSNS)
        return -EINVAL;
    if (!task->process->no_new_privs && !privileged)
        return -EACCES;
    SeccompFilter *filter = heap_alloc(sizeof *filter + program.count * sizeof(Insn));
    if (!filter)
        return -ENOMEM;
    *filter = (SeccompFilter){.refs = 1, .count = program.count};
    i64 result = copy_from_guest(task, filter->insns, program.insns, program.count * sizeof(Insn)) ? check(filter) : -EFAULT;
    if (result)
        heap_free(filter);
    *made = filter;
    return result;
}

static i64 add_filter(Task *task, u64 flags, u64 address)
{
    const u64 legal = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | SYNC_ESRCH;
    SeccompFilter *filter;
    if (flags & ~legal)
        return -EINVAL;
    i64 result = read_filter(task, address, &filter);
    if (result)
        return result;
    u64 together = filter->count;
    for (const SeccompFilter *older = task->seccomp_filter; older; older = older->older)
        together += older->count + COST_OF_A_FILTER;
    const Task *stubborn = flags & SECCOMP_FILTER_FLAG_TSYNC ? cannot_follow(task) : NULL;
    if (task->seccomp_mode == SECCOMP_MODE_STRICT)
        result = -EINVAL;
    else if (together > MOST_INSNS_TOGETHER)
        result = -ENOMEM;
    else if (stubborn)
        result = flags & SYNC_ESRCH ? -ESRCH : stubborn->tid;
    if (result) {
        heap_free(filter);
        return result;
    }
    filter->older = task->seccomp_filter;
    task->seccomp_filter = filter;
    task->seccomp_mode = SECCOMP_MODE_FILTER;
    for (Task *other = task->process->threads; flags & SECCOMP_FILTER_FLAG_TSYNC && other; other = other->next_thread)
        if (other != task)
            take(other, SECCOMP_MODE_FILTER, filter);
    return 0;
}

/* ---- calls --------------------------------------------------------------------------------------------------------- */

static i64 become_strict(Task *task)
{
    if (task->seccomp_mode == SECCOMP_MODE_FILTER)
        return -EINVAL;
    task->seccomp_mode = SECCOMP_MODE_STRICT;
    return 0;
}

i64 seccomp_set(Task *task, u64 mode, u64 filter)
{
    switch (mode) {
    case SECCOMP_MODE_STRICT: return become_strict(task);
    case SECCOMP_MODE_FILTER: return add_filter(task, 0, filter);
    default: return -EINVAL;
    }
}

static i64 action_available(Task *task, u64 address)
{
    u32 action;
    if (!copy_from_guest(task, &action, address, sizeof action))
        return -EFAULT;
    switch (action) {
    case SECCOMP_RET_KILL_PROCESS: case SECCOMP_RET_KILL_THREAD: case SECCOMP_RET_TRAP: case SECCOMP_RET_ERRNO:
    case SECCOMP_RET_TRACE: case SECCOMP_RET_LOG: case SECCOMP_RET_ALLOW:
        return 0;
    default: return -EOPNOTSUPP;
    }
}

i64 sys_seccomp(Task *task, const u64 *arg)
{
    switch ((u32)arg[0]) {
    case SECCOMP_SET_MODE_STRICT: return (u32)arg[1] || arg[2] ? -EINVAL : become_strict(task);
    case SECCOMP_SET_MODE_FILTER: return add_filter(task, (u32)arg[1], arg[2]);
    case SECCOMP_GET_ACTION_AVAIL: return (u32)arg[1] ? -EINVAL : action_available(task, arg[2]);
    default: return -EINVAL;
    }
}
