#!/usr/bin/env python3
"""docs/life-of-a-memory-access.md says what emu explain says. explain.py EMU ROM DOCUMENT WORK [--update]

A line "$ emu explain walkthrough …" is followed by the output, indented."""
import os
import re
import shutil
import subprocess
import sys

emu, rom, document, work = (os.path.abspath(a) for a in sys.argv[1:5])
os.makedirs(work, exist_ok=True)
shutil.copy(rom, os.path.join(work, "walkthrough"))


def output(command):
    words = command.split()[1:]
    r = subprocess.run([emu, words[0], "./" + words[1], *words[2:]], cwd=work, env={}, capture_output=True, text=True, timeout=60)
    if r.returncode or r.stderr:
        sys.exit(f"{command}: exit status {r.returncode}, {r.stderr}")
    return r.stdout


old = open(document).read()
new = re.sub(r"(?m)^\$ (emu .*)\n(?:\n(?:    .*\n)+)?",
             lambda m: f"$ {m[1]}\n\n" + "".join(f"    {line}\n" for line in output(m[1]).splitlines()), old)
if "--update" in sys.argv:
    open(document, "w").write(new)
elif new != old:
    import difflib
    sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "document", "emu explain"))
    sys.exit(1)
claims = ["disp8 = -1 at byte 2", "imm8 = 42 at byte 3", "[ff] 2a", "[fb]", "yes: bits 63 to 47", "TLBI", "STLB", "PDE cache", "PTE ", "will set A and D",
          "#PF, error code 6", "a frame of zeroes", "L1D", "L2 ", "L3 ", "u8 42", "u32 "]
missing = [claim for claim in claims if claim not in new]
if missing:
    sys.exit(f"not explained: {missing}")
print("the document says what emu explain says")


def console(*commands):
    words = [w for command in commands for w in ("-ex", command)]
    r = subprocess.run([emu, "debug", "--deterministic", "--batch", *words, "./walkthrough"], cwd=work, env={}, capture_output=True, text=True, timeout=60)
    return r.stdout + r.stderr


symbols = {name: address for address, _, name in (line.split() for line in subprocess.run(["nm", rom], capture_output=True, text=True).stdout.splitlines())}
go = ["starti", f"advance *0x{symbols['store']}"]
said = console(*go, "echo BEFORE\\n", "info stats", "page $rbp-1", "echo EXPLAIN\\n", "explain", "explain $rsp", "echo AFTER\\n", "info stats", "page $rbp-1",
               "why $rbp-1", "stepi", "stepi", "why")
before, explained, after = (re.split("BEFORE|EXPLAIN|AFTER", said) + ["", "", ""])[1:4]
state = [line for line in before.splitlines() if "MIPS" not in line and "wall" not in line and "time" not in line]
problems = [line for line in state if line not in after]
for claim in ["effective address", "page fault", "[stack]", "bytes there"]:
    if claim not in explained:
        problems.append(f"explain does not say '{claim}'")
if "minor fault, now in frame" not in after:
    problems.append("why does not tell of the fault")
if problems or len(state) < 5:
    sys.exit("\n".join([said, "problems:", *problems]))
words = [w for command in [*go, "explain"] for w in ("-ex", command)]
said = subprocess.run([emu, "debug", "--hierarchy=zen3", "--batch", *words, "./walkthrough"], cwd=work, env={}, capture_output=True, text=True, timeout=60)
if "TLBI 0 of 1, TLBT" not in said.stdout:
    sys.exit("with a model, explain shows its TLB\n" + said.stdout)
print("explain in the console changes nothing")
