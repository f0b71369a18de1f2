catch exec
catch vfork
continue
continue
break second_life
continue
p n
backtrace
delete
continue
