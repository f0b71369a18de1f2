break main
continue
info args
next
next
info locals
p first
p second
p *list->next
step
break factorial if n == 3
continue
backtrace
up
info frame
info locals
down
finish
display global
tbreak twice
until
advance shout
p s
next
next
info locals
finish
x/s text
x/6xb text
x/2i $pc
p $_siginfo.si_signo
info registers rip
p twice(21)
p half(5.0)
p swap((struct pair){1, 2})
p shout("library calls work")
set var global = 77
p global
p $xmm0.v2_double[0] = 2.5
p $xmm0.v2_double[0]
p $sp - $sp
continue
info breakpoints
delete
continue
p $_exitcode
