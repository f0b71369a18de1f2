break all_here
continue
info threads
thread apply all bt 1
set scheduler-locking on
next
p shared
thread 2
p/x $orig_rax
p $rax
show scheduler-locking
set scheduler-locking off
thread 1
next
p $_thread
p $_gthread
continue
