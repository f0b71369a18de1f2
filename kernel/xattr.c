/* Extended attributes, xattr(7): the host's, by path, by link and by descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include "base/heap.h"
#include "kernel/host.h"
#include "kernel/path.h"
#include "kernel/syscalls.h"

enum { NAME_SIZE = 256, VALUE_MAX = 65536 }; /* XATTR_NAME_MAX + NUL, XATTR_SIZE_MAX */

/* Which inode: a path followed or not, or a descriptor. */
typedef struct Target {
    Path path;
    char link[PATH_MAX + 128];
    const char *name; /* NULL: fd */
    int fd;
    bool follow;
} Target;

typedef enum Form { FOLLOW, LINK, DESCRIPTOR } Form;

static i64 target_get(Task *task, Target *target, u64 argument, Form form)
{
    target->path.owned = -1;
    target->name = NULL;
    target->follow = form == FOLLOW;
    if (form == DESCRIPTOR) {
        OpenFile *file = file_get_usable(task, argument);
        if (!file)
            return -EBADF;
        target->fd = file->host_fd;
        return file->path ? -EOPNOTSUPP : 0;
    }
    i64 error = path_from_guest(task, &target->path, (u64)AT_FDCWD, argument, form == LINK ? PATH_NOFOLLOW : 0);
    if (!error && (target->path.proc.kind || (target->path.file && target->path.file->path)))
        error = -EOPNOTSUPP;
    if (!error)
        target->name = path_link(&target->path, target->link, sizeof target->link);
    return error;
}

/* -ERANGE: empty or too long. */
static i64 name_get(Task *task, char name[NAME_SIZE], u64 address)
{
    i64 length = string_from_guest(task, name, address, NAME_SIZE);
    return length == -ENAMETOOLONG || length == 0 ? -ERANGE : length < 0 ? length : 0;
}

static i64 set_attribute(Task *task, const u64 *arg, Form form)
{
    char name[NAME_SIZE];
    u64 size = arg[3];
    int flags = (int)arg[4];
    if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
        return -EINVAL;
    i64 result = name_get(task, name, arg[1]);
    if (result)
        return result;
    if (size > VALUE_MAX)
        return -E2BIG;
    u8 *value = heap_alloc(size + 1);
    if (!value)
        return -ENOMEM;
    Target t;
    result = copy_from_guest(task, value, arg[2], size) ? target_get(task, &t, arg[0], form) : (t.path.owned = -1, -EFAULT);
    if (!result && !t.name)
        result = host_result(host_fsetxattr(t.fd, name, value, size, flags));
    else if (!result)
        result = host_result((t.follow ? host_setxattr : host_lsetxattr)(t.name, name, value, size, flags));
    path_done(&t.path);
    heap_free(value);
    return result;
}

i64 sys_setxattr(Task *task, const u64 *arg) { return set_attribute(task, arg, FOLLOW); }
i64 sys_lsetxattr(Task *task, const u64 *arg) { return set_attribute(task, arg, LINK); }
i64 sys_fsetxattr(Task *task, const u64 *arg) { return set_attribute(task, arg, DESCRIPTOR); }

/* Both queries: room 0 asks for the size only. `name` NULL: the list of names. */
static i64 query(Task *task, u64 target, Form form, const char *name, u64 address, u64 room)
{
    u64 size = room < VALUE_MAX ? room : VALUE_MAX;
    char *value = heap_alloc(size + 1);
    if (!value)
        return -ENOMEM;
    Target t;
    i64 result = target_get(task, &t, target, form);
    if (!result && !t.name)
        result = host_result(name ? host_fgetxattr(t.fd, name, value, size) : host_flistxattr(t.fd, value, size));
    else if (!result && name)
        result = host_result((t.follow ? host_getxattr : host_lgetxattr)(t.name, name, value, size));
    else if (!result)
        result = host_result((t.follow ? host_listxattr : host_llistxattr)(t.name, value, size));
    path_done(&t.path);
    if (result > 0 && room && !copy_to_guest(task, address, value, (u64)result))
        result = -EFAULT;
    heap_free(value);
    return result;
}

static i64 get_attribute(Task *task, const u64 *arg, Form form)
{
    char name[NAME_SIZE];
    i64 error = name_get(task, name, arg[1]);
    return error ? error : query(task, arg[0], form, name, arg[2], arg[3]);
}

i64 sys_getxattr(Task *task, const u64 *arg) { return get_attribute(task, arg, FOLLOW); }
i64 sys_lgetxattr(Task *task, const u64 *arg) { return get_attribute(task, arg, LINK); }
i64 sys_fgetxattr(Task *task, const u64 *arg) { return get_attribute(task, arg, DESCRIPTOR); }

i64 sys_listxattr(Task *task, const u64 *arg) { return query(task, arg[0], FOLLOW, NULL, arg[1], arg[2]); }
i64 sys_llistxattr(Task *task, const u64 *arg) { return query(task, arg[0], LINK, NULL, arg[1], arg[2]); }
i64 sys_flistxattr(Task *task, const u64 *arg) { return query(task, arg[0], DESCRIPTOR, NULL, arg[1], arg[2]); }

static i64 remove_attribute(Task *task, const u64 *arg, Form form)
{
    char name[NAME_SIZE];
    Target t;
    i64 result = name_get(task, name, arg[1]);
    if (result)
        return result;
    result = target_get(task, &t, arg[0], form);
    if (!result && !t.name)
        result = host_result(host_fremovexattr(t.fd, name));
    else if (!result)
        result = host_result((t.follow ? host_removexattr : host_lremovexattr)(t.name, name));
    path_done(&t.path);
    return result;
}

i64 sys_removexattr(Task *task, const u64 *arg) { return remove_attribute(task, arg, FOLLOW); }
i64 sys_lremovexattr(Task *task, const u64 *arg) { return remove_attribute(task, arg, LINK); }
i64 sys_fremovexattr(Task *task, const u64 *arg) { return remove_attribute(task, arg, DESCRIPTOR); }
