#!/usr/bin/env python3
"""What an IDE does: gdb's machine interface with mi-async, as VS Code's cpptools speak it. The same requests to gdb on the native
program and on the stub (`remote`; `extended-remote`, where the IDE starts the program) must give the same records after normalising
addresses and names of processes.   mi.py --emu EMU --work DIR"""
import argparse
import difflib
import os
import pathlib
import queue
import re
import shlex
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent

SETUP = ["-gdb-set mi-async on", "-gdb-set disable-randomization on", "-gdb-set print thread-events off", "-gdb-set startup-with-shell off",
         "-gdb-set debuginfod enabled off", "-enable-pretty-printing"]
STEPS = """
-break-insert -f main
-break-insert -f work
-break-insert -f -c i==2 watch.c:12
-break-insert -f nowhere.c:7
START
-thread-info
-stack-list-frames 0 20
-stack-list-variables --thread 1 --frame 0 --simple-values
-exec-continue
STOP
-stack-list-frames
-stack-list-arguments 1
-data-evaluate-expression counter
-data-evaluate-expression nothing
-var-create - * bytes
-var-list-children --simple-values var1
-var-update --all-values *
-var-delete var1
-data-list-register-values x 3 4 5 21
-data-read-memory-bytes &counter 4
-data-write-memory-bytes &counter 05000000
-data-evaluate-expression counter
-data-read-memory-bytes 0 4
-exec-next
STOP
-exec-step
STOP
-stack-list-locals 1
-gdb-set var counter=4
-break-delete 2
-exec-continue
STOP
-data-evaluate-expression i
-break-watch counter
-exec-continue
STOP
-break-delete 5
-break-disable 3
-exec-finish
STOP
-exec-step-instruction
STOP
-exec-next-instruction
STOP
-data-disassemble -s $pc -e $pc+8 -- 0
-list-thread-groups
-break-list
-interpreter-exec console "print counter"
-exec-continue
STOP
-list-thread-groups
-exec-next
""".split("\n")[1:-1]
INTERRUPTED = """
-break-insert -f main
START
-break-delete 1
-exec-continue
PAUSE
-exec-interrupt
STOP
-data-evaluate-expression stop
-thread-info
-exec-continue
PAUSE
-exec-interrupt --all
STOP
-gdb-set var stop=1
-exec-continue
STOP
""".split("\n")[1:-1]


class Session:
    def __init__(self, program, work):
        self.gdb = subprocess.Popen(["gdb", "-q", "-nx", "--interpreter=mi2", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, cwd=work)
        self.lines, self.said = queue.Queue(), []
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.gdb.stdout], daemon=True).start()

    def until(self, start):
        end = time.time() + 30
        while time.time() < end and self.gdb.poll() is None:
            try:
                line = self.lines.get(timeout=0.2).strip()
            except queue.Empty:
                continue
            self.said.append(line)
            if line.startswith(start):
                return
        self.said.append(f"no {start}")

    def do(self, step, name=None):
        if step == "STOP":
            self.until("*stopped")
        elif step == "PAUSE":
            time.sleep(0.4)
        else:
            self.said.append(f">>> {name or step}")
            self.gdb.stdin.write(step + "\n")
            self.gdb.stdin.flush()
            self.until("^")

    def records(self):
        self.gdb.stdin.write("-gdb-exit\n")
        self.gdb.stdin.close()
        self.gdb.wait(30)
        return [normalise(line) for line in self.said if line[:1] in "^*>" and not line.startswith("*running")]


def normalise(line):
    line = re.sub(r"0x[0-9a-f]{5,}", "0xN", line)
    line = re.sub(r'(target-id|pid|core|cores|id)="(process |Thread |i)?[\d.]+"|,cores=\[[^]]*\]|,core="\d+"', r"\1", line)
    if 'name="SIGINT"' in line or "mi_spin" in line:  # anywhere
        line = re.sub(r"frame=\{.*\}(?=,(thread-id|state))", "frame", line)
    return line


def conversation(target, start, steps, program, work):
    session = Session(program, work)
    for step in SETUP + ([f"-target-select {target} {program}"] if target else []):
        session.do(step)
    session.said.clear()
    for step in steps:
        if step == "START":
            session.do(start, step)
            session.until("*stopped")
        else:
            session.do(step)
    return session.records()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    args = parser.parse_args()
    work, failed = os.path.abspath(args.work), 0
    emu = shlex.join([os.path.abspath(word) if os.path.exists(word) else word for word in shlex.split(args.emu)])
    os.makedirs(work, exist_ok=True)
    for source, steps in (("sessions/watch.c", STEPS), ("spin.c", INTERRUPTED)):
        program = f"{work}/mi_{pathlib.Path(source).stem}"
        subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, pathlib.Path(source).name], cwd=(HERE / source).parent, check=True)
        native = conversation(None, "-exec-run", steps, program, work)
        for target, start in (("remote", "-exec-continue"), ("extended-remote", "-exec-run")):
            ours = conversation(f"{target} | exec {emu} -g -", start, steps, program, work)
            difference = list(difflib.unified_diff(native, ours, "native", target, lineterm="", n=2))
            failed += bool(difference)
            print("\n".join(difference))
        if sum(line.startswith("*stopped") for line in native) < 3:
            failed += 1
            print("natively it does not work either:", native)
    print(f"{failed} conversations differ")
    sys.exit(failed > 0)


main()
