# source: fork_both.c
set follow-fork-mode child
break child_work
break parent_work
continue
backtrace
next
p where
continue
