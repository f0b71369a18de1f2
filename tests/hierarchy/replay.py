#!/usr/bin/env python3
"""Traces and counters are two sides of one run: for every program here, under several models,

    the counters of a run that nobody traces
  = those of a run that is traced
  = those of its --trace=lackey, replayed through emu cachesim.

usage: replay.py EMU WORKDIR SOURCEDIR"""
import json, os, shutil, subprocess, sys

emu, work, source = map(os.path.abspath, sys.argv[1:4])
here = os.path.dirname(os.path.abspath(__file__))
ONLY_LIVE = {"instructions", "minor-faults", "major-faults"}
MODELS = [["--hierarchy=cachegrind"], ["--hierarchy=skylake"], ["--hierarchy=zen3", "--L2", "16K,4,64"],
          ["--hierarchy=cachegrind", "--itlb", "8,2", "--dtlb", "8,2", "--stlb", "16,4"],
          ["--hierarchy=skylake", "--D1", "4K,4,64", "--model", "l1d.policy=srrip", "--model", "l1i.policy=srrip", "--model", "l2.policy=plru",
           "--model", "l1d.prefetch=stride", "--LL", "64K,16,64"],
          ["--hierarchy=zen4", "--model", "l1d.write=through", "--model", "l1d.allocate=no", "--D1", "4K,4,64"],
          ["--hierarchy=skylake", "--index=virt", "--D1", "3K,3,64", "--LL", "48K,12,64", "--model", "l1d.policy=plru", "--walk-through=l2",
           "--model", "l2.prefetch=next-line"]]


def build(name, compiler, file, *flags):
    program = os.path.join(work, name)
    if not shutil.which(compiler):
        return None
    subprocess.run([compiler, "-static", *flags, "-w", "-o", program, os.path.join(source, file)], check=True)
    return program


def programs():
    free = ["-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pie", "-no-pie"]
    for name in ("straddle", "strings", "floats", "calls"):
        yield build(name, "gcc", f"tests/hierarchy/programs/{name}.c", "-O1", *free), []
    rare = build("rare", "gcc", "tests/hierarchy/rare_accesses.c", "-O1", "-fno-omit-frame-pointer", *free)
    for kind in [n for n in range(48) if n not in (41, 46)]:
        yield rare, [str(kind)]
    yield build("asm_strings", "gcc", "tests/programs/asm/string_instructions.s", "-nostdlib"), []
    yield build("starting_over", "gcc", "tests/hierarchy/starting_over.s", "-nostdlib"), []
    for name in ("printf_all", "self_modifying", "setjmp_longjmp", "memory_maps"):
        yield build(name, "gcc", f"tests/programs/c/{name}.c", "-O2", "-lm"), []
    yield build("x87_musl", "musl-gcc", "tests/programs/c/x87.c", "-O1", "-lm"), []
    yield build("threads", "gcc", "tests/hierarchy/sharing.c", "-O1", "-pthread"), []
    yield build("fork_wait", "gcc", "tests/programs/procs/fork_wait.c", "-O2", "-pthread"), []


def counters(command, output):
    subprocess.run([emu, *command[:1], "--report=json", "-o", output, *command[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, cwd=work)  # where the programs may leave files
    with open(output) as file:
        return json.load(file)["counters"]


def main():
    os.makedirs(work, exist_ok=True)
    compared = wrong = 0
    trace, out = os.path.join(work, "trace"), os.path.join(work, "out.json")
    for number, (program, arguments) in enumerate(programs()):
        if not program:
            continue
        models = MODELS if not arguments else [MODELS[number % len(MODELS)]]
        for model in models:
            run = ["--deterministic", *model, program, *arguments]
            live = counters(["run", *run], out)
            traced = counters(["run", "--trace=lackey", "--trace-out", trace, *run], out)
            replayed = counters(["cachesim", *model, trace], out)
            for name, value in live.items():
                compared += 1
                others = [traced.get(name), value if name in ONLY_LIVE else replayed.get(name)]
                if others != [value, value]:
                    wrong += 1
                    print(f"{os.path.basename(program)} {' '.join(arguments + model)}: {name} is {value}, traced {others[0]}, replayed {others[1]}")
    os.path.exists(trace) and os.remove(trace)
    print(f"{compared} counters compared, {wrong} differ")
    return wrong != 0 or compared < 1000


sys.exit(main())
