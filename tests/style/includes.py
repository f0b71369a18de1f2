#!/usr/bin/env python3
"""Nobody includes upwards (docs/architecture.md): usage: includes.py SOURCE_DIR …"""
import pathlib
import re
import sys

BELOW = {
    "base": {"base"},
    "mmu": {"mmu", "base"},
    "cpu": {"cpu", "mmu", "base"},
    "loader": {"loader", "mmu", "base"},
    "kernel": {"kernel", "cpu", "loader", "mmu", "base"},
    "emu": {"emu", "kernel", "cpu", "loader", "mmu", "base"},
    "ui": {"ui"},  # and the public headers
}
root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
files, problems = 0, []
for room, below in BELOW.items():
    for path in sorted((root / room).rglob("*.[ch]")) + sorted((root / room).rglob("*.def")):
        files += 1
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            public = match and re.fullmatch(r"emu/emu(_\w+)?\.h", match[1])
            if match and not public and match[1].split("/")[0] not in below:
                problems.append(f"{path.relative_to(root)}:{number}: {room} must not include {match[1]}")
            if public and room not in ("emu", "ui"):
                problems.append(f"{path.relative_to(root)}:{number}: {room} must not know the public interface")
print("\n".join(problems) or f"{files} files, every include points downwards")
sys.exit(bool(problems) or not files)
