set detach-on-fork off
break child_work
break parent_work
catch fork
continue
stepi
p $_inferior
inferior 2
continue
p where
p n
continue
inferior 1
continue
p n
continue
