#!/usr/bin/env python3
"""The stub's wire and its life: ports, sockets, Ctrl-C, detach and coming back, kill, monitor, packets that are none. A client of
its own and real gdb.   live.py --emu EMU --work DIR"""
import argparse
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


class Client:
    def __init__(self, sock):
        self.sock, self.buffer, self.acks = sock, b"", True

    def raw(self, data):
        self.sock.sendall(data)

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.raw(b"$" + data + b"#%02x" % (sum(data) & 255))

    def receive(self):
        while True:
            match = re.search(rb"\$([^#]*)#([0-9a-f]{2})", self.buffer, re.S)
            if match:
                self.buffer = self.buffer[match.end():]
                assert sum(match[1]) & 255 == int(match[2], 16), "checksum"
                if self.acks:
                    self.raw(b"+")
                return match[1].decode("latin1")
            more = self.sock.recv(65536)
            if not more:
                return None
            self.buffer += more

    def ask(self, text):
        self.send(text)
        return self.receive()

    def hello(self):
        reply = self.ask("qSupported:multiprocess+;swbreak+;fork-events+;exec-events+;no-resumed+")
        assert "QStartNoAckMode+" in reply, reply
        assert self.ask("QStartNoAckMode") == "OK"
        self.acks = False
        return self.ask("?")


def check(condition, *what):
    if not condition:
        print("failed:", *what)
        check.failed += 1


check.failed = 0


class Run:
    """An emu that serves at a Unix socket."""

    def __init__(self, emu, work, program, *words):
        self.path = f"{work}/socket"
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.process = subprocess.Popen([*emu, "-g", self.path, program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def connect(self):
        for _ in range(500):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(20)
            try:
                sock.connect(self.path)
                return Client(sock)
            except OSError:
                time.sleep(0.01)
        raise SystemExit("nobody listens")

    def end(self):
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


def address_of(program, name):
    for line in subprocess.run(["nm", program], capture_output=True, text=True).stdout.splitlines():
        if line.endswith(f" {name}"):
            return int(line.split()[0], 16)
    raise KeyError(name)


def client_tests(emu, work, spin):
    run = Run(emu, work, spin)
    c = run.connect()
    stop = c.hello()
    check(stop.startswith("T05thread:p3e8.3e8;"), "first stop", stop)
    check(c.ask("QNonStop:1").startswith("E"), "non-stop is refused")
    check(c.ask("QNonStop:0") == "OK", "all-stop")
    check(c.ask("vMustReplyEmpty") == "", "unknown v packets")
    check(c.ask("vFlashDone") == "" and c.ask("vAttach;1") == "E01", "packets that we lack, processes that are not there")
    check(c.ask("qAttached:3e8") == "0", "started, not attached")
    check(c.ask("qC") == "QCp3e8.3e8", "current thread")
    check(c.ask("qfThreadInfo") == "mp3e8.3e8" and c.ask("qsThreadInfo") == "l", "thread list")
    check("<thread id=\"p3e8.3e8\"" in c.ask("qXfer:threads:read::0,1000"), "threads as XML")
    check("org.gnu.gdb.i386.linux" in c.ask("qXfer:features:read:target.xml:0,7fff"), "target description")
    whole, part = c.ask("qXfer:features:read:target.xml:0,7fff")[1:], ""
    while True:
        piece = c.ask(f"qXfer:features:read:target.xml:{len(part):x},64")
        part += piece[1:]
        if piece[0] == "l":
            break
    check(part == whole, "an object in parts")
    check(bytes.fromhex(c.ask("qRcmd," + b"help when".hex())[1:]).startswith(b"How many") and c.receive() == "OK", "monitor")
    turn, rounds, flag = (address_of(spin, name) for name in ("turn", "rounds", "stop"))
    check(c.ask(f"Z0,{turn:x},1") == "OK", "break")
    for _ in range(3):
        stop = c.ask("vCont;c:p3e8.-1")
        check("swbreak:;" in stop and f"10:{turn.to_bytes(8, 'little').hex()};" in stop, "stop at turn", stop)
        check("swbreak:;" in c.ask("vCont;s:p3e8.3e8"), "a breakpoint that is in is hit again: gdb takes it out to go on")
        check(c.ask(f"z0,{turn:x},1") == "OK" and c.ask("vCont;s:p3e8.3e8").startswith("T05"), "step off")
        check(c.ask(f"Z0,{turn:x},1") == "OK", "back in")
    check(c.ask(f"z0,{turn:x},1") == "OK", "no break")
    check(c.ask(f"Z2,{rounds:x},8") == "OK", "watch")
    stop = c.ask("vCont;c")
    check(f"watch:{rounds:x};" in stop, "the watchpoint names its address", stop)
    value = int.from_bytes(bytes.fromhex(c.ask(f"m{rounds:x},8")), "little")
    check(value == 3, "the write has happened", value)
    check(c.ask(f"z2,{rounds:x},8") == "OK", "no watch")
    c.send("vCont;c")
    time.sleep(0.3)
    c.raw(b"\x03")
    check(c.receive().startswith("T02"), "interrupt")
    try:
        second = socket.socket(socket.AF_UNIX)
        second.connect(run.path)
        check(False, "a second client is refused")
    except ConnectionRefusedError:
        pass
    check(c.ask("D;3e8") == "OK", "detach")
    c.sock.close()
    time.sleep(0.2)
    before = int(subprocess.run(["ps", "-o", "cputimes=", "-p", str(run.process.pid)], capture_output=True, text=True).stdout)
    check(run.process.poll() is None and before >= 0, "it goes on alone")
    c = run.connect()
    check(c.hello().startswith("T05thread:p3e8.3e8"), "late attach")
    check(int.from_bytes(bytes.fromhex(c.ask(f"m{rounds:x},8")), "little") > 1000, "it had gone on")
    check(c.ask(f"X{flag:x},1:\x01") == "OK", "write")
    check(c.ask("vCont;c") == "W2a;process:3e8", "exit")
    check(run.end()[0] == 42, "exit code")


def wire_tests(emu, work, spin):
    run = Run(emu, work, spin)
    c = run.connect()
    c.raw(b"garbage+-+\x03$g#00$?#3f")
    check(c.buffer == b"", "nothing yet")
    check(c.receive().startswith("T05"), "behind garbage and a wrong checksum")
    for text in ("m", "m,", "mffffffffffffffffffffff,1", "m0,ffffffffffffffff", "X0,5:ab", "Gzz", "P", "Pff=00", "P0", "Z9,0,1", "Z2,0,0",
                 "Z2,0,ffffffffffff", "vCont;", "vCont;q", "vCont;c:p", "Hgp-", "Hgpffffffff.1", "vFile:open:", "vFile:open:6,0,0",
                 "vFile:pread:0,10,0", "vFile:close:ffffffff", "qXfer:auxv:read::zz", "qXfer:nothing:read::0,10", "qRcmd,6", "qSearch:memory:0;10;",
                 "QCatchSyscalls:2", "vKill;1", "vKill", "D;7", "T", "Tzz", "qGetTLSAddr:", "qCRC:0,10", "vRun", "vRun;6", "vRun;00", "vRun;2f78;", "R", "QEnvironmentUnset:", "QEnvironmentHexEncoded:3d", "QSetWorkingDir:2f78",
                 "vAttach;", "vAttach;3e8", "vAttach;ffffffffffff"):
        reply = c.ask(text)
        check(reply is not None and (reply == "" or reply[0] in "EF"), text, reply)
    check(c.ask("vFile:open:" + b"/etc/passwd".hex() + ",1,1ff").startswith("F-1,d"), "nothing is written")
    fd = c.ask("vFile:open:" + b"/proc/self/maps".hex() + ",0,0")
    check(fd == "F0" and "[stack]" in c.ask("vFile:pread:0,7000,0"), "the guest's own maps")
    check(c.ask("vFile:close:0") == "F0", "close")
    try:
        c.raw(b"$" + b"m" * 100000 + b"#00")
        c.sock.close()
    except BrokenPipeError:
        pass  # what it has to say to that came first
    c = run.connect()
    check(c.hello().startswith("T05"), "the connection is lost, the program is not")
    c.send("k")
    check(run.end()[0] == -signal.SIGKILL, "kill")
    done = subprocess.run([*emu, "-g", "65536", spin], capture_output=True, text=True)
    check(done.returncode == 125 and "cannot wait for gdb" in done.stderr, "no such port", done)
    file = pathlib.Path(work) / "no_socket"
    file.write_text("mine")
    done = subprocess.run([*emu, "-g", str(file), spin], capture_output=True, text=True)
    check(done.returncode == 125 and file.read_text() == "mine", "a file is no socket, and stays", done)
    done = subprocess.run([*emu, "-g", "-", spin], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    check(done.returncode == -signal.SIGKILL, "nobody there", done)


def extended_tests(emu, work, spin):
    """The conversation outlives the program: let go, taken up, run to its end, started again."""
    run = Run(emu, work, spin)
    c = run.connect()
    check("QEnvironmentReset+" in c.ask("qSupported:multiprocess+") and c.ask("!") == "OK", "extended")
    flag, rounds = address_of(spin, "stop"), address_of(spin, "rounds")

    def number(address):
        return int.from_bytes(bytes.fromhex(c.ask(f"m{address:x},8")), "little")

    check(c.ask("vRun;") == "E01", "one machine, one program at a time")
    check(c.ask("D;3e8") == "OK" and c.ask("vCont;c") == "E01", "nothing to go on with")
    time.sleep(0.2)
    check(c.ask("vAttach;3e9") == "E01", "no such process")
    check(c.ask("vAttach;3e8").startswith("T05thread:p3e8.3e8;") and c.ask("qAttached:3e8") == "1", "attach")
    check(number(rounds) > 1000, "it had gone on")
    check(c.ask(f"X{flag:x},1:\x01") == "OK" and c.ask("vCont;c") == "W2a;process:3e8", "exit")
    check(c.ask("g") == "E01" and c.ask("vCont;c") == "E01", "over")
    check(c.ask("vRun;2f78") == "E01", "there is no /x")
    check(c.ask("vRun;;736c6f776c79").startswith("T05") and c.ask("vKill;3e8") == "OK", "the last one that was there")
    check(c.ask(f"vRun;{spin.encode().hex()};736c6f776c79").startswith("T05thread:p3e8.3e8;"), "run")
    check(c.ask("qAttached:3e8") == "0" and number(rounds) == 0, "from its beginning")
    c.send("R00")
    check(c.ask("?").startswith("T05"), "restart")
    check(c.ask("vKill;3e8") == "OK" and c.ask("vRun;").startswith("T05"), "kill and run")
    check(c.ask(f"X{flag:x},1:\x01") == "OK" and c.ask("vCont;c") == "W2a;process:3e8", "exit again")
    c.sock.close()
    check(run.end()[0] == 42, "exit code")


def gdb_tests(emu, work, spin):
    """Ctrl-C in gdb, on a port; in a loop and in a system call."""
    for words in ([], ["slowly"]):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([*emu, "-g", str(port), spin, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        gdb = subprocess.Popen(["gdb", "-q", "-nx", "-batch", "-ex", "set confirm off", "-ex", f"target remote 127.0.0.1:{port}", "-ex", "echo ready\\n",
                                "-ex", "continue", "-ex", "print rounds > 0", "-ex", "backtrace -1", "-ex", "info threads", "-ex", "call turn()",
                                "-ex", "stepi", "-ex", "print local_is_not", "-ex", "set var stop = 1", "-ex", "continue", spin],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
        while "ready" not in gdb.stdout.readline():
            pass
        time.sleep(1)
        gdb.send_signal(signal.SIGINT)
        out = gdb.communicate(timeout=30)[0]
        check("received signal SIGINT" in out and "= 1" in out and "exited with code 052" in out, "Ctrl-C", words, out)
        check(server.wait(20) == 42, "exit code of the server")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    args = parser.parse_args()
    work, emu = os.path.abspath(args.work), shlex.split(args.emu)
    os.makedirs(work, exist_ok=True)
    spin = f"{work}/spin"
    subprocess.run(["gcc", "-g", "-O0", "-static", "-o", spin, str(HERE / "spin.c")], check=True)
    for test in (client_tests, wire_tests, extended_tests, gdb_tests):
        test(emu, work, spin)
    print(f"{check.failed} failures")
    sys.exit(check.failed > 0)


main()
