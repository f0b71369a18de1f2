# source: fork_nested.c
catch syscall fork clone vfork
catch syscall wait4
catch syscall exit_group
catch syscall 12
catch syscall group:process
info breakpoints
continue
continue
delete 4
delete 5
continue
continue
continue
continue
delete
catch syscall write
continue
