#!/usr/bin/env python3
"""The real window, on screens of two sizes (Xvfb), driven by mouse and keys (xdotool); and what happens without a screen.

    live.py --emu EMU --work DIR        screenshots stay in DIR/live-*.png
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

SPIN = """
.intel_syntax noprefix
.globl _start
.bss
.lcomm area, 4096 * 300
.text
_start:
    lea rbx, [area]
    mov ecx, 300
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


class Display:
    """An X server of its own; `keys` and `move` act on the one window it has."""

    def __init__(self, width, height):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24"],
                                       pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        self.name = ":" + os.read(read, 16).decode().strip()
        self.environment = {**os.environ, "DISPLAY": self.name}
        self.environment.pop("WAYLAND_DISPLAY", None)

    def do(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True, timeout=30)
        time.sleep(0.3)

    def close(self):
        self.server.terminate()
        self.server.wait()


def shot(display, work, count):
    """F12, and the picture that it makes."""
    path = work / f"emu-window-{count:03}.png"
    display.do("key", "F12")
    for _ in range(100):
        if path.exists() and path.read_bytes()[-8:-4] == b"IEND":
            break
        time.sleep(0.1)
    check(path.exists(), f"F12 wrote no {path.name}")
    return path.read_bytes() if path.exists() else b""


def drive(emu, work, program, width, height):
    for old in work.glob("emu-window-*.png"):
        old.unlink()
    display = Display(width, height)
    try:
        guest = subprocess.Popen([emu, "--deterministic", "--size", f"{width}x{height}", "--window", program], cwd=work,
                                 env=display.environment, stderr=subprocess.PIPE, text=True)
        time.sleep(2)
        running = shot(display, work, 1)
        display.do("key", "space")
        paused = shot(display, work, 2)
        check(paused != running, "space changes nothing")
        check(shot(display, work, 3) == paused, "a paused picture does not stay the same")
        display.do("key", "s")
        stepped = shot(display, work, 4)
        check(stepped != paused, "s steps nowhere")
        pictures = {}
        for number, key in enumerate(["n", "1", "2", "3", "4", "5", "Tab", "question", "question", "minus", "plus"], 5):
            display.do("key", key)
            pictures[key] = shot(display, work, number)
        check(len({pictures[k] for k in "12345"}) == 5, "two views look the same")
        display.do("mousemove", width * 3 // 10, height * 3 // 10)
        hovered = shot(display, work, 16)
        check(hovered != pictures["plus"], "the mouse changes nothing")
        display.do("click", 1)
        display.do("mousemove", width * 2 // 10, height * 5 // 10)
        display.do("click", 4)
        display.do("click", 4)
        zoomed = shot(display, work, 17)
        check(zoomed != hovered, "neither pinning nor zooming changes anything")
        display.do("key", "0")
        display.do("key", "q")
        code = guest.wait(timeout=20)
        check(code == 129, f"closing the window: exit code {code}, not 129")
        (work / f"live-{width}x{height}.png").write_bytes(pictures["1"])
        check(picture_size(work / "emu-window-001.png") == (width, height), "a screenshot of another size than the window")
    finally:
        guest.kill()
        display.close()


def without_screen(emu, work, program):
    for name, value in (("DISPLAY", None), ("DISPLAY", ":4711"), ("SDL_VIDEODRIVER", "dummy")):
        environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
        if value:
            environment[name] = value
        result = subprocess.run([emu, "--window", program], cwd=work, env=environment, capture_output=True, text=True, timeout=30)
        check(result.returncode == 125, f"without a screen ({name}={value}): exit code {result.returncode}")
        check(result.stderr.count("\n") == 1 and "screen" in result.stderr, f"without a screen: said {result.stderr!r}")
    result = subprocess.run([emu, "--max-insns", "3000000", "--window=headless", "--frames", "frames", program], cwd=work,
                            env={}, capture_output=True, text=True, timeout=60)
    check(result.returncode == 124, f"headless: exit code {result.returncode}, {result.stderr!r}")
    check(list((work / "frames").glob("frame-*.png")), "headless: no frames")


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
    drive(emu, work, "./spin", 1280, 800)
    drive(emu, work, "./spin", 2560, 1600)
    print("\n".join(problems) or "the window does as it is told")
    return bool(problems)


sys.exit(main())
