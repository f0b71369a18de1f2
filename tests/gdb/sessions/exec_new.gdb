# source: fork_nested.c
set follow-exec-mode new
set follow-fork-mode child
tbreak in_child
continue
catch exec
continue
info inferiors
tbreak main
continue
p argc
continue
info inferiors
