break main
continue
watch counter
rwatch table[2]
awatch bytes
continue
continue
continue
continue
continue
info watchpoints
delete 2
watch counter if counter > 5
continue
delete
break work
continue
watch local
continue
continue
disable 6
delete
watch -l table[5]
continue
kill
