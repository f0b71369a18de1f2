define twice
  if $argc == 0
    echo nothing to double\n
  else
    print $arg0 * 2
  end
end
document twice
Doubles its argument.
end
twice
twice 21
help twice
show user twice
set $i = 0
while $i < 10
  set $i++
  if $i == 2
    loop_continue
  end
  if $i == 4
    loop_break
  end
  output $i
  echo \n
end
alias sym = info symbol
sym main
define hook-stop
  echo [stopped]\n
end
break add
commands
  silent
  printf "add(%d, %d)\n", a, b
  if a > 1000
    continue
  end
end
define twice
  define twice
    print 2
  end
  print 1
end
twice
twice
info breakpoints
run
loop_break
