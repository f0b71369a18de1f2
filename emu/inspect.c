/* Looking into the machine without leaving traces: registers, memory, translations, mappings, tasks, counts. */
#include <errno.h>

#include "base/bits.h"
#include "emu/emu_view.h"
#include "emu/machine.h"
#include "emu/record.h"
#include "kernel/debug.h"
#include "kernel/frames.h"
#include "kernel/syscalls.h"
#include "mmu/pte.h"

/* A dead thread's structure outlives its process, unless that is the first one, whose end can be looked at. */
static Task *present(Emu *emu, Task *task)
{
    return task && (task->state != TASK_DEAD || task->process == emu->kernel->init) ? task : NULL;
}

Task *machine_task(Emu *emu, int tid)
{
    Kernel *kernel = emu->kernel;
    if (tid)
        return present(emu, task_find(kernel, tid));
    Task *task = present(emu, kernel->current);
    if (!task && emu->last_tid)
        task = present(emu, task_find(kernel, emu->last_tid));
    for (Task *first = kernel->tasks; first && !task; first = first->next)
        task = present(emu, first);
    return task;
}

Process *machine_process(Emu *emu, int pid)
{
    if (pid)
        return process_find(emu->kernel, pid);
    Task *task = machine_task(emu, 0);
    return task ? task->process : emu->kernel->init;
}

static Space *space_of(Emu *emu, int pid)
{
    Process *process = machine_process(emu, pid);
    return process ? process->space : NULL;
}

/* ---- registers ------------------------------------------------------------------------------------------------ */

/* The full tag word from the abridged one: 00 valid, 01 zero, 10 special, 11 empty. SDM Vol. 1, "x87 FPU Tag Word". */
static u16 full_tags(const X87 *x87)
{
    u16 full = 0;
    for (unsigned i = 0; i < 8; i++) {
        const u8 *st = x87->st[i];
        u64 mantissa = load64(st);
        u16 exponent = load16(st + 8) & 0x7fff;
        unsigned tag = 0;
        if (!(x87->tags >> i & 1))
            tag = 3;
        else if (exponent == 0 && mantissa == 0)
            tag = 1;
        else if (exponent == 0 || exponent == 0x7fff || !(mantissa >> 63))
            tag = 2;
        full |= (u16)(tag << 2 * i);
    }
    return full;
}

static void registers_of(const CpuState *s, EmuRegisters *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->r, s->r, sizeof out->r);
    out->rip = s->rip;
    out->rflags = cpu_rflags(s);
    out->fs_base = s->r[SLOT_FS / 8];
    out->gs_base = s->r[SLOT_GS / 8];
    out->cs = 0x33; /* what Linux gives a 64-bit program: __USER_CS, __USER_DS */
    out->ss = 0x2b;
    memcpy(out->vector, s->v, sizeof out->vector);
    for (unsigned i = 0; i < 8; i++)
        memcpy(out->st[i], s->x87.st[(s->x87.top + i) & 7], 10);
    out->fcw = s->x87.control;
    out->fsw = (u16)((s->x87.status & ~0x3800) | (s->x87.top & 7) << 11);
    out->ftw = full_tags(&s->x87);
    out->fop = s->x87.opcode;
    out->fip = s->x87.ip;
    out->fdp = s->x87.dp;
    out->mxcsr = s->mxcsr;
}

bool emu_registers(Emu *emu, int tid, EmuRegisters *registers)
{
    Task *task = machine_task(emu, tid);
    if (!task)
        return false;
    registers_of(task_registers(task), registers);
    return true;
}

bool emu_set_registers(Emu *emu, int tid, const EmuRegisters *in)
{
    Task *task = machine_task(emu, tid);
    if (!task || !record_may_change(emu))
        return false;
    emu->changes++;
    CpuState *s = task_registers(task);
    memcpy(s->r, in->r, sizeof in->r);
    s->rip = in->rip;
    cpu_set_rflags(s, in->rflags);
    s->r[SLOT_FS / 8] = in->fs_base;
    s->r[SLOT_GS / 8] = in->gs_base;
    memcpy(s->v, in->vector, sizeof in->vector);
    s->x87.top = in->fsw >> 11 & 7;
    s->x87.status = in->fsw & ~0x3800;
    s->x87.control = in->fcw;
    s->x87.tags = 0;
    for (unsigned i = 0; i < 8; i++) {
        memcpy(s->x87.st[(s->x87.top + i) & 7], in->st[i], 10);
        if ((in->ftw >> 2 * i & 3) != 3)
            s->x87.tags |= (u8)(1u << i);
    }
    s->x87.opcode = in->fop & 0x7ff;
    s->x87.ip = in->fip;
    s->x87.dp = in->fdp;
    s->mxcsr = in->mxcsr & 0xffff;
    return true;
}

/* ---- memory --------------------------------------------------------------------------------------------------- */

/* Bytes of one page that has no frame: what the first touch would find there. */
static bool read_untouched(Space *space, u64 address, u8 *to, u64 size)
{
    const Vma *vma = space_find(space, address);
    if (!vma || vma->start > address)
        return false;
    if (vma->file)
        return cached_file_peek(vma->file, vma->offset + (address - vma->start), to, size) == size;
    memset(to, 0, size);
    return true;
}

static u64 page_rest(u64 address, u64 size)
{
    u64 rest = PAGE_SIZE - (address & (PAGE_SIZE - 1));
    return size < rest ? size : rest;
}

uint64_t emu_read(Emu *emu, int pid, uint64_t address, void *buffer, uint64_t size)
{
    Space *space = space_of(emu, pid);
    if (!space)
        return 0;
    KernelScope scope = record_look(emu);
    u64 done = 0;
    while (done < size) {
        u64 n = page_rest(address + done, size - done);
        u8 *to = (u8 *)buffer + done;
        u64 got = mmu_peek(&emu->kernel->phys, space->cr3, address + done, to, n);
        if (got == 0 && !frames_peek_swapped(space, address + done, to, n) && !read_untouched(space, address + done, to, n))
            break;
        done += n;
    }
    kernel_leave(scope);
    return done;
}

uint64_t emu_write(Emu *emu, int pid, uint64_t address, const void *buffer, uint64_t size)
{
    Space *space = space_of(emu, pid);
    if (!space || !record_may_change(emu))
        return 0;
    emu->changes++;
    KernelScope scope = record_look(emu);
    u64 done = 0;
    while (done < size) {
        u64 n = page_rest(address + done, size - done);
        if (!space_poke_prepare(space, address + done))
            break;
        if (mmu_poke(&emu->kernel->cpu.mmu, space->cr3, address + done, (const u8 *)buffer + done, n) != n)
            break;
        done += n;
    }
    kernel_leave(scope);
    return done;
}

uint64_t emu_read_physical(Emu *emu, uint64_t paddr, void *buffer, uint64_t size)
{
    const Phys *phys = &emu->kernel->phys;
    if (paddr >= phys->size)
        return 0;
    if (size > phys->size - paddr)
        size = phys->size - paddr;
    memcpy(buffer, phys->ram + paddr, size);
    return size;
}

bool emu_walk(Emu *emu, int pid, uint64_t address, EmuWalk *out)
{
    Space *space = space_of(emu, pid);
    memset(out, 0, sizeof *out);
    if (!space)
        return false;
    Walk walk;
    bool found = pt_walk(&emu->kernel->phys, space->cr3, address, &walk);
    out->leaf_level = walk.leaf_level;
    out->levels_read = walk.levels_read;
    out->cr3 = space->cr3;
    memcpy(out->entry_paddr, walk.entry_paddr, sizeof out->entry_paddr);
    memcpy(out->entry, walk.entry, sizeof out->entry);
    out->paddr = walk.paddr;
    out->writable = walk.rights & PTE_W;
    out->user = walk.rights & PTE_U;
    out->executable = !(walk.rights & PTE_NX);
    return found;
}

static bool count_present(void *context, u64 address, u64 *entry)
{
    (void)address;
    if (*entry & PTE_P)
        *(u64 *)context += PAGE_SIZE;
    return true;
}

bool emu_mapping_outline(Emu *emu, int pid, uint32_t index, EmuMapping *out)
{
    Space *space = space_of(emu, pid);
    if (!space || index >= space->count)
        return false;
    const Vma *vma = &space->vmas[index];
    *out = (EmuMapping){.start = vma->start, .end = vma->end, .name = ""};
    out->flags = (vma->flags & VMA_READ ? EMU_MAP_READ : 0) | (vma->flags & VMA_WRITE ? EMU_MAP_WRITE : 0) |
                 (vma->flags & VMA_EXEC ? EMU_MAP_EXEC : 0) | (vma->flags & VMA_SHARED ? EMU_MAP_SHARED : 0) |
                 (vma->flags & VMA_GROWSDOWN ? EMU_MAP_GROWSDOWN : 0);
    if (vma->file) {
        out->offset = vma->offset;
        out->name = cached_file_name(vma->file);
        out->device = cached_file_device(vma->file);
        out->inode = cached_file_inode(vma->file);
    } else if (vma->kind == VMA_HEAP) {
        out->name = "[heap]";
    } else if (vma->kind == VMA_STACK) {
        out->name = "[stack]";
    }
    return true;
}

bool emu_mapping(Emu *emu, int pid, uint32_t index, EmuMapping *out)
{
    if (!emu_mapping_outline(emu, pid, index, out))
        return false;
    pt_visit(&emu->kernel->phys, space_of(emu, pid)->cr3, out->start, out->end, count_present, &out->resident);
    return true;
}

uint64_t emu_resident(Emu *emu, int pid)
{
    const Space *space = space_of(emu, pid);
    return space ? space->resident * PAGE_SIZE : 0;
}

/* ---- tasks and counts ----------------------------------------------------------------------------------------- */

bool emu_task(Emu *emu, uint32_t index, EmuTask *out)
{
    Task *task = emu->kernel->tasks;
    while (task && (!present(emu, task) || index--))
        task = task->next;
    if (!task)
        return false;
    static const char states[] = {[TASK_RUNNABLE] = 'R', [TASK_PARKED] = 'S', [TASK_DEAD] = 'Z'};
    *out = (EmuTask){
        .pid = task->process->pid, .tid = task->tid, .state = task->process->stopped ? 'T' : states[task->state], .insns = task->insns,
        .parent = task->process->parent ? task->process->parent->pid : 0,
        .exe = task->process->exe_path ? task->process->exe_path : "",
    };
    memcpy(out->name, task->comm, sizeof out->name);
    return true;
}

bool emu_last_task(Emu *emu, int *pid, int *tid)
{
    const Task *task = machine_task(emu, 0);
    if (!task)
        return false;
    *pid = task->process->pid;
    *tid = task->tid;
    return true;
}

static void add_task_counts(Kernel *kernel, EmuStats *out)
{
    for (const Process *p = kernel->processes; p; p = p->next) {
        out->minor_faults += p->dead_minor_faults;
        out->major_faults += p->dead_major_faults;
        out->system_calls += p->dead_calls;
    }
    if (kernel->init) { /* those that were waited for are added up in their parents */
        out->minor_faults += kernel->init->children_minor_faults;
        out->major_faults += kernel->init->children_major_faults;
        out->system_calls += kernel->init->children_calls;
    }
    for (const Task *t = kernel->tasks; t; t = t->next) {
        if (t->state == TASK_DEAD)
            continue;
        out->minor_faults += t->minor_faults;
        out->major_faults += t->major_faults;
        out->system_calls += t->system_calls;
    }
}

void emu_stats(Emu *emu, EmuStats *out)
{
    Kernel *kernel = emu->kernel;
    const CpuStats *cpu = &kernel->cpu.stats;
    const MmuStats *mmu = &kernel->cpu.mmu.stats;
    *out = (EmuStats){
        .insns = cpu->insns, .rep_iterations = cpu->rep_iterations, .reads = cpu->reads, .writes = cpu->writes,
        .page_crossings = mmu->extra_lookups, .read_misses = mmu->read_misses, .write_misses = mmu->write_misses,
        .fetch_misses = mmu->fetch_misses,
        .walks = mmu->walks, .walk_references = mmu->walk_references,
        .frames = kernel->phys.used_total, .frames_peak = kernel->phys.used_peak,
        .table_frames = kernel->phys.table_peak,
        .blocks_decoded = cpu->blocks_decoded, .insns_decoded = cpu->insns_decoded,
        .blocks_invalidated = cpu->blocks_invalidated, .run_ns = emu->run_ns,
    };
    add_task_counts(kernel, out);
}

bool emu_syscall_row(uint32_t number, EmuSyscallRow *row)
{
    if (number >= syscall_count())
        return false;
    const Syscall *s = syscall_row(number);
    row->name = s ? s->name : NULL;
    row->implemented = s && s->function;
    row->lacks = s ? s->lacks : NULL;
    row->refusal = s && s->refusal ? s->refusal : ENOSYS;
    return true;
}
