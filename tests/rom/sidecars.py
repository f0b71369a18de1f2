#!/usr/bin/env python3
"""What `emu rom` makes of sidecars: every key can fail, every spelling that docs/roms.md allows is understood.

usage: sidecars.py EMU WORK_DIR"""
import json
import pathlib
import subprocess
import sys

emu, work = sys.argv[1], pathlib.Path(sys.argv[2])
work.mkdir(parents=True, exist_ok=True)

# Handles SIGSEGV itself, reads a byte of stdin, writes it twice, then stands at hlt, faults, or exits, as argv[1] says.
SOURCE = """
.intel_syntax noprefix
.globl _start
_start:
mov r15, [rsp + 16]
mov eax, 13
mov edi, 11
lea rsi, [rip + action]
xor edx, edx
mov r10d, 8
syscall
xor eax, eax
xor edi, edi
lea rsi, [rip + letter]
mov edx, 1
syscall
mov al, [rip + letter]
mov [rip + letter + 1], al
mov eax, 1
mov edi, 1
mov edx, 2
syscall
mov rax, -2
movq xmm3, rax
vinsertf128 ymm4, ymm4, xmm3, 1
fld1
cmp eax, -2
test r15, r15
je halt
cmp byte ptr [r15], 'e'
je exit
ud2
halt: hlt
exit:
mov edi, 7
mov eax, 60
syscall
handler: ud2
restorer: mov eax, 15
syscall
.data
action: .quad handler, 0x04000004, restorer, 0
letter: .byte 0, 0
"""
elf = work / "sidecar.elf"
subprocess.run(["as", "-o", work / "sidecar.o", "-"], input=SOURCE, text=True, check=True)
subprocess.run(["ld", "-Tdata=0x500000", "-o", elf, work / "sidecar.o"], check=True)
BYTE = 0x500020

good, bad, noted = True, False, None
cases = [
    ({}, good), ({"exit": 0}, good), ({"exit": 3}, bad), ({"stdout": None, "exit": None}, good),
    ({"stdin": "x", "stdout": "xx"}, good), ({"stdin": "x", "stdout": "xy"}, bad), ({"stdin": "x", "stdout": "x"}, bad),
    ({"stdin": "\udc80", "stdout": "\udc80\udc80"}, good),
    ({"args": ["e"], "exit": 7}, good), ({"args": ["e"], "exit": 263}, good), ({"args": ["e"], "exit": 6}, bad), ({"args": "e"}, bad),
    ({"args": ["e"], "regs": {"rax": 60, "rdi": "7"}}, good), ({"args": ["e"], "regs": {"rdi": "8"}}, bad),
    ({"args": ["u"], "expect_signal": "SIGILL"}, good), ({"args": ["u"], "expect_signal": 4}, good),
    ({"args": ["u"], "expect_signal": "SIGSEGV"}, bad), ({"args": ["u"]}, bad), ({"expect_signal": "SIGILL"}, bad),
    ({"args": ["u"], "expect_fault_address": "1"}, bad), ({"expect_fault_address": 0}, bad),
    ({"args": ["u"], "expect_signal": "SIGILL", "regs": {"rax": -2}}, good),
    ({"regs": {"rax": "0xfffffffffffffffe"}}, good), ({"regs": {"RAX": "18446744073709551614"}}, good), ({"regs": {"rax": "0010"}}, bad),
    ({"regs": {"rax": -2}}, good), ({"regs": {"rax": "fe"}}, bad), ({"regs": {"eax": 1}}, bad), ({"regs": {"mxcsr": "0x1f80"}}, good),
    ({"regs": {"xmm3": [-2, 0]}}, good), ({"regs": {"xmm3": [-2, 1]}}, bad), ({"regs": {"xmm3": []}}, bad),
    ({"regs": {"xmm3": ["0xfffffffffffffffe", "0", 0, 0]}}, good), ({"regs": {"xmm4": [0, 0, 0, 0]}}, bad),
    ({"regs": {"xmm3": "0x0000000000000000fffffffffffffffe"}}, good), ({"regs": {"xmm3": "0x1" + 32 * "0"}}, bad),
    ({"regs": {"ymm4": [0, 0, -2, 0]}}, good), ({"regs": {"ymm4": [0, 0, -2, 0, 0]}}, bad), ({"regs": {"xmm16": [0, 0]}}, bad),
    ({"regs": {"st0": "0x3fff8000000000000000"}}, good), ({"regs": {"st0": "0x3ffe8000000000000000"}}, bad),
    ({"regs": {"st0": ["0x8000000000000000", "0x3fff"], "mm7": "0x8000000000000000"}}, good), ({"regs": {"mm7": [1, 0]}}, bad),
    ({"regs": {"mm7": ["0x8000000000000000", "0x3fff"], "fcw": "0x37f", "fsw": "0x3800", "ftw": "0x3fff"}}, good),
    ({"regs": {"rflags": "0x46"}, "rflags_mask": "0x40"}, good), ({"regs": {"rflags": "0x6"}, "rflags_mask": "0x40"}, bad),
    ({"regs": {"rflags": "0x202"}, "rflags_mask": "0x2"}, good), ({"regs": {"rflags": 0}, "rflags_mask": "x"}, bad),
    ({"stdin": "x", "mem": {hex(BYTE): "7878"}}, good), ({"stdin": "x", "mem": {str(BYTE): "0x78 78"}}, good),
    ({"stdin": "x", "mem": {hex(BYTE): "7879"}}, bad), ({"mem": {"0x10": "00"}}, bad), ({"mem": {hex(BYTE): "0"}}, bad),
    ({"cpu": "v3"}, good), ({"cpu": "x86-64-v3"}, good), ({"cpu": "v1", "timeout_s": 1}, bad), ({"cpu": "v9"}, bad),
    ({"timeout_s": 2.5}, good), ({"timeout_s": "soon"}, bad), ({"timeout_s": -1}, bad),
    ({"comment": "for people"}, good), ({"expect_sginal": "SIGSEGV"}, noted),
]
wrong = 0
for sidecar, verdict in cases:
    elf.with_suffix(".json").write_text(json.dumps(sidecar))
    run = subprocess.run([emu, "rom", elf], capture_output=True, text=True, timeout=60)
    said_note = "note: " in run.stdout
    if run.returncode != (verdict is bad) or said_note != (verdict is noted) or "emu itself" in run.stdout:
        wrong += 1
        print(f"{sidecar}: ended with {run.returncode}\n{run.stdout}{run.stderr}")
elf.with_suffix(".json").write_text("{")
if "sidecar: " not in subprocess.run([emu, "rom", elf], capture_output=True, text=True).stdout:
    wrong, _ = wrong + 1, print("JSON that is none passed")
print(f"{len(cases) + 1} sidecars, {wrong} wrong")
sys.exit(wrong != 0)
