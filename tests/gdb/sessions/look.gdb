# source: flow.c
break handler
handle SIGUSR1 stop print pass
continue
p $_siginfo.si_signo
call add(3, 4)
p $_siginfo.si_signo
set $_siginfo.si_code = 0
p $_siginfo.si_code
stepi
bt
finish
next
x/s text
x/3s text
find text, +sizeof(text), 'g'
find &arr, +sizeof(arr), 9
find /b text, +10, 'l'
p text
set var text = "HELLO, gdb"
x/s text
x/8dw arr
x/2i $pc
x/2xg $sp-16
x/4xb 0
p *(int*)0
output counter
p &arr[2]
p arr[1]@3
ptype struct pair
info line main
info symbol add
info address add
info source
info sharedlibrary
tstart
trace main
info tracepoints
checkpoint
info inferiors
info threads
dump memory look.bin text text+10
restore look.bin binary text+1 0 5
x/s text
restore look.nothing
display counter
display/i $pc
stepi
undisplay 1
stepi
stop
skip function add
info skip
thread 1
thread 2
thread name foo
info threads
thread find foo
compare-sections .text
kill
info inferiors
