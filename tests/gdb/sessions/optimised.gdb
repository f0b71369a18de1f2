break leaf
continue
backtrace
finish
finish
delete
break compare
continue
backtrace
stepi 6
nexti 3
info symbol $pc
finish
step
step
up
continue
