/* System calls as text, as strace(1) prints them: who, when a line begins and ends, results, signals, ends. What arguments
 * look like is in strace_args.c. */
#include "kernel/strace.h"
#include "base/heap.h"
#include "kernel/host.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "kernel/signal_internal.h"
#include "kernel/strace_text.h"
#include "kernel/syscalls.h"

enum { RESULT_COLUMN = 40 };

struct Strace {
    int fd;
    u8 *wanted;      /* [syscall_count()]: 1: print */
    Text line;       /* not yet ended by a newline */
    i32 line_tid;    /* whose call the open line shows; 0: no line is open */
};

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void flush(struct Strace *strace)
{
    Text *line = &strace->line;
    for (u64 done = 0; done < line->size;) {
        ssize_t wrote = host_write(strace->fd, line->bytes + done, line->size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            break;
        done += (u64)wrote;
    }
    line->size = 0;
}

/* Beginning a line of `task` ends another task's open one. */
static void begin(Task *task)
{
    struct Strace *strace = task->kernel->strace;
    if (strace->line_tid) {
        text_add(&strace->line, " <unfinished ...>\n");
        strace->line_tid = 0;
    }
    flush(strace);
    if (task->kernel->config.strace_follow)
        text_add(&strace->line, "[pid %5d] ", task->tid);
}

static void end(struct Strace *strace)
{
    text_add(&strace->line, "\n");
    strace->line_tid = 0;
    flush(strace);
}

/* ---- filter ------------------------------------------------------------------------------------------------------ */

/* Does a call have an argument of one of these types? The classes of strace -e are derived from them. */
static bool has_type(const Syscall *row, const u8 *types)
{
    for (u32 i = 0; i < ARRAY_LEN(row->args); i++)
        for (const u8 *type = types; *type; type++)
            if (row->args[i] == *type)
                return true;
    return false;
}

static bool in_list(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(name, *list))
            return true;
    return false;
}

static bool in_class(const Syscall *row, const char *class)
{
    static const u8 file[] = {PATH, 0}, desc[] = {FD, DIRFD, FD_PAIR_OUT, 0}, network[] = {SOCKET_FAMILY, SOCKADDR_IN,
        SOCKADDR_OUT, MSG_FLAGS, 0};
    static const char *const network_names[] = {"shutdown", "listen", "setsockopt", "getsockopt", "sendfile", NULL};
    static const char *const process_names[] = {"clone", "clone3", "fork", "vfork", "execve", "execveat", "exit",
        "exit_group", "wait4",
        "waitid", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal", NULL};
    static const char *const signal_names[] = {"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
        "rt_sigtimedwait",
        "rt_sigqueueinfo", "rt_sigsuspend", "sigaltstack", "pause", "kill", "tkill", "tgkill", "signalfd", "signalfd4",
        "rt_tgsigqueueinfo", "pidfd_send_signal", NULL};
    static const char *const memory_names[] = {"mmap", "munmap", "mprotect", "brk", "mremap", "msync", "mincore",
        "madvise", "mlock",
        "munlock", "mlockall", "munlockall", "mlock2", "mbind", "shmat", "shmdt", "remap_file_pages", "membarrier", NULL};
    if (!strcmp(class, "file"))
        return has_type(row, file);
    if (!strcmp(class, "desc"))
        return has_type(row, desc) || !strcmp(row->name, "mmap");
    if (!strcmp(class, "network") || !strcmp(class, "net"))
        return has_type(row, network) || in_list(row->name, network_names);
    if (!strcmp(class, "process"))
        return in_list(row->name, process_names);
    if (!strcmp(class, "signal"))
        return in_list(row->name, signal_names);
    return !strcmp(class, "memory") && in_list(row->name, memory_names);
}

/* One word of the filter: a name, %class, "all". false: nothing is called that. */
static bool apply_word(struct Strace *strace, const char *word, u8 value)
{
    bool found = !strcmp(word, "all") || !strcmp(word, "none");
    for (u32 n = 0; n < syscall_count(); n++) {
        const Syscall *row = syscall_row(n);
        bool match = row && (word[0] == '%' ? in_class(row, word + 1) : !strcmp(word, "all") || !strcmp(row->name, word));
        if (match) {
            strace->wanted[n] = value;
            found = true;
        }
    }
    return found;
}

/* "read,write", "!mmap", "%file", "trace=…" as strace -e takes it. */
static bool parse_filter(struct Strace *strace, const char *filter)
{
    if (!strncmp(filter, "trace=", 6))
        filter += 6;
    bool negated = filter[0] == '!';
    filter += negated;
    memset(strace->wanted, !filter[0] || negated, syscall_count());
    char *copy = heap_strdup(filter), *rest = copy, *word;
    bool ok = copy != NULL;
    while (ok && (word = strsep(&rest, ",")))
        if (word[0] && !apply_word(strace, word, !negated)) {
            log_message(LOG_HOST, "strace: no system call or class is named '%s'", word);
            ok = false;
        }
    heap_free(copy);
    return ok;
}

bool strace_start(Kernel *kernel)
{
    struct Strace *strace = heap_calloc(1, sizeof *strace);
    if (!strace)
        return false;
    kernel->strace = strace;
    strace->fd = kernel->config.strace_fd ? kernel->config.strace_fd : 2;
    strace->wanted = heap_alloc(syscall_count());
    return strace->wanted && parse_filter(strace, kernel->config.strace);
}

void strace_stop(Kernel *kernel)
{
    struct Strace *strace = kernel->strace;
    if (!strace)
        return;
    if (strace->line_tid)
        text_add(&strace->line, " <unfinished ...>\n");
    flush(strace);
    heap_free(strace->line.bytes);
    heap_free(strace->wanted);
    heap_free(strace);
    kernel->strace = NULL;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

/* Without following, strace sees the thread it started and no other. */
static bool traced(const Task *task)
{
    return task->kernel->config.strace_follow || task->tid == task->kernel->init->pid;
}

static bool wanted(const Task *task)
{
    if (!traced(task))
        return false;
    u64 number = task->call.number;
    const struct Strace *strace = task->kernel->strace;
    return number >= syscall_count() ? strace->wanted[0] || strace->wanted[1] : strace->wanted[number];
}

/* Is everything that the call shows known before it has run? Then its line can begin at once. */
static u32 known_arguments(const Task *task, const Syscall *row)
{
    u32 n = 0;
    if (task->call.number == 157 && (i32)task->call.arg[0] == PR_GET_NAME)
        return 1;
    while (n < 6 && row->args[n] != NOTHING && row->args[n] != RETURNS_ADDRESS && !strace_type_is_output(row->args[n]))
        n++;
    return n;
}

static bool more_arguments(const Task *task, const Syscall *row, u32 index)
{
    for (; index < 6 && row->args[index] != NOTHING && row->args[index] != RETURNS_ADDRESS; index++)
        if (row->args[index] != SKIP && !strace_argument_absent(&task->call, row, index))
            return true;
    return false;
}

/* Arguments first..last-1, each with a comma behind it if another follows, now or when the call has returned. */
static void add_arguments(Task *task, const Syscall *row, u32 first, u32 last, bool done, i64 result)
{
    Text *line = &task->kernel->strace->line;
    for (u32 i = first; i < last && row->args[i] != NOTHING && row->args[i] != RETURNS_ADDRESS; i++) {
        if (row->args[i] == SKIP || strace_argument_absent(&task->call, row, i))
            continue;
        strace_argument(line, task, row, i, done, result);
        if (more_arguments(task, row, i + 1))
            text_add(line, ", ");
    }
}

/* clone and rt_sigreturn show other things than their arguments. false: an ordinary call. */
static bool special_arguments(Task *task, bool done, i64 result)
{
    enum { NUMBER_RT_SIGRETURN = 15, NUMBER_CLONE = 56 };
    Text *line = &task->kernel->strace->line;
    if (task->call.number == NUMBER_CLONE) {
        strace_clone(line, task, done, result);
    } else if (task->call.number == NUMBER_RT_SIGRETURN && !done) { /* the mask in the frame that RSP points at */
        text_add(line, "{mask=");
        strace_sigset(line, task, task_registers(task)->r[RSP] + 296);
        text_add(line, "}");
    }
    return task->call.number == NUMBER_CLONE || task->call.number == NUMBER_RT_SIGRETURN;
}

void strace_enter(Task *task)
{
    struct Strace *strace = task->kernel->strace;
    const Syscall *row = syscall_row(task->call.number);
    if (!wanted(task))
        return;
    begin(task);
    strace->line_tid = task->tid;
    task->call.strace_open = true;
    if (!row) {
        text_add(&strace->line, "syscall_0x%llx(", (unsigned long long)task->call.number);
        for (u32 i = 0; i < 6; i++)
            text_add(&strace->line, i ? ", %#llx" : "%#llx", (unsigned long long)task->call.arg[i]);
        return;
    }
    text_add(&strace->line, "%s(", row->name);
    if (!special_arguments(task, false, 0))
        add_arguments(task, row, 0, known_arguments(task, row), false, 0);
}

void strace_dirents(Text *text, Task *task, u64 address, i64 size)
{
    u32 count = 0;
    u16 length = 1;
    for (i64 at = 0; at < size && length && copy_from_guest(task, &length, address + (u64)at + 16, 2); at += length)
        count++;
    text_add(text, "%#llx /* %u entries */", (unsigned long long)address, count);
}

static const char *restart_name(i64 result)
{
    switch (result) {
    case SYS_RESTARTSYS: return "ERESTARTSYS (To be restarted if SA_RESTART is set)";
    case SYS_RESTARTNOINTR: return "ERESTARTNOINTR (To be restarted)";
    case SYS_RESTARTNOHAND: return "ERESTARTNOHAND (To be restarted if no handler)";
    default: return "ERESTART_RESTARTBLOCK (Interrupted by signal)";
    }
}

static void add_result(Text *line, i64 result, bool address)
{
    if (result == SYS_EXECED)
        text_add(line, "= 0");
    else if (result == SYS_NORETURN)
        text_add(line, "= ?");
    else if (result <= SYS_RESTARTSYS && result >= SYS_RESTART_BLOCK)
        text_add(line, "= ? %s", restart_name(result));
    else if (result < 0 && result > -4096)
        text_add(line, "= -1 %s (%s)", strerrorname_np((int)-result) ? strerrorname_np((int)-result) : "E?",
                 strerror((int)-result));
    else
        text_add(line, address ? "= %#llx" : "= %lld", (long long)result);
}

void strace_exit(Task *task, i64 result)
{
    struct Strace *strace = task->kernel->strace;
    const Syscall *row = syscall_row(task->call.number);
    if (!task->call.strace_open)
        return;
    bool sigreturn = task->call.number == 15 && result == SYS_NORETURN;
    if (sigreturn) /* its result is what the frame says */
        result = (i64)task_registers(task)->r[RAX];
    task->call.strace_open = false;
    if (strace->line_tid != task->tid) {
        begin(task);
        text_add(&strace->line, "<... %s resumed>", row ? row->name : "syscall");
    }
    bool address = false;
    if (row) {
        if (!special_arguments(task, true, result))
            add_arguments(task, row, known_arguments(task, row), 6, result != SYS_NORETURN, result);
        for (u32 i = 0; i < ARRAY_LEN(row->args); i++)
            address |= row->args[i] == RETURNS_ADDRESS;
    }
    text_add(&strace->line, ") ");
    while (strace->line.size < RESULT_COLUMN)
        text_add(&strace->line, " ");
    add_result(&strace->line, result, address);
    strace_result_note(&strace->line, task, result);
    end(strace);
}

/* ---- signals and ends -------------------------------------------------------------------------------------------- */

void strace_signal(Task *task, const SigInfo *info)
{
    struct Strace *strace = task->kernel->strace;
    if (!traced(task))
        return;
    begin(task);
    text_add(&strace->line, "--- %s ", signal_name(info->signo));
    strace_siginfo(&strace->line, info);
    text_add(&strace->line, " ---");
    end(strace);
}

void strace_task_exit(Task *task, i32 status)
{
    struct Strace *strace = task->kernel->strace;
    if (task->call.strace_open)
        strace_exit(task, SYS_NORETURN);
    if (!traced(task))
        return;
    begin(task);
    if (WIFEXITED(status))
        text_add(&strace->line, "+++ exited with %d +++", WEXITSTATUS(status));
    else
        text_add(&strace->line, "+++ killed by %s +++", signal_name(WTERMSIG(status)));
    end(strace);
}

void strace_started(Task *task, const char *path, const char *const *argv, const char *const *envp)
{
    struct Strace *strace = task->kernel->strace;
    u64 count = 0;
    task->call.number = 59; /* execve: is it wanted? */
    if (!wanted(task))
        return;
    while (envp[count])
        count++;
    begin(task);
    text_add(&strace->line, "execve(");
    strace_string(&strace->line, path, strlen(path), 4096);
    text_add(&strace->line, ", [");
    for (u64 i = 0; argv[i]; i++) {
        text_add(&strace->line, i ? ", " : "");
        strace_string(&strace->line, argv[i], strlen(argv[i]), 32);
    }
    text_add(&strace->line, "], %#llx /* %llu vars */) = 0", (unsigned long long)task_registers(task)->r[RSP],
             (unsigned long long)count);
    end(strace);
}
