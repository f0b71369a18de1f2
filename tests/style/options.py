#!/usr/bin/env python3
"""docs/emu.1 and ui/options.def name the same options: usage: options.py SOURCE_DIR"""
import re
import sys

source = sys.argv[1] if len(sys.argv) > 1 else "."
table = open(f"{source}/ui/options.def").read()
page = open(f"{source}/docs/emu.1").read()
names = {name: letter for name, letter in re.findall(r'^OPTION\(\w+, "([\w-]+)", (?:\'(.)\'|0)', table, re.M)}
described = set(re.findall(r"^\.B[RI]* (?:\\-\w \", \" )?\\-\\-([\w\\-]+)", page, re.M))
described = {name.replace("\\", "") for name in described}
letters = re.findall(r'^\.BR \\-(\w) ", " \\-\\-([\w\\-]+)', page, re.M)
letters = {(letter, name.replace("\\", "")) for letter, name in letters}  # commands may use a letter for different things

problems = [f"--{n} is not in docs/emu.1" for n in names if n not in described]
problems += [f"--{n} of docs/emu.1 is not in ui/options.def" for n in described if n not in names]
problems += [f"-{l} (--{n}) is not in docs/emu.1" for n, l in names.items() if l and (l, n) not in letters]
for rows in (names, described):
    if not rows:
        problems.append("nothing found: has the form of the rows changed?")
print("\n".join(problems) or f"{len(names)} options, all described")
sys.exit(bool(problems))
