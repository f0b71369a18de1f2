#!/usr/bin/env python3
"""How fast: about forty static programs, natively, under emu and under whichever peers are installed, in one interleaved run.

    tests/bench/bench.py --emu build/emu                all of it, three rounds
    tests/bench/bench.py -n 5 --class sse --class x87   five rounds of two classes
    tests/bench/bench.py --vs ../old/build/emu          a second build beside; exit 1 when this one is over 3 % slower
    tests/bench/bench.py --peer 'blink %s'              one more peer (%s: the program and its arguments)
    tests/bench/bench.py --counting                     emu's counting modes too: --stats; caches and TLBs, beside cachegrind
    tests/bench/bench.py --counting --write             renews docs/performance.md and docs/performance.svg

Times are the kernel's user time of the process (wait4, meter.c), for the classes start and syscalls user and system time together;
each number is the median of the rounds; classes and the whole are geometric means of the programs' ratios to native.
What a program prints must be what it prints natively, or its time does not count."""
import argparse, json, os, pathlib, platform, shlex, shutil, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "programs"))
import report  # noqa: E402  (beside this file)
import run  # noqa: E402  (tests/programs: builds cases)

TOTAL_TIME_CLASSES = {"start", "syscalls"}
PEERS = {
    "qemu": ["qemu-x86_64", "-cpu", "max", "%s"],
    "valgrind": ["valgrind", "--tool=none", "-q", "%s"],
}
# emu's counting modes, and who counts the same. TLBs as in most processors: the preset of that name has none, as cachegrind has none.
MODES = {
    "emu --stats": ["--stats"],
    "emu caches": ["--hierarchy=cachegrind", "--itlb", "64,4", "--dtlb", "64,4", "--stlb", "1536,12"],
}
COUNTING_PEERS = {
    "cachegrind": ["valgrind", "--tool=cachegrind", "--cache-sim=yes", "--cachegrind-out-file=/dev/null", "-q", "%s"],
}


class Program:
    def __init__(self, name, kind, argv, repeat):
        self.name, self.kind, self.argv, self.repeat = name, kind, argv, repeat
        self.samples, self.wrong, self.rss, self.instructions = {}, {}, {}, None

    def median(self, runner):
        values = self.samples.get(runner)
        return statistics.median(values) if values and runner not in self.wrong else None

    def ratio(self, runner, to="native"):
        mine, base = self.median(runner), self.median(to)
        return mine / base if mine and base else None


def find_programs(options):
    builder = run.Builder(options.work / "bin")
    for path in sorted((HERE / "programs").glob("*.c")):
        directives = run.read_directives(path)
        case = run.Case(path.stem, path, "gcc-O2", [], directives)
        if not wanted(options, path.stem, case.get("class")):
            continue
        try:
            yield Program(path.stem, case.get("class"), builder.program(case), int(case.get("repeat", "1")))
        except run.Skip as why:
            print(f"skipped: {path.stem} ({why})", file=sys.stderr)
    for line in (HERE / "programs" / "list.run").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, kind, command, *repeat = [part.strip() for part in line.split(" | ")]
        argv = shlex.split(command)
        if wanted(options, name, kind) and os.access(argv[0], os.X_OK):
            yield Program(name, kind, argv, int(repeat[0]) if repeat else 1)


def wanted(options, name, kind):
    return (not options.only or name in options.only) and (not options.kind or kind in options.kind)


def runners(options):
    """{name: command words with %s where the program goes}"""
    found = {"native": ["%s"], "emu": [*shlex.split(options.emu), "%s"]}
    if options.vs:
        found["vs"] = [*shlex.split(options.vs), "%s"]
    for mode in options.mode:
        found[f"emu {mode}"] = [*shlex.split(options.emu), *shlex.split(mode), "%s"]
    if options.counting:
        found.update({name: [*shlex.split(options.emu), *words, "%s"] for name, words in MODES.items()})
    if not options.no_peers:
        peers = PEERS | (COUNTING_PEERS if options.counting else {})
        found.update({name: words for name, words in peers.items() if name not in options.without and shutil.which(words[0])})
    for peer in options.peer:
        found[shlex.split(peer)[0].split("/")[-1]] = shlex.split(peer)
    return found


def command(words, argv):
    return [part for word in words for part in (argv if word == "%s" else [word])]


class Usage:
    """What meter.c tells: seconds of user and system time, bytes of memory at most."""
    def __init__(self, line):
        self.status, user, system, rss = (int(word) for word in line.split())
        self.user, self.system, self.rss = user / 1e6, system / 1e6, rss * 1024


def execute(argv, options):
    """One run: (output, exit status, Usage). The deadline is the kernel's: RLIMIT_CPU."""
    told, tell = os.pipe()

    def prepare():
        os.sched_setaffinity(0, {options.cpu})
        run.resource.setrlimit(run.resource.RLIMIT_CPU, (options.limit, options.limit + 1))

    done = subprocess.run([meter(options), str(tell), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env=run.ENVIRONMENT, preexec_fn=prepare, pass_fds=[tell])
    os.close(tell)
    with os.fdopen(told) as stream:
        usage = Usage(stream.read())
    return done.stdout, usage.status, usage


def meter(options):
    path = pathlib.Path(options.work).resolve() / "meter"
    if not path.exists():
        subprocess.run(["gcc", "-O2", "-static", "-o", path, HERE / "meter.c"], check=True)
    return str(path)


def measure(program, name, words, options, expected):
    user = 0.0
    for _ in range(program.repeat):
        output, status, usage = execute(command(words, program.argv), options)
        user += usage.user + (usage.system if program.kind in TOTAL_TIME_CLASSES else 0)
        program.rss[name] = usage.rss
        if expected is not None and (output, status) != expected:
            program.wrong[name] = f"status {status}" if status != expected[1] else "other output"
            return output, status
    program.samples.setdefault(name, []).append(user / program.repeat)
    return output, status


def count_instructions(program, options):
    """Instructions that the guest retires, from emu's own statistics."""
    argv = [*shlex.split(options.emu), "--stats=json", *program.argv]
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=run.ENVIRONMENT)
    text = result.stderr.decode(errors="replace")
    try:  # what the program itself says on stderr comes first
        return json.loads(text[text.index("{"):]).get("instructions")
    except ValueError:
        return None


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    version = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {"processor": model, "kernel": platform.release(), "commit": version, "date": time.strftime("%Y-%m-%d")}


def rounds(programs, commands, options):
    for number in range(options.rounds):
        for program in programs:
            expected = None
            for name, words in commands.items():
                if name in program.wrong:
                    continue
                seen = measure(program, name, words, options, expected)
                expected = expected or seen
            if sys.stderr.isatty():
                print(f"\rround {number + 1}: {program.name:20}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emu", default="build/emu", help="the emulator's command line")
    parser.add_argument("--vs", help="another build to compare with, in the same run")
    parser.add_argument("--mode", action="append", default=[], help="emu once more with these options")
    parser.add_argument("--counting", action="store_true", help="emu --stats and emu with modelled caches and TLBs, and cachegrind")
    parser.add_argument("--peer", action="append", default=[], help="command line of a peer with %%s for the program")
    parser.add_argument("--no-peers", action="store_true", help="leave qemu-x86_64 and valgrind out")
    parser.add_argument("--without", action="append", default=[], choices=[*PEERS, *COUNTING_PEERS], help="leave this peer out (repeatable)")
    parser.add_argument("--only", action="append", default=[], help="this program (repeatable)")
    parser.add_argument("--class", action="append", default=[], dest="kind", help="this class (repeatable)")
    parser.add_argument("-n", type=int, default=3, dest="rounds", help="rounds")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="the processor to run on")
    parser.add_argument("--limit", type=int, default=60, help="seconds of CPU time for one run")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/bench"), help="where programs are built")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--svg", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="renew docs/performance.md and docs/performance.svg")
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.work = options.work.resolve()
    commands = runners(options)
    missing = [name for name, words in commands.items() if words[0] != "%s" and not shutil.which(words[0])]
    if missing:
        print(f"bench: cannot run {', '.join(missing)}", file=sys.stderr)
        return 2
    programs = list(find_programs(options))
    if not programs:
        print("bench: no program of that name or class", file=sys.stderr)
        return 2
    rounds(programs, commands, options)
    for program in programs:
        program.instructions = count_instructions(program, options)
    result = report.Result(programs, list(commands), machine(), options.rounds)
    print(result.text())
    if options.json:
        options.json.write_text(result.json())
    if options.svg:
        options.svg.write_text(result.svg())
    if options.write:
        result.write_docs(HERE.parents[1] / "docs")
    if options.vs:
        against = result.mean("emu", to="vs")
        print(f"against the other build: {against:.3f}" if against else "against the other build: nothing to compare")
        return 1 if not against or against > 1.03 else 0
    return 1 if any("emu" in program.wrong for program in programs) else 0


if __name__ == "__main__":
    sys.exit(main())
