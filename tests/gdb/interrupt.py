#!/usr/bin/env python3
"""Ctrl-C while the program waits in a system call: gdb says of it, of the call's registers, and of what happens to them while
functions are called, what it says natively.   interrupt.py --emu EMU --work DIR"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
LINES = ["backtrace -1", "print $orig_rax", "print $rax", "info threads", "call turn(20)", "print $orig_rax", "print $rax", "backtrace -1", "kill"]


def session(target, program, way):
    words = ["gdb", "-q", "-nx", "-batch"]
    for line in ["set confirm off", "set startup-with-shell off", "set debuginfod enabled off", f"set args {way}", target, "break turn", "continue",
                 "delete", "echo ready\\n", "continue"] + LINES:
        words += ["-ex", f"echo >>> {line}\\n", "-ex", line]
    gdb = subprocess.Popen(words + [program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
    line = b"."
    while line and not line.startswith(b"ready"):
        line = gdb.stdout.readline()
    time.sleep(0.7)
    gdb.send_signal(signal.SIGINT)
    try:
        said = gdb.communicate(timeout=20)[0].decode()
    except subprocess.TimeoutExpired:
        gdb.kill()
        said = f"it does not stop: {gdb.communicate()[0]}"
    said = re.sub(r"(process \d+|Thread \d+\.\d+)( \"\w+\")?|0x[0-9a-f]{5,}", "N", said)
    return [" ".join(line.split()) for line in said.splitlines() if line != ">>> continue"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    args = parser.parse_args()
    work, failed = os.path.abspath(args.work), 0
    emu = shlex.join([os.path.abspath(word) if os.path.exists(word) else word for word in shlex.split(args.emu)])
    os.makedirs(work, exist_ok=True)
    program = f"{work}/waits"
    subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, "waits.c"], cwd=HERE, check=True)
    for way in ("read", "sleep", "until", "futex", "futex_with_time", "poll", "wait", "pause"):
        native = session("starti", program, way)
        ours = session(f"target remote | exec {emu} -g - {program} {way}", program, way)
        difference = list(difflib.unified_diff(native, ours, f"{way}: native", f"{way}: emu", lineterm="", n=2))
        failed += bool(difference) or not any("SIGINT" in line for line in native)
        print("\n".join(difference))
    print(f"{failed} differ")
    sys.exit(failed > 0)


main()
