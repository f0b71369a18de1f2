/* $_siginfo: the siginfo_t of the signal that has stopped the program, by gdb's names for its members. sigaction(2). */
#include "ui/console/siginfo.h"

#include <string.h>

#include "ui/console/console.h"

enum { SIZE = 128 };
enum { POINTER = BUILT_INS };

static const struct { const char *path; uint8_t offset; int type; } members[] = {
    {"si_signo", 0, TYPE_INT},
    {"si_errno", 4, TYPE_INT},
    {"si_code", 8, TYPE_INT},
    {"_sifields._kill.si_pid", 16, TYPE_INT},
    {"_sifields._kill.si_uid", 20, TYPE_UINT},
    {"_sifields._timer.si_tid", 16, TYPE_INT},
    {"_sifields._timer.si_overrun", 20, TYPE_INT},
    {"_sifields._timer.si_sigval.sival_int", 24, TYPE_INT},
    {"_sifields._timer.si_sigval.sival_ptr", 24, POINTER},
    {"_sifields._rt.si_pid", 16, TYPE_INT},
    {"_sifields._rt.si_uid", 20, TYPE_UINT},
    {"_sifields._rt.si_sigval.sival_int", 24, TYPE_INT},
    {"_sifields._rt.si_sigval.sival_ptr", 24, POINTER},
    {"_sifields._sigchld.si_pid", 16, TYPE_INT},
    {"_sifields._sigchld.si_uid", 20, TYPE_UINT},
    {"_sifields._sigchld.si_status", 24, TYPE_INT},
    {"_sifields._sigchld.si_utime", 32, TYPE_LONG},
    {"_sifields._sigchld.si_stime", 40, TYPE_LONG},
    {"_sifields._sigfault.si_addr", 16, POINTER},
    {"_sifields._sigfault._addr_lsb", 24, TYPE_SHORT},
    {"_sifields._sigfault._addr_bnd._lower", 32, POINTER},
    {"_sifields._sigfault._addr_bnd._upper", 40, POINTER},
    {"_sifields._sigpoll.si_band", 16, TYPE_LONG},
    {"_sifields._sigpoll.si_fd", 24, TYPE_INT},
};
enum { MEMBERS = sizeof members / sizeof members[0] };

static Value member_value(Console *console, size_t index, const uint8_t *info)
{
    const Type *type = members[index].type == POINTER ? type_pointer(&console->types, type_builtin(TYPE_VOID))
                                                      : type_builtin((BuiltIn)members[index].type);
    Value v = {.type = type};
    memcpy(v.bytes, info + members[index].offset, type->size);
    return v;
}

static bool read_info(Console *console, uint8_t info[SIZE])
{
    int pid, tid = console->tid;
    if (!tid && console->running)
        emu_last_task(console->emu, &pid, &tid);
    return (console->running && emu_signal_info(console->emu, tid, info)) || console_error(console, "Unable to read siginfo");
}

bool siginfo_member(Console *console, const char **text, Value *v)
{
    uint8_t info[SIZE];
    const char *p = *text + 1;
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_.");
    if (!read_info(console, info))
        return false;
    for (size_t i = 0; i < MEMBERS; i++)
        if (strlen(members[i].path) == n && strncmp(members[i].path, p, n) == 0) {
            *v = member_value(console, i, info);
            *text = p + n;
            return true;
        }
    return console_error(console, "There is no member named %.*s.", (int)(n < 80 ? n : 80), p);
}

/* How many of the words of two paths are the same, from the left; *at: where the first other one begins. */
static unsigned shared(const char *a, const char *b, size_t *at)
{
    unsigned words = 0;
    *at = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.') {
            words++;
            *at = i + 1;
        }
    return words;
}

static unsigned depth_of(const char *path)
{
    unsigned depth = 0;
    for (; *path; path++)
        depth += *path == '.';
    return depth;
}

bool siginfo_print(Console *console)
{
    uint8_t info[SIZE];
    size_t at = 0;
    unsigned depth = 0;
    if (!read_info(console, info))
        return false;
    putc('{', console->out);
    for (size_t i = 0; i < MEMBERS; i++) {
        unsigned common = i ? shared(members[i].path, members[i - 1].path, &at) : 0;
        while (i && depth > common)
            putc('}', console->out), depth--;
        fputs(i ? ", " : "", console->out);
        for (const char *p = members[i].path + at;; p++) {
            size_t n = strcspn(p, ".");
            fprintf(console->out, "%.*s = ", (int)n, p);
            p += n;
            if (!*p)
                break;
            putc('{', console->out);
        }
        depth = depth_of(members[i].path);
        Value v = member_value(console, i, info);
        value_print_plain(console, console->out, &v);
    }
    for (depth++; depth; depth--)
        putc('}', console->out);
    putc('\n', console->out);
    return true;
}
