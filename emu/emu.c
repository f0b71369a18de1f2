/* Making, loading and running a machine: the public names over the kernel room's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "emu/heap.h"
#include "emu/machine.h"
#include "emu/record.h"

void emu_config_init(EmuConfig *config)
{
    memset(config, 0, sizeof *config);
    config->stack_size = 8ull << 20;
    config->paging.replacement = EMU_REPLACE_CLOCK;
    config->stdio[1] = 1;
    config->stdio[2] = 2;
    config->strace_fd = 2;
}

static KernelConfig kernel_config(const EmuConfig *c)
{
    return (KernelConfig){
        .swap_size = c->paging.swap_size, .user_frames = c->paging.user_frames, .working_set = c->paging.working_set,
        .replacement = (ReplacePolicy)c->paging.replacement, .record_touches = c->paging.record, .claimed_memory = c->paging.claimed_memory,
        .future = c->paging.future, .future_count = c->paging.future_count,
        .frames_random = c->paging.frame_order == EMU_FRAMES_RANDOM, .frame_seed = c->paging.frame_seed,
        .frame_colours = c->paging.frame_order == EMU_FRAMES_COLOURED ? c->paging.frame_colours : 0,
        .memory_size = c->memory_size, .stack_size = c->stack_size, .cpu_level = (CpuLevel)c->cpu_level,
        .deterministic = c->deterministic, .fixed_addresses = c->fixed_addresses, .seed = c->seed, .sched_seed = c->sched_seed,
        .join_after = c->join_after, .max_insns = c->max_insns, .timeout_ns = c->timeout_ns, .no_net = c->no_net,
        .stdio = {c->stdio[0], c->stdio[1], c->stdio[2]}, .take_place = c->take_place,
        .strace = c->strace, .strace_fd = c->strace_fd, .strace_follow = c->strace_follow,
        .stop_on_fatal = c->stop_on_fatal, .stop_at_hlt = c->stop_at_hlt, .forward_signals = c->forward_signals,
    };
}

_Static_assert((int)EMU_REPLACE_OPT == (int)REPLACE_OPT && (int)EMU_REPLACE_CLOCK == (int)REPLACE_CLOCK, "one order of policies");

/* Paging keeps state in files and beside the machine's own structures: a run with it is not recorded. */
static bool can_record(const EmuConfig *config)
{
    const EmuPagingConfig *p = &config->paging;
    bool paged = config->memory_size || p->swap_size || p->user_frames || p->working_set || p->record || p->future;
    return config->record && !paged && p->frame_order == EMU_FRAMES_SEQUENTIAL;
}

Emu *emu_create(const EmuConfig *config)
{
    Record *record = can_record(config) ? record_create(config->record_limit) : NULL;
    return !record && can_record(config) ? NULL : machine_make(config, record);
}

Emu *machine_make(const EmuConfig *config, Record *record)
{
    Emu *emu = calloc(1, sizeof *emu);
    if (!emu) {
        record_destroy(record);
        return NULL;
    }
    emu->record = record;
    emu->config = *config;
    emu->config.strace = NULL; /* the kernel keeps its own copy */
    KernelConfig kernel = kernel_config(config);
    if (emu->record) {
        kernel.heap = emu->record->heap;
        kernel.log = emu->record->log;
    }
    emu->kernel = kernel_create(&kernel);
    if (!emu->kernel) {
        int saved = errno;
        record_destroy(emu->record);
        free(emu);
        errno = saved;
        return NULL;
    }
    return emu;
}

void emu_destroy(Emu *emu)
{
    if (!emu)
        return;
    machine_forget_why(emu);
    machine_forget_heap(emu);
    machine_forget_accesses(emu);
    machine_forget_programs(emu);
    machine_forget_frames(emu);
    if (emu->record)
        record_leave(emu);
    kernel_destroy(emu->kernel);
    record_destroy(emu->record);
    machine_forget_model(emu);
    machine_forget_recording(emu);
    machine_forget_replay(emu);
    free(emu);
}

int emu_load(Emu *emu, const char *path, const char *const *argv, const char *const *envp)
{
    emu->error[0] = 0;
    if (emu->record && emu->record->streaming)
        record_file_begin(emu, path, argv, envp);
    i64 result = kernel_start(emu->kernel, path, argv, envp, emu->error, sizeof emu->error);
    if (!result && emu->record)
        record_loaded(emu);
    if (result < 0 && !emu->error[0])
        snprintf(emu->error, sizeof emu->error, "%s", strerror((int)-result));
    return result < 0 ? (int)-result : 0;
}

const char *emu_error(const Emu *emu) { return emu->error; }

static u64 host_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static EmuStop stop_of(const KernelStop *k)
{
    static const u8 kinds[] = {
        [KERNEL_EXITED] = EMU_EXITED, [KERNEL_KILLED] = EMU_KILLED, [KERNEL_INSN_LIMIT] = EMU_BUDGET,
        [KERNEL_TIMEOUT] = EMU_TIMEOUT, [KERNEL_INTERRUPTED] = EMU_INTERRUPTED, [KERNEL_BREAKPOINT] = EMU_BREAKPOINT,
        [KERNEL_WATCH] = EMU_WATCHPOINT, [KERNEL_FATAL] = EMU_FATAL, [KERNEL_HALTED] = EMU_HALTED,
        [KERNEL_DEADLOCK] = EMU_DEADLOCK, [KERNEL_LOG_END] = EMU_HISTORY_END,
        [KERNEL_SIGNAL] = EMU_SIGNAL, [KERNEL_CALL_ENTRY] = EMU_CALL_ENTRY, [KERNEL_CALL_RETURN] = EMU_CALL_RETURN,
        [KERNEL_FORKED] = EMU_FORKED, [KERNEL_VFORKED] = EMU_VFORKED, [KERNEL_VFORK_DONE] = EMU_VFORK_DONE,
        [KERNEL_EXECED] = EMU_EXECED, [KERNEL_ENDED] = EMU_ENDED, [KERNEL_STEPPED] = EMU_STEPPED,
    };
    return (EmuStop){
        .kind = (EmuStopKind)kinds[k->kind], .status = k->status, .signal = k->signal, .core = k->core,
        .pid = k->pid, .tid = k->tid, .signal_code = k->signal_code,
        .address = k->kind == KERNEL_WATCH ? k->watch_address : k->signal_address,
        .from_cpu = k->from_cpu, .vector = k->exception.vector, .error_code = k->exception.error,
        .fault_address = k->exception.address,
        .size = k->watch_size, .write = k->watch_write, .number = k->number, .child = k->child,
    };
}

EmuStop emu_run(Emu *emu, uint64_t max_insns)
{
    u64 start = host_now();
    emu->changes++;
    KernelStop stop = emu->record ? record_run(emu, max_insns) : emu->heap ? heap_run(emu->heap, max_insns) :
                      kernel_run(emu->kernel, max_insns);
    emu->run_ns += host_now() - start;
    emu->last_pid = stop.pid;
    emu->last_tid = stop.tid;
    return stop_of(&stop);
}

uint32_t emu_orphans(const Emu *emu) { return kernel_orphans(emu->kernel); }

void emu_interrupt(Emu *emu) { kernel_interrupt(emu->kernel); }

void emu_breakpoint(Emu *emu, uint64_t address, bool set)
{
    if (emu->heap)
        heap_user_stops(emu->heap, address, set ? 1 : -1);
    cpu_breakpoint(kernel_cpu(emu->kernel), address, set);
    if (emu->record)
        record_breakpoint(emu->record, address, set);
}

const char *emu_version(void) { return EMU_VERSION; }

const char *emu_features(void)
{
    return ""
#ifdef EMU_TAIL_CALLS
           "tail-calls "
#else
           "loop "
#endif
#ifdef HAVE_LIBDW
           "libdw "
#endif
#ifdef HAVE_EDITLINE
           "libedit "
#endif
#ifdef HAVE_SDL2
           "sdl2 "
#endif
        ;
}
