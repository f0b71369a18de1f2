# what a script may do: comments, commands of breakpoints, silence, commands that go on
break add if a > 0
commands
  silent
  echo in add:\040
  print a + b
  continue
  print "never"
end
run
break main
commands
  print argc
  next
end
run
