/* Where it happened: an account for every instruction, summed up by source line when somebody asks.
 *
 * What the model counted goes to the instruction at once; the references themselves when it retires, so that the columns' sums
 * are the run's counters, to the last one. Page faults go to the instruction after which they are noticed: the one that was
 * abandoned for them, or the system call in which the kernel touched the page. */
#include "emu/emu_profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "emu/demangle.h"
#include "emu/file.h"
#include "emu/profile_machine.h"
#include "kernel/paging.h"
#include "kernel/space.h"
#include "mmu/hierarchy/inspect.h"

/* ---- programs ---------------------------------------------------------------------------------------------------- */

/* The image that the running process has, as an index + 1; processes that run the same program at the same place share one. */
static u32 find_image(Profile *p)
{
    u64 bias = 0;
    Program *program = machine_program(p->emu, 0, &bias);
    for (u32 i = 0; i < p->image_count; i++)
        if (p->images[i].program == program && p->images[i].bias == bias)
            return i + 1;
    Image *grown = realloc(p->images, (p->image_count + 1) * sizeof *grown);
    if (!grown)
        return p->image_count;
    p->images = grown;
    grown[p->image_count++] = (Image){program, bias};
    return p->image_count;
}

/* Another task runs, or its process another program. */
static NOINLINE void look_who_runs(Profile *p, const Task *task)
{
    p->task = task;
    p->tid = task->tid;
    p->minor = task->minor_faults;
    p->major = task->major_faults;
    p->image_space = task->process->space;
    p->image_entry = task->process->space ? task->process->space->entry : 0;
    p->image = find_image(p);
}

/* ---- accounts ---------------------------------------------------------------------------------------------------- */

static SiteBook *slot_of(const Profile *p, u64 rip, u32 image)
{
    u64 i = (rip ^ (u64)image << 40) * 0x9e3779b97f4a7c15ull >> 24;
    for (;; i++) {
        SiteBook *site = &p->sites[i & (p->site_capacity - 1)];
        if (!site->image || (site->rip == rip && site->image == image))
            return site;
    }
}

static bool grow(Profile *p)
{
    Profile larger = *p;
    larger.site_capacity = p->site_capacity ? p->site_capacity * 2 : 4096;
    larger.sites = calloc(larger.site_capacity, sizeof *larger.sites);
    if (!larger.sites)
        return false;
    for (u64 i = 0; i < p->site_capacity; i++)
        if (p->sites[i].image)
            *slot_of(&larger, p->sites[i].rip, p->sites[i].image) = p->sites[i];
    free(p->sites);
    p->sites = larger.sites;
    p->site_capacity = larger.site_capacity;
    return true;
}

static SiteBook *site_of(Profile *p, u64 rip)
{
    if (p->site_count * 2 >= p->site_capacity && !grow(p))
        return NULL;
    SiteBook *site = slot_of(p, rip, p->image);
    if (!site->image) {
        site->rip = rip;
        site->image = p->image;
        p->site_count++;
    }
    return site;
}

/* Faults since the last look belong to the instruction that ran until now. */
static void settle_faults(Profile *p)
{
    const Task *task = p->task;
    if (LIKELY(task->minor_faults == p->minor && task->major_faults == p->major))
        return;
    const Paging *paging = p->emu->kernel->paging;
    u64 ins = paging ? paging->swap.stats.ins : 0, outs = paging ? paging->swap.stats.outs : 0;
    if (p->site) {
        p->site->counts[COLUMN_MINOR] += task->minor_faults - p->minor;
        p->site->counts[COLUMN_MAJOR] += task->major_faults - p->major;
        p->site->counts[COLUMN_SWAP_IN] += ins - p->swap_ins;
        p->site->counts[COLUMN_SWAP_OUT] += outs - p->swap_outs;
    }
    p->swap_ins = ins;
    p->swap_outs = outs;
    p->minor = task->minor_faults;
    p->major = task->major_faults;
}

static void begin(Profile *p, u64 rip)
{
    const Task *task = p->emu->kernel->current;
    const Space *space = task->process->space;
    if (p->task == task && p->tid == task->tid && space == p->image_space && p->image_entry == space->entry) {
        settle_faults(p);
    } else {
        look_who_runs(p, task);
        p->site = NULL;
    }
    if (!p->site || p->site->rip != rip || p->site->image != p->image)
        p->site = site_of(p, rip);
    p->rip = rip;
    p->pending_reads = p->pending_writes = 0;
    if (p->data)
        data_begin(p->data, rip);
}

static void count_straddles(Profile *p, const Reference *r)
{
    u64 last = r->address + r->size - 1;
    p->site->line_straddles += (r->address ^ last) >> p->line_shift != 0;
    p->site->page_straddles += (r->address ^ last) >> PAGE_SHIFT != 0;
}

/* With straddle=split the model counts a reference for each line, those of abandoned instructions as well. */
static void count_split(Profile *p, const ProfileReference *seen)
{
    static const u8 columns[] = {COLUMN_IR, COLUMN_DR, COLUMN_DW};
    const Reference *r = seen->reference;
    u32 shift = seen->kind == KIND_FETCH ? p->fetch_shift : p->line_shift;
    p->site->counts[columns[seen->kind]] += ((r->address + r->size - 1) >> shift) - (r->address >> shift);
}

void profile_see(Profile *p, const ProfileReference *seen)
{
    if (seen->kind == KIND_FETCH)
        begin(p, seen->reference->address);
    else if (seen->kind == KIND_READ)
        p->pending_reads++;
    else
        p->pending_writes++;
    if (!p->site)
        return;
    if (seen->missed)
        for (u32 i = 0; i < HIERARCHY_DETAILS; i++)
            p->site->counts[COLUMN_EVENTS + i] += seen->events[i];
    if (seen->missed && p->split)
        count_split(p, seen);
    if (seen->kind == KIND_FETCH)
        return;
    count_straddles(p, seen->reference);
    if (p->data && seen->missed)
        data_miss(p->data, seen);
    if (p->sharing && p->task->process->thread_count > 1)
        sharing_see(p->sharing, (u32)(p->emu->kernel->cpu.mmu.cr3 >> PAGE_SHIFT), p->image, p->tid, seen);
}

void profile_end(Profile *p, bool retired)
{
    if (!p->site || !retired)
        return;
    p->site->counts[COLUMN_IR]++;
    p->site->counts[COLUMN_DR] += p->pending_reads;
    p->site->counts[COLUMN_DW] += p->pending_writes;
}

/* ---- columns ------------------------------------------------------------------------------------------------------- */

/* Does the model count it? Some columns have another name than the counters that they are parts of. */
static bool model_has(const Hierarchy *model, const char *name)
{
    u64 ignored;
    bool kind = strlen(name) == 6 && (name[1] == '1' || name[1] == 'L'); /* D1cold … DLconf */
    const char *counter = strcmp(name, "WB") == 0 ? "DRAMw" : kind ? "D1mr.cold" : name;
    return model && hierarchy_find_count(model, counter, &ignored);
}

u32 profile_columns(const Profile *profile, u8 columns[EMU_PROFILE_COLUMNS], const char *names[EMU_PROFILE_COLUMNS])
{
    static const struct { const char *name; int column; } fixed[] = {
        {"Ir", COLUMN_IR}, {"I1mr", -1}, {"ILmr", -1}, {"Dr", COLUMN_DR}, {"D1mr", -1}, {"DLmr", -1}, {"Dw", COLUMN_DW}, {"D1mw", -1},
        {"DLmw", -1}, {"L2mi", -1}, {"L2mr", -1}, {"L2mw", -1}, {"DTLBm", -1}, {"ITLBm", -1}, {"STLBm", -1}, {"WalkRef", -1},
        {"PFmin", COLUMN_MINOR}, {"PFmaj", COLUMN_MAJOR}, {"SwIn", COLUMN_SWAP_IN}, {"SwOut", COLUMN_SWAP_OUT}, {"WB", -1},
        {"D1cold", -1}, {"D1capa", -1}, {"D1conf", -1}, {"DLcold", -1}, {"DLcapa", -1}, {"DLconf", -1},
    };
    const Hierarchy *model = profile->emu->model;
    u32 count = 0;
    for (u32 i = 0; i < ARRAY_LEN(fixed); i++) {
        int column = fixed[i].column;
        bool swap = column == COLUMN_SWAP_IN || column == COLUMN_SWAP_OUT;
        if ((column < 0 && !model_has(model, fixed[i].name)) || (swap && !profile->emu->kernel->paging))
            continue;
        for (int k = 0; column < 0; k++)
            if (strcmp(hierarchy_detail_names[k], fixed[i].name) == 0)
                column = COLUMN_EVENTS + k;
        columns[count] = (u8)column;
        names[count++] = fixed[i].name;
    }
    return count;
}

uint32_t emu_profile_columns(Emu *emu, const char *names[EMU_PROFILE_COLUMNS])
{
    u8 columns[EMU_PROFILE_COLUMNS];
    const Profile *p = recording_profile_of(emu);
    return p ? profile_columns(p, columns, names) : 0;
}

/* ---- lines --------------------------------------------------------------------------------------------------------- */

static int order(const char *a, const char *b) { return a == b ? 0 : !a ? 1 : !b ? -1 : strcmp(a, b); }

static int order_lines(const void *a, const void *b)
{
    const EmuProfileLine *x = a, *y = b;
    int by_program = order(x->program, y->program), by_file = order(x->file, y->file), by_function = order(x->function, y->function);
    return by_program ? by_program : by_file ? by_file : by_function ? by_function : x->line < y->line ? -1 : x->line > y->line;
}

/* The source's path from the root; kept with the profile where it had to be put together. */
static const char *absolute_path(Profile *p, const DwarfSource *source)
{
    if (*source->file == '/' || !source->directory)
        return source->file;
    for (u32 i = 0; i < p->path_count; i++)
        if (p->paths[i].file == source->file && p->paths[i].directory == source->directory)
            return p->paths[i].path;
    const char *file = strncmp(source->file, "./", 2) == 0 ? source->file + 2 : source->file;
    SourcePath *grown = realloc(p->paths, (p->path_count + 1) * sizeof *grown);
    char *path = malloc(strlen(source->directory) + strlen(file) + 2);
    p->paths = grown ? grown : p->paths;
    if (!grown || !path) {
        free(path);
        return source->file;
    }
    sprintf(path, "%s/%s", source->directory, file);
    grown[p->path_count++] = (SourcePath){source->file, source->directory, path};
    return path;
}

/* Names an instruction: the function is the symbol's, as profilers count (inlined code belongs to who inlined it). */
static EmuProfileLine line_of(Profile *p, const SiteBook *site)
{
    EmuProfileLine line = {.line_straddles = site->line_straddles, .page_straddles = site->page_straddles};
    const Image *image = &p->images[site->image - 1];
    DwarfSource source;
    if (!image->program)
        return line;
    u64 address = site->rip - image->bias;
    const Symbol *symbol = symbols_at(file_symbols(image->program->file), address);
    DebugInfo *dwarf = program_dwarf(image->program);
    line.program = image->program->path;
    line.function = symbol ? demangle(&image->program->names, symbol->name) : NULL;
    if (dwarf && dwarf_source_at(dwarf, address, &source)) {
        line.file = absolute_path(p, &source);
        line.line = source.line;
    }
    return line;
}

static bool make_lines(Profile *p)
{
    u8 columns[EMU_PROFILE_COLUMNS];
    const char *names[EMU_PROFILE_COLUMNS];
    u32 column_count = profile_columns(p, columns, names), count = 0, kept = 0;
    p->lines = malloc((p->site_count + 1) * sizeof *p->lines);
    if (!p->lines)
        return false;
    for (u64 i = 0; i < p->site_capacity; i++) {
        if (!p->sites[i].image)
            continue;
        EmuProfileLine *line = &p->lines[count++];
        *line = line_of(p, &p->sites[i]);
        for (u32 c = 0; c < column_count; c++)
            line->counts[c] = p->sites[i].counts[columns[c]];
    }
    qsort(p->lines, count, sizeof *p->lines, order_lines);
    for (u32 i = 0; i < count; i++) {
        EmuProfileLine *to = &p->lines[kept - (kept > 0)];
        if (!kept || order_lines(to, &p->lines[i]) != 0) {
            p->lines[kept++] = p->lines[i];
            continue;
        }
        to->line_straddles += p->lines[i].line_straddles;
        to->page_straddles += p->lines[i].page_straddles;
        for (u32 c = 0; c < column_count; c++)
            to->counts[c] += p->lines[i].counts[c];
    }
    p->line_count = kept;
    return true;
}

bool emu_profile_line(Emu *emu, uint32_t index, EmuProfileLine *line)
{
    Profile *p = recording_profile_of(emu);
    if (!p || !p->task || (!p->lines && !make_lines(p)) || index >= p->line_count)
        return false;
    *line = p->lines[index];
    return true;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

int emu_profile(Emu *emu, uint32_t what)
{
    if (recording_profile_of(emu))
        return 0;
    Profile *p = calloc(1, sizeof *p);
    if (!p)
        return ENOMEM;
    p->emu = emu;
    p->what = what;
    p->line_shift = 6;
    if (emu->model) {
        const HierarchyConfig *config = hierarchy_config(emu->model);
        p->line_shift = 31 - (u32)__builtin_clz(config->cache[CACHE_L1D].line);
        p->fetch_shift = 31 - (u32)__builtin_clz(config->cache[CACHE_L1I].line);
        p->split = config->straddle == STRADDLE_SPLIT;
    }
    bool ok = grow(p);
    if (ok && what & EMU_PROFILE_DATA)
        ok = (p->data = data_create(p)) != NULL;
    if (ok && what & EMU_PROFILE_SHARING)
        ok = (p->sharing = sharing_create(p->line_shift)) != NULL;
    if (ok && recording_profile(emu, p))
        return 0;
    profile_destroy(p);
    return ENOMEM;
}

void profile_destroy(Profile *p)
{
    if (!p)
        return;
    data_destroy(p->data);
    sharing_destroy(p->sharing);
    free(p->sites);
    free(p->images);
    free(p->lines);
    for (u32 i = 0; i < p->path_count; i++)
        free(p->paths[i].path);
    free(p->paths);
    free(p);
}
