#!/usr/bin/env python3
"""Going back with real gdb: what it says of the past is what it said when that was the present.   reverse.py --emu EMU --work DIR"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent / "sessions"


def gdb(emu, program, lines):
    words = ["gdb", "-q", "-nx", "-batch", "-ex", "set pagination off", "-ex", "set confirm off", "-ex", f"target remote | exec {emu} -g - {program}"]
    for line in lines:
        words += ["-ex", f"echo >>> {line}\\n", "-ex", line]
    out = subprocess.run(words + [program], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100)
    return out.stdout + out.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    program, failed = f"{args.work}/reverse", 0
    subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, str(HERE / "watch.c")], check=True)

    def check(lines, *expected):
        nonlocal failed
        out, at = gdb(args.emu, program, lines), 0
        for pattern in expected:
            match = re.compile(pattern, re.S).search(out, at)
            if not match:
                failed += 1
                print(f"--- missing: {pattern}\n{out}")
                return
            at = match.end()

    # forth and back over lines, instructions and calls
    check(["break main", "continue", "next", "next", "print counter", "reverse-next", "print bytes[3]", "reverse-next", "print counter", "next", "print counter"],
          r"print counter\n\$1 = 4", r"print bytes\[3\]\n\$2 = 0", r"print counter\n\$3 = 0", r"print counter\n\$4 = 4")
    check(["break main", "continue", "stepi 5", "print/x $pc", "stepi 7", "reverse-stepi 7", "print/x $pc"], r"\$1 = (0x\w+).*\$2 = (?=\1)")
    check(["break 12 if i == 3", "continue", "print counter", "reverse-finish", "reverse-continue"],
          r"\$1 = 4", r"main \(\).*int a = work", r"No more reverse-execution history")
    # the last write, and the one before
    check(["break 24", "continue", "watch counter", "reverse-continue", "print counter", "reverse-continue", "print counter", "continue", "continue", "continue"],
          r"Old value = 13\nNew value = 8", r"\$1 = 8", r"Old value = 8\nNew value = 5", r"\$2 = 5", r"Old value = 5\nNew value = 8",
          r"Old value = 8\nNew value = 13", r"(No more reverse-execution history|exited)")
    # back to a breakpoint; the end of history is the present, which goes on
    check(["break work", "continue", "delete", "break 24", "continue", "tbreak 12 if i == 2", "reverse-continue", "print i", "continue", "continue"],
          r"Temporary breakpoint 3", r"\$1 = 2", r"Breakpoint 2|No more reverse", r"exited with code")
    print(f"{failed} failures")
    sys.exit(failed > 0)


main()
