/* What lies behind the program: registers, mappings, threads, page tables, TLBs, frames. */
#include <inttypes.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/registers.h"
#include "ui/report/report.h"

/* ---- registers ------------------------------------------------------------------------------------------------ */

static bool print_register(Console *console, uint32_t index)
{
    const RegisterRow *row = register_row(index);
    Value v;
    char text[128];
    if (!register_value(console, index, &v))
        return false;
    fprintf(console->out, "%-15s", row->name);
    if (row->size > 8 && row->size != 10) {
        value_print(console, console->out, &v, 0);
        putc('\n', console->out);
        return true;
    }
    uint64_t number = 0;
    memcpy(&number, v.bytes, row->size < 8 ? row->size : 8);
    if (row->size == 10) {
        char real[64];
        snprintf(real, sizeof real, "%.18Lg", value_real(&v));
        fprintf(console->out, "%-20s(raw 0x%04x%016" PRIx64 ")\n", real, v.bytes[8] | v.bytes[9] << 8, number);
        return true;
    }
    snprintf(text, sizeof text, "0x%" PRIx64, number);
    fprintf(console->out, "%-20s", text);
    if (type_is_pointer(v.type)) {
        fprintf(console->out, "0x%" PRIx64, number);
        if (strcmp(row->name, "rip") == 0)
            value_print_symbol(console, console->out, number);
    } else {
        value_print_plain(console, console->out, &v);
    }
    putc('\n', console->out);
    return true;
}

bool cmd_info_registers(Console *console, const char *format, const char *args)
{
    char word[32];
    (void)format;
    for (uint32_t i = 0; !*args && i < register_count(); i++)
        if (register_row(i)->group == REGISTERS_GENERAL && !print_register(console, i))
            return false;
    while (command_word(&args, word, sizeof word)) {
        int index = register_named(word + (*word == '$'));
        if (index < 0)
            return console_error(console, "Invalid register `%s'", word);
        if (!print_register(console, (uint32_t)index))
            return false;
    }
    return true;
}

bool cmd_info_all_registers(Console *console, const char *format, const char *args)
{
    if (*args)
        return cmd_info_registers(console, format, args);
    for (uint32_t i = 0; i < register_count(); i++)
        if (register_row(i)->group != REGISTERS_PART && !print_register(console, i))
            return false;
    return true;
}

/* ---- mappings and threads ------------------------------------------------------------------------------------- */

static void rights_text(uint32_t flags, char *text)
{
    snprintf(text, 5, "%c%c%c%c", flags & EMU_MAP_READ ? 'r' : '-', flags & EMU_MAP_WRITE ? 'w' : '-',
             flags & EMU_MAP_EXEC ? 'x' : '-', flags & EMU_MAP_SHARED ? 's' : 'p');
}

bool cmd_info_mappings(Console *console, const char *format, const char *args)
{
    EmuMapping m;
    EmuTask task;
    char rights[5], offset[24];
    (void)format, (void)args;
    if (emu_task(console->emu, 0, &task))
        fprintf(console->out, "process %d\n", task.pid);
    fputs("Mapped address spaces:\n\n          Start Addr           End Addr       Size     Offset  Perms  objfile\n",
          console->out);
    for (uint32_t i = 0; emu_mapping(console->emu, console_pid(console), i, &m); i++) {
        rights_text(m.flags, rights);
        snprintf(offset, sizeof offset, "0x%" PRIx64, m.offset);
        fprintf(console->out, "%#20" PRIx64 " %#18" PRIx64 " %#10" PRIx64 " %10s  %s   %s\n", m.start, m.end, m.end - m.start,
                offset, rights, m.name);
    }
    return true;
}

bool cmd_vmmap(Console *console, const char *format, const char *args)
{
    EmuMapping m;
    uint64_t only = 0;
    char rights[5];
    (void)format;
    if (*args && !expression_address(console, args, &only))
        return false;
    bool any = false;
    for (uint32_t i = 0; emu_mapping(console->emu, console_pid(console), i, &m); i++) {
        if (*args && (only < m.start || only >= m.end))
            continue;
        fputs(any ? "" : "             Start                End Perm     Size Resident File\n", console->out);
        any = true;
        rights_text(m.flags, rights);
        fprintf(console->out, "%#18" PRIx64 " %#18" PRIx64 " %s %7" PRIu64 "K %7" PRIu64 "K %s\n", m.start, m.end, rights,
                (m.end - m.start) >> 10, m.resident >> 10, m.name);
    }
    if (!any && *args)
        fprintf(console->out, "Nothing is mapped at 0x%" PRIx64 ".\n", only);
    return any || *args || console_error(console, "There are no mappings.");
}

bool cmd_info_threads(Console *console, const char *format, const char *args)
{
    EmuTask task;
    int selected = console->tid, current = console->tid ? console->tid : console->stop.tid, pid;
    uint32_t frame = console->frame;
    (void)format, (void)args;
    if (!console->running) {
        fputs("No threads.\n", console->out);
        return true;
    }
    if (!current)
        emu_last_task(console->emu, &pid, &current);
    fputs("  Id   Target Id                     State      Insns Frame \n", console->out);
    for (uint32_t i = 0; emu_task(console->emu, i, &task); i++) {
        char name[32], target[64];
        snprintf(name, sizeof name, "\"%s\"", task.name);
        snprintf(target, sizeof target, "Thread %d.%d %s", task.pid, task.tid, name);
        fprintf(console->out, "%c %-4" PRIu32 " %-29s %c %14" PRIu64 " ", task.tid == current ? '*' : ' ', i + 1, target,
                task.state, task.insns);
        console->tid = task.tid;
        frames_forget(console);
        if (task.state == 'Z')
            putc('\n', console->out);
        else
            frames_print(console, 0, FRAME_LOCATION);
    }
    console->tid = selected;
    console->frame = frame;
    frames_forget(console);
    return true;
}

/* ---- page tables ---------------------------------------------------------------------------------------------- */

static void print_entry(FILE *out, int level, uint64_t paddr, uint64_t entry)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E"};
    static const struct { uint8_t bit; const char *set, *clear; } flags[] = {
        {63, "XD", "xd"},  {8, "G", "g"}, {6, "D", "d"}, {5, "A", "a"}, {4, "PCD", "pcd"},
        {3, "PWT", "pwt"}, {2, "U", "u"}, {1, "W", "w"}, {0, "P", "p"},
    };
    fprintf(out, "%5s: 0x%09" PRIx64 " : 0x%016" PRIx64, names[level], paddr, entry);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        fprintf(out, " %s", entry >> flags[i].bit & 1 ? flags[i].set : flags[i].clear);
    putc('\n', out);
}

bool cmd_page(Console *console, const char *format, const char *args)
{
    uint64_t address;
    EmuWalk w;
    (void)format;
    if (!console->emu || !expression_address(console, args, &address))
        return false;
    bool mapped = emu_walk(console->emu, console_pid(console), address, &w);
    fprintf(console->out,
            "0x%" PRIx64 ": PML4 %" PRIu64 ", PDPT %" PRIu64 ", PD %" PRIu64 ", PT %" PRIu64 ", offset 0x%" PRIx64
            "\n  CR3: 0x%09" PRIx64 "\n",
            address, address >> 39 & 511, address >> 30 & 511, address >> 21 & 511, address >> 12 & 511, address & 4095, w.cr3);
    for (int level = 4; level > 4 - w.levels_read; level--)
        print_entry(console->out, level, w.entry_paddr[level], w.entry[level]);
    if (mapped)
        fprintf(console->out, "physical 0x%" PRIx64 ", frame %" PRIu64 ", %s%s%s\n", w.paddr, w.paddr >> 12,
                w.user ? "user" : "system", w.writable ? ", writable" : ", read-only",
                w.executable ? ", executable" : ", not executable");
    else
        fputs("not present: the first access will be a page fault\n", console->out);
    return true;
}

/* ---- counts --------------------------------------------------------------------------------------------------- */

bool cmd_info_stats(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    report_stats(console->out, console->emu, false);
    return true;
}

bool cmd_info_mem(Console *console, const char *format, const char *args)
{
    EmuStats s;
    EmuMapping m;
    uint64_t named = 0;
    (void)format, (void)args;
    emu_stats(console->emu, &s);
    fprintf(console->out, "%8" PRIu64 " frames in use (at most %" PRIu64 "), of these:\n%8" PRIu64 " page tables\n", s.frames,
            s.frames_peak, s.table_frames);
    for (uint32_t i = 0; emu_mapping(console->emu, console_pid(console), i, &m); i++) {
        fprintf(console->out, "%8" PRIu64 " of %8" PRIu64 " pages  %#14" PRIx64 " %s\n", m.resident >> 12,
                (m.end - m.start) >> 12, m.start, *m.name ? m.name : "anonymous");
        named += m.resident >> 12;
    }
    if (s.frames > s.table_frames + named)
        fprintf(console->out, "%8" PRIu64 " others: files' pages that are cached, other processes\n",
                s.frames - s.table_frames - named);
    return true;
}

bool cmd_info_layout(Console *console, const char *format, const char *args)
{
    EmuMapping m[256];
    uint32_t count = 0;
    char rights[5];
    (void)format, (void)args;
    while (count < 256 && emu_mapping(console->emu, console_pid(console), count, &m[count]))
        count++;
    fputs("high addresses\n", console->out);
    for (uint32_t i = count; i-- > 0;) {
        rights_text(m[i].flags, rights);
        fprintf(console->out, "  +--------------------+ 0x%" PRIx64 "\n  | %-10.10s %s %2s |   %" PRIu64 " KiB\n", m[i].end,
                *m[i].name == '[' ? m[i].name : *m[i].name ? "program" : "anonymous", rights,
                m[i].flags & EMU_MAP_GROWSDOWN ? "v" : "", (m[i].end - m[i].start) >> 10);
        if (i == 0 || m[i - 1].end != m[i].start)
            fprintf(console->out, "  +--------------------+ 0x%" PRIx64 "\n%s", m[i].start, i ? "          ...\n" : "");
    }
    fputs("low addresses\n", console->out);
    return true;
}

bool cmd_when(Console *console, const char *format, const char *args)
{
    EmuStats s;
    (void)format, (void)args;
    emu_stats(console->emu, &s);
    fprintf(console->out, "Current instruction count: %" PRIu64 "\n", s.insns);
    return true;
}
