/* Between strace.c (lines) and strace_args.c (arguments). */
#ifndef EMU_KERNEL_STRACE_TEXT_H
#define EMU_KERNEL_STRACE_TEXT_H

#include "kernel/syscalls.h"
#include "kernel/text.h"

/* One argument of a call. `done`: the call has returned `result`, so outputs can be read. */
void strace_argument(Text *text, Task *task, const Syscall *row, u32 index, bool done, i64 result);
/* Can it be printed only when the call has returned? */
bool strace_type_is_output(u8 type);
/* Arguments that depend on others: the mode of an open without O_CREAT … */
bool strace_argument_absent(const Call *call, const Syscall *row, u32 index);

/* clone's arguments have names and an order of their own: the first part before the call, the second after. */
void strace_clone(Text *text, Task *task, bool done, i64 result);
/* What strace says in brackets behind some results: which descriptors are ready, which signal came. */
void strace_result_note(Text *text, Task *task, i64 result);

/* The directory entries that getdents(2) stored: how many. */
void strace_dirents(Text *text, Task *task, u64 address, i64 size);

/* A string with C escapes in quotes, at most `most` bytes of it, then "...". */
void strace_string(Text *text, const char *bytes, u64 size, u64 most);
/* [USR1 CHLD], ~[KILL] of the sigset_t at `address`. */
void strace_sigset(Text *text, Task *task, u64 address);
void strace_siginfo(Text *text, const SigInfo *info);

#endif
