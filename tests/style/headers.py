#!/usr/bin/env python3
"""Every header compiles alone, and the public ones as C++ and C11 too. usage: headers.py SOURCE_DIR BUILD_DIR COMPILER"""
import pathlib
import subprocess
import sys

root, compiler = pathlib.Path(sys.argv[1]), sys.argv[3:]
headers = [path for room in "base mmu cpu loader kernel emu ui".split() for path in sorted((root / room).rglob("*.h"))]
runs = [(path, ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE=", "-x", "c"]) for path in headers]
for public in (root / "emu").glob("emu*.h"):
    runs += [(public, ["-std=c11", "-pedantic-errors", "-x", "c"]), (public, ["-std=c++11", "-pedantic-errors", "-x", "c++"])]
problems = 0
for path, flags in runs:
    text = f'#include "{path.relative_to(root)}"\n'
    result = subprocess.run([*compiler, "-fsyntax-only", *flags, "-Wno-unused-function", f"-I{root}", "-"], input=text, text=True, capture_output=True)
    if result.returncode:
        problems += 1
        print(f"{path.relative_to(root)} {' '.join(flags[:1])}:\n{result.stderr}")
print(f"{len(runs) - problems} passed, {problems} failed")
sys.exit(bool(problems) or not headers)
