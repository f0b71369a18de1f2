break ready
continue
bt
run
p count
p colour
continue
set environment COLOUR dark green
set args one two three
set cwd /tmp
run
bt
p colour
p directory
up
p argv[1]
p argv[2]
p argv[3]
p argv[4]
info inferiors
run
p count
kill
info registers rip
set cwd
unset environment HOME
run x
p count
p home
p colour
set disable-randomization off
run
p count
p $_inferior
kill
set disable-randomization on
run
p $_exitcode
delete
continue
p $_exitcode
