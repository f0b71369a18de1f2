/* Which frames there are: those of emu_backtrace() down to main's, and for each function that is inlined where one stands one of its
 * own, as gdb shows them. */
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"

/* "main", or Rust's crate::main */
static bool is_main(const char *name)
{
    const char *space = strstr(name, "::");
    return strcmp(space ? space + 2 : name, "main") == 0;
}

static bool breaks_at(const Console *console, uint64_t pc)
{
    for (const Breakpoint *b = console->breakpoints; b; b = b->next)
        for (uint32_t i = 0; b->kind == BREAK_CODE && b->enabled && i < b->address_count; i++)
            if (b->addresses[i] == pc)
                return true;
    return console->stopped_by != 0; /* a temporary one is gone */
}

/* gdb's rule for the innermost: at the very first instruction of an inlined function one stands before its "call", unless a
 * breakpoint of one's own is there. */
static uint32_t not_begun(Console *console, const EmuFrame *frame)
{
    EmuInlined inlined;
    uint32_t n = 0;
    if (!frame->exact || breaks_at(console, frame->pc))
        return 0;
    while (emu_inlined_at(console->emu, console_pid(console), frame->pc, n, &inlined) &&
           inlined.entry == frame->pc)
        n++;
    return n;
}

static bool add_frame(Console *console, const EmuFrame *frame, uint32_t level, uint32_t inlined)
{
    if (console->frame_count == MAX_FRAMES_SHOWN)
        return false;
    console->frame_ids[console->frame_count] = (EmuFrameId){level, inlined};
    console->frames[console->frame_count++] = *frame;
    return true;
}

/* What called main is the C library's business: the stack ends there, as in gdb. */
static void find_frames(Console *console)
{
    EmuFrame *frames = calloc(MAX_FRAMES_SHOWN, sizeof *frames);
    EmuInlined inlined;
    uint32_t count = frames ? emu_backtrace(console->emu, console->tid, frames, MAX_FRAMES_SHOWN) : 0;
    bool more = true;
    for (uint32_t i = 0; more && i < count; i++) {
        uint32_t n = i == 0 ? not_begun(console, &frames[0]) : 0;
        for (; more && emu_inlined_at(console->emu, console_pid(console), frames_lookup_pc(&frames[i]), n, &inlined); n++)
            more = add_frame(console, &frames[i], i, n);
        more = more && add_frame(console, &frames[i], i, n);
        const char *name = frames_function(console, console->frame_count - 1);
        more = more && !(name && is_main(name));
    }
    free(frames);
}

const EmuFrame *frames_get(Console *console, uint32_t *count)
{
    if (!console->frames) {
        console->frames = calloc(MAX_FRAMES_SHOWN, sizeof *console->frames);
        console->frame_ids = calloc(MAX_FRAMES_SHOWN, sizeof *console->frame_ids);
        console->frame_count = 0;
        if (console->frames && console->frame_ids)
            find_frames(console);
    }
    *count = console->frame_count;
    return console->frames;
}

void frames_forget(Console *console)
{
    free(console->frames);
    free(console->frame_ids);
    console->frames = NULL;
    console->frame_ids = NULL;
    console->frame_count = 0;
}

/* A condition is judged in the innermost frame, thousands of times and deep in recursions: that one is had without the others. */
static bool innermost_alone(Console *console, uint32_t frame, EmuFrame *out)
{
    return frame == 0 && console->running && !console->frames && emu_backtrace(console->emu, console->tid, out, 1) == 1;
}

EmuFrameId frames_id(Console *console, uint32_t frame)
{
    uint32_t count = 0;
    EmuFrame innermost;
    if (innermost_alone(console, frame, &innermost))
        return (EmuFrameId){0, not_begun(console, &innermost)};
    if (console->running)
        frames_get(console, &count);
    return frame < count ? console->frame_ids[frame] : (EmuFrameId){frame, 0};
}

const EmuFrame *frames_caller(Console *console, uint32_t frame)
{
    uint32_t count, level = frames_id(console, frame).level;
    const EmuFrame *frames = frames_get(console, &count);
    for (uint32_t i = frame + 1; i < count; i++)
        if (console->frame_ids[i].level != level)
            return &frames[i];
    return NULL;
}

const char *frames_function(Console *console, uint32_t frame)
{
    EmuInlined inlined;
    EmuFunction function;
    uint64_t pc = frames_lookup_pc(&console->frames[frame]);
    if (emu_inlined_at(console->emu, console_pid(console), pc, console->frame_ids[frame].inlined, &inlined))
        return inlined.name;
    return emu_function_at(console->emu, console_pid(console), pc, &function) ? function.name : NULL;
}

uint64_t frames_lookup_pc(const EmuFrame *frame) { return frame->pc - !frame->exact; }

/* NULL: the program does not run, or has no such frame. `room` is for it where it is had alone. */
static const EmuFrame *selected(Console *console, EmuFrame *room)
{
    uint32_t count = 0;
    if (innermost_alone(console, console->frame, room))
        return room;
    const EmuFrame *frames = console->running ? frames_get(console, &count) : NULL;
    return console->frame < count ? &frames[console->frame] : NULL;
}

uint64_t frames_selected_pc(Console *console)
{
    EmuFrame room;
    const EmuFrame *frame = selected(console, &room);
    return frame ? frame->pc : 0;
}

const char *frames_language(Console *console)
{
    EmuSource source;
    EmuFrame room;
    const EmuFrame *frame = selected(console, &room);
    bool known = frame && emu_source_at(console->emu, console_pid(console), frames_lookup_pc(frame), &source);
    return known ? source_language(source.file) : console->list.file ? source_language(console->list.file) : NULL;
}
