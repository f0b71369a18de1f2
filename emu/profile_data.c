/* What the data is that misses: a variable of the program, a heap block by where it was allocated, a place in a function's stack
 * frame, or else the mapping. An object is looked for when an access missed, which is seldom. */
#include <stdio.h>
#include <stdlib.h>

#include "emu/demangle.h"
#include "emu/file.h"
#include "emu/profile_heap.h"
#include "kernel/space.h"

typedef enum ObjectKind { OBJECT_STATIC, OBJECT_HEAP, OBJECT_STACK, OBJECT_MAPPING, OBJECT_UNKNOWN } ObjectKind;

typedef struct Object {
    u64 key[2];      /* what tells it from others of its kind; key[0] | kind << 60 … never 0 0 */
    ObjectKind kind;
    char *name;      /* NULL: made when asked for */
    u64 address, size, blocks;
    u64 type;
    u32 image;
    u64 counts[HIERARCHY_DETAILS];
} Object;

enum { RECENT = 1024 };
typedef struct Recent { /* where an instruction with this RSP found that address */
    u64 rip, rsp, address;
    u32 object; /* index + 1 */
} Recent;

struct DataBook {
    Profile *profile;
    Allocations *heap;
    u64 rip;
    Object *objects;
    u32 count, capacity;
    u32 *index;        /* open addressing over objects: index + 1 */
    u32 index_capacity;
    Recent recent[RECENT];
    u32 *order;        /* the result, once asked for */
    char text[512];
};

/* ---- objects ------------------------------------------------------------------------------------------------------- */

static u32 hash(ObjectKind kind, u64 a, u64 b)
{
    return (u32)(((a ^ (u64)kind << 60) * 0x9e3779b97f4a7c15ull + b) * 0x9e3779b97f4a7c15ull >> 32);
}

static bool grow(DataBook *d)
{
    u32 capacity = d->capacity ? d->capacity * 2 : 256;
    Object *objects = realloc(d->objects, capacity * sizeof *objects);
    if (objects)
        d->objects = objects;
    u32 *index = objects ? calloc(capacity * 4ull, sizeof *index) : NULL;
    if (!index)
        return false;
    free(d->index);
    d->index = index;
    d->capacity = capacity;
    d->index_capacity = capacity * 4;
    for (u32 k = 0; k < d->count; k++) {
        u32 i = hash(d->objects[k].kind, d->objects[k].key[0], d->objects[k].key[1]);
        while (index[i % d->index_capacity])
            i++;
        index[i % d->index_capacity] = k + 1;
    }
    return true;
}

/* The object with these keys, made if need be (then `*made`); NULL: no memory. */
static Object *object_of(DataBook *d, ObjectKind kind, u64 a, u64 b, bool *made)
{
    *made = false;
    if (d->count == d->capacity && !grow(d))
        return NULL;
    u32 i = hash(kind, a, b);
    for (;; i++) {
        u32 *slot = &d->index[i % d->index_capacity];
        if (!*slot) {
            d->objects[d->count] = (Object){.kind = kind, .key = {a, b}, .image = d->profile->image};
            *slot = ++d->count;
            *made = true;
        }
        Object *o = &d->objects[*slot - 1];
        if (o->kind == kind && o->key[0] == a && o->key[1] == b)
            return o;
    }
}

/* ---- finding ------------------------------------------------------------------------------------------------------- */

/* A symbol that states no size is taken for what follows it, as far as the program's own data reaches (assembly's labels). */
static bool is_data_label(const Image *image, u64 address)
{
    Symbols *symbols = file_symbols(image->program->file);
    const Symbol *end = symbols_named(symbols, "_end");
    return end && address < end->address;
}

static Object *find_static(DataBook *d, u64 address)
{
    const Image *image = d->profile->image ? &d->profile->images[d->profile->image - 1] : NULL;
    const Symbol *symbol = image && image->program ? symbols_at(file_symbols(image->program->file), address - image->bias) : NULL;
    bool made;
    if (!symbol || (!symbol->size && !is_data_label(image, address - image->bias)))
        return NULL;
    Object *o = object_of(d, OBJECT_STATIC, symbol->address, d->profile->image, &made);
    if (o && made) {
        o->name = strdup(demangle(&image->program->names, symbol->name));
        o->address = symbol->address + image->bias;
        o->size = symbol->size;
        o->type = machine_global_type(d->profile->emu, symbol->name, symbol->address);
    }
    return o;
}

static Object *find_heap(DataBook *d, u64 address)
{
    u32 space = (u32)(d->profile->emu->kernel->cpu.mmu.cr3 >> PAGE_SHIFT);
    const Allocation *block = allocations_find(d->heap, space, address);
    bool made;
    if (!block)
        return NULL;
    Object *o = object_of(d, OBJECT_HEAP, block->site, block->image, &made);
    if (!o)
        return NULL;
    o->image = block->image;
    if (made) {
        o->address = block->address;
        o->size = block->size;
        o->blocks = 1;
    } else if (o->address != block->address) {
        o->blocks = 2; /* several: how many is the heap's report to tell */
    }
    return o;
}

static Object *find_mapping(DataBook *d, const Vma *vma)
{
    EmuMapping m;
    bool made;
    if (!vma)
        return object_of(d, OBJECT_UNKNOWN, 0, 0, &made);
    Object *o = object_of(d, OBJECT_MAPPING, vma->start, d->profile->emu->kernel->cpu.mmu.cr3, &made);
    for (u32 i = 0; o && made && emu_mapping(d->profile->emu, 0, i, &m); i++)
        if (m.start <= vma->start && vma->start < m.end) {
            o->name = strdup(*m.name ? m.name : "anonymous memory");
            o->address = m.start;
            o->size = m.end - m.start;
        }
    return o;
}

/* The variable of frame `level` that holds the address, or false. */
static bool find_variable(Emu *emu, u32 level, u64 address, EmuVariable *variable)
{
    for (u32 i = 0; emu_variable(emu, 0, (EmuFrameId){level, 0}, i, variable); i++)
        if (variable->place == EMU_AT_ADDRESS && address - variable->value < machine_type_size(emu, variable->type))
            return true;
    return false;
}

/* A place of frame `level`, named from its canonical frame address; by RBP as well where that is the frame pointer. */
static Object *stack_object(DataBook *d, u32 level, const MachineFrame *frame, u64 address)
{
    enum { DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RA = 16 };
    Emu *emu = d->profile->emu;
    EmuVariable variable;
    EmuFunction function = {.name = "?"};
    bool made, named = find_variable(emu, level, address, &variable);
    u64 start = named ? variable.value : address & ~7ull;
    emu_function_at(emu, 0, frame->registers.value[DWARF_RA] - !frame->exact, &function);
    i64 at = (i64)(start - frame->registers.cfa);
    Object *o = object_of(d, OBJECT_STACK, function.start, (u64)at, &made);
    if (!o || !made)
        return o;
    bool by_rbp = frame->registers.known[DWARF_RBP] && frame->registers.value[DWARF_RBP] == frame->registers.cfa - 16;
    i64 offset = by_rbp ? at + 16 : (i64)(start - frame->registers.value[DWARF_RSP]);
    char text[256];
    snprintf(text, sizeof text, "%s: %s%s%s%s0x%llx%s", function.name, named ? variable.name : "", named ? " (" : "",
             by_rbp ? "rbp" : "rsp", offset < 0 ? "-" : "+", (unsigned long long)(offset < 0 ? -offset : offset), named ? ")" : "");
    o->name = strdup(text);
    o->type = named ? variable.type : 0;
    o->size = named ? machine_type_size(emu, variable.type) : 8;
    return o;
}

/* Whose frame is it? The innermost one whose end lies above. */
static Object *find_stack(DataBook *d, u64 address)
{
    Cpu *cpu = &d->profile->emu->kernel->cpu;
    MachineFrame frame;
    Object *found = NULL;
    u64 rip = cpu->rip;
    cpu->rip = d->rip; /* the processor keeps it up to date only between blocks */
    for (u32 level = 0; !found && level < 256 && machine_frame(d->profile->emu, 0, level, &frame) && frame.registers.cfa; level++)
        if (address < frame.registers.cfa)
            found = stack_object(d, level, &frame, address);
    cpu->rip = rip;
    return found;
}

static Object *find_object(DataBook *d, u64 address)
{
    Cpu *cpu = &d->profile->emu->kernel->cpu;
    Space *space = d->profile->emu->kernel->current->process->space;
    Recent *recent = &d->recent[(d->rip ^ address >> 3 ^ cpu->r[RSP] >> 4) % RECENT];
    if (recent->object && recent->rip == d->rip && recent->rsp == cpu->r[RSP] && recent->address == address)
        return &d->objects[recent->object - 1];
    const Vma *vma = space_find(space, address);
    bool on_stack = vma && address - vma->start < vma->end - vma->start && cpu->r[RSP] - vma->start < vma->end - vma->start;
    Object *o = on_stack ? find_stack(d, address) : find_static(d, address);
    if (on_stack && o)
        *recent = (Recent){d->rip, cpu->r[RSP], address, (u32)(o - d->objects) + 1};
    if (!o)
        o = find_heap(d, address);
    return o ? o : find_mapping(d, vma);
}

void data_miss(DataBook *d, const ProfileReference *seen)
{
    u64 any = 0;
    for (u32 i = 0; i < HIERARCHY_DETAILS; i++)
        any |= seen->events[i];
    Object *o = any ? find_object(d, seen->reference->address) : NULL;
    for (u32 i = 0; o && i < HIERARCHY_DETAILS; i++)
        o->counts[i] += seen->events[i];
}

void data_begin(DataBook *d, u64 rip)
{
    Profile *p = d->profile;
    d->rip = rip;
    if (UNLIKELY(p->image != p->learned) && p->image) {
        allocations_learn(d->heap, &p->images[p->image - 1], p->image);
        p->learned = p->image;
    }
    allocations_begin(d->heap, p->tid, (u32)(p->emu->kernel->cpu.mmu.cr3 >> PAGE_SHIFT), p->image, rip);
}

/* ---- the result -------------------------------------------------------------------------------------------------- */

static u64 weight(const Object *o)
{
    u64 sum = 0;
    for (u32 i = 0; i < HIERARCHY_DETAILS; i++)
        sum += o->counts[i];
    return sum;
}

static int order_objects(const void *a, const void *b, void *context)
{
    const DataBook *d = context;
    u64 x = weight(&d->objects[*(const u32 *)a]), y = weight(&d->objects[*(const u32 *)b]);
    return x != y ? (x < y ? 1 : -1) : *(const u32 *)a < *(const u32 *)b ? -1 : 1;
}

/* "list_append (list.c:12)": the instruction before the one that the allocator returned to. */
static const char *site_name(DataBook *d, const Object *o)
{
    const Image *image = &d->profile->images[o->image - 1];
    u64 address = o->key[0] - 1 - image->bias;
    const Symbol *symbol = image->program ? symbols_at(file_symbols(image->program->file), address) : NULL;
    DebugInfo *dwarf = image->program ? program_dwarf(image->program) : NULL;
    DwarfSource source;
    int n = snprintf(d->text, sizeof d->text, "%s", symbol ? demangle(&image->program->names, symbol->name) : "?");
    if (dwarf && dwarf_source_at(dwarf, address, &source) && n < (int)sizeof d->text)
        snprintf(d->text + n, sizeof d->text - (u64)n, " (%s:%d)", source.name, source.line);
    return d->text;
}

static bool make_order(DataBook *d)
{
    d->order = malloc((d->count + 1ull) * sizeof *d->order);
    for (u32 i = 0; d->order && i < d->count; i++)
        d->order[i] = i;
    if (d->order)
        qsort_r(d->order, d->count, sizeof *d->order, order_objects, d);
    return d->order;
}

bool emu_profile_object(Emu *emu, uint32_t index, EmuProfileObject *out)
{
    static const char *const kinds[] = {"static", "heap", "stack", "mapping", "unknown"};
    Profile *p = recording_profile_of(emu);
    DataBook *d = p ? p->data : NULL;
    u8 columns[EMU_PROFILE_COLUMNS];
    const char *names[EMU_PROFILE_COLUMNS];
    if (!d || (!d->order && !make_order(d)) || index >= d->count)
        return false;
    const Object *o = &d->objects[d->order[index]];
    *out = (EmuProfileObject){.kind = kinds[o->kind], .type = o->type, .address = o->address, .size = o->size,
                              .several = o->blocks > 1};
    out->name = o->kind == OBJECT_HEAP ? site_name(d, o) : o->name ? o->name : "?";
    u32 count = profile_columns(p, columns, names);
    for (u32 c = 0; c < count; c++)
        out->counts[c] = columns[c] >= COLUMN_EVENTS ? o->counts[columns[c] - COLUMN_EVENTS] : 0;
    return true;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

DataBook *data_create(Profile *profile)
{
    DataBook *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->profile = profile;
    d->heap = allocations_create(profile->emu);
    if (d->heap && grow(d))
        return d;
    data_destroy(d);
    return NULL;
}

void data_destroy(DataBook *d)
{
    if (!d)
        return;
    for (u32 i = 0; i < d->count; i++)
        free(d->objects[i].name);
    allocations_destroy(d->heap);
    free(d->objects);
    free(d->index);
    free(d->order);
    free(d);
}
