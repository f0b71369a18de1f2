/* What the views beside the map show: code around RIP, words above RSP, one address taken apart, RAM by owner. */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/emu_view.h"
#include "ui/window/model.h"

/* ---- code ----------------------------------------------------------------------------------------------------- */

enum { LINES_BEFORE = 14, BYTES_BEFORE_MAX = 4096 };

/* Where to begin so that at most LINES_BEFORE instructions precede RIP: counted from the function's first one, because x86
 * cannot be read backwards. */
static uint64_t code_start(Emu *emu, int pid, uint64_t rip)
{
    EmuSymbol symbol;
    EmuInsn insn;
    uint64_t recent[LINES_BEFORE] = {0};
    unsigned count = 0;
    if (!emu_symbol_at(emu, pid, rip, &symbol) || rip - symbol.address > BYTES_BEFORE_MAX)
        return rip;
    uint64_t at = symbol.address;
    while (at < rip && emu_disassemble(emu, pid, at, &insn) && insn.length) {
        recent[count++ % LINES_BEFORE] = at;
        at += insn.length;
    }
    if (at != rip || count == 0)
        return rip;
    return count < LINES_BEFORE ? recent[0] : recent[count % LINES_BEFORE];
}

/* objdump's wide space before the comment is more than there is room for. */
static void close_up(char *text)
{
    char *sharp = strrchr(text, '#'), *end = sharp;
    while (sharp && end > text + 1 && end[-2] == ' ')
        end--;
    if (sharp && end < sharp)
        memmove(end, sharp, strlen(sharp) + 1);
}

void model_collect_code(Model *model, Emu *emu)
{
    uint64_t at = code_start(emu, model->pid, model->registers.rip);
    EmuSource source;
    EmuSymbol symbol;
    model->code_count = 0;
    while (model->code_count < CODE_MAX) {
        CodeLine *line = &model->code[model->code_count];
        EmuInsn insn;
        if (!emu_disassemble(emu, model->pid, at, &insn) || insn.length == 0)
            break;
        line->address = at;
        line->length = insn.length;
        memcpy(line->bytes, insn.bytes, sizeof line->bytes);
        snprintf(line->text, sizeof line->text, "%.119s", insn.text);
        close_up(line->text);
        line->label[0] = 0;
        if (emu_symbol_at(emu, model->pid, at, &symbol) && symbol.address == at)
            snprintf(line->label, sizeof line->label, "%.63s", symbol.name);
        at += insn.length;
        model->code_count++;
    }
    model->source[0] = 0;
    if (emu_source_at(emu, model->pid, model->registers.rip, &source)) {
        const char *slash = strrchr(source.file, '/');
        snprintf(model->source, sizeof model->source, "%s:%d", slash ? slash + 1 : source.file, source.line);
    }
}

/* ---- source ---------------------------------------------------------------------------------------------------- */

enum { SOURCE_BYTES_MAX = 4 << 20 };

/* The whole file, if it is an ordinary one: DWARF names what it likes. malloc'ed, with a NUL behind. */
static char *read_source(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *text = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= SOURCE_BYTES_MAX &&
        (text = malloc((size_t)st.st_size + 1))) {
        ssize_t got = read(fd, text, (size_t)st.st_size);
        text[got > 0 ? got : 0] = 0;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

/* One line without its tabs and what no font has. */
static void take_line(SourceRow *row, const char *from, size_t length)
{
    size_t at = 0;
    for (size_t i = 0; i < length && at + 1 < sizeof row->text; i++) {
        int blanks = from[i] == '\t' ? 4 - (int)(at % 4) : 1;
        while (blanks-- && at + 1 < sizeof row->text)
            row->text[at++] = (unsigned char)from[i] < 32 ? ' ' : from[i];
    }
    row->text[at] = 0;
}

void model_collect_source(Model *model, Emu *emu)
{
    EmuSource source;
    model->text_count = 0;
    if (!emu_source_at(emu, model->pid, model->registers.rip, &source))
        return;
    char *text = read_source(source.file), *end;
    int first = source.line - SOURCE_ROWS / 2 > 1 ? source.line - SOURCE_ROWS / 2 : 1, line = 1;
    for (char *p = text; p && *p && model->text_count < SOURCE_ROWS; p = end + (*end == '\n'), line++) {
        end = strchrnul(p, '\n');
        if (line < first)
            continue;
        SourceRow *row = &model->text[model->text_count++];
        *row = (SourceRow){.line = line, .here = line == source.line};
        take_line(row, p, (size_t)(end - p));
    }
    free(text);
}

/* ---- stack ---------------------------------------------------------------------------------------------------- */

static void note_text(const uint8_t *bytes, char *note, size_t size)
{
    int printable = 0;
    while (printable < 8 && isprint(bytes[printable]) && bytes[printable] < 127)
        printable++;
    if (printable >= 4 && (printable == 8 || bytes[printable] == 0))
        snprintf(note, size, "\"%.*s\"", printable, (const char *)bytes);
}

/* Words: what the value points into, if anything. */
static void note_value(const Model *model, Emu *emu, const StackWord *word, char *note, size_t size)
{
    const Band *band = model_band_at(model, word->value);
    note[0] = 0;
    for (uint32_t i = 1; i < model->frame_count; i++)
        if (word->value == model->frames[i].pc && word->address + 8 == model->frames[i - 1].cfa) {
            snprintf(note, size, "return to %.60s", model->frames[i].name);
            return;
        }
    if (!band) {
        note_text((const uint8_t *)&word->value, note, size);
        return;
    }
    model_name_address(emu, model->pid, word->value, note, size);
    if (!note[0])
        snprintf(note, size, "in %.60s", band->name[0] ? band->name : model_kind_name(band->kind));
}

void model_collect_stack(Model *model, Emu *emu)
{
    EmuFrame frames[FRAMES_MAX];
    uint64_t words[STACK_MAX], sp = model->registers.r[4] & ~7ull;
    model->frame_count = emu_backtrace(emu, model->tid, frames, FRAMES_MAX);
    for (uint32_t i = 0; i < model->frame_count; i++) {
        model->frames[i] = (StackFrame){.pc = frames[i].pc, .cfa = frames[i].cfa};
        /* a return address may already lie in the next function: the call is before it */
        model_name_address(emu, model->pid, frames[i].pc - (i > 0), model->frames[i].name, sizeof model->frames[i].name);
        char *offset = strrchr(model->frames[i].name, '+');
        if (offset)
            *offset = 0;
    }
    uint64_t got = emu_read(emu, model->pid, sp, words, sizeof words) / 8;
    StackWord old[STACK_MAX];
    uint32_t old_count = model->stack_count;
    memcpy(old, model->stack, sizeof old);
    model->stack_count = 0;
    int frame = 0;
    for (uint64_t i = 0; i < got; i++) {
        StackWord *word = &model->stack[model->stack_count++];
        *word = (StackWord){.address = sp + 8 * i, .value = words[i]};
        while (frame < (int)model->frame_count && word->address >= model->frames[frame].cfa)
            frame++;
        word->frame = frame < (int)model->frame_count ? frame : -1;
        char note[sizeof word->note];
        note_value(model, emu, word, note, sizeof note);
        memcpy(word->note, note, sizeof note);
        uint64_t before = old_count ? (word->address - old[0].address) / 8 : 0; /* wraps around when it is lower: not known */
        if (before < old_count)
            word->changed = old[before].value != word->value ? model->now : old[before].changed;
    }
    model_name_locals(model, emu, frames);
}

/* ---- one address ---------------------------------------------------------------------------------------------- */

static void take_page(void *context, uint64_t address, uint64_t paddr, uint32_t flags)
{
    (void)address;
    (void)paddr;
    *(uint32_t *)context = flags;
}

/* Where its line would lie in the modelled caches, and whether it does. */
static void focus_caches(Focus *f, Emu *emu)
{
    EmuCacheGeometry g;
    EmuHeld held;
    for (uint32_t i = 0; i < 4 && f->mapped && emu_hierarchy_cache(emu, i, &g); i++) {
        if (!g.size)
            continue;
        bool found = emu_hierarchy_holds(emu, i, f->address, f->walk.paddr, &held);
        f->held |= (uint8_t)(found << i);
        f->dirty |= (uint8_t)((found && held.dirty) << i);
        f->cache[i].sets = (uint32_t)(g.size / g.line / g.ways);
        f->cache[i].set = found ? held.set : 0;
        f->cache[i].way = found ? held.way : 0;
        snprintf(f->cache[i].name, sizeof f->cache[i].name, "%s", g.name);
        f->caches = i + 1;
    }
}

/* Its heap block: all blocks are walked, so not for every picture of a program that runs. */
static void focus_heap(Focus *f, const Focus *old, const Model *model, Emu *emu, bool exact)
{
    const Band *band = model_band_at(model, f->address);
    if (!band || (band->kind != BAND_HEAP && band->kind != BAND_MMAP))
        return;
    if (old->address == f->address && old->heap_looked && !exact && model->now < old->heap_looked + HEAP_LOOK_MS) {
        f->in_heap = old->in_heap;
        f->block = old->block;
        memcpy(f->allocated, old->allocated, sizeof f->allocated);
        f->heap_looked = old->heap_looked;
        return;
    }
    f->heap_looked = model->now;
    f->in_heap = emu_heap_place(emu, model->pid, f->address, &f->block);
    if (f->in_heap && f->block.pc)
        model_name_address(emu, model->pid, f->block.pc - 1, f->allocated, sizeof f->allocated);
}

/* What is known of its past. */
static void focus_history(Focus *f, const Model *model, Emu *emu, const LastWriter *writer)
{
    f->counted = emu_access_counts(emu, &f->accesses) && f->accesses.pid == model->pid &&
                 f->accesses.page == (f->address & ~(uint64_t)(PAGE_BYTES - 1));
    if (writer && writer->address == f->address && writer->count == model->record.now)
        f->writer = *writer;
}

void model_collect_focus(Model *model, Emu *emu, uint64_t address, const ModelRequest *request)
{
    Focus *f = &model->focus;
    uint64_t page = address & ~(uint64_t)(PAGE_BYTES - 1);
    const Focus old = *f;
    *f = (Focus){.address = address};
    f->mapped = emu_walk(emu, model->pid, address, &f->walk);
    emu_pages(emu, model->pid, page, page + PAGE_BYTES, take_page, &f->flags);
    const Cell *cell = model_cell_at(model, address); /* its translations were just dropped by the harvest: as it was before */
    if (cell && model_band_at(model, address)->shift == 0)
        f->flags |= model_cell_flags(model, cell) & (EMU_PAGE_TLB_READ | EMU_PAGE_TLB_WRITE | EMU_PAGE_TLB_EXEC);
    if (f->mapped)
        emu_frame(emu, f->walk.paddr, &f->frame);
    for (int level = 4; level > 4 - f->walk.levels_read; level--) {
        uint64_t table = f->walk.entry_paddr[level] & ~(uint64_t)(PAGE_BYTES - 1);
        uint32_t index = (uint32_t)(f->walk.entry_paddr[level] - table) / 8, half = TABLE_ROWS / 2;
        f->row_first[level] = index < half ? 0 : index > 511 - half ? 512 - TABLE_ROWS : index - half;
        emu_read_physical(emu, table + 8 * f->row_first[level], f->row[level], sizeof f->row[level]);
    }
    f->bytes_at = address & ~15ull;
    if (f->bytes_at - page > PAGE_BYTES - FOCUS_BYTES)
        f->bytes_at = page + PAGE_BYTES - FOCUS_BYTES;
    f->bytes_size = (uint32_t)emu_read(emu, model->pid, f->bytes_at, f->bytes, FOCUS_BYTES);
    for (uint32_t i = 0; old.bytes_at == f->bytes_at && i < f->bytes_size && i < old.bytes_size; i++)
        f->changed[i] = f->bytes[i] != old.bytes[i] ? model->now : old.changed[i];
    model_name_address(emu, model->pid, address, f->symbol, sizeof f->symbol);
    model_describe_object(model, emu, address, f->object, sizeof f->object);
    uint64_t value;
    if (emu_read(emu, model->pid, address, &value, sizeof value) == sizeof value && model_band_at(model, value))
        model_name_address(emu, model->pid, value, f->points_to, sizeof f->points_to);
    focus_caches(f, emu);
    focus_heap(f, &old, model, emu, request->exact);
    focus_history(f, model, emu, request->writer);
}

/* ---- RAM ------------------------------------------------------------------------------------------------------ */

typedef struct Claim {
    Model *model;
    uint8_t owner;
} Claim;

static void claim_page(void *context, uint64_t address, uint64_t paddr, uint32_t flags)
{
    Claim *claim = context;
    uint64_t cell = paddr / PAGE_BYTES >> claim->model->ram_shift;
    (void)address;
    if (!(flags & EMU_PAGE_PRESENT) || cell >= claim->model->ram_count)
        return;
    uint8_t *owner = &claim->model->ram[cell];
    if (*owner == OWNER_OTHER) /* what nobody has claimed yet */
        *owner = flags & EMU_PAGE_ZERO ? OWNER_SHARED : claim->owner;
    else if (*owner >= OWNER_PROCESS && *owner != claim->owner)
        *owner = OWNER_SHARED;
}

static uint8_t owner_of_kind(EmuFrameKind kind)
{
    switch (kind) {
    case EMU_FRAME_FREE: return OWNER_FREE;
    case EMU_FRAME_TABLE: return OWNER_TABLE;
    case EMU_FRAME_FILE: return OWNER_FILE;
    case EMU_FRAME_ZERO: return OWNER_SHARED;
    default: return OWNER_OTHER;
    }
}

static bool list_frames(Model *model, Emu *emu)
{
    EmuFrameInfo frame;
    uint64_t frames = 0;
    while (emu_frame(emu, frames * PAGE_BYTES, &frame))
        frames++;
    model->ram_shift = 0;
    while (frames >> model->ram_shift > RAM_CELLS_MAX)
        model->ram_shift++;
    model->ram_count = (uint32_t)((frames + (1ull << model->ram_shift) - 1) >> model->ram_shift);
    uint8_t *ram = realloc(model->ram, model->ram_count + 1u);
    if (!ram)
        return false;
    model->ram = ram;
    for (uint32_t i = 0; i < model->ram_count; i++) {
        emu_frame(emu, ((uint64_t)i << model->ram_shift) * PAGE_BYTES, &frame);
        ram[i] = owner_of_kind(frame.kind);
    }
    return true;
}

bool model_collect_ram(Model *model, Emu *emu)
{
    if (!list_frames(model, emu)) {
        model->ram_count = 0;
        return false;
    }
    model->ram_pids = 0;
    for (uint32_t i = 0; i < model->task_count && model->ram_pids < OWNERS_MAX; i++) {
        int pid = model->tasks[i].task.pid;
        bool known = model->tasks[i].task.state == 'Z';
        for (uint32_t k = 0; k < model->ram_pids; k++)
            known |= model->ram_pid[k] == pid;
        if (known)
            continue;
        Claim claim = {model, (uint8_t)(OWNER_PROCESS + model->ram_pids)};
        model->ram_pid[model->ram_pids++] = pid;
        emu_pages(emu, pid, 0, 1ull << 47, claim_page, &claim);
    }
    memset(model->ram_owned, 0, sizeof model->ram_owned);
    for (uint32_t i = 0; i < model->ram_count; i++)
        model->ram_owned[model->ram[i]] += 1ull << model->ram_shift;
    return true;
}
