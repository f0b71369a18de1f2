#!/usr/bin/env python3
"""lldb on the stub, beside lldb on the native program: the same commands, the same answers after normalising addresses and processes.
lldb.py --emu EMU --work DIR"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COMMANDS = """
process status
breakpoint set -n work
breakpoint set -f watch.c -l 12 -c i==2
continue
thread backtrace
frame variable
register read rbx rip --format boolean
memory region $rip
memory region &counter
memory region 0
memory read --size 4 --format x --count 4 &counter
thread step-over
thread step-in
thread step-inst
breakpoint delete 1
thread step-out
continue
frame variable i
expression counter + 1
expression work(2)
expression counter = 30
frame variable counter
thread list
register write rbx 5
register read rbx
watchpoint set variable counter
continue
watchpoint delete 1
disassemble --count 2 --force
breakpoint delete 2
thread step-out
process status
kill
quit
""".split("\n")[1:-1]


def normalise(text):
    text = re.sub(r"0x[0-9a-f]{6,}|\btid = \d+|Process \d+|\$\d+|signal SIG(STOP|TRAP)", "N", text)
    keep = []
    for line in text.splitlines():
        if "embedded_interpreter" in line or "File \"<string>\"" in line or "Traceback" in line or not line.strip():
            continue
        if "resuming" in line or "launched" in line or line.startswith(("(lldb) gdb-remote", "(lldb) process launch", "(lldb) quit", "Executing commands in")):
            continue
        keep.append(" ".join(line.split()))
    return keep


def lldb(start, program, work):
    script = f"{work}/commands.lldb"
    pathlib.Path(script).write_text("\n".join([start] + COMMANDS) + "\n")
    done = subprocess.run(["lldb", "--no-lldbinit", "--batch", "-o", "settings set interpreter.stop-command-source-on-error false", "-o",
                           "settings set target.x86-disassembly-flavor intel", "-s", script, program],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100, cwd=work)
    out = normalise(done.stdout)
    first = next((i for i, line in enumerate(out) if line.startswith("(lldb) process status")), 0)
    return out[first:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    args = parser.parse_args()
    work = os.path.abspath(args.work)
    os.makedirs(work, exist_ok=True)
    program = f"{work}/lldb_watch"
    subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, "watch.c"], cwd=HERE / "sessions", check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([*shlex.split(args.emu), "-g", str(port), program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while server.poll() is None and f"{port:04X}" not in open("/proc/net/tcp").read():
        pass
    ours = lldb(f"gdb-remote {port}", program, work)
    server.wait(20)
    native = lldb("process launch --stop-at-entry", program, work)
    difference = list(difflib.unified_diff(native, ours, "native", "emu", lineterm="", n=2))
    print("\n".join(difference))
    sys.exit(bool(difference) or len(native) < 100)


main()
