#!/bin/sh
# Pipelines, subshells, command substitution, background jobs, traps, signals between processes, here-documents, redirection.
echo start | { read -r x; echo "got $x"; }
echo "$(echo inner | tr a-z A-Z) and $( (echo nested; exit 3); echo $?)"
seq 1 1000 | grep 7 | wc -l
printf 'c\na\nb\n' | sort | tr '\n' ' '
echo
(cd / && pwd)
( sleep 0.01; echo background ) > out &
pid=$!
wait $pid
echo "waited $? $(cat out)"
false | true
echo "pipeline $?"
! true
echo "not $?"
(exit 7)
echo "subshell $?"
trap 'echo "caught USR1"' USR1
kill -USR1 $$
sh_child() { kill -TERM $1; }
sleep 10 &
victim=$!
sh_child $victim
wait $victim
echo "killed $?"
cat << END | tr -d aeiou
here-document with $((6 * 7))
END
for i in 1 2 3; do echo "item $i"; done | while read -r a b; do echo "$b:$a"; done
echo one > file; echo two >> file; cat < file
ls /nonexistent 2> /dev/null || echo "failed as expected"
{ echo out; echo err >&2; } 2>&1 | sort
x=$(seq 1 5 | awk '{ s += $1 } END { print s }')
echo "sum $x"
find . -type f | sort
mkfifo pipe
(echo through the fifo > pipe) &
cat pipe
wait
rm pipe out
command -v nonexistent_command || echo "no such command: $?"
nonexistent_command 2> /dev/null
echo "status $?"
exec 3> third; echo "to three" >&3; exec 3>&-
cat third
trap 'echo leaving' EXIT
exit 11
