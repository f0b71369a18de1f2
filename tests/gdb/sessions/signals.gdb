break handler
continue
p $_siginfo.si_signo
p $_siginfo._sifields._kill.si_pid == $_inferior_pid
set $_siginfo.si_errno = 9
p $_siginfo.si_errno
set $_siginfo._sifields._kill.si_uid = 77
p $_siginfo._sifields._kill.si_uid
call abs(-5)
p $_siginfo.si_errno
p $_siginfo.si_signo
continue
backtrace
p signo
finish
continue
handle SIGUSR2 nostop noprint pass
signal 0
p signo
continue
p $_siginfo.si_signo
p $_siginfo.si_code
p $_siginfo._sifields._sigfault.si_addr
x/i $pc
p caught
set $_siginfo.si_code = 7
p $_siginfo.si_code
continue
p $_exitsignal
