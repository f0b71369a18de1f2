#!/usr/bin/env python3
"""The real window, on screens of two sizes (Xvfb), driven by mouse and keys (xdotool); and what happens without a screen.

    live.py --emu EMU --work DIR        screenshots stay in DIR/live-*.png
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from display import Display

SPIN = """
.intel_syntax noprefix
.globl _start
.bss
.lcomm area, 4096 * 300
.text
_start:
    lea rbx, [area]
    mov ecx, 300
.type next, @function
next:
    inc qword ptr [rbx]
    add rbx, 4096
    dec ecx
    jnz next
    jmp _start
"""
problems = []


def check(good, what):
    if not good:
        problems.append(what)


def picture_size(path):
    data = path.read_bytes()
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


class Session:
    """A window with its program; pictures are taken by F12."""

    def __init__(self, emu, work, display, arguments, **streams):
        for old in [*work.glob("emu-window-*.png"), *work.glob("emu-counters-*")]:
            old.unlink()
        self.work, self.display, self.count = work, display, 0
        self.guest = subprocess.Popen([emu, *arguments], cwd=work, env=display.environment, stderr=subprocess.PIPE, text=True,
                                      **streams)
        time.sleep(2)

    def do(self, *words):
        self.display.do(*words)

    def shot(self):
        self.count += 1
        path = self.work / f"emu-window-{self.count:03}.png"
        self.do("key", "F12")
        for _ in range(100):
            if path.exists() and path.read_bytes()[-8:-4] == b"IEND":
                return path.read_bytes()
            time.sleep(0.1)
        check(False, f"F12 wrote no {path.name}")
        return b""

    def until(self, good, what):
        """The first picture that is good: on a busy host things take their time."""
        for _ in range(20):
            picture = self.shot()
            if good(picture):
                return picture
        check(False, what)
        return picture

    def settled(self, what):
        """A picture that the one before equals: nothing runs any more."""
        pictures = [self.shot()]

        def same(picture):
            pictures.append(picture)
            return pictures[-2] == picture
        return self.until(same, what)

    def other(self, than, what):
        return self.until(lambda picture: picture != than, what)

    def leave(self):
        self.do("key", "q")
        code = self.guest.wait(timeout=60)
        check(code == 129, f"closing the window: exit code {code}, not 129; said {self.guest.stderr.read()!r}")


def look_at_views(session, paused):
    seen = {paused}
    for key in "2345678":
        session.do("key", key)
        seen.add(session.until(lambda picture: picture not in seen, f"view {key} looks like another one"))
    session.do("key", "1")
    first = session.until(lambda picture: picture not in seen or picture == paused, "view 1 does not come back")
    for key, what in (("question", "no help"), ("question", "help stays"), ("minus", "no slower"), ("h", "no Hilbert"),
                      ("h", "no rows")):
        session.do("key", key)
        first = session.other(first, what)
    return first


def point(session, picture, width, height):
    """Mouse: hover, pin, zoom down to bytes and back, drag."""
    session.do("mousemove", width * 26 // 100, height * 30 // 100)
    picture = session.other(picture, "the mouse changes nothing")
    session.do("click", 1)
    picture = session.other(picture, "a click pins nothing")
    for step in range(6):
        session.do("click", 4)
        picture = session.other(picture, f"zoom step {step} changes nothing")
    session.do("mousedown", 1)
    session.do("mousemove", width * 26 // 100, height * 50 // 100)
    session.do("mouseup", 1)
    picture = session.other(picture, "dragging moves nothing")
    session.do("key", "0")
    picture = session.other(picture, "0 does not fit")
    session.do("click", 3)
    picture = session.other(picture, "the right button sets no watchpoint")
    session.do("key", "c")
    session.settled("a watchpoint on a page that is written all the time does not stop")
    session.do("click", 3)


def count(session):
    session.do("key", "shift+d")
    path = session.work / "emu-counters-001.json"
    for _ in range(100):
        if path.exists() and path.with_suffix(".csv").exists() and path.read_text().rstrip().endswith("}"):
            break
        time.sleep(0.1)
    counters = json.loads(path.read_text())
    lines = path.with_suffix(".csv").read_text().splitlines()
    check(counters["instructions"] > 1000 and f"instructions,{counters['instructions']}" in lines, "D: JSON and CSV differ")
    picture = session.shot()
    session.do("key", "shift+z")
    session.other(picture, "Z zeroes nothing")


def drive(emu, work, program, width, height):
    display = Display(width, height)
    session = Session(emu, work, display, ["--deterministic", "--size", f"{width}x{height}", "--window", program])
    try:
        running = session.shot()
        session.do("key", "space")
        session.other(running, "space changes nothing")
        paused = session.settled("a paused picture does not stay the same")
        (work / f"live-{width}x{height}.png").write_bytes(paused)
        check(picture_size(work / "emu-window-001.png") == (width, height), "a screenshot of another size than the window")
        for key in ("s", "n", "f"):
            session.do("key", key)
            if key == "f":
                paused = session.settled(f"{key} does not pause again")
            else:
                paused = session.other(paused, f"{key} steps nowhere")
        picture = look_at_views(session, paused)
        point(session, picture, width, height)
        count(session)
        session.leave()
    finally:
        session.guest.kill()
        display.close()


def recorded(emu, work, program):
    """--record: back by one, and to another time by the timeline, without a console."""
    display = Display(1280, 800)
    session = Session(emu, work, display, ["--deterministic", "--record", "--window", program])
    try:
        session.do("key", "space")
        paused = session.settled("a paused picture does not stay the same")
        session.do("key", "b")
        back = session.other(paused, "b goes nowhere")
        session.do("mousemove", 400, 740)
        session.do("click", 1)
        past = session.other(back, "a click at the timeline goes nowhere")
        session.do("mousemove", 300, 300)
        session.do("click", 1)
        session.other(past, "a click pins nothing in the past")
        session.do("key", "a")
        session.leave()
    finally:
        session.guest.kill()
        display.close()


def beside(emu, work, program):
    """emu debug --window: the console in the terminal and the window have the same machine."""
    display = Display(1280, 800)
    log = work / "console.txt"
    guest = subprocess.Popen([emu, "debug", "--window", program], cwd=work, env=display.environment, stdin=subprocess.PIPE,
                             stdout=log.open("w"), stderr=subprocess.STDOUT, text=True)

    def say(line):
        guest.stdin.write(line + "\n")
        guest.stdin.flush()

    def wait(good, what):
        for _ in range(200):
            if good(log.read_text()):
                return
            time.sleep(0.2)
        check(False, f"debug --window: {what}: {log.read_text()[-300:]!r}")
    try:
        say("break next")
        say("run")
        wait(lambda text: text.count("Breakpoint 1, ") == 1, "the console's breakpoint does not stop the console's run")
        display.do("key", "c")
        wait(lambda text: text.count("Breakpoint 1, ") == 2, "the console's breakpoint does not stop the window's run")
        before = len(log.read_text())
        display.do("key", "s")
        wait(lambda text: "0x" in text[before:], "the console does not hear of the window's step")
        say("delete")
        say("info breakpoints")
        wait(lambda text: "No breakpoints" in text, "no breakpoint goes")
        display.do("key", "c")
        time.sleep(0.5)
        say("info registers rip")
        wait(lambda text: "Interrupt" in text and "\nrip " in text.split("Interrupt")[-1],
             "a command does not pause what the window runs")
        before = len(log.read_text())
        display.do("key", "b")
        wait(lambda text: "0x" in text[before:], "b goes nowhere")
        display.do("mousemove", 400, 740)
        display.do("click", 1)
        past = re.compile(r"instructions 0 to (\d+), now at (\d+) \(in the past\)")

        def far_back(text):
            say("info record")
            return any(int(now) < int(end) // 2 for end, now in past.findall(text))
        wait(far_back, "a click at the timeline does not go back")
        say("quit")
        check(guest.wait(timeout=60) == 0, "debug --window: the console's exit code")
    finally:
        guest.kill()
        display.close()


def without_screen(emu, work, program):
    for name, value in (("DISPLAY", None), ("DISPLAY", ":4711"), ("SDL_VIDEODRIVER", "dummy")):
        environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
        if value:
            environment[name] = value
        result = subprocess.run([emu, "--window", program], cwd=work, env=environment, capture_output=True, text=True,
                                timeout=30)
        check(result.returncode == 125, f"without a screen ({name}={value}): exit code {result.returncode}")
        check(result.stderr.count("\n") == 1 and "screen" in result.stderr, f"without a screen: said {result.stderr!r}")
    result = subprocess.run([emu, "--max-insns", "3000000", "--window=headless", "--frames", "frames", program], cwd=work,
                            env={}, capture_output=True, text=True, timeout=60)
    check(result.returncode == 124, f"headless: exit code {result.returncode}, {result.stderr!r}")
    check(list((work / "frames").glob("frame-*.png")), "headless: no frames")


def watched_swapping(emu, work, program):
    """Harvesting clears A and D bits, by which page replacement decides: it must decide the same."""
    faults = []
    for window in ([], ["--window=headless"]):
        command = [emu, "--deterministic", "--max-insns", "20000000", "--swap", "--user-frames", "200",
                   "--replacement", "clock", "--stats=json", "-o", "stats.json", *window, program]
        subprocess.run(command, cwd=work, env={}, capture_output=True, timeout=300)
        faults.append(json.loads((work / "stats.json").read_text())["major_faults"])
    check(faults[0] == faults[1] > 0, f"major faults without and with a window: {faults}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    work = arguments.work.resolve() / "live"
    work.mkdir(parents=True, exist_ok=True)
    emu = str(pathlib.Path(arguments.emu).resolve())
    (work / "spin.s").write_text(SPIN)
    subprocess.run(["as", "-o", "spin.o", "spin.s"], cwd=work, check=True)
    subprocess.run(["ld", "-o", "spin", "spin.o"], cwd=work, check=True)
    without_screen(emu, work, "./spin")
    watched_swapping(emu, work, "./spin")
    beside(emu, work, "./spin")
    recorded(emu, work, "./spin")
    drive(emu, work, "./spin", 1280, 800)
    drive(emu, work, "./spin", 2560, 1600)
    print("\n".join(problems) or "the window does as it is told")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
