/* Signals that the host sends to the emulator and that are meant for the guest. */
#ifndef EMU_KERNEL_HOST_SIGNALS_H
#define EMU_KERNEL_HOST_SIGNALS_H

#include <signal.h>

#include "kernel/kernel.h"

/* Installs handlers for the signals that are forwarded (config.forward_signals), and ignores SIGPIPE. One machine at a time
 * can have them. */
void host_signals_start(Kernel *kernel);
void host_signals_stop(Kernel *kernel);
/* How the emulator itself was started: nohup(1) and the like are inherited by the guest. */
bool host_signal_is_ignored(i32 signo);
u64 host_blocked_signals(void);
/* Sends what has arrived to the guest: as the terminal or kill(1) meant it. */
void host_signals_forward(Kernel *kernel);
/* The first process was stopped by `signo`: the emulator stops too, and so that the shell sees why. Returns when continued. */
void host_signals_stopped(Kernel *kernel, i32 signo);
/* Blocks forwarded signals; *old gets the mask to sleep with and to restore. */
void host_signals_block(sigset_t *old);
void host_signals_unblock(const sigset_t *old);
/* Around host calls on a terminal, whose rules for background jobs have been applied to the guest: the emulator itself is not
 * to be signalled, which would not end. Then host_signals_unblock(). */
void host_signals_block_terminal(sigset_t *old);

/* A descriptor that ends the emulator's own sleep in poll(2), for kernel_interrupt(): -1 with errno. */
int host_wake_open(void);
void host_wake(int fd); /* from any thread or signal handler */
void host_woken(int fd); /* hears it: it is quiet again */

#endif
