/* One access, step by step (emu_explain.h). Everything is looked up, nothing is done: page tables by a walk without A and D,
 * the modelled hardware through mmu/hierarchy/probe.h, the kernel's answer to a fault from the mappings. */
#include "emu/emu_explain.h"

#include <stdarg.h>
#include <stdio.h>

#include "emu/operands.h"
#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "mmu/hierarchy/probe.h"
#include "mmu/swap.h"
#include "mmu/walk.h"

typedef struct Sayer {
    Emu *emu;
    Space *space;
    const EmuAccess *access;
    EmuLine *line;
    void *context;
} Sayer;

static __attribute__((format(printf, 3, 4))) void say(const Sayer *s, const char *label, const char *format, ...)
{
    char text[400], whole[440];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(whole, sizeof whole, "  %-18s %s", label, text);
    s->line(s->context, whole);
}

typedef unsigned long long ull;

/* ---- the instruction -------------------------------------------------------------------------------------------- */

static void say_bytes(const Sayer *s, const Operands *o)
{
    char bytes[96] = "", parts[160] = "";
    size_t n = 0, p = 0;
    const ZydisDecodedInstruction *z = &o->insn;
    for (u8 i = 0; i < z->length; i++) {
        bool opens = z->raw.disp.size && i == z->raw.disp.offset, closes = z->raw.disp.size &&
            i + 1 == z->raw.disp.offset + z->raw.disp.size / 8;
        n += (size_t)snprintf(bytes + n, sizeof bytes - n, "%s%s%02x%s", i ? " " : "", opens ? "[" : "", o->bytes[i],
            closes ? "]" : "");
    }
    if (z->raw.disp.size)
        p += (size_t)snprintf(parts + p, sizeof parts - p, "; disp%u = %lld at byte %u", z->raw.disp.size,
            (long long)z->raw.disp.value,
                              z->raw.disp.offset);
    for (u32 i = 0; i < 2; i++)
        if (z->raw.imm[i].size)
            p += (size_t)snprintf(parts + p, sizeof parts - p, "; imm%u = %lld at byte %u", z->raw.imm[i].size,
                                  (long long)z->raw.imm[i].value.s, z->raw.imm[i].offset);
    say(s, "bytes", "%s%s", bytes, parts);
}

void emu_explain_insn(Emu *emu, int tid, EmuLine *line, void *context)
{
    Operands o;
    EmuInsn insn;
    EmuSymbol symbol;
    char head[400], place[128] = "";
    if (!operands_decode(emu, tid, &o) || !emu_disassemble(emu, o.pid, o.registers.rip, &insn))
        return;
    if (emu_symbol_at(emu, o.pid, o.registers.rip, &symbol))
        snprintf(place, sizeof place, symbol.address == o.registers.rip ? " <%.80s>" : " <%.80s+%llu>", symbol.name,
                 (ull)(o.registers.rip - symbol.address));
    snprintf(head, sizeof head, "0x%llx%s: %s", (ull)o.registers.rip, place, insn.text);
    line(context, head);
    say_bytes(&(Sayer){.line = line, .context = context}, &o);
}

void emu_explain_operand(Emu *emu, int tid, uint32_t index, EmuLine *line, void *context)
{
    Operands o;
    EmuAccess access;
    char formula[300];
    const ZydisDecodedOperand *operand = operands_decode(emu, tid, &o) ? operands_access(&o, index, &access) : NULL;
    if (!operand)
        return;
    Sayer s = {.line = line, .context = context};
    operands_formula(&o, operand, formula, sizeof formula);
    say(&s, "effective address", "%s = 0x%llx", formula, (ull)access.address);
}

/* ---- TLBs and page-walk caches ---------------------------------------------------------------------------------- */

static AccessKind kind_of(const EmuAccess *access) { return access->write && !access->read ? KIND_WRITE : KIND_READ; }

/* "TLBI 13 of 16, TLBT 0x7ffffff: " and what came of it. */
static void say_probe(const Sayer *s, const Probe *p, const char *index, const char *tag, const char *extra, const char *thing)
{
    char where[80], result[160];
    snprintf(where, sizeof where, p->by_age ? "number %u of %u by age" : "way %u of %u", p->way, p->ways);
    if (p->hit)
        snprintf(result, sizeof result, "hit, %s%s", where, p->entry_dirty ? ", dirty" : "");
    else if (p->has_victim)
        snprintf(result, sizeof result, "miss; will take %s from %s 0x%llx, which is %s", where, thing, (ull)p->victim,
            p->victim_dirty ? "dirty" : "clean");
    else
        snprintf(result, sizeof result, "miss; will take %s, which is empty", where);
    say(s, p->unit, "%s %u of %u, %s 0x%llx%s: %s", index, p->set, p->sets, tag, (ull)p->tag, extra, result);
}

/* Asks TLBs in their order; true: one has the page (and, for a store, with D: else it must be walked for all the same). */
static bool say_tlbs(const Sayer *s)
{
    Probe p;
    for (u32 i = 0; hierarchy_probe_tlb(s->emu->model, i, s->access->address, kind_of(s->access), &p); i++) {
        say_probe(s, &p, "TLBI", "TLBT", "", "page");
        if (p.hit && s->access->write && !p.entry_dirty) {
            say(s, "", "a store, but D is not set in this entry: walk to set it");
            return false;
        }
        if (p.hit)
            return true;
    }
    return false;
}

/* The level of the first entry that must be read. */
static int say_walk_caches(const Sayer *s)
{
    static const char *const next[] = {"", "", "PTE", "PDE", "PDPTE"};
    Probe p;
    for (u32 level = 2; level <= 4; level++) {
        if (!hierarchy_probe_walk_cache(s->emu->model, level, s->access->address, &p))
            continue;
        if (p.hit) {
            say(s, p.unit, "tag 0x%llx: hit; the walk begins at the %s", (ull)p.tag, next[level]);
            return (int)level - 1;
        }
        say(s, p.unit, "tag 0x%llx: miss", (ull)p.tag);
    }
    return 4;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

/* Bochs' letters, upper case where the bit is set. */
static void print_flags(u64 e, char *text)
{
    sprintf(text, "%s %s %s %s %s %s %s %s %s %s", e & PTE_NX ? "XD" : "xd", e & PTE_G ? "G" : "g", e & PTE_PS ? "PAT"
        : "pat", e & PTE_D ? "D" : "d",
            e & PTE_A ? "A" : "a", e & PTE_PCD ? "PCD" : "pcd", e & PTE_PWT ? "PWT" : "pwt", e & PTE_U ? "U" : "u",
                e & PTE_W ? "W" : "w",
            e & PTE_P ? "P" : "p");
}

static void say_entry(const Sayer *s, int level, u64 paddr, u64 entry, bool allowed, bool leaf)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E"};
    char flags[64], after[64] = "";
    u64 set = allowed ? PTE_A | (leaf && s->access->write ? PTE_D : 0) : 0;
    print_flags(entry, flags);
    if (!(entry & PTE_P) || (set & ~entry) == 0)
        snprintf(after, sizeof after, "%s", allowed ? "; stays so" : "");
    else
        snprintf(after, sizeof after, "; will set %s", (set & ~entry) == (PTE_A | PTE_D) ? "A and D" : set & ~entry & PTE_D
            ? "D" : "A");
    char through[40] = "";
    Probe p;
    u32 walk_through = s->emu->model ? hierarchy_config(s->emu->model)->walk_through : WALK_THROUGH_NONE;
    CacheId first = walk_through == WALK_THROUGH_L2 ? CACHE_L2 : CACHE_L1D;
    if (walk_through != WALK_THROUGH_NONE && hierarchy_probe_cache(s->emu->model, first, paddr, paddr, &p))
        snprintf(through, sizeof through, "; read through %s: %s", p.unit, p.hit ? "hit" : "miss");
    say(s, names[level], "index %3llu, at 0x%llx : 0x%016llx %s%s%s", (ull)pt_index(s->access->address, level), (ull)paddr,
        (ull)entry, flags, after, through);
}

static bool rights_suffice(const EmuAccess *access, const Walk *walk)
{
    return walk->rights & PTE_U && (!access->write || walk->rights & PTE_W);
}

/* Entries from level `from` down. true: a leaf that may be used so. */
static bool say_walk(const Sayer *s, int from, Walk *walk)
{
    const Phys *phys = &s->emu->kernel->phys;
    bool found = pt_walk(phys, s->space->cr3, s->access->address, walk), allowed = found && rights_suffice(s->access, walk);
    if (from == 4)
        say(s, "CR3", "0x%llx: the frame of the PML4 table", (ull)s->space->cr3);
    for (int level = from; level > 4 - walk->levels_read; level--)
        say_entry(s, level, walk->entry_paddr[level], walk->entry[level], allowed, level == walk->leaf_level);
    return allowed;
}

/* ---- faults -------------------------------------------------------------------------------------------------------- */

static void describe_vma(const Vma *vma, char *text, size_t size)
{
    const char *name = vma->kind == VMA_HEAP ? "[heap]" : vma->kind == VMA_STACK ? "[stack]" : vma->file
        ? cached_file_name(vma->file) : "anonymous";
    snprintf(text, size, "%s, %c%c%c%c", name, vma->flags & VMA_READ ? 'r' : '-', vma->flags & VMA_WRITE ? 'w' : '-',
             vma->flags & VMA_EXEC ? 'x' : '-', vma->flags & VMA_SHARED ? 's' : 'p');
}

static const char *answer_for(const Sayer *s, const Vma *vma, u64 entry)
{
    bool write = s->access->write;
    if (swap_is_entry(entry))
        return "the page is read from swap into a frame (a major fault)";
    if (pte_frame(entry))
        return phys_frame(&s->emu->kernel->phys, pte_frame(entry))->refs > 1 ||
            pte_frame(entry) == s->emu->kernel->phys.zero_page
                   ? "copy on write: a frame of its own, with the contents of the shared one"
                       : "the page has no other owner: it becomes writable";
    if (vma->file)
        return vma->flags & VMA_SHARED || !write ? "the page of the file, through the page cache"
            : "a private copy of the file's page";
    return write ? "first touch: a frame of zeroes" : "first touch, by a load: the shared frame of zeroes, read-only";
}

static void say_fault(const Sayer *s, const Walk *walk, bool found)
{
    const Vma *vma = space_find(s->space, s->access->address);
    u32 index = space_index(s->space, s->access->address);
    char text[200];
    u32 error = 4u | (s->access->write ? 2u : 0) | (found ? 1u : 0);
    say(s, "page fault", "#PF, error code %u (%s, %s, user): CR2 = 0x%llx", error, found ? "present" : "not present",
        s->access->write ? "write" : "read",
        (ull)s->access->address);
    bool grows = !vma && index < s->space->count && s->space->vmas[index].flags & VMA_GROWSDOWN;
    if (!vma) {
        say(s, grows ? "the kernel" : "nobody", "%s", grows
            ? "below the stack: the stack grows, if its limit allows; the instruction starts over" :
            "nothing is mapped there: SIGSEGV (SEGV_MAPERR)");
        return;
    }
    describe_vma(vma, text, sizeof text);
    bool allowed = s->access->write ? vma->flags & VMA_WRITE : vma->flags & (VMA_READ | VMA_WRITE | VMA_EXEC);
    if (!allowed) {
        say(s, "nobody", "%s does not allow it: SIGSEGV (SEGV_ACCERR)", text);
        return;
    }
    u64 entry = walk->levels_read == 4 ? walk->entry[1] : 0;
    say(s, "the kernel", "%s: %s; the instruction starts over", text, answer_for(s, vma, entry));
}

/* ---- caches -------------------------------------------------------------------------------------------------------- */

static void say_caches(const Sayer *s, u64 paddr)
{
    const HierarchyConfig *config = hierarchy_config(s->emu->model);
    u32 bank, outcome, cycles;
    Probe p;
    for (u32 id = CACHE_L1D; id < CACHES; id++) {
        if (!hierarchy_probe_cache(s->emu->model, (CacheId)id, s->access->address, paddr, &p))
            continue;
        char offset[40];
        u32 line = config->cache[id].line;
        u64 address = config->index == INDEX_PHYSICAL ? paddr : s->access->address;
        u64 in_line = address & (line - 1);
        snprintf(offset, sizeof offset, ", CO %llu", (ull)in_line);
        if (id == CACHE_L1D && in_line + s->access->size > line)
            say(s, "crosses lines", "its last %llu bytes lie in the next line, which is looked up likewise",
                (ull)(in_line + s->access->size - line));
        say_probe(s, &p, "CI", "CT", offset, "line");
        if (p.hit) {
            say(s, "", "found in %s: %u cycles from load to use (model)", p.unit, p.latency);
            return;
        }
        if (id == CACHE_L1D && s->access->write && !s->access->read && !config->cache[id].allocate) {
            say(s, "", "a store that misses does not bring the line in: it goes on to the next level");
            return;
        }
    }
    static const char *const outcomes[] = {"its row is open", "the bank is idle", "another row is open"};
    if (hierarchy_probe_dram(s->emu->model, paddr, &bank, &outcome, &cycles))
        say(s, "DRAM", "bank %u: %s, %u cycles (model)", bank, outcomes[outcome], cycles);
    else
        say(s, "memory", "the line comes from memory");
}

/* ---- all of it ------------------------------------------------------------------------------------------------------ */

static void say_virtual(const Sayer *s)
{
    u64 address = s->access->address;
    u32 shift = s->emu->model ? (u32)__builtin_ctz(hierarchy_config(s->emu->model)->page_size) : PAGE_SHIFT;
    u64 offset = address & ((1ull << shift) - 1), last = address + s->access->size - 1;
    say(s, "access", "%s of %u byte%s", s->access->read && s->access->write ? "load and store" : s->access->write ? "store"
        : "load", s->access->size,
        s->access->size == 1 ? "" : "s");
    say(s, "canonical", "yes: bits 63 to 47 are all %u", (unsigned)(address >> 63));
    say(s, "VPN, VPO", "0x%llx, 0x%llx", (ull)((address & ((1ull << 48) - 1)) >> shift), (ull)offset);
    say(s, "VPN by level", "PML4 %llu, PDPT %llu, PD %llu, PT %llu", (ull)pt_index(address, 4), (ull)pt_index(address, 3),
        (ull)pt_index(address, 2),
        (ull)pt_index(address, 1));
    if ((address ^ last) & PAGE_MASK)
        say(s, "crosses pages", "its last %llu bytes lie in the next page, which is translated likewise",
            (ull)((last & ~PAGE_MASK) + 1));
}

bool emu_explain_access(Emu *emu, int tid, const EmuAccess *access, EmuLine *line, void *context)
{
    Task *task = machine_task(emu, tid);
    Sayer s = {.emu = emu, .space = task ? task->process->space : NULL, .access = access, .line = line, .context = context};
    Walk walk;
    if (!s.space)
        return false;
    if (!mmu_canonical(access->address)) {
        say(&s, "canonical", "no: bits 63 to 47 differ: #GP(0) (#SS(0) on the stack), SIGSEGV");
        return false;
    }
    say_virtual(&s);
    bool found = pt_walk(&emu->kernel->phys, s.space->cr3, access->address, &walk), in_tlb = emu->model && say_tlbs(&s);
    int from = emu->model && !in_tlb ? say_walk_caches(&s) : 4;
    bool allowed = in_tlb ? found && rights_suffice(access, &walk) : say_walk(&s, from, &walk);
    if (!allowed) {
        say_fault(&s, &walk, found);
        return false;
    }
    say(&s, "PPN, PPO", "0x%llx, 0x%llx: physical address 0x%llx", (ull)(walk.paddr >> PAGE_SHIFT),
        (ull)(walk.paddr & ~PAGE_MASK), (ull)walk.paddr);
    if (emu->model)
        say_caches(&s, walk.paddr);
    return true;
}

void emu_explain_value(Emu *emu, int tid, const EmuAccess *access, EmuLine *line, void *context)
{
    Task *task = machine_task(emu, tid);
    Sayer s = {.line = line, .context = context};
    u8 bytes[32];
    char text[120] = "", values[200] = "";
    size_t n = 0, v = 0;
    u64 have = task ? emu_read(emu, task->process->pid, access->address, bytes, access->size < sizeof bytes ? access->size
        : sizeof bytes) : 0;
    for (u64 i = 0; i < have; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%02x", i ? " " : "", bytes[i]);
    for (u32 size = 1; size <= 8 && size <= have; size *= 2) {
        u64 value = 0;
        memcpy(&value, bytes, size);
        v += (size_t)snprintf(values + v, sizeof values - v, "%su%u %llu (0x%llx)", v ? ", " : "", 8 * size, (ull)value,
            (ull)value);
    }
    if (have)
        say(&s, "bytes there", "%s: %s", text, values);
    else
        say(&s, "bytes there", "none can be read");
}

bool emu_resolve(Emu *emu, int tid, const EmuAccess *access)
{
    Task *task = machine_task(emu, tid);
    return task && task->process->space &&
           space_fault(task->process->space, access->address, access->write ? ACCESS_WRITE : ACCESS_READ) == FAULT_RESOLVED;
}
