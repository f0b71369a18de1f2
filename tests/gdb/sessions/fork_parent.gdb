# source: fork_both.c
break child_work
break parent_work
catch fork
continue
continue
p where
p n
continue
