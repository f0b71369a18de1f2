/* Signals of the host for the guest: the handler only notes them, the run loop sends them on. What the terminal sent goes to
 * the guest's foreground group, what another process sent goes to the first process, and to all that are left when it has
 * ended. */
#include "kernel/host_signals.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/host.h"
#include "kernel/host_log.h"
#include "kernel/signal_internal.h"

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGTSTP, SIGWINCH,
                                SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXCPU, SIGTTIN, SIGTTOU, SIGURG};
enum { FORWARDED = sizeof forwarded / sizeof forwarded[0] };

static Kernel *receiver; /* whose host_signals the handler sets; one machine at a time */
static volatile u64 from_terminal; /* of receiver->host_signals: sent by the terminal driver */
static struct sigaction saved[FORWARDED], saved_pipe;
static u64 ignored_at_start, blocked_at_start;
static bool start_known;

/* What the emulator inherited; asked before anything is changed. */
static void learn_start(void)
{
    if (start_known)
        return;
    start_known = true;
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int signo = 1; signo <= SIGNALS; signo++) {
        struct sigaction action;
        if (!sigaction(signo, NULL, &action) && action.sa_handler == SIG_IGN)
            ignored_at_start |= SIGNAL_BIT(signo);
        if (sigismember(&mask, signo) == 1)
            blocked_at_start |= SIGNAL_BIT(signo);
    }
}

int host_signal_ignored_now(int signo)
{
    learn_start();
    return (ignored_at_start & SIGNAL_BIT(signo)) != 0;
}

int host_signals_blocked_now(u64 *set)
{
    learn_start();
    *set = blocked_at_start;
    return 0;
}

bool host_signal_is_ignored(i32 signo) { return host_signal_ignored(signo) == 1; }

u64 host_blocked_signals(void)
{
    u64 set = 0;
    host_signals_blocked(&set);
    return set;
}

static void note(int signo, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    u64 bit = SIGNAL_BIT(signo);
    if (info->si_code == SI_KERNEL)
        __atomic_or_fetch(&from_terminal, bit, __ATOMIC_RELAXED);
    if (receiver) {
        __atomic_or_fetch(&receiver->host_signals, bit, __ATOMIC_RELAXED);
        cpu_interrupt(&receiver->cpu);
    }
    errno = error;
}

void host_signals_start(Kernel *kernel)
{
    learn_start();
    if (receiver)
        return;
    receiver = kernel;
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (u32 i = 0; i < FORWARDED; i++)
        sigaction(forwarded[i], &action, &saved[i]);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, &saved_pipe);
}

void host_signals_stop(Kernel *kernel)
{
    if (receiver != kernel)
        return;
    receiver = NULL;
    for (u32 i = 0; i < FORWARDED; i++)
        sigaction(forwarded[i], &saved[i], NULL);
    sigaction(SIGPIPE, &saved_pipe, NULL);
}

/* The first process, for which the emulator stands, has ended: it stands for all that are left. */
static void send_to_all(Kernel *kernel, const SigInfo *info)
{
    for (Process *process = kernel->processes; process; process = process->next)
        signal_send_process(process, info);
}

void host_signals_forward(Kernel *kernel)
{
    bool replay = kernel->config.log && kernel->config.log->mode == HOST_REPLAY;
    u64 set = 0, terminal = 0, serial = kernel->looks++;
    if (!replay && kernel->host_signals) {
        set = __atomic_exchange_n(&kernel->host_signals, 0, __ATOMIC_RELAXED);
        terminal = __atomic_exchange_n(&from_terminal, 0, __ATOMIC_RELAXED) & set;
    }
    set = host_log_signals(2 * serial, set);
    if (set)
        terminal = host_log_signals(2 * serial + 1, terminal);
    for (i32 signo = 1; signo <= SIGNALS; signo++) {
        if (!(set & SIGNAL_BIT(signo)))
            continue;
        SigInfo info = {.signo = signo, .code = terminal & SIGNAL_BIT(signo) ? SI_KERNEL : SI_USER};
        kernel->from_outside |= SIGNAL_BIT(signo);
        if (terminal & SIGNAL_BIT(signo))
            signal_send_group(kernel, kernel->terminal_pgid, &info);
        else if (signo == SIGCONT) /* a shell continues the job, not only its first process */
            signal_send_group(kernel, kernel->init->pgid, &info);
        else if (!kernel->init->zombie)
            signal_send_process(kernel->init, &info);
        else
            send_to_all(kernel, &info);
    }
}

/* Stops the emulator by a terminal's signal. The signal is held back until the terminal has been asked once more: a shell's fg gives it
 * away and then sends SIGCONT, which takes back a stop that waits, but not one that comes later. false: the terminal is ours now. */
static bool stop_by_terminal(i32 signo, int refused)
{
    struct sigaction ours, plain = {.sa_handler = SIG_DFL};
    const struct timespec at_once = {0};
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, signo);
    sigprocmask(SIG_BLOCK, &set, &old);
    sigaction(signo, &plain, &ours);
    host_raise(signo);
    bool given = refused >= 0 && host_tcgetpgrp(refused) == host_getpgrp();
    if (given)
        sigtimedwait(&set, NULL, &at_once);
    sigprocmask(SIG_UNBLOCK, &set, NULL); /* here it stands still */
    sigaction(signo, &ours, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return !given;
}

/* SIGCONT, when it comes, is forwarded and continues the guest. Where the host lets its group not be stopped by terminals
 * (its parent there is of another session), only SIGSTOP does. */
void host_signals_stopped(Kernel *kernel, i32 signo)
{
    if (receiver != kernel)
        return;
    int refused = signo == SIGTTIN || signo == SIGTTOU ? kernel->terminal_fd : -1; /* not one who was sent the signal by kill(2) */
    kernel->terminal_fd = -1;
    if (signo != SIGSTOP && !stop_by_terminal(signo, refused)) {
        signal_send_group(kernel, kernel->init->pgid, &(SigInfo){.signo = SIGCONT, .code = SI_KERNEL});
        return;
    }
    if (signo != SIGSTOP && kernel->host_signals & SIGNAL_BIT(SIGCONT))
        return;
    host_raise(SIGSTOP);
}

void host_signals_block_terminal(sigset_t *old)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTTIN);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_BLOCK, &set, old);
}

void host_signals_block(sigset_t *old)
{
    sigset_t set;
    sigemptyset(&set);
    for (u32 i = 0; i < FORWARDED; i++)
        sigaddset(&set, forwarded[i]);
    sigprocmask(SIG_BLOCK, &set, old);
}

int host_wake_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void host_wake(int fd)
{
    u64 one = 1;
    ssize_t written = write(fd, &one, sizeof one); /* full: it is awake already */
    (void)written;
}

void host_woken(int fd)
{
    u64 count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
}

void host_signals_unblock(const sigset_t *old) { sigprocmask(SIG_SETMASK, old, NULL); }
