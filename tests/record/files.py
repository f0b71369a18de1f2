#!/usr/bin/env python3
"""Recordings as files: what was recorded is re-lived without the program and its inputs; damaged files are refused, or stopped,
never believed.    files.py --emu EMU --programs DIR --work DIR"""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys

parser = argparse.ArgumentParser()
for name in "emu", "programs", "work":
    parser.add_argument(f"--{name}", required=True)
args = parser.parse_args()
work, args.emu = pathlib.Path(args.work).resolve(), str(pathlib.Path(args.emu).resolve())
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
problems = []


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, cwd=work, timeout=300, **more)


def expect(what, good, *shown):
    if not good:
        problems.append(what)
        print("BAD", what, *shown)


def recorded(name, source, *words, stdin=b""):
    """Records, takes everything away, replays: output and exit status must be the same."""
    recording = work / f"{name}.rec"
    first = run(args.emu, "record", "-o", recording, source, *words, input=stdin)
    expect(f"{name} was recorded", recording.exists(), first.stderr)
    hidden = work / "hidden"
    if pathlib.Path(source).parent == work:
        pathlib.Path(source).rename(hidden)
    again = run(args.emu, "replay", "-a", recording, stdin=subprocess.DEVNULL)
    expect(f"{name} ends the same", (first.returncode, first.stdout) == (again.returncode, again.stdout), first, again)
    if hidden.exists():
        hidden.rename(source)
    return recording


mix = work / "mix"
subprocess.run(["gcc", "-g", "-O1", "-static", "-pthread", "-o", mix, f"{args.programs}/mix.c"], check=True)
recording = recorded("mix", mix)
bash = shutil.which("bash-static")
if bash:
    (work / "in.txt").write_text("one\ntwo\nthree\n")
    recorded("bash", bash, "-c", "while read l; do echo \"got $l\"; done; read x < in.txt; echo $x; (exit 3); echo $? $RANDOM >&2; exit 4",
             stdin=b"a\nb\n")

# The debugger on a recording whose program is gone: names, lines, going to and fro.
mix.unlink()
lines = ["break on_alarm", "continue", "info line", "finish", "reverse-continue", "when", "set var alarms = 7", "delete", "continue",
         "reverse-stepi", "info record"]
words = [word for line in lines for word in ("-ex", line)]
session = run(args.emu, "replay", "--batch", *words, recording)
text = session.stdout.decode() + session.stderr.decode()
for wanted in ("Breakpoint 1, on_alarm", "mix.c:", "A recording cannot be changed.", "exited normally", "Recording in a file: instructions 0 to"):
    expect(f"the debugger says {wanted!r}", wanted in text, text)

# Damage: cut anywhere, or with bytes changed. 125, 126 or the program's own end; never a crash, never without end.
whole = recording.read_bytes()
chance = random.Random(7)
for i in range(60):
    bad = bytearray(whole)
    if i % 3 == 0:
        del bad[chance.randrange(len(bad)):]
    for _ in range(chance.choice((1, 4, 64)) if i % 3 else 0):
        bad[chance.randrange(len(bad) if i % 2 else 9000)] = chance.randrange(256)
    (work / "bad.rec").write_bytes(bad)
    done = run(args.emu, "replay", "-a", "bad.rec", stdin=subprocess.DEVNULL)
    expect(f"damage {i} is survived", 0 <= done.returncode <= 126, done.returncode, done.stderr[-500:])
for name, content in (("empty", b""), ("text", b"hello\n"), ("head", whole[:100])):
    (work / name).write_bytes(content)
    done = run(args.emu, "replay", "-a", name)
    expect(f"{name} is refused", done.returncode == 126 and done.stderr.startswith(b"emu: cannot replay"), done)
expect("no -o", run(args.emu, "record", "/bin/true").returncode == 125)
expect("no way to write", run(args.emu, "record", "-o", "/nowhere/x", bash or "/bin/true").returncode == 125)
print(f"{len(problems)} failed")
sys.exit(bool(problems))
