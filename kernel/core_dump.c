/* The core file of a process that a signal kills: core(5). An ELF file with the threads' registers as notes and the private
 * memory as segments; pages that were never touched are holes. Where natively a program behind a pipe would take the dump
 * (core_pattern begins with '|') there is none. */
#include "kernel/core_dump.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/procfs.h>

#include "base/bits.h"
#include "base/heap.h"
#include "base/log.h"
#include "kernel/frames.h"
#include "kernel/host.h"
#include "kernel/page_cache.h"
#include "kernel/path.h"
#include "kernel/space.h"
#include "mmu/pte.h"

enum { NOTE_NAME = 8 /* "CORE", padded */, XSAVE_MOST = 832, FXSAVE = 512 };

typedef struct Dump {
    Task *task;
    int fd;
    u64 at, limit; /* next byte; RLIMIT_CORE */
    bool ok;
} Dump;

static void put(Dump *dump, const void *bytes, u64 size)
{
    if (!dump->ok || size > dump->limit - dump->at || host_pwrite(dump->fd, bytes, size, (off_t)dump->at) != (ssize_t)size)
        dump->ok = false;
    dump->at += size;
}

static void put_note(Dump *dump, u32 type, const void *bytes, u64 size)
{
    static const char name[NOTE_NAME] = "CORE", padding[4];
    Elf64_Nhdr header = {.n_namesz = 5, .n_descsz = (u32)size, .n_type = type};
    put(dump, &header, sizeof header);
    put(dump, name, sizeof name);
    put(dump, bytes, size);
    put(dump, padding, bits_align_up(size, 4) - size);
}

static u64 note_size(u64 size) { return sizeof(Elf64_Nhdr) + NOTE_NAME + bits_align_up(size, 4); }

/* ---- notes ------------------------------------------------------------------------------------------------------- */

static void put_thread(Dump *dump, Task *thread, i32 signo)
{
    const CpuState *cpu = task_registers(thread);
    const Process *process = thread->process;
    const u64 *r = cpu->r;
    u64 user[27] = {r[R15], r[R14], r[R13], r[R12], r[RBP], r[RBX], r[R11], r[R10], r[R9], r[R8], r[RAX], r[RCX], r[RDX],
                    r[RSI], r[RDI], UINT64_MAX, cpu->rip, 0x33, cpu_rflags(cpu), r[RSP], 0x2b, r[SLOT_FS / 8], r[SLOT_GS / 8]};
    struct elf_prstatus status = {.pr_info = {.si_signo = signo}, .pr_cursig = (short)signo, .pr_sigpend = thread->pending.set,
        .pr_sighold = thread->blocked, .pr_pid = thread->tid, .pr_ppid = process_parent_pid(process), .pr_pgrp = process->pgid,
        .pr_sid = process->sid, .pr_fpvalid = 1};
    _Static_assert(sizeof user == sizeof status.pr_reg, "user_regs_struct");
    memcpy(status.pr_reg, user, sizeof user);
    u8 image[XSAVE_MOST];
    cpu_xsave(cpu, thread->kernel->cpu.level, image);
    put_note(dump, NT_PRSTATUS, &status, sizeof status);
    put_note(dump, NT_FPREGSET, image, FXSAVE);
}

static void put_notes(Dump *dump, const SigInfo *info)
{
    const Process *process = dump->task->process;
    const Space *space = process->space;
    struct elf_prpsinfo about = {.pr_state = 0, .pr_sname = 'R', .pr_uid = process->credentials.uid,
        .pr_gid = process->credentials.gid, .pr_pid = process->pid, .pr_ppid = process_parent_pid(process),
        .pr_pgrp = process->pgid, .pr_sid = process->sid, .pr_nice = (char)process->nice};
    memcpy(about.pr_fname, dump->task->comm, sizeof about.pr_fname);
    u64 size = space->arg_end - space->arg_start;
    size = space_read(process->space, space->arg_start, about.pr_psargs, size < 79 ? size : 79);
    for (u64 i = 0; i + 1 < size; i++)
        about.pr_psargs[i] = about.pr_psargs[i] ? about.pr_psargs[i] : ' ';
    put_thread(dump, dump->task, info->signo);
    put_note(dump, NT_PRPSINFO, &about, sizeof about);
    put_note(dump, NT_SIGINFO, info, sizeof *info);
    put_note(dump, NT_AUXV, space->auxv, space->auxv_size);
    for (Task *thread = process->threads; thread; thread = thread->next_thread)
        if (thread != dump->task)
            put_thread(dump, thread, 0);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* What of the mapping is dumped: private memory that the program may have changed, and the headers of what it runs. */
static u64 dumped_size(const Vma *vma)
{
    if (vma->flags & VMA_DONTDUMP)
        return 0;
    if (!vma->file || (vma->flags & VMA_WRITE))
        return vma->end - vma->start;
    return vma->offset == 0 && !(vma->flags & VMA_SHARED) ? PAGE_SIZE : 0;
}

static bool read_page(Space *space, const Vma *vma, u64 address, u8 *page)
{
    Phys *phys = &space->kernel->phys;
    const u64 *entry = pt_entry(phys, space->cr3, address, false);
    u64 frame = entry ? pte_frame(*entry) : 0;
    if (frame) {
        memcpy(page, phys_host(phys, frame), PAGE_SIZE);
        return true;
    }
    if (frames_peek_swapped(space, address, page, PAGE_SIZE))
        return true;
    memset(page, 0, PAGE_SIZE);
    return vma->file && cached_file_peek(vma->file, vma->offset + (address - vma->start), page, PAGE_SIZE);
}

static void put_memory(Dump *dump)
{
    Space *space = dump->task->process->space;
    u8 page[PAGE_SIZE];
    for (u32 i = 0; i < space->count && dump->ok; i++) {
        const Vma *vma = &space->vmas[i];
        u64 end = vma->start + dumped_size(vma);
        for (u64 address = vma->start; address < end && dump->ok; address += PAGE_SIZE) {
            if (read_page(space, vma, address, page))
                put(dump, page, sizeof page);
            else
                dump->at += PAGE_SIZE; /* a hole */
        }
    }
    if (dump->ok && (dump->at > dump->limit || host_ftruncate(dump->fd, (off_t)dump->at) < 0))
        dump->ok = false;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static void put_headers(Dump *dump, u64 notes)
{
    const Space *space = dump->task->process->space;
    u64 at = sizeof(Elf64_Ehdr) + (space->count + 1) * sizeof(Elf64_Phdr);
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_CORE,
        .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = sizeof header, .e_ehsize = sizeof header,
        .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = (u16)(space->count + 1)};
    put(dump, &header, sizeof header);
    put(dump, &(Elf64_Phdr){.p_type = PT_NOTE, .p_offset = at, .p_filesz = notes}, sizeof(Elf64_Phdr));
    at = bits_align_up(at + notes, PAGE_SIZE);
    for (u32 i = 0; i < space->count; i++) {
        const Vma *vma = &space->vmas[i];
        u32 flags = (vma->flags & VMA_READ ? PF_R : 0) | (vma->flags & VMA_WRITE ? PF_W : 0) |
                    (vma->flags & VMA_EXEC ? PF_X : 0);
        Elf64_Phdr segment = {.p_type = PT_LOAD, .p_flags = flags, .p_offset = at, .p_vaddr = vma->start,
                              .p_filesz = dumped_size(vma), .p_memsz = vma->end - vma->start, .p_align = PAGE_SIZE};
        put(dump, &segment, sizeof segment);
        at += segment.p_filesz;
    }
}

/* core_pattern with %p, %e, %s, %u and %g filled in; others vanish. false: a program would take the dump. core(5). */
static bool core_name(const Task *task, i32 signo, char *name, u64 size)
{
    char pattern[160] = "core";
    int fd = host_open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC, 0);
    ssize_t got = fd < 0 ? 0 : host_read(fd, pattern, sizeof pattern - 1);
    if (fd >= 0)
        host_close(fd);
    pattern[got > 0 ? (u64)got : strlen(pattern)] = 0;
    pattern[strcspn(pattern, "\n")] = 0;
    u64 used = 0;
    for (const char *p = pattern; *p && used + 32 < size; p++) {
        const Credentials *c = &task->credentials;
        if (*p != '%')
            name[used++] = *p;
        else if (!*++p)
            break;
        else if (*p == 'p' || *p == 's' || *p == 'u' || *p == 'g')
            used += (u64)snprintf(name + used, size - used, "%u", *p == 'p' ? (u32)task->process->pid : *p == 's' ? (u32)signo :
                                  *p == 'u' ? c->uid : c->gid);
        else if (*p == 'e')
            used += (u64)snprintf(name + used, size - used, "%s", task->comm);
        else if (*p == '%')
            name[used++] = '%';
    }
    name[used] = 0;
    return pattern[0] != '|';
}

static int open_core(Task *task, i32 signo)
{
    char name[PATH_MAX];
    Path path;
    struct stat st;
    if (!core_name(task, signo, name, sizeof name))
        return -1;
    if (path_from_name(task, &path, (u64)AT_FDCWD, name, PATH_NOFOLLOW | PATH_CREATE))
        return -1;
    fs_use_umask(task);
    int fd = path.proc.kind ? -1 : host_openat(path.dir, path.name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    path_done(&path);
    if (fd >= 0 && (host_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 || host_ftruncate(fd, 0) < 0)) {
        host_close(fd);
        fd = -1;
    }
    return fd;
}

bool core_dump(Task *task, const SigInfo *info)
{
    const Process *process = task->process;
    u64 limit = process->limits[LIMIT_CORE].soft;
    if (limit < PAGE_SIZE || !process->dumpable || !process->space)
        return false;
    Dump dump = {.task = task, .limit = limit, .ok = true, .fd = open_core(task, info->signo)};
    if (dump.fd < 0)
        return false;
    u64 notes = process->thread_count * (note_size(sizeof(struct elf_prstatus)) + note_size(FXSAVE)) +
                note_size(sizeof(struct elf_prpsinfo)) + note_size(sizeof *info) + note_size(process->space->auxv_size);
    put_headers(&dump, notes);
    put_notes(&dump, info);
    dump.at = bits_align_up(dump.at, PAGE_SIZE);
    put_memory(&dump);
    host_close(dump.fd);
    return true; /* Linux says so of a file that the limit cut short, too */
}
