#!/usr/bin/env python3
"""Sessions of `emu debug`: sessions/NAME.cmds on the program NAME.c, output as in NAME.golden after normalising what differs
between machines. NAME-MORE.cmds is another session on NAME.c. Every command of ui/console/commands.def appears in one of them.
run.py --emu EMU --work DIR [--rebaseline] [--gdb]   (--gdb: shows where gdb itself answers otherwise)"""
import difflib
import os
import pathlib
import re
import subprocess
import sys

from common import arguments

HERE = pathlib.Path(__file__).resolve().parent / "sessions"
TABLE = HERE.parents[2] / "ui/console/commands.def"


def counts_hidden(lines):
    """Where counts are what is shown, they differ with the length of a path."""
    command, out = "", []
    for line in lines:
        if line.startswith(">>> "):
            command = line[4:]
        elif re.match(r"info (stats|tlb|mem|threads|record)", command):
            line = re.sub(r"\b\d+(\.\d+)?\b", "N", line)
        out.append(line)
    return out


def normalise(text):
    text = re.sub(r"process \d+", "process N", text)
    text = re.sub(r"((Real|Effective) (user|group) ID +)\d+", r"\1N", text)
    text = re.sub(r"0x[0-9a-f]{5,}", "0xN", text)
    text = re.sub(r"(instructions?|count:|to|at|`goto|checkpoints,|log) \d{3,}\b", r"\1 N", text)
    text = re.sub(r"(\" +[RSTZ] +)\d+ ", r"\1N ", text)
    text = re.sub(r"\b[0-9a-f]{16}  ", "N  ", text)
    text = re.sub(r"<(\w+)\+\d+>", r"<\1+N>", text)
    text = re.sub(r"^(ymm[1-9]\d* ).*", r"\1…", text, flags=re.M)  # what start-up code left in them: paths, the environment
    text = re.sub(r"\b(PML4|PDPT|PD|PT|frame) \d+", r"\1 N", text)
    return counts_hidden(re.sub(r"[ \t]+", " ", text).splitlines())


def session(command, lines, program):
    words = list(command)
    for line in lines:
        words += ["-ex", f"echo >>> {line}\\n", "-ex", line]
    environment = {"PATH": os.environ["PATH"], "HOME": "/", "LC_ALL": "C"}
    done = subprocess.run(words + [program], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, cwd=HERE,
                          env=environment)
    text = done.stdout + "--- stderr\n" + done.stderr
    return normalise(text.replace(os.path.dirname(program), "WORK").replace(str(HERE), "HERE"))


def fits(line, name, shortest):
    """Does the line begin with the words of `name`, each typed at least as far as in `shortest`? How many words; 0: no."""
    words, full, least = line.split(), name.split(), shortest.split()
    for i, (whole, short) in enumerate(zip(full, least)):
        typed = re.match(r"[!|]|[a-z_]*[\w-]*", words[i])[0] if i < len(words) else ""
        if len(typed) < len(short) or not whole.startswith(typed):
            return 0
    return len(full)


def unused_commands():
    """Rows of the table that no session uses."""
    rows = re.findall(r'^COMMAND\("([^"]+)", "([^"]+)"', TABLE.read_text(), re.M)
    used = set()
    scripts = [*HERE.glob("*.cmds"), *HERE.glob("*.gdb")]
    for line in (line for script in scripts for line in script.read_text().splitlines() if line):
        typed = re.match(r"[\w -]*", line)[0]
        best = max(rows, key=lambda row: (fits(line, *row), typed.startswith(row[0])))  # the first of the best
        if fits(line, *best):
            used.add(best[0])
    return [name for name, _ in rows if name not in used]


def main():
    args = arguments("--rebaseline", "--gdb")
    failed = 0
    for script in sorted(HERE.glob("*.cmds")):
        name, golden = script.stem.split("-")[0], script.with_suffix(".golden")  # NAME-more.cmds is a second session on NAME.c
        program = f"{args.work}/{name}"
        subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, f"{name}.c"], cwd=HERE, check=True)
        lines = [line for line in script.read_text().splitlines() if line]
        got = session(args.emu + ["debug", "--batch"], lines, program)
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
    unused = unused_commands()
    print(f"{failed} sessions differ; commands without a session: {', '.join(unused) or 'none'}")
    sys.exit(failed > 0 or len(unused) > 0)


main()
