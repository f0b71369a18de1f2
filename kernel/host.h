/* The host, as the kernel room sees it: host_NAME() for each row of host_calls.def, with libc's arguments, result and errno.
 *
 * Why not libc itself: a run is a function of what these calls return. While a log is being recorded every answer is
 * appended to it; while one is replayed the answers come from it and the host is not asked, so nothing is written, opened or
 * waited for twice. Without a log a call costs one test more. tests/style/host_calls.py fails when an object file of kernel/
 * calls the host by itself. */
#ifndef EMU_KERNEL_HOST_H
#define EMU_KERNEL_HOST_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/types.h"

struct termios; /* the C library's; ioctl.c has the kernel's */
struct statx;

#define HOST(type, name, parameters, call, outs) type host_##name parameters;
#define HAND(name)
#include "kernel/host_calls.def"
#undef HOST
#undef HAND

ssize_t host_write(int fd, const void *from, size_t size);
ssize_t host_writev(int fd, const struct iovec *v, int count);
ssize_t host_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags);
ssize_t host_splice(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags);
int host_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int host_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int host_getsockname(int fd, struct sockaddr *address, socklen_t *size);
int host_getpeername(int fd, struct sockaddr *address, socklen_t *size);
ssize_t host_recvmsg(int fd, struct msghdr *message, int flags);
int host_epoll_wait(int epoll, struct epoll_event *events, int room, int timeout);
int host_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int host_getresgid(gid_t *real, gid_t *effective, gid_t *saved);

/* Names in a directory of the host, without "." and ".."; type: DT_REG … Those of /proc/self/fd include the one used here. */
typedef void HostNameVisit(void *context, const char *name, u8 type);
void host_directory(const char *path, HostNameVisit *visit, void *context);

/* Asked in both modes, so not rows' business (host_signals.c). */
int host_signal_ignored_now(int signal);
int host_signals_blocked_now(u64 *set);

/* RLIMIT_NOFILE as this process was given it; from then on it may have as many descriptors as it can get. One process here
 * holds the descriptors of all guests, each of whom is told, and held to, the limit as it was. */
int host_file_limit_now(struct rlimit *limit);

#endif
