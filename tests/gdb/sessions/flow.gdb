tbreak main
continue
break make
continue
finish
break half
continue
finish
p $
break name
continue
finish
p $$2
tbreak locals
continue
watch here
continue
continue
continue
continue
continue
continue
info breakpoints
delete
until 29
p arr
watch arr[5] if arr[5] > 10
continue
delete
rwatch arr[3]
awatch counter
continue
continue
continue
info breakpoints
delete
advance 32
p add(20, 22)
p make(1, 2.5)
p half(5)
p name(0)
call handler(3)
p counter
handle SIGUSR1 nostop print pass
info signals SIGUSR1
p crash_call(0)
bt 1
signal 0
