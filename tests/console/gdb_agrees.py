#!/usr/bin/env python3
"""The same lines typed to gdb on the native program and to `emu debug`: the same answers, after normalising what a machine's
addresses and process numbers make different. agree/NAME.c (or .rs, .cc, .S; else SHARED) with agree/NAME.cmds; a .cmds
line may end in "  # why it differs": then it is executed in both, and not compared.
gdb_agrees.py --emu EMU --work DIR [NAME...]"""
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys

from common import arguments

HERE = pathlib.Path(__file__).resolve().parent / "agree"
BUILD = {"inlined": "gcc -g -O1",
         "plain": "gcc -g -O0", "fast": "gcc -g -O2", "threads": "gcc -g -O0 -pthread", "catch": "gcc -g -O0",
         "labels": "gcc -g -nostdlib -Wa,--gdwarf-4"}
SHARED = {"events": "../sessions/catch.c", "clang": "plain.c"}  # of scripts without a program of their own
STACK = r"0x(0000)?7f[0-9a-f]{6,}"


def build(name, source, program):
    if source.suffix == ".rs":
        rustc = shutil.which("rustc") or os.path.expanduser("~/.cargo/bin/rustc")
        if not os.path.exists(rustc):
            return False
        command = [rustc, "-g", "-C", "target-feature=+crt-static", "-C", "relocation-model=static", "-o", program, source.name]
    elif source.suffix == ".cc":
        if not shutil.which("g++"):
            return False
        command = ["g++", "-g", "-O0", "-static", "-o", program, source.name]
    elif name == "clang":
        clang = shutil.which("clang") or shutil.which("clang-14")
        if not clang:
            return False
        command = [clang, "-g", "-O0", "-static", "-o", program, source.name]
    else:
        command = [*BUILD[source.stem].split(), "-static", "-o", program, os.path.relpath(source, HERE)]
    return subprocess.run(command, cwd=HERE).returncode == 0


def normalise(text, work):
    text = text.replace(work, "WORK").replace(str(HERE), "HERE")
    text = re.sub(STACK, "0xSTACK", text)
    text = re.sub(r"(process|Process|Thread|LWP) (0x)?[0-9a-f]+", r"\1 N", text)
    noise = r"\[(New|Switching to|Thread) .*\]\n|^\[Thread debugging.*\]\n|^Using host libthread_db.*\n|^warning: .*\n"
    text = re.sub(noise, "", text, flags=re.M)
    return re.sub(r"[ \t]+", " ", text)


def session(command, lines, program, work):
    """Line by line: what was answered."""
    words = list(command)
    for number, line in enumerate(lines):
        words += ["-ex", f"echo @@@{number}@@@\\n", "-ex", line]
    done = subprocess.run([*words, program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          cwd=HERE, timeout=180)
    parts = re.split(r"@@@(\d+)@@@\n", normalise(done.stdout.decode("utf-8", "replace"), work))
    return {int(parts[i]): parts[i + 1].strip() for i in range(1, len(parts) - 1, 2)}


def compare(emu, script, work):
    sources = [script.with_suffix(suffix) for suffix in (".c", ".rs", ".cc", ".S")]
    source = next((s for s in sources if s.exists()), HERE / SHARED.get(script.stem, "?"))
    program = f"{work}/{script.stem}"
    if not build(script.stem, source, program):
        print(f"{script.stem}: skipped, no compiler")
        return 0
    entries = [line.split("  # ") for line in script.read_text().splitlines() if line.strip()]
    lines = [entry[0] for entry in entries]
    gdb = ["gdb", "-q", "-nx", "-batch", "-ex", "set disassembly-flavor intel", "-ex", "set width 0", "-ex",
           "set print thread-events off", "-ex",
           "set print entry-values no"]
    theirs = session(gdb, lines, program, work)
    ours = session([*emu, "debug", "--batch"], lines, program, work)
    wrong = [n for n, entry in enumerate(entries) if len(entry) == 1 and theirs.get(n) != ours.get(n)]
    for n in wrong:
        print(f"{script.stem}: {lines[n]}")
        difference = difflib.unified_diff(theirs.get(n, "?").splitlines(), ours.get(n, "?").splitlines(), lineterm="", n=0)
        print("\n".join("    " + line for line in list(difference)[2:]))
    print(f"{script.stem}: {len(lines)} lines, {len(wrong)} answered otherwise")
    return len(wrong)


def main():
    args = arguments(names=True)
    scripts = [s for s in sorted(HERE.glob("*.cmds")) if not args.names or s.stem in args.names]
    sys.exit(sum(compare(args.emu, script, args.work) for script in scripts) > 0)


main()
