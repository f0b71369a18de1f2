#!/usr/bin/env python3
"""How a window ends, and what it survives: closed by the window manager while the program runs and while it pauses, closed beside a
console that goes on, resized below its least size, programs that end, crash, fork and exec while they are shown, a screen that goes.

    ends.py --emu EMU --work DIR
"""
import argparse
import ctypes
import pathlib
import subprocess
import sys
import time

from display import Display
from live import Session, check, picture_size, problems

SPIN = "int main(void) { for (volatile long i = 0;; i++); }"
SHORT = "int main(void) { for (volatile long i = 0; i < 30000000; i++); return 7; }"
CRASH = "int main(void) { for (volatile long i = 0; i < 30000000; i++); *(volatile int *)8 = 1; return 0; }"
FORKS = """#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    if (argc > 1) {
        for (volatile long i = 0; i < 3000000; i++);
        return 0;
    }
    for (int n = 0;; n++) {
        if (fork() == 0) {
            for (volatile long i = 0; i < 300000; i++);
            if (n % 2)
                execl(argv[0], argv[0], "child", (char *)0);
            _exit(0);
        }
        wait(NULL);
    }
}"""


class ClientMessage(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
                ("rest", ctypes.c_long * 12)]


def close(display):
    """As a window manager's button does."""
    found = subprocess.run(["xdotool", "search", "--name", "^emu: "], env=display.environment, capture_output=True, text=True,
                           timeout=30)
    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype, x.XInternAtom.restype = ctypes.c_void_p, ctypes.c_ulong
    server = ctypes.c_void_p(x.XOpenDisplay(display.name.encode()))
    window = int(found.stdout.split()[-1])
    message = ClientMessage(type=33, window=window, format=32, message_type=x.XInternAtom(server, b"WM_PROTOCOLS", 0))
    message.data[0] = x.XInternAtom(server, b"WM_DELETE_WINDOW", 0)
    x.XSendEvent(server, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
    x.XCloseDisplay(server)


def ended(session, codes, what):
    try:
        code = session.guest.wait(timeout=60)
    except subprocess.TimeoutExpired:
        session.guest.kill()
        code = "none"
    check(code in codes, f"{what}: exit code {code}, not {codes}")


def closed(start, display):
    for paused in (False, True):
        session = start("--window", "./spin")
        if paused:
            session.do("key", "space")
        close(display)
        ended(session, [129], "closed while it pauses" if paused else "closed while it runs")


def resized(start, display):
    session = start("--window", "./spin")
    for width, height in ((1100, 700), (640, 400), (300, 200), (1280, 800)):
        display.do("search", "--name", "^emu: ", "windowsize", width, height)
        session.until(lambda picture: picture and int.from_bytes(picture[16:20], "big") == width, f"no picture {width} wide")
    check(picture_size(session.work / f"emu-window-{session.count:03}.png") == (1280, 800), "not the old size again")
    session.leave()


def ends(start, _):
    session = start("--window", "./short")
    session.settled("a program that has ended does not stay as it was")
    for key in ("s", "space", "n", "f", "b", "p", "D"):
        session.do("key", key)
    session.do("key", "q")
    ended(session, [7], "an ended program's window")
    session = start("--window", "./crash")
    session.settled("a program that is about to die does not stand")
    session.do("key", "space")
    session.settled("a dead program does not stay as it was")
    session.do("key", "q")
    ended(session, [-11], "a crashed program's window")


def forks(start, _):
    session = start("--window", "./forks")
    for key in "5p1p4ppnpc":
        session.do("key", key)
    picture = session.shot()
    session.other(picture, "who forks does not go on")
    session.leave()


def beside(start, display):
    session = start("debug", "--window", "./spin", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    session.guest.stdin.write("break main\nrun\n")
    session.guest.stdin.flush()
    time.sleep(1)
    close(display)
    out, _ = session.guest.communicate("print 6 * 7\nquit\n", timeout=60)
    check(session.guest.returncode == 0 and "= 42" in out, f"the console after its window was closed: {out[-200:]!r}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    work = arguments.work.resolve() / "ends"
    work.mkdir(parents=True, exist_ok=True)
    emu = str(pathlib.Path(arguments.emu).resolve())
    for name, text in (("spin", SPIN), ("short", SHORT), ("crash", CRASH), ("forks", FORKS)):
        (work / f"{name}.c").write_text(text)
        subprocess.run(["gcc", "-O1", "-static", "-o", name, f"{name}.c"], cwd=work, check=True)
    display = Display(1280, 800)
    sessions = []

    def start(*words, **streams):
        sessions.append(Session(emu, work, display, words, **streams))
        return sessions[-1]
    try:
        for scene in (closed, resized, ends, forks, beside):
            scene(start, display)
        last = start("--window", "./spin")
        display.close()
        ended(last, [1], "the screen has gone")  # Xlib's own way out
    finally:
        for session in sessions:
            session.guest.kill()
        display.close()
    print("\n".join(problems) or "windows end as they should")
    return bool(problems)


sys.exit(main())
