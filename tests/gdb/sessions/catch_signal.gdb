catch signal SIGCHLD
continue
continue
signal 0
signal SIGKILL
