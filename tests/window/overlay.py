#!/usr/bin/env python3
"""What the window costs, on the bench set (tests/bench/programs), and how many pictures a second there are with much memory:

    overlay.py --pace build/tests/window/window_pace --bin build/bench/bin [--rounds 5] [--only NAME]

Compared is the processor time of the machine's thread, with and without a window in turn (window_pace). What other programs on
the host do to caches and large pages makes single rounds up to a third slower, so the best rounds count; the median of the pairs
is told, too. The programs are those that `cmake --build build --target bench` has made. Not a test: it takes minutes."""
import argparse
import math
import pathlib
import re
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
LINE = re.compile(r"without ([\d.]+) s, with ([\d.]+) s: .*; ([\d.]+) pictures a second; "
                  r"taking one ([\d.]+) ms, drawing ([\d.]+) ms")
BUDGET = "1500000000"  # instructions, about a second of most programs


class Cost:
    def __init__(self, text):
        rounds = [[float(word) for word in match] for match in LINE.findall(text)]
        self.rounds = len(rounds)
        columns = list(zip(*rounds))
        self.without, self.with_it = min(columns[0]), min(columns[1])
        self.ratio, self.median = self.with_it / self.without, statistics.median(row[1] / row[0] for row in rounds)
        self.pictures, self.taking, self.drawing = (statistics.median(column) for column in columns[2:])


def measure(options, program, *more, budget=BUDGET):
    command = [options.pace, "-r", str(options.rounds), *more, budget, str(program)]
    text = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=1200).stdout
    return Cost(text) if LINE.search(text) else None


def show(name, cost):
    print(f"{name:24} {cost.without:7.3f} s {cost.with_it:7.3f} s {(cost.ratio - 1) * 100:+6.1f} % "
          f"(median {(cost.median - 1) * 100:+5.1f} %)  {cost.pictures:5.1f} pictures/s, "
          f"{cost.taking:.2f} ms to take, {cost.drawing:.2f} ms to draw", flush=True)


def bench(options):
    ratios = []
    for program in sorted(options.bin.glob("programs-*-gcc-O2")):
        name = program.name.removeprefix("programs-").removesuffix("-gcc-O2")
        if name == "hello" or (options.only and name not in options.only):
            continue  # ended before the first picture
        cost = measure(options, program)
        if cost:
            show(name, cost)
            ratios.append((cost.ratio, cost.median))
        else:
            print(f"{name:24} could not be measured")
    if ratios:
        means = [(math.exp(statistics.fmean(map(math.log, column))) - 1) * 100 for column in zip(*ratios)]
        print(f"geometric mean of {len(ratios)} programs: {means[0]:+.1f} % (median {means[1]:+.1f} %)")


def much_memory(options):
    guest = options.bin / "window-pages"
    subprocess.run(["gcc", "-O1", "-static", "-o", guest, HERE / "pages.c"], check=True)
    for size in ("1280x800", "2560x1600"):
        show(f"2 GiB, 100,000 pages {size[:4]}", measure(options, guest, "-w", size, budget="300000000"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pace", required=True)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    much_memory(options)
    bench(options)


main()
