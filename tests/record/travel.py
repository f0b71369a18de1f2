#!/usr/bin/env python3
"""Runs record_travel on programs that use everything that comes from outside, on the host's time and on virtual time.
usage: travel.py --travel EXE --programs DIR --procs DIR --work DIR [--points N]"""
import argparse
import pathlib
import subprocess
import sys

parser = argparse.ArgumentParser()
for name in "travel", "programs", "procs", "work":
    parser.add_argument(f"--{name}", required=True)
parser.add_argument("--points", default="40")
args = parser.parse_args()
work = pathlib.Path(args.work).resolve()
files = work / "files"  # what the programs write
files.mkdir(parents=True, exist_ok=True)
procs = pathlib.Path(args.procs)
sources = sorted(pathlib.Path(args.programs).glob("*.c"))
sources += [procs / f"{name}.c" for name in ("pthreads", "thread_signals", "fork_wait", "sockets", "exec_pipes")]
failed = 0
for source in sources:
    program = work / source.stem
    subprocess.run(["gcc", "-O1", "-static", "-pthread", "-o", program, source], check=True)
    for clock in ["--virtual"], []:
        command = [pathlib.Path(args.travel).resolve(), *clock, "--points", args.points, program]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=900,
                              cwd=files)
        good = done.returncode == 0 and "0 failures" in done.stdout
        failed += not good
        print("ok " if good else "BAD", source.stem, *clock, done.stderr.strip().splitlines()[-1:])
        if not good:
            print(done.stdout[-1000:], done.stderr[-1000:])
print(f"{failed} failed")
sys.exit(bool(failed))
