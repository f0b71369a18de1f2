#!/usr/bin/env python3
"""Executables with mutated headers: what the kernel runs, runs the same under emu; what it refuses is refused with one line
and exit code 126.   elf_mutations.py --emu EMU --work DIR [--count N] [--seed S] [--keep]"""
import argparse
import os
import random
import struct
import subprocess
import sys

from oracle import Oracle

TINY = r"""
.globl _start
.text
_start: mov $1, %eax
        mov $1, %edi
        lea text(%rip), %rsi
        mov $3, %edx
        syscall
        mov counter(%rip), %edi
        add zero(%rip), %edi
        mov $60, %eax
        syscall
.section .rodata
text:   .ascii "ok\n"
.data
counter: .long 42
.bss
        .skip 10000
zero:   .long 0
"""
HELLO = r"""
#include <stdio.h>
#include <stdlib.h>
static int zeroes[5000];
int main(int argc, char **argv)
{
    char *p = malloc(1000);
    printf("%d %d %s\n", argc, zeroes[4999], p ? "heap" : "none");
    return 7;
}
"""


def build(work):
    """The originals: path → bytes."""
    asm, c = f"{work}/tiny.S", f"{work}/hello.c"
    open(asm, "w").write(TINY)
    open(c, "w").write(HELLO)
    commands = {
        "tiny": ["gcc", "-nostdlib", "-static", asm],
        "tiny-pie": ["gcc", "-nostdlib", "-static-pie", asm],
        "hello": ["gcc", "-O1", "-static", c],
        "hello-pie": ["gcc", "-O1", "-static-pie", c],
        "musl": ["musl-gcc", "-O1", "-static", c],
    }
    originals = []
    for name, command in commands.items():
        if subprocess.run(command + ["-o", f"{work}/{name}"], capture_output=True).returncode == 0:
            originals.append((name, open(f"{work}/{name}", "rb").read()))
    return originals


HEADER_FIELDS = [(4, 1), (5, 1), (6, 1), (7, 1), (16, 2), (18, 2), (20, 4), (24, 8), (32, 8), (40, 8), (48, 4), (52, 2),
                 (54, 2), (56, 2), (58, 2), (60, 2), (62, 2)]
PHDR_FIELDS = [(0, 4), (4, 4), (8, 8), (16, 8), (24, 8), (32, 8), (40, 8), (48, 8)]
FORMATS = {1: "<B", 2: "<H", 4: "<I", 8: "<Q"}
TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 0x6474e550, 0x6474e551, 0x6474e552, 0x6474e553, 0x70000000]


def interesting(rng, value, size):
    bits = 8 * size
    choice = rng.randrange(8)
    if choice == 0:
        new = rng.choice([0, 1, 2, 3, 7, 16, 56, 64, 4095, 4096, 4097, 65535, 65536])
    elif choice == 1:
        new = (1 << bits) - rng.choice([1, 2, 4096, 4097])
    elif choice == 2:
        new = value + rng.choice([1, -1, 8, -8, 4096, -4096, 0x100000])
    elif choice == 3:
        new = value ^ (1 << rng.randrange(bits))
    elif choice == 4:
        new = rng.choice([1 << 31, 1 << 32, 1 << 46, (1 << 47) - 4096, 1 << 47, 1 << 48, 1 << 63, 0x7ffffffff000, 0x400000])
    elif choice == 5:
        new = value * 2
    elif choice == 6:
        new = rng.getrandbits(bits)
    else:
        new = value ^ rng.getrandbits(8)
    return new % (1 << bits)


def mutate_field(rng, data, at, size):
    if at + size > len(data):
        return
    value = struct.unpack_from(FORMATS[size], data, at)[0]
    struct.pack_into(FORMATS[size], data, at, interesting(rng, value, size))


def mutate(rng, original):
    data = bytearray(original)
    offset, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        kind = rng.randrange(10)
        phdr = offset + 56 * rng.randrange(count)
        if kind < 3:
            mutate_field(rng, data, *rng.choice(HEADER_FIELDS))
        elif kind < 7:
            at, size = rng.choice(PHDR_FIELDS)
            mutate_field(rng, data, phdr + at, size)
        elif kind == 7:
            struct.pack_into("<I", data, phdr, rng.choice(TYPES))
        elif kind == 8:
            other = offset + 56 * rng.randrange(count)
            data[phdr:phdr + 56], data[other:other + 56] = data[other:other + 56], data[phdr:phdr + 56]
        else:
            del data[rng.choice([rng.randrange(64), rng.randrange(64, 1024), rng.randrange(len(data))]):]
            return data
    return data


FOUND = [(20261120, 125), (20261120, 293)]  # mutants (seed, number) that once differed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep every file that differs")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    oracle, originals, bad = Oracle(args.emu, args.work if args.keep else None), build(args.work), 0
    for name, data in originals:
        path = oracle.place(name, data)
        if isinstance(oracle.native(path)[0], str) or oracle.compare(path):
            print(f"{name} itself differs: {oracle.compare(path) or oracle.native(path)}")
            bad += 1
    for seed, i in [*FOUND, *((args.seed, i) for i in range(args.count))]:
        rng = random.Random(seed * 1000003 + i)
        name, data = rng.choice(originals)
        path = oracle.place(f"mutant-{i}", mutate(rng, data))
        difference = oracle.compare(path)
        if difference:
            bad += 1
            print(f"mutant {i} of {name}: {difference}", flush=True)
        oracle.remove(path, difference)
    print(f"{args.count} mutants, {bad} differ")
    sys.exit(bad > 0)


main()
