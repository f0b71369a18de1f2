/* A number for the machine's visible state (emu_record.h): registers of all threads and all frames in use. */
#include "base/bits.h"
#include "emu/emu_record.h"
#include "emu/machine.h"

enum { LANES = 4 };
static const u64 ODD = 0x9e3779b97f4a7c15ull;

static u64 mix(u64 hash, u64 value)
{
    hash = (hash ^ value) * ODD;
    return hash ^ hash >> 29;
}

/* Four lanes, so that the multiplications overlap; size: a multiple of 32. */
static u64 hash_bytes(u64 hash, const u8 *bytes, u64 size)
{
    u64 lane[LANES] = {hash, hash + 1, hash + 2, hash + 3};
    for (u64 i = 0; i < size; i += 8 * LANES)
        for (u32 k = 0; k < LANES; k++)
            lane[k] = mix(lane[k], load64(bytes + i + 8 * k));
    return mix(mix(mix(lane[0], lane[1]), lane[2]), lane[3]);
}

static u64 hash_task(u64 hash, Task *task)
{
    const CpuState *s = task_registers(task);
    hash = mix(mix(hash, (u64)task->tid), (u64)task->process->pid);
    hash = mix(mix(hash, task->insns), task->blocked);
    for (u32 i = 0; i < 16; i++)
        hash = mix(hash, s->r[i]);
    hash = mix(mix(mix(hash, s->rip), cpu_rflags(s)), s->mxcsr);
    hash = mix(mix(hash, s->r[SLOT_FS / 8]), s->r[SLOT_GS / 8]);
    hash = hash_bytes(hash, (const u8 *)s->v, sizeof s->v);
    for (u32 i = 0; i < 8; i++)
        hash = mix(mix(hash, load64(s->x87.st[i])), load16(s->x87.st[i] + 8));
    return mix(mix(hash, (u64)s->x87.control << 32 | (u64)s->x87.status << 16 | s->x87.tags), s->x87.top);
}

uint64_t emu_state_hash(Emu *emu)
{
    Kernel *kernel = emu->kernel;
    const Phys *phys = &kernel->phys;
    u64 hash = mix(0, kernel->cpu.stats.insns);
    for (Task *task = kernel->tasks; task; task = task->next)
        hash = hash_task(hash, task);
    for (u32 frame = 1; frame < phys->fresh; frame++)
        if (phys->frames[frame].refs) {
            hash = mix(mix(hash, frame), phys->frames[frame].kind);
            hash = hash_bytes(hash, phys->ram + ((u64)frame << PAGE_SHIFT), PAGE_SIZE);
        }
    return hash;
}
