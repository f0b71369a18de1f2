#!/usr/bin/env python3
"""Somebody plays with the window of a busy program of many threads, for as long as you like:

    soak.py --emu EMU --work DIR [--minutes 0.5] [--seed 1] [-- OPTIONS OF EMU]

Meant for an emu with sanitizers (presets asan and tsan). Memory is noted twice a minute in DIR/soak.log. It fails when the
machine stands still, when a sanitizer has said something, when memory grows, or when leaving does not work.
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

from display import Display

HERE = pathlib.Path(__file__).resolve().parent
SIZE = (1280, 800)
SAMPLE_S = 30
LIVELY_S = 240  # the machine must have got on within that, however slow the host
VIEW_KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "Tab", "h", "i", "o", "p", "a", "0", "Up", "Down",
             "Prior", "Next", "Home", "End", "question"]
FOUND = re.compile(r"ERROR: |WARNING: ThreadSanitizer|runtime error|LeakSanitizer|emu: bug")


class Player:
    def __init__(self, display, seed):
        self.display, self.random = display, random.Random(seed)

    def do(self, *words):
        self.display.do(*words, settle=self.random.uniform(0.02, 0.4))

    def point(self):
        self.do("mousemove", self.random.randrange(5, SIZE[0] - 5), self.random.randrange(32, SIZE[1] - 5))

    def view(self):
        for _ in range(self.random.randrange(1, 4)):
            self.do("key", self.random.choice(VIEW_KEYS))

    def zoom(self):
        self.point()
        for _ in range(self.random.randrange(1, 8)):
            self.do("click", self.random.choice([4, 5]))

    def drag(self):
        self.point()
        self.do("mousedown", 1)
        self.point()
        self.do("mouseup", 1)

    def pin(self):
        self.point()
        self.do("click", 1)

    def mark(self):
        """Set, hit perhaps, and taken away."""
        self.point()
        self.do("click", 3)
        self.do("click", 3)

    def step(self):
        for _ in range(self.random.randrange(1, 6)):
            self.do("key", self.random.choice(["space", "s", "n", "f", "b"]))

    def slow(self):
        for _ in range(self.random.randrange(1, 11)):
            self.do("key", "minus")
        time.sleep(1)

    def files(self):
        self.do("key", "F12")
        self.do("key", "shift+z")

    def run(self):
        """Full speed, from wherever it stands."""
        for _ in range(11):
            self.display.do("key", "plus", settle=0.01)
        self.do("key", "c")

    def play(self):
        self.random.choice([self.point, self.view, self.view, self.zoom, self.drag, self.pin, self.mark, self.step, self.slow,
                            self.files])()
        self.run()


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def instructions(work, player):
    """As the window's D tells them; None: it has not answered yet."""
    for old in [*work.glob("emu-counters-*"), *work.glob("emu-window-*")]:
        old.unlink()
    player.display.do("key", "shift+d", settle=0.2)
    for _ in range(100):
        for path in work.glob("emu-counters-*.json"):
            text = path.read_text()
            if text.rstrip().endswith("}"):
                return json.loads(text)["instructions"]
        time.sleep(0.2)
    return None


def soak(guest, player, work, seconds):
    """Problems, and the samples of memory."""
    begin = time.monotonic()
    sampled, lively, samples, count = 0.0, begin, [], 0
    with (work / "soak.log").open("w") as log:
        while time.monotonic() - begin < seconds and guest.poll() is None:
            now = time.monotonic()
            if now - sampled >= min(SAMPLE_S, seconds / 10):
                sampled = now
                last, count = count, instructions(work, player)
                samples.append(resident_kib(guest.pid))
                if count and count != last:
                    lively = time.monotonic()
                log.write(f"{now - begin:8.0f} s {samples[-1]:9} KiB {count} instructions since the last Z\n")
                log.flush()
                if time.monotonic() - lively > LIVELY_S:
                    return ["the machine stands still"], samples
            player.play()
    return [] if guest.poll() is None else [f"it has ended: {guest.returncode}"], samples


def grows(samples):
    """The last third against the one before: what is allocated once has come by then."""
    third = len(samples) // 3
    before, after = max(samples[third:-third], default=0), max(samples[-third:], default=0)
    return third and after > before * 1.04 + 16384 and f"memory grows from {before} to {after} KiB"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    work = arguments.work.resolve() / "soak"
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O1", "-g", "-static", "-pthread", "-o", work / "guest", HERE / "soak.c"], check=True)
    display = Display(*SIZE)
    ours = {"ASAN_OPTIONS": "quarantine_size_mb=16", "TSAN_OPTIONS": f"suppressions={HERE}/tsan.supp",
            "LSAN_OPTIONS": f"suppressions={HERE}/not_ours.supp:print_suppressions=0"}
    options = {name: ":".join(filter(None, [os.environ.get(name), value])) for name, value in ours.items()}
    said = work / "stderr.txt"
    with said.open("w") as stream:
        command = [str(pathlib.Path(arguments.emu).resolve()), "--window", *arguments.options, "./guest"]
        guest = subprocess.Popen(command, cwd=work, stderr=stream,
                                 env={**display.environment, **options})
    try:
        time.sleep(2)
        problems, samples = soak(guest, Player(display, arguments.seed), work, arguments.minutes * 60)
        for _ in range(20):  # the first q may only close the help
            if guest.poll() is None:
                display.do("key", "q", settle=3)
        code = guest.poll()
        problems += [] if code == 129 else [f"leaving: exit code {code}"]
    finally:
        guest.kill()
        display.close()
    growth = "--record" not in arguments.options and grows(samples)  # what is remembered grows, up to its limit
    problems += [growth] if growth else []
    problems += [line for line in said.read_text().splitlines() if FOUND.search(line)][:20]
    print("\n".join(problems) or f"{arguments.minutes:g} minutes, nothing found, memory at most {max(samples)} KiB")
    return bool(problems)


sys.exit(main())
