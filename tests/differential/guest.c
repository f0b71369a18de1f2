/* The emulated side: a processor and a few pages, no Linux. */
#include "guest.h"

#include <stdlib.h>

#include "cpu/cpu.h"
#include "cpu/join.h"
#include "cpu/translate.h"
#include "cpu/x87.h"
#include "mmu/mmu.h"
#include "mmu/pte.h"

static Phys phys;
static Cpu *cpu;
static u8 *code_page[CODE_SIZE / PAGE_SIZE], *data_page[DATA_SIZE / PAGE_SIZE];
static u8 base[DATA_SIZE];

static u8 *map_page(u64 address, u64 rights)
{
    u64 paddr = phys_alloc(&phys, FRAME_ANON);
    u64 *entry = pt_entry(&phys, cpu->mmu.cr3, address, true);
    if (!paddr || !entry)
        return NULL;
    *entry = paddr | PTE_P | PTE_U | rights;
    return phys_host(&phys, paddr);
}

bool guest_open(void)
{
    cpu = aligned_alloc(64, (sizeof *cpu + 63) & ~63ull);
    if (!cpu || !phys_create(&phys, 16 << 20) || !cpu_init(cpu, &phys, 0))
        return false;
    cpu->level = CPU_V3;
    mmu_set_cr3(&cpu->mmu, pt_create(&phys));
    for (u32 i = 0; i < ARRAY_LEN(code_page); i++)
        code_page[i] = map_page(CODE + i * PAGE_SIZE, 0);
    for (u32 i = 0; i < ARRAY_LEN(data_page); i++)
        data_page[i] = map_page(DATA + i * PAGE_SIZE, PTE_NX | (i < DATA_RW / PAGE_SIZE ? PTE_W : 0));
    case_base_memory(base);
    return true;
}

void guest_close(void)
{
    if (!cpu)
        return;
    cpu_destroy(cpu);
    phys_destroy(&phys);
    free(cpu);
}

static void load_x87(const State *s)
{
    X87 *x = &cpu->x87;
    memset(x, 0, sizeof *x);
    x->control = s->fcw;
    x87_set_status_word(x, s->fsw);
    x->tags = s->tags;
    x->opcode = s->fop;
    x->ip = s->fip;
    x->dp = s->fdp;
    for (u32 i = 0; i < 8; i++)
        memcpy(x87_st(x, i), s->st[i], 10);
}

static void note_x87(State *s)
{
    X87 *x = &cpu->x87;
    bool pending = x87_pending(x);
    s->fcw = x->control;
    s->fsw = x87_status_word(x);
    s->tags = x->tags;
    s->fop = pending ? x->opcode : 0;
    s->fip = pending ? x->ip : 0;
    s->fdp = pending ? x->dp : 0;
    memset(s->st, 0, sizeof s->st);
    for (u32 i = 0; i < 8; i++)
        memcpy(s->st[i], x87_st(x, i), 10);
}

static void load(const Case *c)
{
    const State *s = &c->before;
    memcpy(cpu->r, s->gpr, sizeof s->gpr);
    cpu->rip = s->rip;
    cpu_set_rflags(&cpu->state, s->rflags);
    cpu->r[SLOT_FS / 8] = s->fs;
    cpu->r[SLOT_GS / 8] = s->gs;
    memset((u8 *)cpu->r + SLOT_SELECTORS + 6, 0, 6); /* DS, FS, GS */
    memset((u8 *)cpu->r + SLOT_SELECTORS, 0, 2);     /* ES */
    memcpy(cpu->v, s->ymm, sizeof s->ymm);
    cpu->mxcsr = s->mxcsr;
    load_x87(s);
    for (u32 i = 0; i < ARRAY_LEN(data_page); i++)
        memcpy(data_page[i], base + i * PAGE_SIZE, PAGE_SIZE);
    for (u32 i = 0; i < c->patch_count; i++)
        for (u32 at = 0; at < c->patch[i].size; at++) {
            u32 offset = c->patch[i].offset + at;
            data_page[offset / PAGE_SIZE][offset % PAGE_SIZE] = c->patch[i].bytes[at];
        }
    mmu_poke(&cpu->mmu, cpu->mmu.cr3, s->rip, c->code, c->length + !c->step);
}

void guest_run(const Case *c, Outcome *o, Way way)
{
    load(c);
    cpu->mode = way == WAY_SLOW ? MODE_SLOW : MODE_FAST;
    cpu_set_join(cpu, way == WAY_JOINED); /* load() has written the code: what was decoded of it is forgotten */
    CpuExit exit = cpu_run(cpu, c->step ? 1 : 100000);
    State *s = &o->after;
    memcpy(s->gpr, cpu->r, sizeof s->gpr);
    s->rip = cpu->rip;
    s->rflags = cpu_rflags(&cpu->state);
    s->fs = cpu->r[SLOT_FS / 8];
    s->gs = cpu->r[SLOT_GS / 8];
    memcpy(s->ymm, cpu->v, sizeof s->ymm);
    s->mxcsr = cpu->mxcsr;
    note_x87(s);
    o->vector = exit == CPU_EXIT_EXCEPTION ? cpu->exception.vector : exit == CPU_EXIT_BUDGET ? VECTOR_DB : (u8)(0x80 + exit);
    o->error = exit == CPU_EXIT_EXCEPTION ? cpu->exception.error : 0;
    o->address = o->vector == VECTOR_PF ? cpu->exception.address : 0;
    o->died = false;
    for (u32 i = 0; i < DATA_RW / PAGE_SIZE; i++)
        memcpy(o->memory + i * PAGE_SIZE, data_page[i], PAGE_SIZE);
}
