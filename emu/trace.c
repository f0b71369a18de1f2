/* The machine's recorder: it shows the modelled hierarchy what happens, gathers an instruction's events and hands them on.
 *
 * A model sees accesses when they happen, also those of an instruction that faults and starts over. So a trace has these too,
 * marked; with them, and with each page's translation as it was, a replay finds exactly what the model found. */
#include "emu/emu_trace.h"

#include <errno.h>
#include <stdlib.h>

#include "cpu/record.h"
#include "emu/machine.h"
#include "emu/recording.h"
#include "mmu/pte.h"

enum { PAGE_SLOTS = 1 << 14 };

/* A page whose translation has been told. */
typedef struct PageSlot {
    u64 page, cr3;   /* page | 1; 0: empty */
    u64 leaf_paddr;  /* where its leaf entry lies */
    u64 leaf;        /* that entry when it was told, but for A */
    u64 epoch;       /* Recording.epoch when the walk was made: only since then can tables have moved */
    EmuTraced told;
} PageSlot;

struct Recording {
    Recorder recorder;
    Emu *emu;
    EmuTracer *tracer;
    void *context;
    u64 number;
    u64 epoch;
    u32 count;
    bool began;              /* the first instruction has been seen: flushes matter from then on */
    EmuTraced events[RECORDED_EVENTS];
    PageSlot *pages;         /* [PAGE_SLOTS] */
    Profile *profile;
    ProfileReference seen;   /* the access that the profile is told of */
};

/* ---- pages ------------------------------------------------------------------------------------------------------- */

static bool same_translation(const EmuTraced *a, const EmuTraced *b)
{
    return a->paddr == b->paddr && a->dirty == b->dirty && a->leaf_level == b->leaf_level &&
           memcmp(a->table_paddr, b->table_paddr, sizeof a->table_paddr) == 0;
}

static u64 leaf_at(const Phys *phys, u64 paddr)
{
    const u8 *host = phys_host(phys, paddr);
    u64 entry = 0;
    if (host)
        memcpy(&entry, host, sizeof entry);
    return entry & ~PTE_A;
}

/* Tells how the page is translated, unless that is known. */
static void tell_page(Recording *r, u64 address)
{
    const Mmu *mmu = &r->emu->kernel->cpu.mmu;
    u64 page = address & PAGE_MASK;
    PageSlot *slot = &r->pages[(page >> PAGE_SHIFT ^ page >> 26 ^ mmu->cr3 >> PAGE_SHIFT) % PAGE_SLOTS];
    bool same_page = slot->page == (page | 1) && slot->cr3 == mmu->cr3;
    if (same_page && slot->epoch == r->epoch && leaf_at(mmu->phys, slot->leaf_paddr) == slot->leaf)
        return;
    Walk walk;
    if (!pt_walk(mmu->phys, mmu->cr3, page, &walk) || r->count == RECORDED_EVENTS)
        return;
    EmuTraced told = {.kind = EMU_TRACE_PAGE, .address = page, .paddr = walk.paddr, .leaf_level = walk.leaf_level,
                      .dirty = walk.entry[walk.leaf_level] & PTE_D};
    for (int level = walk.leaf_level; level <= 4; level++)
        told.table_paddr[level] = walk.entry_paddr[level];
    bool known = same_page && same_translation(&told, &slot->told);
    u64 leaf_paddr = walk.entry_paddr[walk.leaf_level];
    *slot = (PageSlot){.page = page | 1, .cr3 = mmu->cr3, .leaf_paddr = leaf_paddr, .leaf = leaf_at(mmu->phys, leaf_paddr),
                       .epoch = r->epoch, .told = told};
    if (!known)
        r->events[r->count++] = told;
}

static void tell_pages(Recording *r, const Reference *reference)
{
    u64 last = reference->address + reference->size - 1;
    tell_page(r, reference->address);
    if ((last ^ reference->address) & PAGE_MASK)
        tell_page(r, last);
}

/* ---- what the processor tells -------------------------------------------------------------------------------------- */

static bool passes(Hierarchy *h, const Reference *r, AccessKind kind, bool modify)
{
    if (kind == KIND_FETCH)
        return hierarchy_passes_fetch(h, r->address, r->size);
    if (kind == KIND_WRITE)
        return hierarchy_passes_write(h, r->address, r->size);
    return modify ? hierarchy_passes_modify(h, r->address, r->size) : hierarchy_passes_read(h, r->address, r->size);
}

static void show(Hierarchy *h, const Reference *r, AccessKind kind, bool modify)
{
    if (kind == KIND_FETCH)
        hierarchy_miss_fetch(h, r);
    else if (kind == KIND_WRITE)
        hierarchy_miss_write(h, r);
    else if (modify)
        hierarchy_miss_modify(h, r);
    else
        hierarchy_miss_read(h, r);
}

/* The model sees it; the profile gets what came of it. */
static void see(Recording *r, const Reference *reference, AccessKind kind, bool modify)
{
    Hierarchy *model = r->emu->model;
    ProfileReference *seen = &r->seen;
    seen->missed = model && !passes(model, reference, kind, modify);
    if (seen->missed && !r->profile) {
        show(model, reference, kind, modify);
    } else if (seen->missed) {
        u64 before[HIERARCHY_DETAILS];
        u32 count = hierarchy_details(model, before);
        show(model, reference, kind, modify);
        hierarchy_details(model, seen->events);
        for (u32 i = 0; i < count; i++)
            seen->events[i] -= before[i];
    }
    if (r->profile) {
        seen->kind = kind;
        seen->modify = modify;
        seen->reference = reference;
        profile_see(r->profile, seen);
    }
}

static void note(Recording *r, const Reference *reference, EmuTraceKind kind)
{
    tell_pages(r, reference);
    if (r->count < RECORDED_EVENTS)
        r->events[r->count++] = (EmuTraced){.kind = kind, .address = reference->address, .size = reference->size};
}

static void on_begin(void *context, const Reference *fetch)
{
    Recording *r = context;
    if (r->tracer) {
        r->count = 0;
        note(r, fetch, EMU_TRACE_FETCH);
    }
    see(r, fetch, KIND_FETCH, false);
}

static void on_access(void *context, const Reference *reference, AccessKind kind, bool modify)
{
    Recording *r = context;
    if (r->tracer)
        note(r, reference, modify ? EMU_TRACE_MODIFY : kind == KIND_READ ? EMU_TRACE_READ : EMU_TRACE_WRITE);
    see(r, reference, kind, modify);
}

static void hand_on(Recording *r, const EmuTraced *events, u32 count, bool retired)
{
    const Task *task = machine_task(r->emu, 0);
    EmuTraceStep step = {.pid = task ? task->process->pid : 0, .tid = task ? task->tid : 0, .number = r->number, .retired = retired,
                         .count = count, .events = events};
    r->tracer(r->context, &step);
}

static u32 space_number(u64 cr3) { return (u32)(cr3 >> PAGE_SHIFT); }

static void on_end(void *context, bool retired)
{
    Recording *r = context;
    r->number += retired;
    if (r->profile)
        profile_end(r->profile, retired);
    if (!r->tracer)
        return;
    if (!r->began)
        hand_on(r, (EmuTraced[]){{.kind = EMU_TRACE_SPACE, .space = space_number(r->emu->kernel->cpu.mmu.cr3)}}, 1, true);
    r->began = true;
    hand_on(r, r->events, r->count, retired);
}

static void on_flushed(void *context, u64 cr3, u64 start, u64 end)
{
    Recording *r = context;
    r->epoch++;
    if (r->tracer && r->began)
        hand_on(r, (EmuTraced[]){{.kind = EMU_TRACE_FLUSH, .space = space_number(cr3), .address = start, .end = end}}, 1, true);
}

static void on_switched(void *context, u64 cr3, bool renewed)
{
    Recording *r = context;
    r->epoch += renewed;
    if (r->tracer && r->began)
        hand_on(r, (EmuTraced[]){{.kind = EMU_TRACE_SPACE, .space = space_number(cr3), .renewed = renewed}}, 1, true);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static Recording *recording_of(Emu *emu)
{
    if (emu->recording)
        return emu->recording;
    Recording *r = calloc(1, sizeof *r);
    PageSlot *pages = calloc(PAGE_SLOTS, sizeof *pages);
    if (!r || !pages) {
        free(r);
        free(pages);
        return NULL;
    }
    r->emu = emu;
    r->pages = pages;
    r->recorder = (Recorder){.context = r, .begin = on_begin, .access = on_access, .end = on_end, .flushed = on_flushed,
                             .switched = on_switched};
    return emu->recording = r;
}

/* The recorder is there while somebody listens. */
static void attach(Recording *r)
{
    cpu_record_attach(&r->emu->kernel->cpu, r->tracer || r->profile ? &r->recorder : NULL);
}

int emu_trace_accesses(Emu *emu, EmuTracer *tracer, void *context)
{
    Recording *r = recording_of(emu);
    if (!r)
        return ENOMEM;
    r->tracer = tracer;
    r->context = context;
    r->began = false;
    attach(r);
    return 0;
}

bool recording_profile(Emu *emu, Profile *profile)
{
    Recording *r = recording_of(emu);
    if (!r)
        return false;
    r->profile = profile;
    attach(r);
    return true;
}

Profile *recording_profile_of(const Emu *emu) { return emu->recording ? emu->recording->profile : NULL; }

void machine_forget_recording(Emu *emu)
{
    if (!emu->recording)
        return;
    profile_destroy(emu->recording->profile);
    free(emu->recording->pages);
    free(emu->recording);
}
