#!/usr/bin/env python3
"""Instructions print as objdump prints them: all of a static program's code, but AVX-512, x87, string instructions and those
with prefixes that mean nothing.
objdump.py --emu EMU --work DIR"""
import pathlib
import re
import subprocess
import sys

from common import arguments

args = arguments()
program = f"{args.work}/objdump"
source = pathlib.Path(__file__).resolve().parent / "sessions/basic.c"
subprocess.run(["gcc", "-g", "-O1", "-static", "-o", program, str(source)], check=True)


def output(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


dump = output("objdump", "-d", "-M", "intel", "--no-show-raw-insn", "-j", ".text", program)
theirs = {int(m[1], 16): m[2] for m in re.finditer(r"^\s*([0-9a-f]+):\t(.*)$", dump, re.M)}
first, last = min(theirs), max(theirs)
text = output(*args.emu, "debug", "--batch", "-ex", f"disassemble {first},{last}", program)
ours = {int(m[1], 16): m[2] for m in re.finditer(r"^(?:=>)?\s*0x([0-9a-f]+)(?: <[^\t]*>)?:\t(.*)$", text, re.M)}


def plain(line):
    return " ".join(re.sub(r"\b0x", "", re.sub(r"<[^>]*>|#.*", "", line)).split())


skipped = re.compile(r"^(data16|cs|addr32|repz ret|bnd|rep |notrack|movs |cmps |stos |lods |scas )|"
                     r"[xyz]mm(1[6-9]|2\d|3[01])|zmm|\bk[0-7]\b|\bst\b|st\(")
wrong = [(a, theirs[a], ours.get(a, "nothing")) for a in theirs
         if a != last and not skipped.search(theirs[a]) and plain(theirs[a]) != plain(ours.get(a, ""))]
for address, their, our in wrong[:20]:
    print(f"{address:x}: objdump: {their}   emu: {our}")
print(f"{len(theirs)} instructions, {len(wrong)} print otherwise")
sys.exit(not len(theirs) > 10000 or len(wrong) > 0)
