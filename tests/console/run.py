#!/usr/bin/env python3
"""Sessions of `emu debug`: sessions/NAME.cmds on the program NAME.c, output as in NAME.golden after normalising what differs
between machines.   run.py --emu EMU --work DIR [--rebaseline] [--gdb]   (--gdb: shows where gdb itself answers otherwise)"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent / "sessions"


def normalise(text):
    text = re.sub(r"process \d+", "process N", text)
    text = re.sub(r"0x[0-9a-f]{5,}", "0xN", text)
    text = re.sub(r"(instructions?|count:|to|at|`goto|checkpoints,|log) \d{3,}\b", r"\1 N", text)
    text = re.sub(r"(thread \d+ +)\d+ ([RSTZ] )", r"\1N \2", text)
    text = re.sub(r"\b[0-9a-f]{16}  ", "N  ", text)
    text = re.sub(r"<(\w+)\+\d+>", r"<\1+N>", text)
    text = re.sub(r"\b(PML4|PDPT|PD|PT|frame) \d+", r"\1 N", text)
    return re.sub(r"[ \t]+", " ", text).splitlines()


def session(command, lines, program):
    words = list(command)
    for line in lines:
        words += ["-ex", f"echo >>> {line}\\n", "-ex", line]
    done = subprocess.run(words + [program], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    return normalise((done.stdout + "--- stderr\n" + done.stderr).replace(os.path.dirname(program), "WORK"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--rebaseline", action="store_true")
    parser.add_argument("--gdb", action="store_true")
    args = parser.parse_args()
    args.work = os.path.abspath(args.work)
    os.makedirs(args.work, exist_ok=True)
    failed = 0
    for script in sorted(HERE.glob("*.cmds")):
        name, golden = script.stem, script.with_suffix(".golden")
        program = f"{args.work}/{name}"
        subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, f"{name}.c"], cwd=HERE, check=True)
        lines = [line for line in script.read_text().splitlines() if line]
        got = session(shlex.split(args.emu) + ["debug", "--batch"], lines, program)
        if args.gdb:
            native = session(["gdb", "-q", "-nx", "-batch", "-ex", "set disassembly-flavor intel"], lines, program)
            print("\n".join(difflib.unified_diff(native, got, "gdb", "emu", lineterm="", n=1)))
        if args.rebaseline:
            golden.write_text("\n".join(got) + "\n")
            continue
        difference = list(difflib.unified_diff(golden.read_text().splitlines(), got, golden.name, "emu", lineterm="", n=2))
        if difference:
            failed += 1
            print("\n".join(difference))
    print(f"{failed} sessions differ")
    sys.exit(failed > 0)


main()
