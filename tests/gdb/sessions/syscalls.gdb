catch syscall write
catch syscall close
continue
p $rdx
p $orig_rax
continue
p $rax
continue
continue
continue
p $orig_rax
continue
p (int)$rax
delete
catch syscall 110
continue
p $_siginfo.si_signo
continue
delete
continue
