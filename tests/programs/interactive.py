#!/usr/bin/env python3
"""Sessions at a terminal, natively and under emu: what is typed, what must be seen, and the whole screen compared at the end.

Three kinds: an interactive shell is the guest (job control inside); guests are jobs of an interactive shell of the host (job
control from outside); the terminal hangs up, or the guest ends and leaves something running (who is alive afterwards?)."""
import argparse, difflib, fcntl, os, pathlib, pty, re, select, shutil, signal, subprocess, sys, tempfile, termios, time

BUSYBOX, BASH = "/bin/busybox", "/bin/bash-static"
PATIENCE = 30
PROMPT = r"\$ $"
INTERRUPT, SUSPEND, QUIT, END = "\x03", "\x1a", "\x1c", "\x04"
DRAWN = r"No file 1/1 .*\x1b\[K$"  # vi's last line
PAUSE = None  # instead of a text: where nothing shows that the shell has gone on
READY = "running"
WAIT = "tail -f text"  # prints READY, catches no signal, does not end; what is typed is echoed and must look different

INSIDE = [
    ("", PROMPT),
    (WAIT + "\r", READY), (INTERRUPT, PROMPT), ("echo $?\r", PROMPT),
    (WAIT + "\r", READY), (SUSPEND, PROMPT), ("bg\r", PROMPT), ("jobs\r", PROMPT),
    ("fg\r", WAIT + r"\s*$"), (PAUSE, ""), (INTERRUPT, PROMPT), ("echo $?\r", PROMPT),
    (WAIT + " | cat | cat\r", READY), (INTERRUPT, PROMPT), ("echo $?\r", PROMPT),
    ("cat\r", "\n"), ("abc\r", r"abc\r\nabc\r\n"), (SUSPEND, PROMPT), ("fg\r", r"cat\r\n"), ("def\r", r"def\r\ndef\r\n"),
    (END, PROMPT),
    ("(trap 'echo caught; exit 3' INT; echo runn''ing; while :; do :; done)\r", READY), (INTERRUPT, PROMPT),
    ("echo $?\r", PROMPT),
    ("sleep 0.2 & wait; echo waited $?\r", r"waited 0[^$]*\$ $"),
    ("set +b; cat & sleep 0.5\r", PROMPT), ("jobs\r", PROMPT), ("kill -9 %%; sleep 0.2\r", PROMPT), ("\r", PROMPT),
    (WAIT + "\r", READY), (QUIT, PROMPT), ("stty -a | grep -o '[-]*icanon'\r", PROMPT),
    ("exit\r", None),
]


def outside(emu):
    run = f"{emu} {BUSYBOX} "
    return [
        ("", PROMPT),
        (run + WAIT + "\r", READY), (INTERRUPT, PROMPT), ("echo $?\r", PROMPT),
        (run + WAIT + "\r", READY), (SUSPEND, PROMPT),
        ("jobs | grep -o Stopped; bg >/dev/null; kill %%; wait; echo waited $?\r", r"waited \d+[^$]*\$ $"),
        (run + f"sh -c '{WAIT} | cat | cat; echo never'\r", READY), (INTERRUPT, PROMPT), ("echo $?\r", PROMPT),
        (run + f"sh -c 'trap \"echo caught\" INT; {WAIT}; echo after $?'\r", READY), (INTERRUPT, PROMPT),
        (run + "cat\r", "\n"), ("abc\r", r"abc\r\nabc\r\n"), (SUSPEND, PROMPT), ("fg >/dev/null\r", r"null\r\n"),
        ("def\r", r"def\r\ndef\r\n"), (END, PROMPT),
        (run + "cat & sleep 0.5\r", PROMPT), ("jobs | grep -o Stopped\r", PROMPT), ("kill -9 %%; sleep 0.2\r", PROMPT),
        ("\r", PROMPT),
        (run + "sh -c 'read x; echo got $x' & sleep 0.5\r", PROMPT), ("fg >/dev/null\r", r"null\r\n"), ("line\r", PROMPT),
        (run + "sh -c 'kill -TTIN $$; echo gone on'\r", PROMPT), ("fg >/dev/null\r", r"gone on\r\n\$ $"),
        ("t=$SECONDS; (" + run + "sh -c 'sleep 20 >/dev/null 2>&1 & echo main') 2>&1 | cat\r", PROMPT),
        ("echo $((SECONDS - t > 10))\r", PROMPT),
        (run + "vi\r", DRAWN), (SUSPEND, PROMPT), ("stty -a | grep -o '[-]*icanon'\r", PROMPT), ("fg >/dev/null\r", DRAWN),
        (":q!\r", PROMPT),
        ("exit\r", None),
    ]


HANGUPS = [  # (script; the terminal goes while it runs)
    ("MARK & :", False), ("setsid MARK & sleep 0.2", False), ("trap '' HUP; MARK & :", False),
    ("MARK; :", True), ("MARK & MARK; :", True), ("setsid MARK & MARK", True), ("trap 'exit 5' HUP; MARK & wait", True),
]


class Session:
    """A program on a terminal of its own, of which it is the session leader."""

    def __init__(self, argv, environment, folder):
        self.master, slave = pty.openpty()
        settings = termios.tcgetattr(slave)
        settings[3] |= termios.NOFLSH  # else what is printed at once after an interrupt is sometimes lost, natively
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen, self.mark = "", 0

    def wait_for(self, pattern):
        """Reads until `pattern` (None: the end) was seen behind the last one; false: it did not come in time."""
        end = time.monotonic() + PATIENCE
        while pattern is None or not re.search(pattern, self.seen[self.mark:]):
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                return False
            try:
                self.seen += os.read(self.master, 65536).decode("latin-1")
            except OSError:  # the last one has closed the terminal
                break
        self.mark = len(self.seen)
        return True

    def play(self, steps):
        for text, pattern in steps:
            if text is PAUSE:
                time.sleep(0.5)
                continue
            os.write(self.master, text.encode())
            if not self.wait_for(pattern):
                self.seen += f"\n(waited in vain for {pattern!r} after {text!r})"
                os.killpg(self.process.pid, signal.SIGKILL)
                break
        return self.process.wait(PATIENCE)


def screen(text, emu):
    text = text.replace(emu + " ", "").replace("env " + BUSYBOX, BUSYBOX).replace("\r", "")
    lines = re.sub(r"\b\d{3,}\b", "N", text).splitlines()
    return [line for line in lines if "  Terminated  " not in line]  # bash tells only if the job ended before its `wait` began


def compare(name, native, emulated, emu):
    (expected, status), (got, got_status) = native, emulated
    screens = screen(expected, emu), screen(got, emu)
    lines = list(difflib.unified_diff(*screens, f"{name} natively", f"{name} under emu", lineterm=""))
    if status != got_status:
        lines.append(f"status {status} natively, {got_status} under emu")
    print("\n".join(lines) if lines else f"{name}: the same")
    return not lines


def typed(argv, steps, environment, folder):
    session = Session(argv, environment, folder)
    status = session.play(steps)
    os.close(session.master)
    return session.seen, status


def hung_up(argv, script, early, environment, folder):
    """(how many live on, the status) after the script ended or lost its terminal."""
    mark = f"sleep 5{os.getpid()}"
    session = Session([*argv, BUSYBOX, "sh", "-c", "echo ready; " + script.replace("MARK", mark)], environment, folder)
    session.wait_for("ready")
    time.sleep(0.5 if early else 0)
    if early:
        os.close(session.master)
    status = session.process.wait(PATIENCE)
    if not early:
        os.close(session.master)
    deadline = time.monotonic() + 1.5
    while (left := [pid for pid in lives(mark)]) and time.monotonic() < deadline:
        time.sleep(0.1)  # whoever is to die needs a moment; survivors cost the whole of it
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return f"{len(left)} live on", status


def lives(mark):
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in entry.read_bytes().replace(b"\0", b" ").decode("latin-1"):
                yield int(entry.parent.name)
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emu", required=True)
    emu = parser.parse_args().emu
    if not all(os.access(program, os.X_OK) for program in (BUSYBOX, BASH)):
        print("skipped: busybox-static or bash-static is not installed")
        return 0
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for name in subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True).stdout.split():
            os.symlink(BUSYBOX, f"{folder}/{name}")
        pathlib.Path(folder, "text").write_text(READY + "\n")
        environment = {"PATH": folder, "HOME": folder, "PS1": "$ ", "TERM": "dumb", "LANG": "C", "EMU": emu}
        for shell in ([BASH, "--norc", "--noediting", "-i"], [BUSYBOX, "sh", "-i"]):
            name = f"inside {os.path.basename(shell[0])}"
            native = typed(shell, INSIDE, environment, folder)
            good &= compare(name, native, typed([emu, *shell], INSIDE, environment, folder), emu)
        host = [shutil.which("bash"), "--norc", "--noediting", "-i"]
        native = typed(host, outside("env"), environment, folder)
        good &= compare("outside", native, typed(host, outside(emu), environment, folder), emu)
        for script, early in HANGUPS:
            name = f"{'hung up' if early else 'left'}: {script}"
            native = hung_up([], script, early, environment, folder)
            good &= compare(name, native, hung_up([emu], script, early, environment, folder), emu)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
