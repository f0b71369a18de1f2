# source: fork_nested.c
set detach-on-fork off
catch fork
continue
next
info inferiors
inferior 2
bt 1
detach inferior 2
info inferiors
inferior 1
kill inferiors 1
info inferiors
