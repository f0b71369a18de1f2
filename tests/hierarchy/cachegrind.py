#!/usr/bin/env python3
"""The cachegrind preset against cachegrind itself: freestanding programs, several geometries, nine counters, equal.

usage: cachegrind.py EMU WORKDIR      (exit 77: there is no valgrind here)
Left out of the programs: what the oracle counts strangely (locked read-modify-writes are two reads) or lacks (CMPSB without
prefix). The two VEX flags keep the oracle from deleting and adding references (docs/hierarchy.md)."""
import os, re, shutil, subprocess, sys

emu, work = sys.argv[1:3]
here = os.path.dirname(os.path.abspath(__file__))
valgrind = shutil.which("valgrind")
if not valgrind:
    print("no valgrind")
    sys.exit(77)

geometries = [("32768,8,64", "32768,8,64", "8388608,16,64"), ("1024,2,32", "2048,1,64", "16384,4,64"),
              ("16384,4,64", "4096,4,32", "262144,8,128"), ("8192,8,64", "49152,12,64", "131072,2,64")]
# (source, compiler flags). -O0 makes many references, -O2 -msse2 fused ones.
flags = [["-O0"], ["-O2", "-fno-builtin"], ["-Os", "-fno-builtin", "-fno-omit-frame-pointer"]]
NINE = "Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw".split()


def build(source, options):
    name = os.path.splitext(source)[0] + "".join(options[:1])
    program = os.path.join(work, name)
    subprocess.run(["gcc", *options, "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pie", "-no-pie",
                    "-fcf-protection=none", "-Wl,-z,noseparate-code,--build-id=none", "-o", program,
                    os.path.join(here, "programs", source)], check=True)
    return program


def oracle(program, geometry):
    out = program + ".cachegrind"
    subprocess.run([valgrind, "--tool=cachegrind", "--cache-sim=yes", "--vex-iropt-level=0", "--vex-guest-chase=no", "-q",
                    *(f"--{k}={v}" for k, v in zip(("I1", "D1", "LL"), geometry)), f"--cachegrind-out-file={out}", program],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    text = open(out).read()
    events = re.search(r"^events: (.*)$", text, re.M)[1].split()
    return dict(zip(events, map(int, re.search(r"^summary: (.*)$", text, re.M)[1].split())))


def ours(program, geometry):
    result = subprocess.run([emu, "--hierarchy=cachegrind", "--report=json", *(f"--{k}={v}" for k, v in zip(("I1", "D1", "LL"), geometry)),
                             program], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    import json
    return json.loads(result.stderr)["counters"]


def main():
    os.makedirs(work, exist_ok=True)
    compared = wrong = 0
    for source in sorted(os.listdir(os.path.join(here, "programs"))):
        if not source.endswith(".c"):
            continue
        for options in flags:
            program = build(source, options)
            for geometry in geometries:
                theirs, mine = oracle(program, geometry), ours(program, geometry)
                for name in NINE:
                    compared += 1
                    if theirs[name] != mine[name]:
                        wrong += 1
                        print(f"{os.path.basename(program)} {' '.join(geometry)}: {name} is {mine[name]}, cachegrind says {theirs[name]}")
    print(f"{compared} counters compared, {wrong} differ")
    return wrong != 0


sys.exit(main())
