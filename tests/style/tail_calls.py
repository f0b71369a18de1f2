#!/usr/bin/env python3
"""In a release build handlers go on by jumps: a call of the next handler would eat the host's stack. Whatever else calls
through a pointer in cpu/ is named here. usage: tail_calls.py SOURCE_DIR BUILD_DIR"""
import pathlib
import re
import subprocess
import sys

# run_slice enters the chain, op_rare calls a plain function, rare_rd… ask the environment, translate_… fill tables,
# cpu_record_…, record_op, cpu_show_…, on_… tell a recorder, …_to_mmx and from_mmx take a conversion as parameter.
CALLERS = re.compile(r"^(run_slice|op_rare|rare_observed|rare_rd\w+|(model_)?translate_\w+|\w*_to_mmx|from_mmx|record_op|cpu_record_(end|again)|cpu_show_(read|write)|on_(flush|switch))(\.\w+)*$")
objects = [str(path) for path in pathlib.Path(sys.argv[2]).rglob("*.o") if "/cpu/" in str(path)]
problems, function, functions = [], "", 0
for line in subprocess.run(["objdump", "-d", "--no-show-raw-insn", *objects], capture_output=True, text=True, check=True).stdout.splitlines():
    if match := re.match(r"^[0-9a-f]+ <(.+)>:$", line):
        function = match[1]
        functions += 1
    elif re.search(r"\bcall\s+\*", line) and not CALLERS.match(function):
        problems.append(f"{function}: {line.split(':', 1)[1].strip()}")
print("\n".join(problems) or f"{functions} functions of cpu/, no handler calls the next")
sys.exit(bool(problems) or functions < 1000)
