#!/usr/bin/env python3
"""The console as a person meets it, on a terminal: prompt, editing, history, completion, Ctrl-C, empty lines, end of file.
And --json, for programs.
terminal.py --emu EMU --work DIR"""
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import time

from common import arguments

HERE = pathlib.Path(__file__).resolve().parent


class Terminal:
    def __init__(self, words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "vt100"
            os.execvp(words[0], words)
        self.text = ""

    def until(self, pattern, seconds=60):
        """Reads until the pattern appears behind what was read before; what came up to its end."""
        end = time.time() + seconds
        while True:
            clean = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>()][0-9A-Z]?|\r|\x08", "", self.text)
            match = re.search(pattern, clean, re.S)
            if match:
                self.text = clean[match.end():]
                return clean[:match.end()]
            if time.time() > end or not select.select([self.fd], [], [], 1)[0] and time.time() > end:
                raise SystemExit(f"failed: no {pattern!r} in {clean!r}")
            try:
                if select.select([self.fd], [], [], 0.2)[0]:
                    self.text += os.read(self.fd, 4096).decode("utf-8", "replace")
            except OSError:
                raise SystemExit(f"failed: it ended; no {pattern!r} in {clean!r}")

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def ended(self, seconds=60):
        """The exit status; what is still written is read, or the end would wait for it."""
        end = time.time() + seconds
        while time.time() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 4096).decode("utf-8", "replace")
                except OSError:
                    time.sleep(0.1)
        raise SystemExit(f"failed: it goes on after the end of its input; last: {self.text!r}")


def main():
    args = arguments()
    program = f"{args.work}/spin"
    subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, str(HERE.parent / "gdb" / "spin.c")], check=True)
    emu = args.emu
    version = subprocess.run([*emu, "--version"], capture_output=True, text=True).stdout
    t = Terminal([*emu, "debug", program])
    t.until(r"\(emu\) ")
    t.type("break main\n")
    t.until(r"Breakpoint 1 at.*\(emu\) ")
    t.type("run\n")
    t.until(r"Breakpoint 1, main.*\(emu\) ")
    if "libedit" in version:
        t.type("info regi\t rip\n")  # completion of a command's second word
        t.until(r"rip +0x.*\(emu\) ")
        t.type("print round\t\n")    # of a symbol
        t.until(r"\$1 = 0.*\(emu\) ")
        t.type("\x1b[A\n")           # history
        t.until(r"\$2 = 0.*\(emu\) ")
        t.type("print 40 +\x7f- 2\n")  # editing
        t.until(r"\$3 = 38.*\(emu\) ")
    t.type("stepi\n")
    t.until(r"\(emu\) ")
    t.type("when\n")
    first = int(re.search(r"count: (\d+)", t.until(r"count: \d+.*\(emu\) "))[1])
    t.type("stepi\n")
    t.until(r"\(emu\) ")
    t.type("\n")                     # an empty line does it again
    t.until(r"\(emu\) ")
    t.type("when\n")
    second = int(re.search(r"count: (\d+)", t.until(r"count: \d+.*\(emu\) "))[1])
    assert second == first + 2, (first, second)
    t.type("continue\n")
    t.until("Continuing")
    time.sleep(1)
    t.type("\x03")                   # stops the program, not the debugger
    t.until(r"received signal SIGINT.*\(emu\) ")
    t.type("print rounds > 0\n")
    t.until(r"= 1.*\(emu\) ")
    t.type("kill\n")
    t.until(r"\(y or n\) ")
    t.type("n\n")
    t.until(r"Not confirmed.*\(emu\) ")
    t.type("\x04")                   # end of file
    assert t.ended() == 0
    words = [*emu, "debug", "--json", "--batch"]
    for line in ("break turn", "run", "stepi", "delete", "set var stop = 1", "continue"):
        words += ["-ex", line]
    lines = subprocess.run([*words, program], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    stops = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    assert [stop["stop"] for stop in stops] == ["breakpoint", "step", "exited"], lines
    assert stops[0]["function"] == "turn" and "Breakpoint 1, turn" in stops[0]["text"] and stops[2]["status"] == 42, lines
    assert stops[1]["instructions"] == stops[0]["instructions"] + 1 and "Breakpoint" not in stops[1]["text"], lines
    print("a person would be served, and so would a program")


main()
