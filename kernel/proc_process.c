/* What the files of /proc/PID say. proc(5) gives each field; the numbers are the guest's own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bits.h"
#include "kernel/credentials.h"
#include "kernel/host.h"
#include "kernel/pidfd.h"
#include "kernel/proc_entries.h"
#include "kernel/seccomp.h"
#include "kernel/space.h"

enum { TICK_NS = 10 * 1000 * 1000 }; /* USER_HZ = 100 */

/* ---- shared ------------------------------------------------------------------------------------------------------ */

static char state_letter(const ProcSubject *s)
{
    if (s->process->zombie || !s->task)
        return 'Z';
    if (s->process->stopped)
        return 'T';
    return s->task->state == TASK_PARKED ? 'S' : 'R';
}

static const char *state_name(char letter)
{
    switch (letter) {
    case 'Z': return "zombie";
    case 'T': return "stopped";
    case 'S': return "sleeping";
    default: return "running";
    }
}

static const char *subject_comm(const ProcSubject *s)
{
    return s->task ? s->task->comm : "";
}

static u64 signals_where(const Process *process, u64 handler, bool equal)
{
    u64 set = 0;
    for (u32 i = 0; i < SIGNALS && process->handlers; i++) {
        u64 own = process->handlers->actions[i].handler;
        if (equal ? own == handler : own > handler)
            set |= 1ull << i;
    }
    return set;
}

static u64 queue_length(const PendingSignals *pending)
{
    return (u64)__builtin_popcountll(pending->set);
}

/* Bytes of guest memory [start, end) of a process, as far as they are there. */
static void add_memory(Text *text, const ProcSubject *s, u64 start, u64 end)
{
    Space *space = s->process->space;
    if (!space || end <= start || end - start > (8 << 20))
        return;
    u8 page[PAGE_SIZE];
    while (start < end) {
        u64 size = PAGE_SIZE - (start & (PAGE_SIZE - 1));
        if (size > end - start)
            size = end - start;
        u64 moved = mmu_peek(&s->kernel->phys, space->cr3, start, page, size);
        if (moved < size && (space_fault(space, start, ACCESS_READ) != FAULT_RESOLVED ||
                             mmu_peek(&s->kernel->phys, space->cr3, start, page, size) < size))
            return;
        text_add_bytes(text, page, size);
        start += size;
    }
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void text_cmdline(Text *text, const ProcSubject *s)
{
    if (s->process->space)
        add_memory(text, s, s->process->space->arg_start, s->process->space->arg_end);
}

static void text_environ(Text *text, const ProcSubject *s)
{
    if (s->process->space)
        add_memory(text, s, s->process->space->env_start, s->process->space->env_end);
}

static void text_auxv(Text *text, const ProcSubject *s)
{
    if (s->process->space)
        text_add_bytes(text, s->process->space->auxv, s->process->space->auxv_size);
}

static void text_comm(Text *text, const ProcSubject *s)
{
    text_add(text, "%s\n", subject_comm(s));
}

static i64 write_comm(const ProcSubject *s, const char *bytes, u64 size)
{
    if (!s->task)
        return -ESRCH;
    u64 length = size < sizeof s->task->comm ? size : sizeof s->task->comm - 1;
    memset(s->task->comm, 0, sizeof s->task->comm);
    memcpy(s->task->comm, bytes, strnlen(bytes, length));
    s->task->comm[strcspn(s->task->comm, "\n")] = 0;
    return (i64)size;
}

/* size resident shared text lib data dt, in pages. */
static void text_statm(Text *text, const ProcSubject *s)
{
    const Space *space = s->process->space;
    if (!space) {
        text_add(text, "0 0 0 0 0 0 0\n");
        return;
    }
    u64 shared = 0;
    for (u32 i = 0; i < space->count; i++)
        if (space->vmas[i].file && !(space->vmas[i].flags & VMA_WRITE))
            shared += (space->vmas[i].end - space->vmas[i].start) / PAGE_SIZE;
    if (shared > space->resident)
        shared = space->resident;
    u64 code = (bits_align_up(space->code_end, PAGE_SIZE) - bits_align_down(space->code_start, PAGE_SIZE)) / PAGE_SIZE;
    text_add(text, "%llu %llu %llu %llu 0 %llu 0\n", (unsigned long long)space->total_pages,
             (unsigned long long)space->resident, (unsigned long long)shared, (unsigned long long)code,
             (unsigned long long)space->data_pages);
}

static i32 terminal_number(const ProcSubject *s, i32 *pgid)
{
    *pgid = s->process->sid == s->kernel->init->sid ? s->kernel->terminal_pgid : 0;
    struct stat st;
    for (i32 i = 0; i < 3; i++) {
        OpenFile *file = proc_subject_file(s, i);
        if (*pgid && file && file->terminal && host_fstat(file->host_fd, &st) == 0)
            return (i32)st.st_rdev;
    }
    *pgid = -1;
    return 0;
}

/* Fields 1 to 52 of proc(5), /proc/pid/stat. */
static void text_stat(Text *text, const ProcSubject *s)
{
    typedef unsigned long long ull;
    const Process *p = s->process;
    const Space *space = p->space;
    static const Space no_space;
    static const CpuState no_registers;
    const Space *m = space ? space : &no_space;
    const CpuState *registers = s->task ? task_registers(s->task) : &no_registers;
    CpuTime time = process_cpu_time(s->process);
    i32 foreground, terminal = terminal_number(s, &foreground);
    u64 pending = p->pending.set | (s->task ? s->task->pending.set : 0);
    text_add(text, "%d (%s) %c %d %d %d %d %d %u ", s->task ? s->task->tid : p->pid, subject_comm(s), state_letter(s),
             process_parent_pid(p), p->pgid, p->sid, terminal, foreground, 0x400000u);
    u64 minor = p->dead_minor_faults, major = p->dead_major_faults;
    for (Task *t = p->threads; t; t = t->next_thread)
        minor += t->minor_faults, major += t->major_faults;
    text_add(text, "%llu %llu %llu %llu ", (ull)minor, (ull)p->children_minor_faults, (ull)major,
             (ull)p->children_major_faults);
    text_add(text, "%llu %llu %llu 0 %d %d %u 0 %llu ", (ull)(time.user / TICK_NS), (ull)(time.system / TICK_NS),
             (ull)(p->children_cpu_ns / TICK_NS), 20 + p->nice, p->nice, p->thread_count, (ull)(p->start_time / TICK_NS));
    text_add(text, "%llu %llu %llu %llu %llu %llu ", (ull)(m->total_pages * PAGE_SIZE), (ull)m->resident,
             (ull)p->limits[LIMIT_RSS].soft, (ull)m->code_start, (ull)m->code_end, (ull)m->stack_top);
    text_add(text, "%llu %llu %llu %llu %llu %llu ", (ull)registers->r[RSP], (ull)registers->rip, (ull)(pending & 0x7fffffff),
             (ull)(s->task ? s->task->blocked & 0x7fffffff : 0), (ull)(signals_where(p, 1, true) & 0x7fffffff),
             (ull)(signals_where(p, 1, false) & 0x7fffffff));
    text_add(text, "0 0 0 %d 0 0 0 0 0 0 ", SIGCHLD);
    text_add(text, "%llu %llu %llu %llu %llu %llu %llu %d\n", (ull)m->data_start, (ull)m->data_end, (ull)m->brk_start,
             (ull)m->arg_start, (ull)m->arg_end, (ull)m->env_start, (ull)m->env_end, p->zombie ? p->exit_status : 0);
}

static void add_status_memory(Text *text, const ProcSubject *s)
{
    const Space *m = s->process->space;
    if (!m)
        return;
    u64 stack = 0, code = 0, anonymous = proc_anonymous_pages(m);
    for (u32 i = 0; i < m->count; i++) {
        u64 pages = (m->vmas[i].end - m->vmas[i].start) / PAGE_SIZE;
        if (m->vmas[i].kind == VMA_STACK)
            stack += pages;
        if (m->vmas[i].flags & VMA_EXEC)
            code += pages;
    }
    const struct { const char *name; u64 pages;
    } rows[] = {
        {"VmPeak", m->total_pages},
        {"VmSize", m->total_pages},
        {"VmLck", m->locked_pages},
        {"VmPin", 0},
        {"VmHWM", m->resident_peak > m->resident ? m->resident_peak : m->resident},
        {"VmRSS", m->resident},
        {"RssAnon", anonymous},
        {"RssFile", m->resident - anonymous},
        {"RssShmem", 0},
        {"VmData", m->data_pages},
        {"VmStk", stack},
        {"VmExe", code},
        {"VmLib", 0},
        {"VmSwap", m->swapped},
        {"HugetlbPages", 0},
    };
    for (u32 i = 0; i < ARRAY_LEN(rows); i++)
        text_add(text, "%s:\t%8llu kB\n", rows[i].name, (unsigned long long)(rows[i].pages * (PAGE_SIZE / 1024)));
    text_add(text, "CoreDumping:\t0\nTHP_enabled:\t0\nuntag_mask:\t0xffffffffffffffff\n");
}

static void add_status_signals(Text *text, const ProcSubject *s)
{
    typedef unsigned long long ull;
    const Process *p = s->process;
    u64 queued = queue_length(&p->pending) + (s->task ? queue_length(&s->task->pending) : 0);
    text_add(text, "Threads:\t%u\nSigQ:\t%llu/%llu\n", p->thread_count, (ull)queued, (ull)p->limits[LIMIT_SIGPENDING].soft);
    text_add(text, "SigPnd:\t%016llx\nShdPnd:\t%016llx\n", (ull)(s->task ? s->task->pending.set : 0), (ull)p->pending.set);
    text_add(text, "SigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n", (ull)(s->task ? s->task->blocked : 0),
             (ull)signals_where(p, 1, true), (ull)signals_where(p, 1, false));
    u64 capabilities = credentials_capabilities(p->kernel, &p->credentials);
    text_add(text, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n", 0ull, (ull)capabilities, (ull)capabilities);
    text_add(text, "CapBnd:\t%016llx\nCapAmb:\t%016llx\n", (ull)p->kernel->bound_capabilities, 0ull);
    text_add(text, "NoNewPrivs:\t%d\nSeccomp:\t%u\nSeccomp_filters:\t%u\n", p->no_new_privs,
             s->task ? s->task->seccomp_mode : 0, s->task ? seccomp_filter_count(s->task) : 0);
    text_add(text, "Speculation_Store_Bypass:\tvulnerable\nSpeculationIndirectBranch:\talways enabled\n");
    text_add(text, "Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
}

static void text_status(Text *text, const ProcSubject *s)
{
    const Process *p = s->process;
    const Credentials *c = &p->credentials;
    char letter = state_letter(s);
    text_add(text, "Name:\t%s\n", subject_comm(s));
    if (s->task && s->task->fs)
        text_add(text, "Umask:\t%04o\n", s->task->fs->umask);
    text_add(text, "State:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", letter, state_name(letter),
             p->pid, s->task ? s->task->tid : p->pid, process_parent_pid(p));
    text_add(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid, c->gid, c->egid, c->sgid,
             c->fsgid);
    text_add(text, "FDSize:\t%u\nGroups:\t", s->task && s->task->files ? s->task->files->capacity : 0);
    for (u32 i = 0; i < c->group_count; i++)
        text_add(text, "%u ", c->groups[i]);
    text_add(text, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t0\n", p->pid, s->task ? s->task->tid : p->pid,
             p->pgid, p->sid);
    add_status_memory(text, s);
    add_status_signals(text, s);
    u64 voluntary = s->task ? s->task->voluntary_switches : 0, involuntary = s->task ? s->task->involuntary_switches : 0;
    text_add(text, "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n", (unsigned long long)voluntary,
             (unsigned long long)involuntary);
}

static void text_limits(Text *text, const ProcSubject *s)
{
    static const struct { const char *name, *unit; } names[LIMITS] = {
        [LIMIT_CPU] = {"Max cpu time", "seconds"}, [LIMIT_FSIZE] = {"Max file size", "bytes"},
        [LIMIT_DATA] = {"Max data size", "bytes"}, [LIMIT_STACK] = {"Max stack size", "bytes"},
        [LIMIT_CORE] = {"Max core file size", "bytes"}, [LIMIT_RSS] = {"Max resident set", "bytes"},
        [LIMIT_NPROC] = {"Max processes", "processes"}, [LIMIT_NOFILE] = {"Max open files", "files"},
        [LIMIT_MEMLOCK] = {"Max locked memory", "bytes"}, [LIMIT_AS] = {"Max address space", "bytes"},
        [LIMIT_LOCKS] = {"Max file locks", "locks"}, [LIMIT_SIGPENDING] = {"Max pending signals", "signals"},
        [LIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"}, [LIMIT_NICE] = {"Max nice priority", ""},
        [LIMIT_RTPRIO] = {"Max realtime priority", ""}, [LIMIT_RTTIME] = {"Max realtime timeout", "us"},
    };
    text_add(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (u32 i = 0; i < LIMITS; i++) {
        char soft[24] = "unlimited", hard[24] = "unlimited";
        const Limit *limit = &s->process->limits[i];
        if (limit->soft != UINT64_MAX)
            snprintf(soft, sizeof soft, "%llu", (unsigned long long)limit->soft);
        if (limit->hard != UINT64_MAX)
            snprintf(hard, sizeof hard, "%llu", (unsigned long long)limit->hard);
        text_add(text, "%-25s %-20s %-20s %-10s\n", names[i].name, soft, hard, names[i].unit);
    }
}

static void text_wchan(Text *text, const ProcSubject *s)
{
    (void)s;
    text_add(text, "0");
}

static void text_personality(Text *text, const ProcSubject *s)
{
    text_add(text, "%08llx\n", (unsigned long long)(s->task ? s->task->personality : 0));
}

static void text_oom_score(Text *text, const ProcSubject *s)
{
    text_add(text, "%d\n", (1000 + s->process->oom_score_adjust) * 2 / 3); /* proc(5), of a process that uses next to nothing */
}

static void text_oom_score_adj(Text *text, const ProcSubject *s)
{
    text_add(text, "%d\n", s->process->oom_score_adjust);
}

static i64 write_oom_score_adj(const ProcSubject *s, const char *bytes, u64 size)
{
    char number[16] = "";
    memcpy(number, bytes, size < sizeof number ? size : sizeof number - 1);
    char *end;
    long value = strtol(number, &end, 10);
    if (end == number || (*end && *end != '\n') || value < -1000 || value > 1000)
        return -EINVAL;
    if (value < s->process->oom_score_adjust && s->process->credentials.euid)
        return -EACCES;
    s->process->oom_score_adjust = (i32)value;
    return (i64)size;
}

static void text_fixed(Text *text, const ProcSubject *s)
{
    (void)s;
    text_add(text, "%s", "         0          0 4294967295\n"); /* uid_map: nobody is mapped */
}

void proc_fdinfo(Text *text, const ProcSubject *s, i32 number)
{
    OpenFile *file = proc_subject_file(s, number);
    if (!file)
        return;
    i64 position = file->mode == S_IFREG && !file->ops ? host_lseek(file->host_fd, 0, SEEK_CUR) : 0;
    u32 flags = file->flags | (s->task->files->slots[number].cloexec ? O_CLOEXEC : 0);
    text_add(text, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t15\nino:\t%llu\n", (long long)(position < 0 ? 0 : position), flags,
             (unsigned long long)file->inode);
    if (pidfd_is(file)) {
        const Process *process = file->data;
        text_add(text, "Pid:\t%d\nNSpid:\t%d\n", process->reaped ? -1 : process->pid, process->reaped ? -1 : process->pid);
    }
}

const ProcEntry proc_process_entries[] = {
    {"task", PROC_TASKS, 0555, false, NULL, NULL},
    {"fd", PROC_FDS, 0500, true, NULL, NULL},
    {"fdinfo", PROC_FDINFOS, 0555, true, NULL, NULL},
    {"environ", PROC_PROCESS_FILE, 0400, true, text_environ, NULL},
    {"auxv", PROC_PROCESS_FILE, 0400, true, text_auxv, NULL},
    {"status", PROC_PROCESS_FILE, 0444, true, text_status, NULL},
    {"personality", PROC_PROCESS_FILE, 0400, true, text_personality, NULL},
    {"limits", PROC_PROCESS_FILE, 0444, true, text_limits, NULL},
    {"comm", PROC_PROCESS_FILE, 0644, true, text_comm, write_comm},
    {"cmdline", PROC_PROCESS_FILE, 0444, true, text_cmdline, NULL},
    {"stat", PROC_PROCESS_FILE, 0444, true, text_stat, NULL},
    {"statm", PROC_PROCESS_FILE, 0444, true, text_statm, NULL},
    {"maps", PROC_PROCESS_FILE, 0444, true, proc_maps, NULL},
    {"mem", PROC_PROCESS_FILE, 0600, true, NULL, NULL},
    {"pagemap", PROC_PROCESS_FILE, 0400, true, NULL, NULL},
    {"cwd", PROC_PROCESS_LINK, 0777, true, NULL, NULL},
    {"root", PROC_PROCESS_LINK, 0777, true, NULL, NULL},
    {"exe", PROC_PROCESS_LINK, 0777, true, NULL, NULL},
    {"smaps", PROC_PROCESS_FILE, 0444, true, proc_smaps, NULL},
    {"smaps_rollup", PROC_PROCESS_FILE, 0444, true, proc_smaps_rollup, NULL},
    {"wchan", PROC_PROCESS_FILE, 0444, true, text_wchan, NULL},
    {"oom_score", PROC_PROCESS_FILE, 0444, true, text_oom_score, NULL},
    {"oom_score_adj", PROC_PROCESS_FILE, 0644, true, text_oom_score_adj, write_oom_score_adj},
    {"uid_map", PROC_PROCESS_FILE, 0644, false, text_fixed, NULL},
    {"gid_map", PROC_PROCESS_FILE, 0644, false, text_fixed, NULL},
};
const u32 proc_process_entry_count = ARRAY_LEN(proc_process_entries);
