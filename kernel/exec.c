/* execve(2): a program takes the place of the caller's. The new address space is built whole beside the old one; only when
 * nothing can fail any more (but what Linux, too, finds too late) is it made the process's. loader/ judges the file and
 * lays out the first stack, this file maps what it describes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/heap.h"
#include "base/log.h"
#include "kernel/exec.h"
#include "kernel/frames.h"
#include "kernel/host.h"
#include "kernel/page_cache.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"
#include "kernel/timer.h"
#include "loader/elf.h"
#include "loader/stack.h"

#define PIE_BASE 0x555555554000ull /* ELF_ET_DYN_BASE: where brk of a static PIE goes */
enum { STACK_EXTRA = 128 << 10, NO_RANDOMIZE = 0x0040000 /* ADDR_NO_RANDOMIZE */ };

typedef struct Exec {
    Task *task;
    Kernel *kernel;
    int host_fd;
    const char *real_path;
    const ExecRequest *request;
    bool randomize;
    ElfImage image;
    StackImage stack;
    CachedFile *file;
    Space *space;
    u64 bias, stack_top;
} Exec;

/* ---- building ----------------------------------------------------------------------------------------------------------- */

/* A random number of `bits` bits, 0 without address-space randomisation. */
static u64 random_bits(Exec *exec, unsigned bits)
{
    u64 value = 0;
    if (exec->randomize)
        kernel_random(exec->kernel, &value, sizeof value);
    return exec->randomize ? value & bits_mask(bits) : 0;
}

static u32 vma_rights(u32 elf_flags)
{
    return (elf_flags & ELF_READ ? VMA_READ : 0) | (elf_flags & ELF_WRITE ? VMA_WRITE : 0) |
           (elf_flags & ELF_EXEC ? VMA_EXEC : 0) | VMA_MAY_WRITE;
}

static bool range_legal(const Exec *exec, u64 start, u64 size)
{
    bool low = start < MMAP_MIN && exec->task->credentials.euid;
    return !low && size <= USER_LIMIT && start <= USER_LIMIT - size;
}

/* Maps one PT_LOAD. Failing here is fatal: Linux has given up the old program by now. */
static i64 map_segment(Exec *exec, u32 index)
{
    ElfMapping m = elf_mapping(&exec->image, index, exec->bias);
    Space *space = exec->space;
    if (m.file_size) {
        if (!range_legal(exec, m.file_start, m.file_size))
            return -EPERM;
        i64 result = space_map(space, m.file_start, m.file_size, vma_rights(m.flags), VMA_ANON, exec->file, m.file_offset);
        if (result)
            return result;
        if (m.zero_end > m.zero_start && (m.flags & ELF_WRITE) &&
            space_write(space, m.zero_start, NULL, m.zero_end - m.zero_start) < m.zero_end - m.zero_start)
            return -EFAULT;
    }
    if (m.anon_size) {
        if (!range_legal(exec, m.anon_start, m.anon_size) || !space_may_map(space, m.anon_size, VMA_WRITE))
            return -ENOMEM;
        return space_map(space, m.anon_start, m.anon_size, vma_rights(m.flags | ELF_READ | ELF_WRITE), VMA_ANON, NULL, 0);
    }
    return 0;
}

/* Where things go: stack at the top, mmap below the gap that the stack may need, brk behind the program. */
static void lay_out(Exec *exec)
{
    Space *space = exec->space;
    u64 limit = exec->task->process->limits[LIMIT_STACK].soft, gap = limit;
    u64 pad = (16ull << 30) + STACK_GUARD_GAP; /* the most that the stack's own randomisation takes */
    if (gap < UINT64_MAX - pad)
        gap += pad;
    u64 least = 128ull << 20, most = USER_LIMIT / 6 * 5;
    gap = gap < least ? least : gap > most ? most : gap;
    exec->stack_top = USER_LIMIT - (random_bits(exec, 22) << PAGE_SHIFT);
    space->mmap_base = bits_align_down(USER_LIMIT - gap - (random_bits(exec, 28) << PAGE_SHIFT), PAGE_SIZE);
    if (!exec->image.position_independent)
        return;
    /* A static PIE has no interpreter beside it and lies in the mmap area; a greater alignment moves it down from where it
     * would have found room. fs/binfmt_elf.c, load_elf_binary(). */
    u64 span = bits_align_up(elf_span(&exec->image), PAGE_SIZE);
    exec->bias = elf_bias(&exec->image, space->mmap_base - span);
}

static void place_brk(Exec *exec)
{
    Space *space = exec->space;
    const ElfImage *image = &exec->image;
    u64 brk = bits_align_up(image->brk + exec->bias, PAGE_SIZE);
    if (exec->randomize) {
        if (image->position_independent)
            brk = PIE_BASE;
        brk += random_bits(exec, 13) << PAGE_SHIFT; /* arch_randomize_brk(): within 32 MiB */
    }
    space->brk_start = space->brk = brk;
    space->code_start = image->start_code + exec->bias;
    space->code_end = image->end_code + exec->bias;
    space->data_start = image->start_data + exec->bias;
    space->data_end = image->end_data + exec->bias;
    space->entry = image->entry + exec->bias;
}

static i64 build_stack(Exec *exec)
{
    Task *task = exec->task;
    const Credentials *credentials = &task->credentials;
    StackInput input = {
        .argv = exec->request->argv, .envp = exec->request->envp, .execfn = exec->request->execfn, .image = &exec->image,
        .bias = exec->bias, .stack_top = exec->stack_top, .stack_limit = task->process->limits[LIMIT_STACK].soft,
        .gap = (u32)random_bits(exec, 13), .uid = credentials->uid, .euid = credentials->euid, .gid = credentials->gid,
        .egid = credentials->egid, .hwcap = cpu_hwcap(&exec->kernel->cpu), .hwcap2 = cpu_hwcap2(&exec->kernel->cpu),
        .min_signal_stack = 440 + 128 + 832 + 64 + 4 + 16, /* frame, red zone, XSAVE image and its alignment */
    };
    kernel_random(exec->kernel, input.random, sizeof input.random);
    return -stack_build(&exec->stack, &input);
}

static i64 map_stack(Exec *exec)
{
    Space *space = exec->space;
    const StackImage *stack = &exec->stack;
    u64 limit = exec->task->process->limits[LIMIT_STACK].soft;
    u64 size = bits_align_up(stack->size, PAGE_SIZE) + STACK_EXTRA;
    if (size > limit && limit >= bits_align_up(stack->size, PAGE_SIZE))
        size = bits_align_up(limit, PAGE_SIZE);
    u32 flags = VMA_READ | VMA_WRITE | VMA_MAY_WRITE | VMA_GROWSDOWN | (exec->image.stack_exec ? VMA_EXEC : 0);
    i64 result = space_map(space, exec->stack_top - size, size, flags, VMA_STACK, NULL, 0);
    if (result)
        return result;
    space->stack_top = exec->stack_top;
    space->arg_start = stack->arg_start, space->arg_end = stack->arg_end;
    space->env_start = stack->env_start, space->env_end = stack->env_end;
    space->auxv_size = (u32)(stack->auxv_size < sizeof space->auxv ? stack->auxv_size : sizeof space->auxv);
    memcpy(space->auxv, stack->bytes + (stack->auxv_address - stack->rsp), space->auxv_size);
    return space_write(space, stack->rsp, stack->bytes, stack->size) == stack->size ? 0 : -ENOMEM;
}

/* ---- the point of no return -------------------------------------------------------------------------------------- */

static void set_names(Exec *exec)
{
    Task *task = exec->task;
    Process *process = task->process;
    const char *base = strrchr(exec->request->execfn, '/');
    snprintf(task->comm, sizeof task->comm, "%s", base ? base + 1 : exec->request->execfn);
    heap_free(process->exe_path);
    process->exe_path = heap_strdup(exec->real_path);
    if (process->exe_file)
        cached_file_unref(process->exe_file);
    cached_file_ref(exec->file);
    process->exe_file = exec->file;
}

/* Signal state, descriptors and the rest that execve(2) lists as not preserved. */
static void shed(Exec *exec)
{
    Task *task = exec->task;
    Process *process = task->process;
    if (process->handlers->refs > 1) {
        Handlers *copy = handlers_copy(process->handlers);
        if (copy) { /* without memory the sharers lose their handlers too; nothing better is left */
            handlers_unref(process->handlers);
            process->handlers = copy;
        }
    }
    handlers_reset(process->handlers, true);
    task->altstack = (SignalStack){.flags = SS_DISABLE};
    task->has_exception = false;
    task->rseq = 0;
    task->set_child_tid = 0;
    task->fresh = false;
    timers_exec(process);
    Files *own = exec_own_files(task);
    files_close_on_exec(task, own);
    process->exec_done = true;
    process->exit_signal = process->parent ? SIGCHLD : 0;
    process->dumpable = true;
    process->parent_death_signal = task->credentials.uid == task->credentials.euid ? process->parent_death_signal : 0;
}

/* The caller of exec becomes the only thread, with the process's number. */
static void become_leader(Task *task)
{
    task_kill_siblings(task);
    if (task->tid != task->process->pid)
        task_renumber(task, task->process->pid);
    task->process->leader = task;
}

Files *exec_own_files(Task *task)
{
    Files *own = files_copy(task->files);
    if (own) {
        files_unref(task, task->files);
        task->files = own;
    }
    return task->files;
}

static void commit(Exec *exec)
{
    Task *task = exec->task;
    Process *process = task->process;
    become_leader(task);
    Space *old = process->space;
    if (old) {
        task_release_memory(task);
        if (old->resident_peak > process->peak_rss)
            process->peak_rss = old->resident_peak;
    }
    process->space = exec->space;
    sched_load_space(exec->kernel, exec->space);
    if (old)
        space_unref(old);
    exec->space = NULL;
    task_release_vfork(task);
    set_names(exec);
    shed(exec);
}

static void start_registers(Exec *exec, u64 entry)
{
    CpuState *cpu = task_registers(exec->task);
    cpu_state_init(cpu);
    cpu->rip = entry;
    cpu->r[RSP] = exec->stack.rsp;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static i64 read_file(void *context, void *to, u64 size, u64 offset)
{
    const Exec *exec = context;
    for (u64 done = 0; done < size;) {
        ssize_t got = host_pread(exec->host_fd, (u8 *)to + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return (i64)done;
        done += (u64)got;
    }
    return (i64)size;
}

/* What can be refused: stack too long, no memory. */
static i64 prepare(Exec *exec)
{
    exec->file = cached_file_open(exec->kernel, exec->host_fd, exec->real_path);
    if (!exec->file)
        return -errno;
    exec->space = space_create(exec->kernel);
    if (!exec->space)
        return -ENOMEM;
    lay_out(exec);
    return build_stack(exec);
}

static i64 map_all(Exec *exec)
{
    i64 result = exec->image.verdict == ELF_FATAL ? -ENOEXEC : map_stack(exec);
    for (u32 i = 0; !result && i < exec->image.segment_count; i++)
        result = map_segment(exec, i);
    place_brk(exec);
    return result;
}

/* To whoever started the machine; or, when a guest's execve meets what Linux would run and we do not, one line per file. */
static void explain(const Exec *exec)
{
    const ExecRequest *request = exec->request;
    if (request->why && request->why_size)
        snprintf(request->why, request->why_size, "%s", exec->image.reason);
    u64 key = 0xe8ec;
    for (const char *c = exec->real_path; *c; c++)
        key = (key ^ (u8)*c) * 0x100000001b3ull;
    if (!request->why && exec->image.verdict == ELF_UNSUPPORTED)
        log_unimplemented(key, "cannot run '%s': %s", exec->real_path, exec->image.reason);
}

static i64 exec_elf(Exec *exec)
{
    if (exec->image.verdict == ELF_REFUSED || exec->image.verdict == ELF_UNSUPPORTED) {
        explain(exec);
        return -exec->image.error;
    }
    i64 result = prepare(exec);
    if (result)
        return result;
    /* Pages of the new space are filled before it is the process's; errors from here on kill, as in Linux. */
    result = map_all(exec);
    u64 entry = exec->space->entry;
    commit(exec);
    start_registers(exec, entry);
    if (result)
        signal_force(exec->task, &(SigInfo){.signo = SIGSEGV, .code = SI_KERNEL});
    return 0;
}

i64 exec_program(Task *task, int host_fd, const char *real_path, const ExecRequest *request)
{
    Exec exec = {.task = task, .kernel = task->kernel, .host_fd = host_fd, .real_path = real_path, .request = request};
    const KernelConfig *config = &task->kernel->config;
    exec.randomize = !config->deterministic && !config->fixed_addresses && !(task->personality & NO_RANDOMIZE);
    elf_parse(&exec.image, read_file, &exec);
    i64 result = exec.image.format == FORMAT_SCRIPT ? exec_script(task, host_fd, request) : exec_elf(&exec);
    elf_free(&exec.image);
    if (exec.stack.bytes)
        stack_free(&exec.stack);
    if (exec.space)
        space_unref(exec.space);
    if (exec.file)
        cached_file_unref(exec.file);
    return result;
}
