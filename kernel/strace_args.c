/* Arguments of system calls as strace(1) prints them, by their types in syscalls.def. Names of numbers are in
 * strace_names.c. */
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "kernel/signal_internal.h"
#include "kernel/strace_names.h"
#include "kernel/strace_text.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
enum { STRING_LIMIT = 32, LIST_LIMIT = 32 };

/* ---- strings ----------------------------------------------------------------------------------------------------- */

static void add_escaped(Text *text, u8 c, bool digit_follows)
{
    const char *plain = "\a\b\t\n\v\f\r", *names = "abtnvfr", *found;
    if (c == '"' || c == '\\')
        text_add(text, "\\%c", c);
    else if (c && c < 32 && (found = strchr(plain, c)))
        if (c == '\a' || c == '\b')
            text_add(text, digit_follows ? "\\%03o" : "\\%o", c);
        else
            text_add(text, "\\%c", names[found - plain]);
    else if (c >= 32 && c < 127)
        text_add(text, "%c", c);
    else
        text_add(text, digit_follows ? "\\%03o" : "\\%o", c);
}

void strace_string(Text *text, const char *bytes, u64 size, u64 most)
{
    u64 shown = size < most ? size : most;
    text_add(text, "\"");
    for (u64 i = 0; i < shown; i++)
        add_escaped(text, (u8)bytes[i], i + 1 < shown && bytes[i + 1] >= '0' && bytes[i + 1] <= '9');
    text_add(text, size > most ? "\"..." : "\"");
}

static void add_address(Text *text, u64 address) { text_add(text, address ? "%#llx" : "NULL", (unsigned long long)address); }

static void add_path(Text *text, Task *task, u64 address, u64 most)
{
    char bytes[4097];
    i64 length = address ? string_from_guest(task, bytes, address, sizeof bytes) : -1;
    if (length < 0)
        add_address(text, address);
    else
        strace_string(text, bytes, (u64)length, most);
}

static void add_buffer(Text *text, Task *task, u64 address, u64 size)
{
    char bytes[STRING_LIMIT + 1];
    u64 wanted = size < sizeof bytes ? size : sizeof bytes;
    if (!address || copy_from_guest_partial(task, bytes, address, wanted) < wanted)
        add_address(text, address);
    else
        strace_string(text, bytes, size, STRING_LIMIT);
}

/* Random bytes: always in hex. */
static void add_bytes(Text *text, Task *task, u64 address, u64 size)
{
    u8 bytes[STRING_LIMIT];
    u64 shown = size < sizeof bytes ? size : sizeof bytes;
    copy_from_guest_partial(task, bytes, address, shown);
    text_add(text, "\"");
    for (u64 i = 0; i < shown; i++)
        text_add(text, "\\x%02x", bytes[i]);
    text_add(text, size > shown ? "\"..." : "\"");
}

/* argv as a list, envp as a count. */
static void add_strings(Text *text, Task *task, u64 address, bool count_only)
{
    u64 pointer, n = 0;
    if (!address || !copy_from_guest(task, &pointer, address, 8)) {
        add_address(text, address);
        return;
    }
    if (count_only) {
        while (copy_from_guest(task, &pointer, address + 8 * n, 8) && pointer)
            n++;
        text_add(text, "%#llx /* %llu var%s */", (unsigned long long)address, (unsigned long long)n, n == 1 ? "" : "s");
        return;
    }
    text_add(text, "[");
    for (; copy_from_guest(task, &pointer, address + 8 * n, 8) && pointer; n++) {
        if (n == LIST_LIMIT) {
            text_add(text, ", ...");
            break;
        }
        text_add(text, n ? ", " : "");
        add_path(text, task, pointer, STRING_LIMIT);
    }
    text_add(text, "]");
}

static void add_iovec(Text *text, Task *task, u64 address, u64 count, u64 bytes, bool input)
{
    u64 pair[2];
    if (!address || !copy_from_guest(task, pair, address, sizeof pair)) {
        add_address(text, address);
        return;
    }
    text_add(text, "[");
    for (u64 i = 0; i < count && i < LIST_LIMIT && copy_from_guest(task, pair, address + 16 * i, sizeof pair); i++) {
        u64 shown = input || pair[1] < bytes ? pair[1] : bytes;
        text_add(text, "%s{iov_base=", i ? ", " : "");
        add_buffer(text, task, pair[0], shown);
        text_add(text, ", iov_len=%llu}", (unsigned long long)pair[1]);
        bytes -= shown < bytes ? shown : bytes;
    }
    text_add(text, count > LIST_LIMIT ? ", ...]" : "]");
}

/* ---- structures -------------------------------------------------------------------------------------------------- */

void strace_sigset(Text *text, Task *task, u64 address)
{
    u64 set;
    if (!address || !copy_from_guest(task, &set, address, 8)) {
        add_address(text, address);
        return;
    }
    bool inverse = __builtin_popcountll(set) > 42;
    u64 shown = inverse ? ~set : set;
    text_add(text, inverse ? "~[" : "[");
    const char *space = "";
    for (i32 signo = 1; signo <= SIGNALS; signo++)
        if (shown & SIGNAL_BIT(signo)) {
            const char *name = signal_name(signo);
            text_add(text, "%s%s", space, !strncmp(name, "SIG", 3) ? name + 3 : name);
            space = " ";
        }
    text_add(text, "]");
}

static void add_sigaction(Text *text, Task *task, u64 address)
{
    SignalAction action;
    if (!address || !copy_from_guest(task, &action, address, sizeof action)) {
        add_address(text, address);
        return;
    }
    text_add(text, "{sa_handler=");
    if (action.handler == (u64)SIG_DFL || action.handler == (u64)SIG_IGN)
        text_add(text, action.handler ? "SIG_IGN" : "SIG_DFL");
    else
        text_add(text, "%#llx", (unsigned long long)action.handler);
    text_add(text, ", sa_mask=");
    strace_sigset(text, task, address + offsetof(SignalAction, mask));
    text_add(text, ", sa_flags=");
    strace_flags(text, strace_sa_flags, action.flags, "SA_???");
    if (action.flags & 0x04000000)
        text_add(text, ", sa_restorer=%#llx", (unsigned long long)action.restorer);
    text_add(text, "}");
}

static const char *signal_code(i32 signo, i32 code)
{
    static const char *const segv[] = {"", "SEGV_MAPERR", "SEGV_ACCERR"}, *const bus[] = {"", "BUS_ADRALN", "BUS_ADRERR"},
        *const fpe[] = {"", "FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV"},
        *const ill[] = {"", "ILL_ILLOPC", "ILL_ILLOPN"}, *const trap[] = {"", "TRAP_BRKPT", "TRAP_TRACE"},
        *const cld[] = {"", "CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"};
    switch (code) {
    case SI_USER: return "SI_USER";
    case SI_KERNEL: return "SI_KERNEL";
    case SI_QUEUE: return "SI_QUEUE";
    case SI_TIMER: return "SI_TIMER";
    case SI_TKILL: return "SI_TKILL";
    }
#define NAME(table) return code > 0 && code < (i32)ARRAY_LEN(table) ? table[code] : NULL
    switch (signo) {
    case SIGSEGV: NAME(segv);
    case SIGBUS: NAME(bus);
    case SIGFPE: NAME(fpe);
    case SIGILL: NAME(ill);
    case SIGTRAP: NAME(trap);
    case SIGCHLD: NAME(cld);
    default: return NULL;
    }
#undef NAME
}

static void add_child_status(Text *text, const SigInfo *info)
{
    text_add(text, ", si_pid=%d, si_uid=%u, si_status=", info->from.pid, info->from.uid);
    if (info->code == CLD_EXITED)
        text_add(text, "%d", info->from.status);
    else
        text_add(text, "%s", signal_name(info->from.status));
    text_add(text, ", si_utime=%lld, si_stime=%lld", (long long)info->from.utime, (long long)info->from.stime);
}

void strace_siginfo(Text *text, const SigInfo *info)
{
    const char *code = signal_code(info->signo, info->code);
    bool fault = info->signo == SIGSEGV || info->signo == SIGBUS || info->signo == SIGFPE || info->signo == SIGILL ||
        info->signo == SIGTRAP;
    text_add(text, "{si_signo=%s, si_code=", signal_name(info->signo));
    if (code)
        text_add(text, "%s", code);
    else
        text_add(text, "%#x", (u32)info->code);
    if (info->signo == SIGCHLD && info->code > 0)
        add_child_status(text, info);
    else if (info->code == SI_TIMER)
        text_add(text, ", si_timerid=%#x, si_overrun=%d, si_int=%d, si_ptr=%#llx", (u32)info->timer.timer_id,
                 info->timer.overrun,
                 (i32)info->timer.value, (unsigned long long)info->timer.value);
    else if (info->code <= 0) {
        text_add(text, ", si_pid=%d, si_uid=%u", info->from.pid, info->from.uid);
        if (info->code == SI_QUEUE && info->from.value)
            text_add(text, ", si_int=%d, si_ptr=%#llx", (i32)info->from.value, (unsigned long long)info->from.value);
    } else if (fault) {
        text_add(text, ", si_addr=");
        add_address(text, info->fault.address);
    }
    text_add(text, "}");
}

static void add_siginfo(Text *text, Task *task, u64 address)
{
    SigInfo info;
    if (!address || !copy_from_guest(task, &info, address, sizeof info))
        add_address(text, address);
    else
        strace_siginfo(text, &info);
}

static void add_stat(Text *text, Task *task, u64 address)
{
    struct stat st;
    if (!address || !copy_from_guest(task, &st, address, sizeof st)) {
        add_address(text, address);
        return;
    }
    text_add(text, "{st_mode=");
    strace_mode(text, st.st_mode, true);
    if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
        text_add(text, ", st_rdev=makedev(%#x, %#x), ...}", major(st.st_rdev), minor(st.st_rdev));
    else
        text_add(text, ", st_size=%lld, ...}", (long long)st.st_size);
}

/* {first=a, second=b} of two 64-bit words. */
static void add_pair(Text *text, Task *task, u64 address, const char *first, const char *second)
{
    i64 pair[2];
    if (!address || !copy_from_guest(task, pair, address, sizeof pair))
        add_address(text, address);
    else
        text_add(text, "{%s=%lld, %s=%lld}", first, (long long)pair[0], second, (long long)pair[1]);
}

static void add_interval(Text *text, Task *task, u64 address, const char *fraction)
{
    if (!address) {
        text_add(text, "NULL");
        return;
    }
    text_add(text, "{it_interval=");
    add_pair(text, task, address, "tv_sec", fraction);
    text_add(text, ", it_value=");
    add_pair(text, task, address + 16, "tv_sec", fraction);
    text_add(text, "}");
}

static void add_limit(Text *text, Task *task, u64 address)
{
    u64 pair[2];
    if (!address || !copy_from_guest(task, pair, address, sizeof pair)) {
        add_address(text, address);
        return;
    }
    text_add(text, "{rlim_cur=");
    for (u32 i = 0; i < 2; i++) {
        if (pair[i] == UINT64_MAX)
            text_add(text, "RLIM64_INFINITY");
        else if (pair[i] > 1024 && pair[i] % 1024 == 0)
            text_add(text, "%llu*1024", (unsigned long long)pair[i] / 1024);
        else
            text_add(text, "%llu", (unsigned long long)pair[i]);
        text_add(text, i ? "}" : ", rlim_max=");
    }
}

static void add_sockaddr(Text *text, Task *task, u64 address, u64 size)
{
    union { struct sockaddr any; struct sockaddr_in in; struct sockaddr_in6 in6; struct sockaddr_un un; } a;
    memset(&a, 0, sizeof a);
    if (!address || size < 2 || !copy_from_guest(task, &a, address, size < sizeof a ? size : sizeof a)) {
        add_address(text, address);
        return;
    }
    const u8 *ip = (const u8 *)&a.in.sin_addr;
    switch (a.any.sa_family) {
    case AF_INET:
        text_add(text, "{sa_family=AF_INET, sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")}",
                 ntohs(a.in.sin_port), ip[0],
                 ip[1], ip[2], ip[3]);
        break;
    case AF_UNIX:
        text_add(text, "{sa_family=AF_UNIX");
        if (size > 2) {
            bool abstract = !a.un.sun_path[0];
            text_add(text, abstract ? ", sun_path=@" : ", sun_path=");
            u64 length = abstract ? size - 3 : strnlen(a.un.sun_path, sizeof a.un.sun_path);
            strace_string(text, a.un.sun_path + abstract, length < 107 ? length : 107, 108);
        }
        text_add(text, "}");
        break;
    default: text_add(text, "{sa_family=%u, ...}", a.any.sa_family); break;
    }
}

static void add_status(Text *text, Task *task, u64 address)
{
    i32 status;
    if (!address || !copy_from_guest(task, &status, address, 4))
        add_address(text, address);
    else if (WIFEXITED(status))
        text_add(text, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(status));
    else if (WIFSTOPPED(status))
        text_add(text, "[{WIFSTOPPED(s) && WSTOPSIG(s) == %s}]", signal_name(WSTOPSIG(status)));
    else if (status == 0xffff)
        text_add(text, "[{WIFCONTINUED(s)}]");
    else
        text_add(text, "[{WIFSIGNALED(s) && WTERMSIG(s) == %s}]", signal_name(WTERMSIG(status)));
}

static void add_stack(Text *text, Task *task, u64 address)
{
    struct { u64 address; i32 flags, pad; u64 size; } stack;
    if (!address || !copy_from_guest(task, &stack, address, sizeof stack))
        add_address(text, address);
    else {
        text_add(text, "{ss_sp=");
        add_address(text, stack.address);
        text_add(text, ", ss_flags=%s, ss_size=%llu}", stack.flags & SS_DISABLE ? "SS_DISABLE" :
                 stack.flags & SS_ONSTACK ? "SS_ONSTACK" : "0",
                 (unsigned long long)stack.size);
    }
}

/* What poll was asked for, or (`ready`) those that it found. */
static void add_poll(Text *text, Task *task, u64 address, u64 count, bool ready)
{
    struct { i32 fd; i16 events, found; } entry;
    const char *comma = "";
    if (!address || !copy_from_guest(task, &entry, address, sizeof entry)) {
        add_address(text, address);
        return;
    }
    text_add(text, "[");
    for (u64 i = 0; i < count && i < LIST_LIMIT && copy_from_guest(task, &entry, address + 8 * i, sizeof entry); i++) {
        if (ready && !entry.found)
            continue;
        text_add(text, "%s{fd=%d, %s=", comma, entry.fd, ready ? "revents" : "events");
        strace_flags(text, strace_poll_events, (u16)(ready ? entry.found : entry.events), "POLL???");
        text_add(text, "}");
        comma = ", ";
    }
    text_add(text, count > LIST_LIMIT ? ", ...]" : "]");
}

static void add_fd_set(Text *text, Task *task, u64 address, i32 count)
{
    u8 bits[128] = {0};
    u64 size = count <= 0 ? 0 : ((u64)count + 63) / 64 * 8;
    if (!address || size > sizeof bits || !copy_from_guest(task, bits, address, size)) {
        add_address(text, address);
        return;
    }
    const char *space = "";
    text_add(text, "[");
    for (i32 fd = 0; fd < count; fd++)
        if (bits[fd / 8] >> (fd & 7) & 1) {
            text_add(text, "%s%d", space, fd);
            space = " ";
        }
    text_add(text, "]");
}

static bool is_poll(u64 number) { return number == 7 || number == 271; }
static bool is_select(u64 number) { return number == 23 || number == 270; }

void strace_result_note(Text *text, Task *task, i64 result)
{
    const Call *call = &task->call;
    if (result == 0 && (is_poll(call->number) || is_select(call->number))) {
        text_add(text, " (Timeout)");
    } else if (result > 0 && is_poll(call->number)) {
        text_add(text, " (");
        add_poll(text, task, call->arg[0], call->arg[1], true);
        text_add(text, ")");
    } else if (result > 0 && is_select(call->number)) {
        static const char *const names[] = {"in ", "out ", "except "};
        const char *comma = " (";
        for (u32 i = 0; i < 3; i++) {
            if (!call->arg[i + 1])
                continue;
            text_add(text, "%s%s", comma, names[i]);
            add_fd_set(text, task, call->arg[i + 1], (i32)call->arg[0]);
            comma = ", ";
        }
        text_add(text, ")");
    } else if (result > 0 && call->number == 128) { /* rt_sigtimedwait */
        text_add(text, " (%s)", signal_name((i32)result));
    }
}

void strace_clone(Text *text, Task *task, bool done, i64 result)
{
    const u64 *arg = task->call.arg;
    if (!done) {
        text_add(text, "child_stack=");
        add_address(text, arg[1]);
        text_add(text, ", flags=");
        strace_named_number(text, CLONE_FLAGS, arg[0]);
        return;
    }
    if (arg[0] & 0x00100000 /* CLONE_PARENT_SETTID */)
        text_add(text, result > 0 ? ", parent_tid=[%lld]" : ", parent_tid=%#llx", result > 0 ? (long long)result :
                 (long long)arg[2]);
    if (arg[0] & 0x00080000 /* CLONE_SETTLS */)
        text_add(text, ", tls=%#llx", (unsigned long long)arg[4]);
    if (arg[0] & 0x01200000 /* CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID */)
        text_add(text, ", child_tidptr=%#llx", (unsigned long long)arg[3]);
}

static void add_clone_args(Text *text, Task *task, u64 address)
{
    u64 a[8];
    if (!address || !copy_from_guest(task, a, address, sizeof a)) {
        add_address(text, address);
        return;
    }
    text_add(text, "{flags=");
    strace_flags(text, strace_clone_flags, a[0], "CLONE_???");
    if (a[0] & 0x01200000) /* CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID */
        text_add(text, ", child_tid=%#llx", (unsigned long long)a[2]);
    if (a[0] & 0x00100000) /* CLONE_PARENT_SETTID */
        text_add(text, ", parent_tid=%#llx", (unsigned long long)a[3]);
    text_add(text, ", exit_signal=%s, stack=", a[4] ? signal_name((i32)a[4]) : "0");
    add_address(text, a[5]);
    text_add(text, a[6] ? ", stack_size=%#llx" : ", stack_size=0", (unsigned long long)a[6]);
    if (a[0] & 0x00080000) /* CLONE_SETTLS */
        text_add(text, ", tls=%#llx", (unsigned long long)a[7]);
    text_add(text, "}");
}

static void add_epoll_event(Text *text, Task *task, u64 address)
{
    struct { u32 events; u64 data; } __attribute__((packed)) event;
    if (!address || !copy_from_guest(task, &event, address, sizeof event)) {
        add_address(text, address);
        return;
    }
    text_add(text, "{events=");
    strace_flags(text, strace_epoll_events, event.events, "EPOLL???");
    text_add(text, ", data={u32=%u, u64=%llu}}", (u32)event.data, (unsigned long long)event.data);
}

/* ---- one argument ------------------------------------------------------------------------------------------------ */

bool strace_type_is_output(u8 type)
{
    switch (type) {
    case BUFFER_OUT: case RANDOM_OUT: case IOVEC_OUT: case STAT_OUT: case SIGACTION_OUT: case SIGSET_OUT: case SIGINFO_OUT:
    case SIGSTACK_OUT: case FD_PAIR_OUT: case TIMEVAL_OUT: case TIMESPEC_OUT: case ITIMERVAL_OUT: case ITIMERSPEC_OUT:
    case SOCKADDR_OUT: case STATUS_OUT: case RLIMIT_OUT: case STRING_OUT: case DIRENTS_OUT: return true;
    default: return false;
    }
}

bool strace_argument_absent(const Call *call, const Syscall *row, u32 index)
{
    u8 type = row->args[index];
    if (type == MODE && index > 0 && row->args[index - 1] == OPEN_FLAGS)
        return !(call->arg[index - 1] & O_CREAT) && (call->arg[index - 1] & O_TMPFILE) != O_TMPFILE;
    if (call->number == 25 && index == 4) /* mremap: the new address counts with MREMAP_FIXED and MREMAP_DONTUNMAP */
        return !(call->arg[3] & 6);
    if (call->number == 72 && index == 2) /* fcntl: commands without an argument */
        return call->arg[1] == F_GETFD || call->arg[1] == F_GETFL || call->arg[1] == F_GETOWN || call->arg[1] == F_GETPIPE_SZ ||
               call->arg[1] == F_GETLEASE || call->arg[1] == F_GET_SEALS;
    if (call->number == 202 && index > 2) { /* futex: as many as the operation has */
        u32 command = (u32)call->arg[1] & 0x7f;
        bool wakes = command == 1 || command == 10, waits = command == 0 || command == 9;
        return command == 7 || command == 8 || (command == 1) || (wakes && index < 5) || (command == 0 && index > 3) ||
               (waits && index == 4) || (command == 6 && index > 3);
    }
    if (call->number == 157 && index > 1) { /* prctl: most options have one argument, some none */
        i32 option = (i32)call->arg[0];
        bool all = option == PR_SET_NO_NEW_PRIVS || option == PR_GET_NO_NEW_PRIVS || option == PR_SET_MM ||
            option == PR_CAP_AMBIENT ||
                   option == PR_SET_SECCOMP || option == PR_SET_VMA;
        return !all;
    }
    return false;
}

static void add_output(Text *text, Task *task, u8 type, const u64 *arg, u32 index, i64 result)
{
    u64 value = arg[index];
    switch (type) {
    case BUFFER_OUT: add_buffer(text, task, value, (u64)result); break;
    case RANDOM_OUT: add_bytes(text, task, value, (u64)result); break;
    case STRING_OUT: add_path(text, task, value, 4096); break;
    case IOVEC_OUT: add_iovec(text, task, value, arg[index + 1], (u64)result, false); break;
    case STAT_OUT: add_stat(text, task, value); break;
    case SIGACTION_OUT: add_sigaction(text, task, value); break;
    case SIGSET_OUT: strace_sigset(text, task, value); break;
    case SIGINFO_OUT: add_siginfo(text, task, value); break;
    case SIGSTACK_OUT: add_stack(text, task, value); break;
    case TIMEVAL_OUT: add_pair(text, task, value, "tv_sec", "tv_usec"); break;
    case TIMESPEC_OUT: add_pair(text, task, value, "tv_sec", "tv_nsec"); break;
    case ITIMERVAL_OUT: add_interval(text, task, value, "tv_usec"); break;
    case ITIMERSPEC_OUT: add_interval(text, task, value, "tv_nsec"); break;
    case RLIMIT_OUT: add_limit(text, task, value); break;
    case DIRENTS_OUT: strace_dirents(text, task, value, result); break;
    case STATUS_OUT: result ? add_status(text, task, value) : add_address(text, value); break;
    case SOCKADDR_OUT: {
        u32 size = 0;
        copy_from_guest(task, &size, arg[index + 1], 4);
        add_sockaddr(text, task, value, size);
        break;
    }
    default: { /* FD_PAIR_OUT */
        i32 pair[2];
        if (copy_from_guest(task, pair, value, sizeof pair))
            text_add(text, "[%d, %d]", pair[0], pair[1]);
        else
            add_address(text, value);
        break;
    }
    }
}

void strace_argument(Text *text, Task *task, const Syscall *row, u32 index, bool done, i64 result)
{
    const u64 *arg = task->call.arg;
    u64 value = arg[index];
    u8 type = row->args[index];
    if (task->call.number == 157 && index == 1 && ((i32)arg[0] == PR_SET_NAME || (i32)arg[0] == PR_GET_NAME))
        type = STRING;
    if (strace_type_is_output(type)) {
        bool remainder = type == TIMESPEC_OUT && result == SYS_RESTART_BLOCK; /* of a sleep */
        if (done && (result >= 0 || remainder) && value)
            add_output(text, task, type, arg, index, result);
        else
            add_address(text, value);
        return;
    }
    switch (type) {
    case INT: case FD: case PID: text_add(text, "%d", (i32)value); break;
    case UINT: case SIZE: text_add(text, "%llu", (unsigned long long)value); break;
    case ID: (u32)value == UINT32_MAX ? text_add(text, "-1") : text_add(text, "%u", (u32)value); break;
    case LONG: case OFFSET: text_add(text, "%lld", (long long)value); break;
    case HEX: case OFFSET_HEX: text_add(text, value ? "%#llx" : "0", (unsigned long long)value); break;
    case DIRFD: (i32)value == AT_FDCWD ? text_add(text, "AT_FDCWD") : text_add(text, "%d", (i32)value); break;
    case SIGNAL: text_add(text, "%s", signal_name((i32)value)); break;
    case PATH: case STRING: add_path(text, task, value, 4096); break;
    case STRINGS: add_strings(text, task, value, index > 0 && row->args[index - 1] == STRINGS); break;
    case BUFFER_IN: add_buffer(text, task, value, arg[index + 1]); break;
    case IOVEC_IN: add_iovec(text, task, value, arg[index + 1], 0, true); break;
    case SIGACTION_IN: add_sigaction(text, task, value); break;
    case SIGSET_IN: strace_sigset(text, task, value); break;
    case SIGINFO_IN: add_siginfo(text, task, value); break;
    case SIGSTACK_IN: add_stack(text, task, value); break;
    case TIMEVAL_IN: add_pair(text, task, value, "tv_sec", "tv_usec"); break;
    case TIMESPEC_IN: case FUTEX_TIMEOUT: add_pair(text, task, value, "tv_sec", "tv_nsec"); break;
    case ITIMERVAL_IN: add_interval(text, task, value, "tv_usec"); break;
    case ITIMERSPEC_IN: add_interval(text, task, value, "tv_nsec"); break;
    case SOCKADDR_IN: add_sockaddr(text, task, value, arg[index + 1]); break;
    case RLIMIT_IN: add_limit(text, task, value); break;
    case POLLFDS: add_poll(text, task, value, arg[index + 1], false); break;
    case FD_SET_IN: add_fd_set(text, task, value, (i32)arg[0]); break;
    case EPOLL_EVENT_IN: add_epoll_event(text, task, value); break;
    case CLONE_ARGS: add_clone_args(text, task, value); break;
    default:
        if (!strace_named_number(text, type, value))
            add_address(text, value);
        break;
    }
}
