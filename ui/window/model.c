/* The picture as a whole: who runs, what was counted, the timeline; and what can be asked of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_view.h"
#include "ui/window/model.h"

const char *model_kind_name(BandKind kind)
{
    static const char *const names[BAND_KINDS] = {
        [BAND_CODE] = "code", [BAND_RODATA] = "read-only data", [BAND_DATA] = "data", [BAND_BSS] = "bss (zeroed data)",
        [BAND_HEAP] = "heap", [BAND_STACK] = "stack", [BAND_THREAD_STACK] = "stack of thread", [BAND_MMAP] = "mmap",
        [BAND_FILE] = "file", [BAND_SHARED] = "shared memory", [BAND_RESERVED] = "no access",
        [BAND_RWX] = "WRITABLE AND EXECUTABLE",
    };
    return names[kind];
}

BandKind model_band_kind(const EmuMapping *m, const char *exe, bool above_exe, int tid)
{
    bool file = m->name[0] == '/';
    if ((m->flags & (EMU_MAP_WRITE | EMU_MAP_EXEC)) == (EMU_MAP_WRITE | EMU_MAP_EXEC))
        return BAND_RWX;
    if (strcmp(m->name, "[heap]") == 0)
        return BAND_HEAP;
    if (strcmp(m->name, "[stack]") == 0)
        return BAND_STACK;
    if (tid && !file)
        return BAND_THREAD_STACK;
    if (m->flags & EMU_MAP_EXEC)
        return BAND_CODE;
    if (!(m->flags & EMU_MAP_READ))
        return BAND_RESERVED;
    if (m->flags & EMU_MAP_SHARED)
        return BAND_SHARED;
    if (file && strcmp(m->name, exe) == 0)
        return m->flags & EMU_MAP_WRITE ? BAND_DATA : BAND_RODATA;
    if (file)
        return BAND_FILE;
    return above_exe ? BAND_BSS : BAND_MMAP;
}

const Band *model_band_at(const Model *model, uint64_t address)
{
    uint32_t low = 0, high = model->band_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (model->bands[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < model->band_count && model->bands[low].start <= address ? &model->bands[low] : NULL;
}

const Cell *model_cell_at(const Model *model, uint64_t address)
{
    const Band *band = model_band_at(model, address);
    return band ? &model->cells[band->first + ((address - band->start) / PAGE_BYTES >> band->shift)] : NULL;
}

/* What is in the TLB was accessed since its table was looked at last: in this sweep, or in the one before. */
uint32_t model_cell_flags(const Model *model, const Cell *cell)
{
    const uint32_t tlb = EMU_PAGE_TLB_READ | EMU_PAGE_TLB_WRITE | EMU_PAGE_TLB_EXEC,
                   when = model->hand ? model->sweep_last : model->sweep_now;
    bool used = cell->read >= when || cell->written >= when || cell->executed >= when;
    return used ? cell->flags : cell->flags & ~tlb;
}

unsigned model_glow(uint32_t now, uint32_t stamp)
{
    static uint8_t table[256]; /* by sixteenths of a half-life; integers, so that pictures repeat on every machine */
    if (!table[0])
        for (int i = 0; i < 256; i++)
            table[i] = (uint8_t)(255.0 * exp2(-i / 16.0) + 0.5);
    uint32_t age = now > stamp ? (now - stamp) * 16 / HALF_LIFE_MS : 0;
    return stamp == 0 || age > 255 ? 0 : table[age];
}

/* ---- collecting ----------------------------------------------------------------------------------------------- */

void model_name_address(Emu *emu, int pid, uint64_t address, char *text, size_t size)
{
    EmuSymbol symbol;
    text[0] = 0;
    if (!emu_symbol_at(emu, pid, address, &symbol) || (symbol.size == 0 && address - symbol.address > PAGE_BYTES))
        return;
    if (symbol.size == 0 && !symbol.function && address / PAGE_BYTES != symbol.address / PAGE_BYTES)
        return; /* `_end`, say, names nothing of the heap behind it */
    if (address == symbol.address)
        snprintf(text, size, "%s", symbol.name);
    else
        snprintf(text, size, "%.48s+0x%llx", symbol.name, (unsigned long long)(address - symbol.address));
}

static void collect_tasks(Model *model, Emu *emu)
{
    model->task_count = 0;
    while (model->task_count < TASKS_MAX && emu_task(emu, model->task_count, &model->tasks[model->task_count].task)) {
        TaskRow *row = &model->tasks[model->task_count++];
        EmuRegisters registers;
        bool first = row->task.state != 'Z', known = emu_registers(emu, row->task.tid, &registers);
        for (uint32_t k = 0; k + 1 < model->task_count; k++)
            first &= model->tasks[k].task.pid != row->task.pid;
        row->resident = first ? emu_resident(emu, row->task.pid) : 0;
        row->rip = known ? registers.rip : 0;
        row->rsp = known ? registers.r[4] : 0;
    }
    EmuTask next;
    model->more_tasks = emu_task(emu, model->task_count, &next);
}

static bool leader_of(Emu *emu, int pid, int *tid)
{
    EmuTask task;
    for (uint32_t i = 0; emu_task(emu, i, &task); i++)
        if (task.pid == pid && task.state != 'Z') {
            *tid = task.tid;
            return true;
        }
    return false;
}

/* Which process and thread are shown: of the process asked for (or shown before), the thread that ran last, if that was one of
 * its own, else its first one; when it is dead, who ran last. */
static void collect_who(Model *model, Emu *emu, const ModelRequest *request)
{
    EmuTask task = {.exe = ""};
    int last_pid = 0, last_tid = 0, pid = request->pid ? request->pid : model->pid;
    emu_last_task(emu, &last_pid, &last_tid);
    if ((request->follow && !request->pid) || pid == last_pid || !leader_of(emu, pid, &model->tid)) {
        pid = last_pid;
        model->tid = last_tid;
    }
    model->pid = pid;
    uint32_t i = 0;
    while (emu_task(emu, i, &task) && task.tid != model->tid)
        i++;
    const char *slash = strrchr(task.exe, '/');
    if (task.tid == model->tid)
        snprintf(model->program, sizeof model->program, "%s", slash ? slash + 1 : task.exe);
}

/* Of the modelled first level. */
static uint64_t cache_misses(Emu *emu)
{
    static const char *const names[] = {"I1mr", "D1mr", "D1mw"};
    uint64_t sum = 0, value;
    for (size_t i = 0; emu_hierarchy_name(emu) && i < sizeof names / sizeof *names; i++)
        sum += emu_hierarchy_count(emu, names[i], &value) ? value : 0;
    return sum;
}

/* The timeline keeps SAMPLES_MAX samples; when it is full every second one goes, and they come half as often. */
static void collect_sample(Model *model, Emu *emu)
{
    const EmuStats *s = &model->stats;
    Sample *last = model->sample_count ? &model->samples[model->sample_count - 1] : NULL;
    if (!model->sample_every)
        model->sample_every = 1;
    if (last && (model->now < last->ms + model->sample_every || s->insns < last->insns))
        return; /* too early; or in the past, which has its samples */
    if (model->sample_count == SAMPLES_MAX) {
        for (uint32_t i = 0; i < SAMPLES_MAX / 2; i++)
            model->samples[i] = model->samples[2 * i];
        model->sample_count = SAMPLES_MAX / 2;
        model->sample_every *= 2;
    }
    model->samples[model->sample_count++] = (Sample){
        .ms = model->now, .insns = s->insns, .faults = s->minor_faults + s->major_faults, .frames = s->frames,
        .misses = s->read_misses + s->write_misses + s->fetch_misses, .cache_misses = cache_misses(emu), .run_ns = s->run_ns,
    };
}

bool model_collect(Model *model, Emu *emu, const ModelRequest *request)
{
    bool complete = true;
    int pid, tid;
    model->now = request->now;
    if (!emu_last_task(emu, &pid, &tid))
        return true; /* the program has ended: its last picture stays */
    collect_who(model, emu, request);
    if (!emu_registers(emu, model->tid, &model->registers))
        return true;
    emu_stats(emu, &model->stats);
    if (model->by_count)
        model->stats.run_ns = 0;
    if (request->marks)
        model->marks = *request->marks;
    if (request->zero)
        model->zero = *request->zero;
    collect_tasks(model, emu);
    emu_record_info(emu, &model->record);
    model->modelled = emu_hierarchy_name(emu) != NULL;
    collect_sample(model, emu);
    complete &= model_collect_bands(model, emu, request);
    complete &= model_collect_grids(model, emu, request);
    if (request->parts & PART_CALLS && request->calls)
        model->calls = *request->calls;
    if (request->parts & PART_CODE) {
        model_collect_code(model, emu);
        model_collect_source(model, emu);
    }
    if (request->parts & PART_STACK)
        model_collect_stack(model, emu);
    model_collect_focus(model, emu, request->focus ? request->focus : model->registers.r[4],
                        request);
    complete &= model_collect_close(model, emu, request);
    if (request->parts & PART_RAM)
        complete &= model_collect_ram(model, emu);
    return complete;
}

/* ---- copies --------------------------------------------------------------------------------------------------- */

static bool copy_buffer(void **to, uint32_t *capacity, const void *from, uint32_t count, size_t size)
{
    if (count == 0)
        return true;
    if (count > *capacity || !*to) {
        void *larger = realloc(*to, (size_t)count * size);
        if (!larger)
            return false;
        *to = larger;
        *capacity = count;
    }
    memcpy(*to, from, (size_t)count * size);
    return true;
}

bool model_copy(Model *to, const Model *from)
{
    Band *bands = to->bands;
    Cell *cells = to->cells;
    uint8_t *ram = to->ram;
    Close *close = to->close;
    Grids *grids = to->grids;
    uint32_t close_capacity = close != NULL, grids_capacity = grids != NULL;
    uint32_t band_capacity = to->band_capacity, cell_capacity = to->cell_capacity, ram_capacity = ram ? to->ram_count : 0;
    bool done = copy_buffer((void **)&bands, &band_capacity, from->bands, from->band_count, sizeof *bands) &&
                copy_buffer((void **)&cells, &cell_capacity, from->cells, from->cell_count, sizeof *cells) &&
                copy_buffer((void **)&close, &close_capacity, from->close, from->close != NULL, sizeof *close) &&
                copy_buffer((void **)&grids, &grids_capacity, from->grids, from->grids != NULL, sizeof *grids) &&
                copy_buffer((void **)&ram, &ram_capacity, from->ram, from->ram ? from->ram_count : 0, 1);
    if (done)
        *to = *from;
    else
        to->band_count = to->cell_count = to->ram_count = 0;
    to->bands = bands;
    to->cells = cells;
    to->ram = ram;
    to->close = close;
    to->grids = grids;
    if (grids && !from->grids)
        grids->count = 0;
    if (close && !from->close)
        close->count = 0;
    to->band_capacity = band_capacity;
    to->cell_capacity = cell_capacity;
    return done;
}

void model_free(Model *model)
{
    free(model->bands);
    free(model->cells);
    free(model->ram);
    free(model->close);
    free(model->grids);
    *model = (Model){0};
}
