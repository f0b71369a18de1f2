#!/usr/bin/env python3
"""Runs access_bits over programs of many kinds. access_bits.py ACCESS_BITS WORK"""
import os
import random
import subprocess
import sys

tool, work = sys.argv[1], sys.argv[2]
here = os.path.dirname(os.path.abspath(__file__))
os.makedirs(work, exist_ok=True)
failed = 0


def check(name, *command):
    global failed
    r = subprocess.run([tool, *command], capture_output=True, text=True, errors="replace", timeout=600)
    last = r.stdout.strip().splitlines()[-1:] or [""]
    if r.returncode:
        failed += 1
        print(f"FAILED {name}:\n{r.stdout[-2000:]}{r.stderr}")
    else:
        print(f"{name}: {last[0]}")


def assemble(name, body):
    path = os.path.join(work, name)
    with open(path + ".asm", "w") as f:
        f.write(body)
    subprocess.run(["nasm", "-felf64", path + ".asm", "-o", path + ".o"], check=True)
    subprocess.run(["ld", "-static", "-o", path, path + ".o"], check=True)
    return path


for seed in range(3):  # loads, stores, both, over two pages, of bss, data, text and the stack
    rng = random.Random(seed)
    lines = []
    for _ in range(400):
        place = rng.choice(["bss", "bss", "data", "text"])
        offset = rng.randrange(0, 60 * 4096 if place == "bss" else 12 * 4096)
        if rng.random() < 0.3:
            offset = offset // 4096 * 4096 + 4092
        kind = rng.choice(["mov rax, [{}]", "mov [{}], rax", "add dword [{}], 1", "cmp byte [{}], 1"])
        if place == "text" and ("], rax" in kind or "add" in kind):
            kind = "mov rax, [{}]"
        lines.append("    " + kind.format(f"rel {place}_area + {offset}"))
    check(f"random accesses {seed}", assemble(f"random{seed}", f"""
        bits 64
        global _start, end
        section .text
        _start:
        {chr(10).join(lines)}
            lea rdi, [rel bss_area + 70 * 4096]
            mov rcx, 3 * 512
            rep stosq
            push rax
        end: mov eax, 60
            xor edi, edi
            syscall
        align 4096
        text_area: times 14 * 4096 db 1
        section .data align=4096
        data_area: times 14 * 4096 db 2
        section .bss align=4096
        bss_area: resb 80 * 4096
        """))
source = os.path.join(here, "..", "programs", "seed", "seed.c")
for compiler in (["gcc", "-static"], ["gcc", "-static-pie"], ["musl-gcc", "-static"]):
    program = os.path.join(work, "seed-" + "-".join(compiler))
    if subprocess.run([*compiler, "-O1", "-w", source, "-o", program], capture_output=True).returncode == 0:
        check(" ".join(compiler), program)
sys.exit(1 if failed else 0)
