#!/usr/bin/env python3
"""Pages of random bytes run as code: emu must end as the hardware does (signal or exit code) in at least 99 of 100.
   random_code.py --emu EMU --work DIR [--count N] [--seed S] [--keep]"""
import argparse
import os
import random
import struct
import sys

from oracle import Oracle

PAGE = 4096


def program(code):
    """An executable: one page of headers, one page of code (r-x), one page of data (rw-) right behind it."""
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x401000, 64, 0, 0, 64, 56, 3, 64, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, PAGE, 0x401000, 0x401000, PAGE, PAGE, PAGE)
    segments += struct.pack("<IIQQQQQQ", 1, 6, 2 * PAGE, 0x402000, 0x402000, PAGE, PAGE, PAGE)
    segments += struct.pack("<IIQQQQQQ", 0x6474e551, 6, 0, 0, 0, 0, 0, 16)
    return (header + segments).ljust(PAGE, b"\0") + code + bytes(PAGE)


def random_page(rng):
    """Uniform bytes; or bytes in which the common opcodes and prefixes are more frequent, so that more of it executes."""
    code = bytearray(rng.getrandbits(8) for _ in range(PAGE))
    if rng.random() < 0.5:
        likely = bytes.fromhex("48 49 4c 66 f2 f3 0f 89 8b 01 29 31 39 83 81 c1 d1 d3 f7 ff b8 90 c0 c8 d0 e0 05 74 75 eb")
        for i in range(PAGE):
            if rng.random() < 0.4:
                code[i] = rng.choice(likely)
    for i in range(PAGE - 1):  # system calls with random numbers are another test's business, and unkind to the host
        if code[i] == 0x0F and code[i + 1] in (0x05, 0x34):
            code[i + 1] = 0x0B
        if code[i] == 0xCD and code[i + 1] == 0x80:
            code[i + 1] = 0x81
    return bytes(code)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep every file that differs")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    oracle, different, crashed = Oracle(args.emu, args.work if args.keep else None), 0, 0
    for i in range(args.count):
        rng = random.Random(args.seed * 1000003 + i)
        path = oracle.place(f"page-{i}", program(random_page(rng)))
        native, emulated = oracle.native(path)[0], oracle.emulated(path)
        if native != emulated[0] and oracle.native(path)[0] == native:
            different += 1
            print(f"page {i}: native {native}, emu {emulated[0]} {emulated[2][:300].decode(errors='replace')}", flush=True)
        marks = (b"AddressSanitizer", b"runtime error", b"emu: bug:")
        if emulated[0] in (125, -6) or any(mark in emulated[2] for mark in marks):
            crashed += 1
            print(f"page {i}: emu itself failed: {emulated[2][:2000].decode(errors='replace')}", flush=True)
        oracle.remove(path, native != emulated[0])
    print(f"{args.count} pages, {different} end differently, emu failed on {crashed}")
    sys.exit(crashed > 0 or different * 100 > args.count)


main()
