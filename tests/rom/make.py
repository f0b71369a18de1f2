#!/usr/bin/env python3
"""Builds the project's ROMs from roms/*.rom, with the expectations recorded in roms/expected/.

usage: make.py SOURCE_DIR OUT_DIR [--rebaseline RECORD]

A .rom file holds many ROMs of one topic. What comes before the first (macros) is part of each. `== sentence` begins one and is its name; `@name word…` makes one ROM for each word,
which stands for {name} in the sentence and the code (several: all combinations); `!mask 0x…` says which flags count, `!mem LABEL
BYTES` that memory does; then comes GNU assembly in Intel syntax, which ends in hlt by itself. --rebaseline runs each on this
machine's processor through RECORD (tests/rom/record.c) and writes roms/expected/ anew."""
import itertools
import json
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
record = sys.argv[4] if len(sys.argv) > 4 else None


def roms_of(path):
    prelude, *blocks = re.split(r"^== ", path.read_text(), flags=re.M)
    for block in blocks:
        title, _, body = block.partition("\n")
        words = {m[1]: m[2].split() for m in re.finditer(r"^@(\w+) (.*)$", body, re.M)}
        mask = re.search(r"^!mask (\S+)$", body, re.M)
        memory = re.findall(r"^!mem (\w+) (\d+)$", body, re.M)
        code = re.sub(r"^[@!].*\n", "", body, flags=re.M)
        for choice in itertools.product(*words.values()):
            fill = lambda text: re.sub(r"\{(\w+)\}", lambda m: dict(zip(words, choice))[m[1]], text)
            name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"-(?=\d)", "minus ", fill(title).lower())).strip("-")
            yield name, (prelude, fill(code)), mask[1] if mask else "0xcc5", memory


def build(folder, name, code):
    folder.mkdir(parents=True, exist_ok=True)
    obj, elf = folder / f"{name}.o", folder / f"{name}.elf"
    prelude, body = code
    text = f".intel_syntax noprefix\n{prelude}\n.globl _start\n_start:\n{body}\n.text\nhlt\n"
    subprocess.run(["as", "-o", obj, "-"], input=text, text=True, check=True)
    subprocess.run(["ld", "-o", elf, obj], check=True)
    obj.unlink()
    return elf


def expectation(elf, mask, memory):
    symbols = {n: a for a, _, n in (l.split() for l in subprocess.run(["nm", elf], capture_output=True, text=True).stdout.splitlines())}
    places = [f"0x{symbols[label]}:{size}" for label, size in memory]
    sidecar = json.loads(subprocess.run([record, elf, *places], capture_output=True, text=True, check=True).stdout)
    return {**sidecar, "rflags_mask": mask}


def make(topic, expected, name, code, mask, memory):
    elf = build(out / topic, name, code)
    if record:
        expected[name] = expectation(elf, mask, memory)
    if name not in expected:
        sys.exit(f"{topic}: '{name}' has never been recorded: see --rebaseline")
    elf.with_suffix(".json").write_text(json.dumps(expected[name]))


count = 0
for path in sorted((source / "roms").glob("*.rom")):
    store = source / "roms/expected" / f"{path.stem}.json"
    expected = json.loads(store.read_text()) if store.exists() and not record else {}
    roms = list(roms_of(path))
    names = [name for name, *_ in roms]
    assert len(set(names)) == len(names), f"{path}: two ROMs of one name: {next(n for n in names if names.count(n) > 1)}"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda rom: make(path.stem, expected, *rom), roms))
    if record:
        rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(expected[name], separators=(',', ':'))}" for name in sorted(expected))
        store.write_text("{\n" + rows + "\n}\n")
    count += len(roms)
print(f"{count} ROMs")
