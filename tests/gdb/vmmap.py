#!/usr/bin/env python3
"""What pwndbg asks the stub for its vmmap, asked by gdb's own Python (vmmap_requests.py): over a pipe, and over a port.
vmmap.py --emu EMU --work DIR"""
import argparse
import os
import pathlib
import shlex
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser()
parser.add_argument("--emu", required=True)
parser.add_argument("--work", required=True)
args = parser.parse_args()
emu = [os.path.abspath(word) if os.path.exists(word) else word for word in shlex.split(args.emu)]
work = os.path.abspath(args.work)
os.makedirs(work, exist_ok=True)
program = f"{work}/vmmap"
subprocess.run(["gcc", "-g", "-O0", "-static", "-o", program, str(HERE / "sessions/process.c"), "-lpthread"], check=True)


def ask(target):
    done = subprocess.run(["gdb", "-q", "-nx", "-batch", "-ex", "set confirm off", "-ex", target, "-x", str(HERE / "vmmap_requests.py"), program],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100, cwd=work)
    good = "vmmap: fine" in done.stdout
    print("fine" if good else done.stdout[-2000:])
    return good


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


piped = ask(f"target remote | exec {shlex.join(emu)} -g - {program}")
port = free_port()
server = subprocess.Popen([*emu, "-g", str(port), program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
time.sleep(0.5)
ported = ask(f"target remote 127.0.0.1:{port}")
server.kill()
server.wait()
sys.exit(not (piped and ported))
