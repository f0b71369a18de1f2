/* The history of one page and one line (emu_explain.h): what the kernel tells of the page, what the model's observer sees of
 * its translation and its line. Kept as sentences, in order. */
#include "emu/emu_explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu/model.h"
#include "emu/machine.h"
#include "kernel/paging.h"
#include "kernel/space.h"

enum { SENTENCE = 200, MOST = 100000 };

typedef unsigned long long ull;

struct Why {
    Emu *emu;
    u64 address;
    int pid;
    char (*sentences)[SENTENCE];
    u32 count, capacity;
    u64 missed; /* beyond MOST */
};

static Space *space_of(const struct Why *why)
{
    Process *process = machine_process(why->emu, why->pid);
    return process ? process->space : NULL;
}

static void note(struct Why *why, const char *text)
{
    const Cpu *cpu = &why->emu->kernel->cpu;
    char place[100] = "";
    EmuSymbol symbol;
    if (why->count == MOST) {
        why->missed++;
        return;
    }
    if (why->count == why->capacity) {
        u32 capacity = why->capacity * 2 + 64;
        void *grown = realloc(why->sentences, (u64)capacity * SENTENCE);
        if (!grown) {
            why->missed++;
            return;
        }
        why->sentences = grown;
        why->capacity = capacity;
    }
    if (cpu->stepping || !cpu->raise_target) { /* else the instruction within its block is not known here */
        bool named = emu_symbol_at(why->emu, 0, cpu->rip, &symbol);
        snprintf(place, sizeof place, named ? " by 0x%llx <%.50s+%llu>" : " by 0x%llx", (ull)cpu->rip, named ? symbol.name : "",
                 named ? (ull)(cpu->rip - symbol.address) : 0);
    }
    snprintf(why->sentences[why->count++], SENTENCE, "%12llu  %.90s%s", (ull)cpu->stats.insns, text, place);
}

/* kernel->page_event */
static void page_event(void *context, const PageEvent *event)
{
    struct Why *why = context;
    char text[120], slot[40] = "";
    if (event->space != space_of(why) || event->address != (why->address & PAGE_MASK))
        return;
    if (event->slot != SWAP_NONE)
        snprintf(slot, sizeof slot, " (swap slot %u)", event->slot);
    switch (event->kind) {
    case PAGE_MINOR: snprintf(text, sizeof text, "page: minor fault, now in frame 0x%llx",
        (ull)event->paddr >> PAGE_SHIFT); break;
    case PAGE_MAJOR: snprintf(text, sizeof text, "page: major fault, back in frame 0x%llx",
        (ull)event->paddr >> PAGE_SHIFT); break;
    case PAGE_COPIED: snprintf(text, sizeof text, "page: private copy made in frame 0x%llx",
        (ull)event->paddr >> PAGE_SHIFT); break;
    case PAGE_WRITTEN_BACK: snprintf(text, sizeof text, "page: written back to its file"); break;
    default:
        snprintf(text, sizeof text, "page: evicted from frame 0x%llx for 0x%llx, %s%s", (ull)event->paddr >> PAGE_SHIFT,
            (ull)event->for_address,
                 event->wrote ? "written" : "clean: not written", slot);
    }
    note(why, text);
}

/* hierarchy_observe */
static void step_seen(void *context, const Step *step)
{
    struct Why *why = context;
    const HierarchyConfig *config = hierarchy_config(why->emu->model);
    const Space *space = space_of(why);
    Walk walk;
    char text[160];
    bool translation = strcmp(step->unit, "DTLB") == 0 || strcmp(step->unit, "ITLB") == 0 || strcmp(step->unit, "STLB") == 0;
    if (step->step != STEP_FILL || !space || space->cr3 != why->emu->kernel->cpu.mmu.cr3)
        return;
    static const u64 NUMBER = (1ull << 44) - 1; /* without what tells spaces apart */
    u64 wanted, key = step->key & NUMBER, victim = step->victim & NUMBER;
    if (translation) {
        wanted = (why->address & ((1ull << 48) - 1)) / config->page_size;
    } else if (config->index == INDEX_PHYSICAL) {
        if (!pt_walk(&why->emu->kernel->phys, space->cr3, why->address, &walk))
            return;
        wanted = walk.paddr / config->cache[step->level].line;
    } else {
        wanted = why->address / config->cache[step->level].line & NUMBER;
    }
    if (key != wanted && (!step->had_victim || victim != wanted))
        return;
    const char *what = translation ? "translation" : "line";
    if (key == wanted)
        snprintf(text, sizeof text, "%s: into %s, set %u way %u", what, step->unit, step->set, step->way);
    else
        snprintf(text, sizeof text, "%s: out of %s%s, for %s 0x%llx", what, step->unit, step->victim_dirty && !translation
            ? " (dirty: written back)" : "",
                 translation ? "page" : "line", (ull)key);
    note(why, text);
}

int emu_why_record(Emu *emu, uint64_t address)
{
    if (!emu->why && !(emu->why = calloc(1, sizeof *emu->why)))
        return ENOMEM;
    struct Why *why = emu->why; /* one for the machine's whole life: checkpoints of a recording may hold its address */
    Process *process = machine_process(emu, 0);
    *why = (struct Why){.emu = emu, .address = address, .pid = process ? process->pid : 0, .sentences = why->sentences,
                        .capacity = why->capacity};
    emu->kernel->page_event = page_event;
    emu->kernel->page_event_context = why;
    if (emu->model)
        hierarchy_observe(emu->model, step_seen, why);
    return 0;
}

void emu_why(Emu *emu, EmuLine *line, void *context)
{
    const struct Why *why = emu->why;
    char text[120];
    for (u32 i = 0; why && i < why->count; i++)
        line(context, why->sentences[i]);
    if (!why || !why->missed)
        return;
    snprintf(text, sizeof text, "%llu more are not kept", (ull)why->missed);
    line(context, text);
}

void machine_forget_why(Emu *emu)
{
    if (!emu->why)
        return;
    emu->kernel->page_event = NULL;
    if (emu->model)
        hierarchy_observe(emu->model, NULL, NULL);
    free(emu->why->sentences);
    free(emu->why);
    emu->why = NULL;
}
