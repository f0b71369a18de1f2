# source: fork_nested.c
catch fork
catch vfork
catch exec
catch syscall execve
set follow-fork-mode child
continue
continue
continue
continue
continue
continue
