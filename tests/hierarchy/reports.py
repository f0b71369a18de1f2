#!/usr/bin/env python3
"""What is written about a run agrees with its counters: traces in every format, ranges, cachegrind.out (and cg_annotate's totals), csim's
output, attribution, budgets, differences.

usage: reports.py EMU WORKDIR SOURCEDIR"""
import collections, json, os, re, shutil, subprocess, sys

emu, work, source = sys.argv[1:4]
problems = []


def check(what, condition, detail=""):
    if not condition:
        problems.append(f"{what} {detail}")


def run(*arguments, **keys):
    return subprocess.run([emu, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, **keys)


def at(name):
    return os.path.join(work, name)


def report(*arguments):
    run("--report=json", "-o", at("report.json"), "--deterministic", *arguments)
    with open(at("report.json")) as file:
        return json.load(file)


def build(name, *flags):
    subprocess.run(["gcc", "-static", "-g", *flags, "-w", "-o", at(name), os.path.join(source, "tests/hierarchy", name + ".c")], check=True)
    return at(name)


def traces(program):
    counters = report("--hierarchy=cachegrind", program)["counters"]
    for form in ("lackey", "din", "csim", "json"):
        run("--deterministic", f"--trace={form}", "-o", at("trace"), program)
        count = collections.Counter()
        with open(at("trace")) as file:
            for line in file:
                if form == "json":
                    count.update(a["kind"][0] for a in json.loads(line)["accesses"])
                elif form == "din":
                    count["rwf"[int(line[0])]] += bool(re.fullmatch(r"[012] [0-9a-f]+\n", line))
                elif not line.startswith("=="):
                    good = re.fullmatch(r"(I  | [LSM] )[0-9a-f]{8,},\d+\n" if form == "lackey" else r" [LSM] [0-9a-f]+,\d+\n", line)
                    count[{"I": "f", "L": "r", "S": "w", "M": "m"}[(line[0] + line[1]).strip()[0]]] += bool(good)
        got = [count["f"], count["r"] + count["m"], count["w"]]
        want = [0 if form == "csim" else counters["Ir"], counters["Dr"], counters["Dw"]]
        check(f"--trace={form}:", got == want, f"{got} instead of {want}")


def ranges(program):
    def accesses(*wanted):
        options = [o for w in wanted for o in ("--trace-range", w)]
        run("--deterministic", "--trace=lackey", *options, "-o", at("trace"), program)
        with open(at("trace")) as file:
            return [line.split(",")[0].split() for line in file if not line.startswith("==")]
    table = accesses("data:table")
    check("data:table", len(table) == 2 * 4096 and all(kind == "M" for kind, _ in table), f"{len(table)} accesses")
    both = accesses("data:table", "straddle")
    check("data:table in straddle", both == [], f"{len(both)} accesses")
    code = accesses("straddle")
    check("straddle", sum(kind == "L" for kind, _ in code) >= 200 and {kind for kind, _ in code} >= {"I", "L"})
    check("insns:", sum(kind == "I" for kind, _ in accesses("insns:100-149")) == 50)
    check("unknown symbol", run("--trace=lackey", "--trace-range", "data:nothing", program).returncode == 125)


def cachegrind_out(program):
    for model in (["--hierarchy=cachegrind"], ["--hierarchy=skylake"]):
        counters = report(*model, "--cachegrind-out", at("cg.out"), program)["counters"]
        with open(at("cg.out")) as file:
            text = file.read()
        events = re.search(r"^events: (.*)$", text[:2047], re.M)[1].split()
        summary = dict(zip(events, map(int, re.search(r"^summary: (.*)$", text, re.M)[1].split())))
        wrong = [n for n in events if n in counters and counters[n] != summary[n]]
        check(f"cachegrind.out of {model[0]}", not wrong and len(events) > 9, f"differs in {wrong}")
        check("functions and lines", re.search(r"^fl=/.*objects\.c$", text, re.M) and re.search(r"^fn=walk_local\n\d+ \d+", text, re.M))
        if shutil.which("cg_annotate"):
            shown = subprocess.run(["cg_annotate", at("cg.out")], capture_output=True, text=True)
            totals = [int(re.sub(r"\D", "", n)) for n in re.findall(r"([\d,]+|\.) \(", re.search(r"^(.*)PROGRAM TOTALS", shown.stdout, re.M)[1])]
            check("cg_annotate", [v for v in summary.values() if v] == [v for v in totals if v], f"{totals} instead of {summary}")


def demangled():
    """Names of C++ functions are those that cachegrind writes (where libiberty was there at build time)."""
    if not shutil.which("g++") or not shutil.which("c++filt") or not os.path.exists("/usr/include/libiberty/demangle.h"):
        return
    with open(at("names.cc"), "w") as file:
        file.write("namespace geo { struct P { double x, y; }; __attribute__((noinline)) double operator*(const P &a, const P &b)"
                   " { return a.x * b.x; } }\nint main(int c, char **) { geo::P p{1.0 * c, 2}; return p * p > 5; }\n")
    subprocess.run(["g++", "-static", "-g", "-O1", "-o", at("names"), at("names.cc")], check=True)
    run("--deterministic", "--cachegrind-out", at("names.out"), "-o", os.devnull, at("names"))
    with open(at("names.out")) as file:
        names = set(re.findall(r"^fn=(.*)$", file.read(), re.M))
    check("demangled", "geo::operator*(geo::P const&, geo::P const&)" in names and not any(n.startswith("_Z") for n in names), sorted(names)[:9])


def csim():
    with open(at("yi.trace"), "w") as file:
        file.write(" L 10,1\n M 20,1\n L 22,1\n S 18,1\n L 110,1\n L 210,1\n M 12,1\n")
    want = """L 10,1 miss
M 20,1 miss hit
L 22,1 hit
S 18,1 hit
L 110,1 miss eviction
L 210,1 miss eviction
M 12,1 miss eviction hit
hits:4 misses:5 evictions:3
"""
    got = run("cachesim", "-v", "-s", "4", "-E", "1", "-b", "4", "-t", at("yi.trace")).stdout
    check("csim -v", got == want, got)
    for s, ways, b, line in ((1, 1, 1, "hits:2 misses:7 evictions:5"), (4, 2, 4, "hits:4 misses:5 evictions:2"), (0, 1, 0, "hits:2 misses:7 evictions:6")):
        got = run("cachesim", "-s", str(s), "-E", str(ways), "-b", str(b), at("yi.trace")).stdout
        check(f"csim {s} {ways} {b}", got == line + "\n", got)
    with open(at("broken"), "w") as file:
        file.write(" L 10,1\n L zz,1\n")
    check("a broken line", run("cachesim", at("broken")).returncode == 125 and "line 2" in run("cachesim", at("broken")).stderr)
    check("no file", run("cachesim", at("missing")).returncode == 127)


def attribution(objects, sharing):
    whole = report("--hierarchy=skylake", "--attribute", objects)
    counters, found = whole["counters"], {(o["kind"], re.sub(r" \(.*", "", o["name"])): o for o in whole["per_object"]}
    check("variables with types", found.get(("static", "table"), {}).get("type") == "struct point [4096]", found.get(("static", "table")))
    check("table's misses", found[("static", "table")]["D1mr"] == 2 * 1024)
    check("heap blocks", found[("heap", "make_left")]["D1mw"] == 2 * 1024 and sum(found[("heap", "make_right")][n] for n in ("D1mr", "D1mw")) >= 2 * 2048)
    local = found.get(("stack", "walk_local: local"), {})
    check("stack slots", local.get("D1mw", 0) >= 250 and re.fullmatch(r"(volatile )?long( int)? \[2048\]", local.get("type") or ""), local)
    for name, kinds in (("D1mr", 2), ("D1mw", 2), ("DLmr", 2), ("I1mr", 1)):
        check(f"{name} by kind", sum(counters[f"{name}.{kind}"] for kind in ("cold", "capacity", "conflict")) == counters[name])
    functions = {f["function"]: f for f in whole["per_function"]}
    check("functions sum up", all(sum(f[n] for f in functions.values()) == counters[n] for n in ("Ir", "Dr", "Dw", "D1mr", "DLmw", "DTLBm")))
    check("straddles", (functions["straddle"]["line_straddles"], functions["straddle"]["page_straddles"]) == (200, 100))
    for size in (1024, 8192, 131072):
        alone = report("--hierarchy=cachegrind", "--D1", f"{size},{size // 64},64", objects)["counters"]
        curve = {p["bytes"]: p["misses"] for p in report("--hierarchy=cachegrind", "--attribute", objects)["histograms"]["misses_by_size"]}
        # a straddling access is two uses of lines, and may miss twice; in the cache it misses once
        check("curve", 0 <= curve[size] - alone["D1mr"] - alone["D1mw"] <= 200, f"{curve[size]} {alone['D1mr'] + alone['D1mw']}")
    shared = {line["name"]: line["false_sharing"] for line in report("--hierarchy=skylake", "--attribute", sharing)["shared_lines"]}
    check("false sharing", shared.get("together") is True and shared.get("agreed") is False and "apart" not in shared, shared)


def budgets(program):
    check("--expect met", run("--expect", "D1mr<1000000", "--expect", "Ir>=1", program).returncode == 0)
    missed = run("--expect", "D1mr<17", program)
    check("--expect missed", missed.returncode == 1 and "above the limit" in missed.stderr, missed.stderr)
    check("--expect of nothing", run("--expect", "D9mr<17", program).returncode == 125)
    check("--expect malformed", run("--expect", "D1mr", program).returncode == 125)
    report("--hierarchy=skylake", program)
    shutil.copy(at("report.json"), at("a.json"))
    check("diff of the same", run("diff", at("a.json"), at("report.json")).returncode == 0)
    report("--hierarchy=skylake", "--D1", "16K,8,64", program)
    difference = run("diff", at("a.json"), at("report.json"))
    check("diff", difference.returncode == 1 and re.search(r"^D1mr +\d+ +\d+ +\+\d+", difference.stdout, re.M), difference.stdout)
    check("diff of no report", run("diff", at("a.json"), program).returncode == 125)


os.makedirs(work, exist_ok=True)
objects, sharing = build("objects", "-O1", "-fno-inline"), build("sharing", "-O1", "-pthread")
traces(objects)
ranges(objects)
cachegrind_out(objects)
csim()
demangled()
attribution(objects, sharing)
budgets(objects)
print("\n".join(problems) or "all agree")
sys.exit(bool(problems))
