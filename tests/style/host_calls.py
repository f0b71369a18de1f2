#!/usr/bin/env python3
"""The kernel room asks the host only through host_NAME() (kernel/host.h), so that recordings see every answer, and its structures
live where a recording can keep them (base/heap.h).
usage: host_calls.py SOURCE_DIR BUILD_DIR"""
import pathlib
import subprocess
import sys

HEAP = set("malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf open_memstream getline aligned_alloc".split())
CALLS = HEAP | set("""accept accept4 adjtimex bind clock_gettime close closedir connect copy_file_range creat dup dup2 dup3 epoll_create
epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd execve faccessat fallocate fchdir fchmod fchmodat fchown fchownat fcntl fdatasync
fdopendir fgetxattr flistxattr flock fopen fork fremovexattr fsetxattr fstat fstatat fstatfs fsync ftruncate futimens getcwd getdents64
getegid getenv geteuid getgid getgroups getifaddrs getloadavg getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
getresuid getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getxattr inotify_add_watch inotify_init1
inotify_rm_watch ioctl isatty kill lgetxattr linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat memfd_create mkdirat mknodat
mmap munmap nanosleep open open_by_handle_at openat opendir pipe pipe2 poll posix_fadvise ppoll pread preadv preadv2 pselect pwrite pwritev
pwritev2 raise rand random read readahead readdir readlink readlinkat readv realpath recv recvfrom recvmmsg recvmsg removexattr renameat2
rmdir select send sendfile sendmmsg sendmsg sendto setsockopt setxattr shutdown sigaction signal signalfd sigprocmask socket
socketpair splice stat statfs statvfs statx symlinkat sync sync_file_range syncfs syscall sysconf sysinfo tcgetattr tcgetpgrp tcgetsid tcsetattr
tcsetpgrp tee time timerfd_create times truncate umask uname unlink unlinkat utimensat vmsplice waitpid write writev""".split())

ALLOWED = {  # symbols by object: what is no input of a run
    "host.c.o": CALLS, "host_log.c.o": CALLS,
    "host_signals.c.o": {"sigaction", "sigprocmask", "eventfd", "read", "write"},  # how the emulator itself hears of signals
    "credentials.c.o": {"syscall"},  # as whom the host is asked, not what it answers
    "clock.c.o": {"clock_gettime"},  # --timeout
    "debug.c.o": HEAP, "events.c.o": HEAP,  # watchpoints and requests for events are the debugger's, and do not travel in time
    "kernel.c.o": {"aligned_alloc", "free"},  # the Kernel itself
    "vfs.c.o": {"mmap", "munmap", "signal"},  # a page that is never there; SIGPIPE is not for us
}

problems = 0
objects = sorted((pathlib.Path(sys.argv[2]) / "CMakeFiles/emulib.dir/kernel").glob("*.o"))
for path in objects:
    names = subprocess.run(["nm", "-u", "-P", path], capture_output=True, text=True).stdout.split()
    for symbol in sorted(CALLS.intersection(names) - ALLOWED.get(path.name, set())):
        problems += 1
        print(f"{path.stem} calls {symbol}(): see kernel/host.h and base/heap.h")
print(f"{len(objects)} object files, {problems} problems")
sys.exit(bool(problems) or not objects)
