/* Fuzzes the debuggers in one process: packets for the stub; lines, scripts and expressions for the console. Inputs are made from
 * templates that reach deep and then damaged. Built with sanitizers (preset asan-but-cpu) it finds what a hostile gdb or a typo could hurt.
 *
 *   debugger_fuzz packets|wire|lines|scripts|expressions PROGRAM COUNT [SEED]
 *
 * The program that is debugged ends up executing anything, with our rights: everything happens as nobody in an empty directory, whose
 * file system ends with this process. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/gdb/gdb.h"

enum { PER_MACHINE = 3000, SCRIPTS_PER_MACHINE = 100, MAX_STOPS = 10, MAX_DEAD = 200, MAX_INSNS = 2000000, SKIPPED = 77 };

static uint64_t state;
static uint64_t rnd(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}

static void note_input(const char *kind, const char *text, size_t size);
static uint64_t good_lines, lines_fed; /* of the console: a fuzzer whose lines all fail reaches nothing */

/* ---- a place where nothing can be broken ----------------------------------------------------------------------- */

static bool copy_file(int in, const char *to)
{
    char buffer[65536];
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    ssize_t n = 0;
    while (out >= 0 && (n = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)n) != n)
            return false;
    close(in);
    close(out);
    return out >= 0 && n == 0;
}

static const char *const first_argv[] = {"/program", "2", NULL}, *const first_environment[] = {"HOME=/", NULL};

/* NULL: the program cannot be loaded. */
static Emu *machine_of(const char *path, const char *const *argv, const char *const *environment, bool fixed_addresses)
{
    EmuConfig config;
    emu_config_init(&config);
    config.memory_size = 64 << 20;
    config.deterministic = true;
    config.max_insns = MAX_INSNS;
    config.no_net = true;
    config.stdio[0] = config.stdio[1] = config.stdio[2] = -1;
    config.fixed_addresses = fixed_addresses;
    Emu *emu = emu_create(&config);
    if (emu && emu_load(emu, path, argv, environment)) {
        emu_destroy(emu);
        emu = NULL;
    }
    return emu;
}

static Emu *machine(void)
{
    Emu *emu = machine_of("/program", first_argv, first_environment, true);
    if (!emu) {
        fprintf(stderr, "cannot load the program: %s\n", strerror(errno));
        exit(1);
    }
    return emu;
}

/* gdb's `run` */
static unsigned relaunches;
static bool relaunch(void *context, Emu **emu, const char *path, const char *const *argv, const char *const *environment, bool fixed_addresses)
{
    (void)context;
    Emu *other = machine_of(path, argv, environment, fixed_addresses);
    if (!other)
        return false;
    emu_destroy(*emu);
    *emu = other;
    relaunches++;
    return true;
}
static const GdbLaunch launch = {.launch = relaunch, .path = "/program", .argv = first_argv, .environment = first_environment};

/* Does the program in the confined place have debugging information that can be read there? */
static bool has_sources(void)
{
    EmuSymbol symbol;
    EmuSource source;
    Emu *emu = machine();
    bool has = emu_symbol_named(emu, 0, "main", &symbol) && emu_source_at(emu, 0, symbol.address, &source);
    emu_destroy(emu);
    return has;
}

static void confine(const char *program)
{
    uid_t uid = geteuid();
    int file = open(program, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        perror(program);
        exit(1);
    }
    EmuSource source;
    Emu *emu = machine_of(program, first_argv, first_environment, true); /* libdw is loaded on demand: not from where we go */
    if (emu)
        emu_source_at(emu, 0, 0x401000, &source);
    emu_destroy(emu);
    if (unshare(CLONE_NEWNS | (uid ? CLONE_NEWUSER : 0)) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", "/tmp", "tmpfs", 0, "mode=0755") || mkdir("/tmp/proc", 0755) || /* names of open files are asked for there */
        mount("/proc", "/tmp/proc", NULL, MS_BIND | MS_REC, NULL) || chroot("/tmp") || chdir("/")) {
        fputs("skipped: no way to confine the program\n", stderr);
        exit(SKIPPED);
    }
    if (!copy_file(file, "/program")) {
        perror(program);
        exit(1);
    }
    if (strstr(emu_features(), "libdw") && !has_sources()) {
        fputs("the program has no lines: names, types and frames would not be reached\n", stderr);
        exit(1);
    }
    struct rlimit none = {0, 0}, few = {64, 64};
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_NPROC, &few);
    if (!uid && (setgid(65534) || setuid(65534)))
        exit(1);
}

/* ---- making text ----------------------------------------------------------------------------------------------- */

typedef struct Text { char bytes[4096]; size_t size; } Text;

static void put(Text *text, const char *bytes, size_t size)
{
    if (size > sizeof text->bytes - 1 - text->size)
        size = sizeof text->bytes - 1 - text->size;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = 0;
}

static void put_text(Text *text, const char *s) { put(text, s, strlen(s)); }

static void put_number(Text *text, uint64_t n, bool decimal)
{
    char s[32];
    snprintf(s, sizeof s, decimal ? "%llu" : "%llx", (unsigned long long)n);
    put_text(text, s);
}

static uint64_t interesting(void)
{
    static const uint64_t known[] = {0, 1, 7, 8, 16, 0xfff, 0x1000, 0x400000, 0x401000, 0x4016a0, 0x4a6000, 0x7ffffffde000, 0x7fffffffe000,
                                     0x7fffffffefff, 0x800000000000, 0xffff800000000000, 0x7fffffff, 0x80000000, 0xffffffff,
                                     0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 1000, 1001, 32768, 65536};
    uint64_t n = known[rnd(sizeof known / sizeof known[0])];
    return rnd(3) ? n + rnd(64) : rnd(2) ? n - rnd(16) : rnd(~0ull);
}

static void put_hex_of(Text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char s[3];
        snprintf(s, sizeof s, "%02x", (unsigned char)bytes[i]);
        put_text(text, s);
    }
}

/* Grammar: in a template %a address, %n number, %d decimal, %t thread, %h bytes in hex, %b bytes, %p a path in hex, %l a console line in
 * hex, %e an expression, %s a name, %r (seldom) a new run. */
static void expand(Text *text, const char *template, int depth);

static const char *const expressions[] = {
    "%d", "0x%n", "%s", "$%s", "$rip", "$rsp", "$xmm%d", "$st0", "$al", "&%s", "*%e", "%e + %e", "%e - %e", "%e * %e", "%e / %e", "%e %% %e",
    "%e << %e", "%e >> %e", "%e & %e", "%e | %e", "%e ^ %e", "%e && %e", "%e || %e", "!%e", "~%e", "-%e", "(%e)", "%e ? %e : %e", "%e == %e",
    "%e < %e", "%e = %e", "%e += %e", "++%s", "%s--", "%e[%e]", "%e.%s", "%e->%s", "(char)%e", "(struct node *)%e", "*(long *)%e", "{int}%e",
    "{char [%d]}%e", "sizeof(%e)", "sizeof(struct node)", "%s@%d", "*%s@%d", "\"%s\"", "'%s'", "'a'", "1.5", "1e%d", "%e, %e", "$_", "$%d", "$$%d",
    "%s::%s", "%s::%s.%d", "%s.%d", "{%e, %e}", "{%e, %e, %e}[%d]", "%e as %s", "$_strlen(%e)", "$_streq(%e, \"%s\")", "$_memeq(%e, %e, %d)",
    "$_regex(%s, \"%s\")", "$_", "$__", "true", "-pretty -- %e", "-elements %d -- %e", "-%s %e", "/x %e", "@%e", "((((((((%e))))))))", "list->next->next", "first", "&first", "table[%e]", "argv[0]", "(unsigned __int128)%e", "0x",
};
static const char *const names[] = {"main", "global", "table", "first", "list", "text", "x", "argc", "argv", "work", "node", "value", "next", "rax",
                                    "rbp", "eflags", "ymm0", "foo", "int", "long", "nothing_like_that", "_exitcode", "a", ""};

static void put_expression(Text *text, int depth)
{
    size_t count = sizeof expressions / sizeof expressions[0];
    expand(text, expressions[depth > 6 ? rnd(8) : rnd(count)], depth + 1);
}

static void put_line(Text *text, int depth)
{
    static const char *const arguments[] = {"", "%e", "%d", "*0x%a", "%s", "%s if %e", "basic.c:%d", "*0x%a,%d", "/%dxg %e", "/x %e", "/%di %e", "/%ds %e",
                                            "%d %d", "/r 0x%a,+%d", "0x%a", "%e, %e", "/s %s", "-%d", "+%d", "%d %e", "$%s = %e", "full", "/b", "/c %e",
                                            "syscall %s", "signal %d", "-l %e", "name %s", "/%d%s %e"};
    const CommandRow *row = &command_rows[rnd(command_row_count)];
    put_text(text, row->name);
    put_text(text, " ");
    if (rnd(2)) {
        expand(text, arguments[rnd(sizeof arguments / sizeof arguments[0])], depth);
        return;
    }
    for (const char *s = row->signature; *s && (s[1] != '?' || rnd(2)); s++) /* what the table says that it takes */
        expand(text, *s == 'l' || *s == 's' ? "%s " : *s == 'e' || *s == 't' ? "%e " : *s == 'n' ? "%d " : *s == 'r' ? "$%s " : *s == 'f' ? "/program" : "", depth);
}

/* Lines that belong together, with others in them; now and then without their end. */
static void put_block(Text *text, int depth)
{
    static const char *const heads[] = {
        "commands\nsilent\n", "commands 1\n", "if %e\n", "if $argc == %d\n", "while $n < %d\nset $n = $n + 1\n", "while %e\nloop_break\n", "while %e\n",
        "define mine\n", "define mine\np $arg0\nmine $arg1 %s\n", "define hook-stop\n", "define hookpost-step\n", "document mine\n", "python\n",
    };
    expand(text, heads[rnd(sizeof heads / sizeof heads[0])], 0);
    for (uint64_t n = rnd(3); n; n--) {
        put_line(text, 0);
        put_text(text, "\n");
    }
    if (depth < 3 && rnd(3) == 0)
        put_block(text, depth + 1);
    if (rnd(4) == 0) {
        put_text(text, "else\n");
        put_line(text, 0);
        put_text(text, "\n");
    }
    put_text(text, rnd(8) ? "end\n" : "");
    if (rnd(3) == 0)
        expand(text, "mine %s %d\n", 0);
}

/* What people write into files: each line likely to mean something where the program stands in work(). */
static void put_script(Text *text)
{
    static const char *const usual[] = {
        "if %e", "while %e", "while $i++ < %d", "else", "end", "end", "loop_break", "loop_continue", "define %s", "define hook-stop", "document %s",
        "%s %e %e", "alias %s = %s", "alias q%d = print", "show user", "set print pretty %d", "set print elements %d", "set print repeats %d",
        "set print array-indexes on", "set print null-stop on", "with print pretty on -- p %e", "info types %s", "info scope %s", "info variables",
        "info functions %s", "list %s,%s", "list %d,%d", "info float", "info vector", "info line %d", "frame apply all p %e", "frame function %s",
        "thread apply all -s p %e", "faas p %e", "rbreak ^%s$", "save breakpoints x", "undisplay %d", "info display", "enable display",
        "set environment %s = %s", "info source", "info sources", "info proc", "info mem", "telescope %e", "p $_siginfo", "apropos %s",
        "break %s", "tbreak work if x == %d", "watch global", "rwatch table[%d]", "awatch first.value", "watch -l *%e", "continue", "c %d",
        "step", "next %d", "stepi %d", "finish", "until", "advance work", "reverse-continue", "reverse-next", "rsi %d", "reverse-finish", "goto %d",
        "checkpoint", "restart %d", "who global", "delete", "delete %d", "disable %d", "condition %d %e", "ignore %d %d", "display/i $pc", "display %e",
        "catch syscall", "catch fork", "catch signal SIGUSR1", "handle SIGUSR1 nostop", "set var global = %e", "set $%s = %e", "p $%s", "p %e", "bt", "up %d",
        "thread %d", "set follow-fork-mode child", "set detach-on-fork off", "call work(%d)", "p work(%e)", "hierarchy server", "explain next", "why", "info stack",
        "%r", "x", "x/%ds %e", "list %d", "list", "", "# a comment", "frame %d", "context", "printf \"%%d %%s %%c %%g\\n\", %e, %s, %e, %e", "printf \"%b\", %e", "info auxv", "info source", "set args %s", "thread apply all bt", "source /proc/self/fd/9",
    };
    for (uint64_t n = 1 + rnd(6); n; n--) {
        rnd(4) ? expand(text, usual[rnd(sizeof usual / sizeof usual[0])], 0) : put_line(text, 0);
        put_text(text, "\n");
        if (rnd(6) == 0)
            put_block(text, 0);
    }
}

static void expand(Text *text, const char *template, int depth)
{
    static const char *const threads[] = {"p3e8.3e8", "p3e8.-1", "p-1.-1", "p0.0", "-1", "0", "3e8", "3e9", "p3e9.3e9", "p3e8.3e9", "p3e8"};
    static const char *const paths[] = {"/proc/self/maps", "/proc/1000/smaps", "/program", "/proc/1000/auxv", "/", "/proc/self/fd/0", "/proc/self/exe",
                                        "/proc/1000/task/1001/stat", "nothing", "/proc/self/mem", "/proc"};
    static const char *const restarts[] = {"run", "start", "starti", "kill"};
    Text inner = {.size = 0};
    for (const char *p = template; *p && text->size < sizeof text->bytes / 2; p++) {
        if (*p != '%') {
            put(text, p, 1);
            continue;
        }
        switch (*++p) {
        case 'a': case 'n': put_number(text, interesting(), false); break;
        case 'd': put_number(text, rnd(4) ? rnd(20) : interesting(), true); break;
        case 't': put_text(text, threads[rnd(sizeof threads / sizeof threads[0])]); break;
        case 'h': case 'b':
            for (uint64_t n = rnd(4) ? rnd(16) : rnd(300); n; n--) {
                char byte = (char)rnd(256);
                *p == 'h' ? put_hex_of(text, &byte, 1) : put(text, &byte, 1);
            }
            break;
        case 'p': {
            const char *path = paths[rnd(sizeof paths / sizeof paths[0])];
            put_hex_of(text, path, strlen(path));
            break;
        }
        case 'r': put_text(text, rnd(4) ? "info line" : restarts[rnd(4)]); break; /* a new machine takes its time */
        case 's': put_text(text, names[rnd(sizeof names / sizeof names[0])]); break;
        case 'e': put_expression(text, depth); break;
        case 'l':
            put_line(&inner, depth);
            put_hex_of(text, inner.bytes, inner.size);
            inner.size = 0;
            break;
        default: put(text, p, 1);
        }
    }
}

static void damage(Text *text)
{
    for (uint64_t n = rnd(4) == 0 ? 1 + rnd(4) : 0; n && text->size; n--) {
        size_t at = rnd(text->size), length = 1 + rnd(8);
        if (length > text->size - at)
            length = text->size - at;
        switch (rnd(4)) {
        case 0: text->bytes[at] = (char)rnd(256); break;
        case 1: text->bytes[at] ^= (char)(1 << rnd(8)); break;
        case 2:
            memmove(text->bytes + at, text->bytes + at + length, text->size - at - length);
            text->size -= length;
            break;
        default:
            if (text->size + length < sizeof text->bytes) {
                memmove(text->bytes + at + length, text->bytes + at, text->size - at);
                text->size += length;
            }
        }
        text->bytes[text->size] = 0;
    }
}

/* ---- the stub -------------------------------------------------------------------------------------------------- */

static const char *const packets[] = {
    "?", "g", "G%h", "p%n", "P%n=%h", "m%a,%n", "M%a,%n:%h", "X%a,%n:%b", "X%a,4:abcd", "Z0,%a,1", "z0,%a,1", "Z1,%a,1", "Z2,%a,8", "z2,%a,8", "Z3,%a,%n",
    "Z4,%a,%n", "z4,%a,%n", "Hg%t", "Hc%t", "T%t", "vCont;c", "vCont;s:%t;c", "vCont;c:%t", "vCont;C%n:%t;c", "vCont;S%n:%t", "vCont;t", "vCont;r%a,%a:%t",
    "vCont;s:p3e8.3e8", "vCont?", "s", "c", "bs", "bc", "b%n", "C%n", "S%n;%a", "vFile:open:%p,0,0", "vFile:open:%p,%n,%n", "vFile:pread:%n,%n,%n", "vFile:pread:0,1000,%n",
    "vFile:fstat:%n", "vFile:close:%n", "vFile:readlink:%p", "vFile:setfs:%n", "vFile:pwrite:%n,%n,%b", "qSupported:multiprocess+;fork-events+;%s",
    "qXfer:features:read:target.xml:%n,%n", "qXfer:auxv:read::%n,%n", "qXfer:auxv:read::0,1000", "qXfer:threads:read::0,%n", "qXfer:exec-file:read:%n:0,%n",
    "qXfer:siginfo:read::0,80", "qXfer:siginfo:write::%n:%b", "qfThreadInfo", "qsThreadInfo", "qC", "qAttached:%n", "qRcmd,%l", "qRcmd,%h",
    "qSearch:memory:%a;%n;%b", "qCRC:%a,100", "qGetTLSAddr:%t,%n,%n", "qSymbol::", "QStartNoAckMode", "QPassSignals:e;f;%n", "QCatchSyscalls:1;%n;%n",
    "QCatchSyscalls:1", "QCatchSyscalls:0", "QNonStop:%n", "QProgramSignals:%n", "vKill;%n", "vKill;3e8", "D;%n", "D", "k", "!", "vMustReplyEmpty", "%b", "", "vRun;", "vRun;%p;%h;%l", "vRun;;%h;", "vAttach;%n", "vAttach;3e8", "vAttach;3e9", "R00",
    "QEnvironmentHexEncoded:%h", "QEnvironmentHexEncoded:483d%h", "QEnvironmentUnset:%h", "QEnvironmentReset", "QSetWorkingDir:%p", "QSetWorkingDir:", "qHostInfo", "qThreadStopInfo%t", "qThreadStopInfo3e8", "qProcessInfo", "qMemoryRegionInfo:%a", "QDisableRandomization:%n",
};

static void one_packet(Gdb *gdb)
{
    Text text = {.size = 0};
    expand(&text, packets[rnd(sizeof packets / sizeof packets[0])], 0);
    damage(&text);
    note_input("packet", text.bytes, text.size);
    memcpy(gdb->in.data, text.bytes, text.size);
    gdb->in.data[text.size] = 0;
    gdb->in.size = text.size;
    gdb_answer(gdb);
    reply_send(&gdb->out, &gdb->in, &gdb->link);
}

/* The same as bytes on the wire: frames, checksums, escapes, acknowledgements. */
static void one_wire(Gdb *gdb)
{
    Text text = {.size = 0}, wire = {.size = 0};
    expand(&text, packets[rnd(sizeof packets / sizeof packets[0])], 0);
    uint8_t sum = 0;
    for (size_t i = 0; i < text.size; i++)
        sum = (uint8_t)(sum + (uint8_t)text.bytes[i]);
    char frame[8];
    snprintf(frame, sizeof frame, "#%02x", sum);
    put_text(&wire, rnd(5) ? "+$" : "$");
    put(&wire, text.bytes, text.size);
    put_text(&wire, frame);
    damage(&wire);
    note_input("wire", wire.bytes, wire.size);
    if (wire.size > sizeof gdb->link.buffer)
        wire.size = sizeof gdb->link.buffer;
    memcpy(gdb->link.buffer, wire.bytes, wire.size);
    gdb->link.at = 0;
    gdb->link.have = wire.size;
    while (packet_receive(&gdb->in, &gdb->link) != PACKET_GONE && (gdb->extended || (!gdb->over && !gdb->detached))) {
        gdb_answer(gdb);
        reply_send(&gdb->out, &gdb->in, &gdb->link);
        if (gdb->extended && gdb->detached && rnd(2))
            resume_detached(gdb); /* nothing more comes on this wire: it runs to its end */
    }
}

static int null; /* /dev/null: takes the replies */

static void fuzz_packets(uint64_t count, bool wire)
{
    Gdb *gdb = malloc(sizeof *gdb);
    for (uint64_t done = 0; done < count;) {
        gdb_init(gdb, machine());
        gdb->start.launch = &launch;
        gdb->extended = rnd(2);
        gdb->link.out = dup(null);
        gdb->in.no_ack = done % 2;
        gdb->multiprocess = gdb->swbreak = gdb->fork_events = gdb->exec_events = true;
        gdb_attach(gdb, 1000);
        for (int i = 0, dead = 0; i < PER_MACHINE && done < count && (dead < MAX_DEAD && (gdb->extended || !dead)); i++, done++) {
            wire ? one_wire(gdb) : one_packet(gdb);
            dead = gdb->over || gdb->detached ? dead + 1 : 0;
        }
        Emu *emu = gdb->emu;
        gdb_done(gdb);
        emu_destroy(emu);
    }
    free(gdb);
    printf("%u programs started by gdb\n", relaunches);
}

/* ---- the console ----------------------------------------------------------------------------------------------- */

/* Loops that take long: Ctrl-C. */
static Console *volatile impatient;
static void interrupt(int signal)
{
    Console *console = impatient;
    (void)signal;
    if (!console)
        return;
    console->interrupted = 1;
    if (console->emu)
        emu_interrupt(console->emu);
}

/* Breakpoints whose commands go on could do so forever. */
static unsigned stops;
static void stopped(Console *console)
{
    if (++stops > MAX_STOPS)
        console->quit = true;
}

/* As from a pipe on standard input: an error ends nothing. */
static void feed_script(Console *console, Text *text)
{
    char *line = NULL;
    size_t capacity = 0;
    Script script = {.file = fmemopen(text->bytes, text->size, "r"), .path = "script"};
    console->script = script.file ? &script : NULL;
    while (console->script && console_next_line(console, NULL, &line, &capacity)) {
        good_lines += console_execute(console, line);
        lines_fed++;
        console->quit = false;
    }
    free(line);
    if (script.file)
        fclose(script.file);
    console->script = NULL;
}

static void feed(Console *console, char kind)
{
    Text text = {.size = 0};
    stops = 0;
    if (kind == 's')
        put_script(&text);
    else if (kind == 'e')
        put_text(&text, "output "), put_expression(&text, 0);
    else
        put_line(&text, 0);
    damage(&text);
    impatient = console;
    alarm(2);
    note_input("console", text.bytes, text.size);
    if (kind == 's' && text.size)
        feed_script(console, &text);
    else
        good_lines += console_execute(console, text.bytes), lines_fed++;
    alarm(0);
    impatient = NULL;
    console->quit = false;
}

static void fuzz_console(uint64_t count, char kind)
{
    static const char *argv[] = {"/program", "2", NULL}, *envp[] = {NULL};
    EmuConfig config;
    emu_config_init(&config);
    config.memory_size = 64 << 20;
    config.deterministic = config.no_net = true;
    config.max_insns = MAX_INSNS;
    config.stdio[0] = config.stdio[1] = config.stdio[2] = -1;
    signal(SIGALRM, interrupt);
    for (uint64_t done = 0; done < count;) {
        char *output = NULL;
        size_t size = 0;
        Console *console = console_create(&config, "/program", argv, envp);
        FILE *out = open_memstream(&output, &size);
        console->out = console->err = out;
        console->stopped = stopped;
        if (!control_load(console))
            exit(1);
        console_execute(console, "break work");
        console_execute(console, "run");
        for (int i = 0; i < (kind == 's' ? SCRIPTS_PER_MACHINE : PER_MACHINE) && done < count; i++, done++) {
            feed(console, kind);
            rewind(out);
        }
        console->out = console->err = stderr;
        console_destroy(console);
        fclose(out);
        free(output);
    }
}

/* ---- what was fed last, for whoever finds the crash ------------------------------------------------------------ */

static char last_inputs[16][4400];
static unsigned last_input;

static void note_input(const char *kind, const char *text, size_t size)
{
    char *p = last_inputs[last_input++ % 16];
    size_t at = (size_t)sprintf(p, "%s: ", kind);
    for (size_t i = 0; i < size && at < sizeof last_inputs[0] - 8; i++) {
        unsigned char c = (unsigned char)text[i];
        at += (size_t)sprintf(p + at, c >= ' ' && c < 127 && c != '\\' ? "%c" : "\\x%02x", c);
    }
}

void __asan_on_error(void);
void __asan_on_error(void)
{
    for (unsigned i = last_input > 16 ? last_input - 16 : 0; i < last_input; i++)
        fprintf(stderr, "%s\n", last_inputs[i % 16]);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: debugger_fuzz packets|wire|lines|scripts|expressions PROGRAM COUNT [SEED]\n", stderr);
        return 2;
    }
    uint64_t count = strtoull(argv[3], NULL, 0), seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 1;
    state = seed * 0x9e3779b97f4a7c15ull + 1;
    null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    confine(argv[2]);
    if (strcmp(argv[1], "packets") == 0 || strcmp(argv[1], "wire") == 0)
        fuzz_packets(count, argv[1][0] == 'w');
    else
        fuzz_console(count, argv[1][0]);
    printf("%s: %llu inputs, seed %llu\n", argv[1], (unsigned long long)count, (unsigned long long)seed);
    if (lines_fed)
        printf("%llu of %llu lines were good\n", (unsigned long long)good_lines, (unsigned long long)lines_fed);
    return 0;
}
