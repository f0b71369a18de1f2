break both_are_waiting
continue
p $_inferior_thread_count
break meet if number == 2
continue
backtrace 2
p number
set scheduler-locking on
next
next
next
p mine
set scheduler-locking off
thread apply all p $_thread > 0
thread 1
p shared >= 0
delete
continue
p $_exitcode
