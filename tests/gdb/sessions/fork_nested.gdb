set detach-on-fork off
set schedule-multiple on
break in_grandchild
break in_child
break in_parent
continue
bt
info inferiors
continue
bt
continue
continue
continue
info inferiors
