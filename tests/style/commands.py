#!/usr/bin/env python3
"""docs/debugger.md lists the debugger's commands as ui/console/commands.def has them.   commands.py SOURCE_DIR [--write]"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
table = (root / "ui/console/commands.def").read_text()
page = root / "docs/debugger.md"
BEGIN, END = "<!-- commands: tests/style/commands.py --write -->\n", "<!-- end -->"
string = r'"((?:[^"\\]|\\.)*)"'
lines, seen = [], set()
for part in re.split(r"(?=^/\* ---- )", table, flags=re.M):
    title = re.match(r"/\* ---- (.*?) -+ \*/|/\* ---- (.*?) ---- \*/", part)
    rows = re.findall(rf"COMMAND\({string}, {string}, {string}, [^,]*, (\w+),\s*{string},\s*{string}\)", part)
    if not rows:
        continue
    lines.append(f"\n**{(title[1] or title[2]).strip().capitalize() if title else 'Commands'}**\n\n| command | short | |\n|---|---|---|\n")
    for name, short, _, _, usage, text in rows:
        if usage in seen:
            continue
        seen.add(usage)
        clean = [s.replace('\\"', '"').replace("|", "\\|") for s in (usage, short, text)]
        lines.append(f"| `{clean[0]}` | `{clean[1]}` | {clean[2]} |\n")
made = BEGIN + "".join(lines) + "\n" + END
text = page.read_text()
old = text[text.index(BEGIN):text.index(END) + len(END)]
if "--write" in sys.argv:
    page.write_text(text.replace(old, made))
elif old != made:
    print("docs/debugger.md does not list the commands as they are: tests/style/commands.py . --write")
    sys.exit(1)
print(f"{len(seen)} commands")
