/* Demangling by libiberty, which Valgrind, gdb and binutils share: so names come out as theirs. Each symbol is looked at once, since
 * the same few name thousands of lines; symbols are known by where their name lies, which stays as long as their file is open. */
#include "emu/demangle.h"

#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBIBERTY
#include <libiberty/demangle.h>
#endif

typedef struct Known {
    const char *mangled; /* NULL: a free place */
    char *plain;         /* NULL: it is not mangled */
} Known;

struct Demangler {
    Known *known; /* open addressing, at most half full */
    u64 size, used;
};

static char *plain_name(const char *name)
{
#ifdef HAVE_LIBIBERTY
    if (strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0)
        return cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
#else
    (void)name;
#endif
    return NULL;
}

static Known *find(Known *known, u64 size, const char *name)
{
    u64 at = ((u64)(uintptr_t)name * 0x9e3779b97f4a7c15ull >> 20) & (size - 1);
    while (known[at].mangled && known[at].mangled != name)
        at = (at + 1) & (size - 1);
    return &known[at];
}

static bool grow(Demangler *d)
{
    u64 size = d->size ? 2 * d->size : 256;
    Known *bigger = calloc(size, sizeof *bigger);
    if (!bigger)
        return false;
    for (u64 i = 0; i < d->size; i++)
        if (d->known[i].mangled)
            *find(bigger, size, d->known[i].mangled) = d->known[i];
    free(d->known);
    d->known = bigger;
    d->size = size;
    return true;
}

const char *demangle(Demangler **demangler, const char *name)
{
    if (!name || name[0] != '_' || (!*demangler && !(*demangler = calloc(1, sizeof **demangler))))
        return name;
    Demangler *d = *demangler;
    if (2 * d->used >= d->size && !grow(d))
        return name;
    Known *known = find(d->known, d->size, name);
    if (!known->mangled) {
        *known = (Known){.mangled = name, .plain = plain_name(name)};
        d->used++;
    }
    return known->plain ? known->plain : name;
}

void demangler_destroy(Demangler *demangler)
{
    if (!demangler)
        return;
    for (u64 i = 0; i < demangler->size; i++)
        free(demangler->known[i].plain);
    free(demangler->known);
    free(demangler);
}
