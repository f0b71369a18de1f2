/* execve(2), execveat(2): arguments from guest memory, scripts, and starting the first program. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/heap.h"
#include "kernel/exec.h"
#include "kernel/host.h"
#include "kernel/syscalls.h"

enum { MAX_ARG_STRLEN = 128 << 10, MAX_SCRIPT_DEPTH = 5, BINPRM_SIZE = 256 };

/* ---- argv and envp ------------------------------------------------------------------------------------------------------- */

typedef struct Strings {
    char **list; /* NULL-terminated, each malloc'ed */
    u64 count, capacity;
    u64 bytes;
} Strings;

static void strings_free(Strings *strings)
{
    for (u64 i = 0; i < strings->count; i++)
        heap_free(strings->list[i]);
    heap_free(strings->list);
    *strings = (Strings){0};
}

static i64 strings_add(Strings *strings, char *string)
{
    if (strings->count + 1 >= strings->capacity) {
        u64 capacity = strings->capacity * 2 + 16;
        char **grown = heap_realloc(strings->list, capacity * sizeof *grown);
        if (!grown) {
            heap_free(string);
            return -ENOMEM;
        }
        strings->list = grown;
        strings->capacity = capacity;
    }
    strings->list[strings->count++] = string;
    strings->list[strings->count] = NULL;
    return 0;
}

static i64 string_read(Task *task, u64 address, char *buffer, char **copy)
{
    i64 length = string_from_guest(task, buffer, address, MAX_ARG_STRLEN);
    if (length < 0)
        return length == -ENAMETOOLONG ? -E2BIG : length;
    *copy = heap_alloc((size_t)length + 1);
    if (!*copy)
        return -ENOMEM;
    memcpy(*copy, buffer, (size_t)length + 1);
    return length;
}

/* A list of strings in guest memory; address 0 is an empty list. At most `limit` bytes together. */
static i64 strings_read(Task *task, u64 address, Strings *strings, u64 limit)
{
    strings->capacity = 16;
    strings->list = heap_calloc(strings->capacity, sizeof *strings->list);
    char *buffer = heap_alloc(MAX_ARG_STRLEN);
    i64 result = strings->list && buffer ? 0 : -ENOMEM;
    for (; address && !result; address += 8) {
        u64 pointer;
        char *copy;
        if (!copy_from_guest(task, &pointer, address, 8)) {
            result = -EFAULT;
            break;
        }
        if (!pointer)
            break;
        i64 length = string_read(task, pointer, buffer, &copy);
        if (length < 0) {
            result = length;
            break;
        }
        strings->bytes += (u64)length + 1 + 8;
        result = strings_add(strings, copy);
        if (strings->bytes > limit)
            result = -E2BIG;
    }
    heap_free(buffer);
    if (result)
        strings_free(strings);
    return result;
}

/* ---- scripts ------------------------------------------------------------------------------------------------------------- */

static bool blank(char c) { return c == ' ' || c == '\t'; }

/* The interpreter and its one argument (NULL: none) in a "#!" line, cut out in place. fs/binfmt_script.c. */
static bool parse_script(char *line, u64 size, char **interpreter, char **argument)
{
    char *end = memchr(line, '\n', size);
    char *limit = line + size;
    if (!end)
        end = limit;
    bool whole = end != limit;
    while (end > line + 2 && blank(end[-1]))
        end--;
    char *at = line + 2;
    while (at < end && blank(*at))
        at++;
    if (at == end)
        return false;
    char *name = at;
    while (at < end && !blank(*at) && *at)
        at++;
    if (at == limit && !whole)
        return false; /* a name cut short must not be run */
    char *name_end = at;
    while (at < end && blank(*at))
        at++;
    *argument = at < end && *at ? at : NULL;
    if (end < limit)
        *end = 0;
    *name_end = 0;
    *interpreter = name;
    return *name != 0;
}

static i64 run_interpreter(Task *task, const ExecRequest *request, const char *interpreter, const char *argument)
{
    u64 count = 0;
    while (request->argv && request->argv[count])
        count++;
    const char **argv = heap_alloc((count + 4) * sizeof *argv);
    char *path = heap_alloc(PATH_MAX);
    i64 result = -ENOMEM;
    if (argv && path) {
        u64 n = 0;
        argv[n++] = interpreter;
        if (argument)
            argv[n++] = argument;
        argv[n++] = request->script ? request->script : request->execfn;
        for (u64 i = 1; i < count; i++)
            argv[n++] = request->argv[i];
        argv[n] = NULL;
        ExecRequest inner = *request;
        inner.argv = argv;
        inner.script = interpreter;
        inner.depth = request->depth + 1;
        i64 fd = file_open_program(task, AT_FDCWD, interpreter, 0, path);
        result = fd;
        if (fd >= 0) {
            result = exec_program(task, (int)fd, path, &inner);
            host_close((int)fd);
        } else if (request->why) {
            snprintf(request->why, request->why_size, "its interpreter '%s': %s", interpreter, strerror((int)-fd));
        }
    }
    heap_free(path);
    heap_free(argv);
    return result;
}

i64 exec_script(Task *task, int host_fd, const ExecRequest *request)
{
    char line[BINPRM_SIZE + 1] = {0};
    char *interpreter, *argument = NULL;
    ssize_t got = host_pread(host_fd, line, BINPRM_SIZE, 0);
    if (got < 0)
        return -errno;
    if (request->depth >= MAX_SCRIPT_DEPTH)
        return -ELOOP;
    if (!parse_script(line, got == BINPRM_SIZE ? BINPRM_SIZE : (u64)got + 1, &interpreter, &argument)) {
        if (request->why)
            snprintf(request->why, request->why_size, "a script whose first line names no interpreter");
        return -ENOEXEC;
    }
    return run_interpreter(task, request, interpreter, argument);
}

/* ---- calls --------------------------------------------------------------------------------------------------------------- */

/* What argv and envp may take: a quarter of the stack's limit, at most 6 MiB, at least 128 KiB. execve(2). */
static u64 argument_limit(const Task *task)
{
    u64 limit = task->process->limits[LIMIT_STACK].soft / 4;
    u64 most = 6ull << 20, least = 128 << 10;
    return limit > most ? most : limit < least ? least : limit;
}

static i64 exec_path(Task *task, i32 dirfd, const char *path, u32 flags, const u64 *lists)
{
    char *real_path = heap_alloc(PATH_MAX);
    Strings argv = {0}, envp = {0};
    i64 fd = real_path ? file_open_program(task, dirfd, path, flags, real_path) : -ENOMEM;
    i64 result = fd < 0 ? fd : strings_read(task, lists[0], &argv, argument_limit(task));
    if (!result)
        result = strings_read(task, lists[1], &envp, argument_limit(task));
    if (!result) {
        char name[PATH_MAX + 32];
        if (dirfd == AT_FDCWD || path[0] == '/')
            snprintf(name, sizeof name, "%s", path);
        else
            snprintf(name, sizeof name, path[0] ? "/dev/fd/%d/%s" : "/dev/fd/%d", dirfd, path);
        ExecRequest request = {.execfn = name, .argv = (const char *const *)argv.list, .envp = (const char *const *)envp.list};
        result = exec_program(task, (int)fd, real_path, &request);
    }
    if (fd >= 0)
        host_close((int)fd);
    strings_free(&argv);
    strings_free(&envp);
    heap_free(real_path);
    return result;
}

static i64 do_execve(Task *task, i32 dirfd, u64 path_address, u32 flags, const u64 *lists)
{
    char path[PATH_MAX];
    i64 length = string_from_guest(task, path, path_address, sizeof path);
    if (length < 0)
        return length;
    if (length == 0 && !(flags & AT_EMPTY_PATH))
        return -ENOENT;
    i64 result = exec_path(task, dirfd, path, flags, lists);
    if (!result)
        task_registers(task)->r[RAX] = 0;
    return result ? result : SYS_EXECED;
}

i64 sys_execve(Task *task, const u64 *arg) { return do_execve(task, AT_FDCWD, arg[0], 0, arg + 1); }

i64 sys_execveat(Task *task, const u64 *arg)
{
    if (arg[4] & ~(u64)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    return do_execve(task, (i32)arg[0], arg[1], (u32)arg[4], arg + 2);
}
