break deep if n == 2
continue
info proc exe
info proc cmdline
info proc cwd
python m = gdb.execute("info proc mappings", to_string=True)
python print("[stack]" in m, "[heap]" in m)
info auxv
gcore core.process
kill
core-file core.process
backtrace
p n
p numbers[4]
info registers rip
