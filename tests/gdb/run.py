#!/usr/bin/env python3
"""Real gdb on the stub: each sessions/NAME.gdb runs once on the native program NAME.c (or what "# source:" names) and once on `emu -g -`; what gdb says must be
the same after normalising addresses and numbers of processes.   run.py --emu EMU --work DIR [--show] [NAME...]"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent / "sessions"
SETUP = ["set pagination off", "set confirm off", "set width 0", "set print thread-events off", "set disable-randomization on",
         "set auto-load libthread-db off", "set debuginfod enabled off", "set startup-with-shell off", "set print inferior-events off",
         "set style enabled off"]


def normalise(text):
    text = re.sub(r"Thread 0x[0-9a-f]+ \(LWP \d+\)|LWP \d+|[Tt]hread \d+\.\d+|process \d+|Thread <main>", "TASK", text)
    text = re.sub(r"^\[New TASK\]\n", "", text, flags=re.M)
    text = re.sub(r"^\[Switching to TASK.*\]\n", "", text, flags=re.M)
    text = re.sub(r"^(Remote debugging|warning: |Reading |Program stopped|Starting program|\s*$).*\n", "", text, flags=re.M)
    text = re.sub(r"(<null>) +\d+ \((extended-)?remote[^()]*\)", r"\1", text)
    text = re.sub(r"\d+ \((native|(extended-)?remote[^()]*)\)", "TARGET", text)
    text = re.sub(r"0x[0-9a-f]{5,}", "0xN", text)
    text = re.sub(r"\bpid \d+|process_id \d+", "pid N", text)
    text = re.sub(r"(in section \S+) of \S+", r"\1", text)
    text = re.sub(r"(AT_(HWCAP2?|MINSIGSTKSZ|UID|EUID|RANDOM|SYSINFO_EHDR|RSEQ\w*|PLATFORM|EXECFN)) .*", r"\1", text)
    text = re.sub(r"^\d+\s+(AT_SYSINFO_EHDR|AT_RSEQ\w*|\?\?\?).*\n", "", text, flags=re.M)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def session(connect, lines, program, work, only_pipe=False):
    words = ["gdb", "-q", "-nx", "-batch"]
    for line in SETUP + [connect] + lines:
        if line in SETUP or line == connect:
            words += ["-ex", line]
        else:
            words += ["-ex", f"echo >>> {line}\\n", "-ex", line]
    done = subprocess.run(words + [program], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100, cwd=work)
    out = normalise(done.stdout + "\n--- stderr\n" + done.stderr)
    return out[out.index(next(line for line in out if line.startswith(">>>"))):] if any(l.startswith(">>>") for l in out) else out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--show", action="store_true", help="print what gdb says on the stub")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    work = os.path.abspath(args.work)
    emu = shlex.join([os.path.abspath(word) if os.path.exists(word) else word for word in shlex.split(args.emu)])
    os.makedirs(work, exist_ok=True)
    failed = 0
    for script in sorted(HERE.glob("*.gdb")):
        name, lines = script.stem, [line for line in script.read_text().splitlines() if line]
        source = HERE / lines.pop(0).split()[2] if lines[0].startswith("# source: ") else script.with_suffix(".c")
        if args.names and name not in args.names:
            continue
        program = f"{work}/{name}"
        flags = re.search(r"flags: (.*?) \*/", source.read_text())
        subprocess.run(["gcc", "-g", *(flags[1].split() if flags else ["-O0"]), "-static", "-o", program, source.name, "-lm", "-lpthread"],
                       cwd=HERE, check=True)
        kind = "extended-remote" if name.startswith("extended") else "remote"
        native = session("starti", lines, program, work)
        ours = session(f"target {kind} | exec {emu} -g - {program}", lines, program, work)
        if args.show:
            print("\n".join(ours))
        difference = list(difflib.unified_diff(native, ours, f"{name}: native", f"{name}: emu", lineterm="", n=2))
        if difference:
            failed += 1
            print("\n".join(difference))
    print(f"{failed} sessions differ")
    sys.exit(failed > 0)


main()
