/* Numbers with names: flags and constants of system calls. */
#ifndef EMU_KERNEL_STRACE_NAMES_H
#define EMU_KERNEL_STRACE_NAMES_H

#include "kernel/strace_text.h"

typedef struct Name {
    u64 value;
    const char *name; /* NULL ends a table */
} Name;

extern const Name strace_sa_flags[], strace_poll_events[], strace_clone_flags[], strace_epoll_events[];

/* A|B|0x100; "0" when nothing is set; what is not named prints as hex with `unknown` in a comment if it is all there is. */
void strace_flags(Text *text, const Name *table, u64 value, const char *unknown);
/* 0644, or S_IFREG|0644. */
void strace_mode(Text *text, u32 mode, bool with_type);
/* Prints a number of a type that has names. false: the type has none. */
bool strace_named_number(Text *text, u8 type, u64 value);

#endif
