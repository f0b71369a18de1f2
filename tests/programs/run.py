#!/usr/bin/env python3
"""Runs programs natively and under emu; everything that can be seen from outside must be the same, byte for byte:
standard output, standard error, exit status (or deadly signal), and the files left behind.

A case is a source file (c, cc, rs, s), a script (sh) or a line of a list (run). Directives stand in its head comment:

    variants: gcc-O0 musl-O2 …    how it is built (VARIANTS below); scripts: the interpreters that run it
    flags:    -lm -pthread        appended to the compiler's command line
    needs:    liblua5.4.a         skipped unless the compiler finds this file (or a program of this name exists)
    args:     one "two words"     each args line is a run of its own
    stdin:    text\\n             given on standard input (Python escapes), or @FILE from data/
    env:      NAME=VALUE …        added to the small fixed environment
    tty:      yes                 standard streams are a terminal
    mask:     thread \\S+ \\(\\d+\\)  text that may differ (a regular expression): process ids and the like
"""
import argparse, concurrent.futures, difflib, hashlib, os, pathlib, pty, re, resource, shlex, shutil, signal, subprocess, sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
C, CXX = ["-static", "-w", "-Werror=implicit-function-declaration"], ["-static", "-w", "-std=c++17"]
VARIANTS = {
    "gcc-O0": ["gcc", *C, "-O0"],
    "gcc-O2": ["gcc", *C, "-O2"],
    "gcc-O3": ["gcc", *C, "-O3"],
    "gcc-v2": ["gcc", *C, "-O3", "-march=x86-64-v2"],
    "gcc-v3": ["gcc", *C, "-O3", "-march=x86-64-v3"],
    "gcc-pie": ["gcc", "-static-pie", "-w", "-O2"],
    "clang-O0": ["clang", *C, "-O0"],
    "clang-O2": ["clang", *C, "-O2"],
    "clang-v2": ["clang", *C, "-O3", "-march=x86-64-v2"],
    "clang-v3": ["clang", *C, "-O3", "-march=x86-64-v3"],
    "musl-O0": ["musl-gcc", *C, "-O0"],
    "musl-O2": ["musl-gcc", *C, "-O2"],
    "g++-O0": ["g++", *CXX, "-O0"],
    "g++-O2": ["g++", *CXX, "-O2"],
    "clang++-O2": ["clang++", *CXX, "-O2"],
    "rust-O0": ["rustc", "-C", "target-feature=+crt-static", "-C", "opt-level=0", "-A", "warnings"],
    "rust-O2": ["rustc", "-C", "target-feature=+crt-static", "-C", "opt-level=2", "-A", "warnings"],
    "asm": ["gcc", "-static", "-nostdlib", "-no-pie"],
}
DEFAULT_VARIANTS = {
    ".c": "gcc-O0 gcc-O2 clang-O2 musl-O2",
    ".cc": "g++-O0 clang++-O2",
    ".rs": "rust-O0 rust-O2",
    ".s": "asm",
    ".sh": "bash busybox",
}
BUSYBOX = "/bin/busybox"
INTERPRETERS = {"bash": ["/bin/bash-static"], "busybox": [BUSYBOX, "sh"]}
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/", "LANG": "C", "TZ": "UTC", "TERM": "dumb"}
# class and repeat belong to tests/bench
DIRECTIVE = re.compile(r"^[\s/*#;]*(variants|flags|needs|args|stdin|env|tty|mask|class|repeat):[ \t]*(.*?)\s*(?:\*/)?$")


MOST_OUTPUT = 32 << 20  # bytes: more than any case writes; then something runs in circles


class Skip(Exception):
    pass


class Case:
    def __init__(self, name, source=None, variant=None, argv=None, directives=None):
        self.name, self.source, self.variant, self.argv = name, source, variant, argv or []
        self.directives = directives or {}

    def get(self, key, default=""):
        return self.directives.get(key, [default])[-1]

    def stdin(self):
        text = self.get("stdin")
        if text.startswith("@"):
            return (DATA / text[1:]).read_bytes()
        return text.encode("latin-1").decode("unicode_escape").encode("latin-1")

    def environment(self):
        extra = dict(pair.split("=", 1) for pair in shlex.split(self.get("env")))
        return {**ENVIRONMENT, **extra}


def read_directives(path):
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[:25]:
        match = DIRECTIVE.match(line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def find_cases(groups):
    for path in sorted(HERE.glob("*/*")):
        group = path.parent.name
        if groups and group not in groups:
            continue
        if path.suffix == ".run":
            yield from listed_cases(path)
        elif path.suffix in DEFAULT_VARIANTS:
            directives = read_directives(path)
            runs = directives.get("args", [""])
            for variant in directives.get("variants", [DEFAULT_VARIANTS[path.suffix]])[-1].split():
                for number, args in enumerate(runs):
                    name = f"{group}/{path.stem}:{variant}" + (f":{number + 1}" if len(runs) > 1 else "")
                    yield Case(name, path, variant, shlex.split(args), directives)


def listed_cases(path):
    """Lines `name | program and arguments | standard input`; @ before an argument names a file of data/."""
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, command, stdin = ([part.strip() for part in line.split(" | ")] + [""])[:3]
        argv = [str(DATA / word[1:]) if word.startswith("@") else word for word in shlex.split(command)]
        yield Case(f"{path.parent.name}/{path.stem}.{name}", None, None, argv, {"stdin": [stdin]})


def sources(path):
    """Its text, and that of what it includes by a relative name."""
    text = path.read_bytes()
    return text + b"".join((path.parent / name.decode()).read_bytes() for name in re.findall(rb'#include "(\.\./[^"]+)"', text))


class Builder:
    """Builds each source once per variant; a build is kept while its source and its command stay the same."""

    def __init__(self, folder):
        self.folder, self.locks, self.guard = folder, {}, threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def program(self, case):
        if case.source is None:
            if not os.access(case.argv[0], os.X_OK):
                raise Skip(f"{case.argv[0]} is not installed")
            return case.argv
        if case.source.suffix == ".sh":
            return self.script(case)
        self.check_needs(case)
        output = self.folder / f"{case.source.parent.name}-{case.source.stem}-{case.variant}"
        with self.guard:
            lock = self.locks.setdefault(output, threading.Lock())
        with lock:
            self.compile(case, output)
        return [str(output), *case.argv]

    def script(self, case):
        interpreter = INTERPRETERS[case.variant]
        if not os.access(interpreter[0], os.X_OK):
            raise Skip(f"{interpreter[0]} is not installed")
        return [*interpreter, str(case.source), *case.argv]

    def check_needs(self, case):
        compiler = VARIANTS[case.variant][0]
        if not shutil.which(compiler):
            raise Skip(f"{compiler} is not installed")
        for need in case.get("needs").split():
            if not need.endswith(".a"):
                if not shutil.which(need):
                    raise Skip(f"{need} is not installed")
            elif subprocess.run([compiler, f"-print-file-name={need}"], capture_output=True, text=True).stdout.strip() == need:
                raise Skip(f"{need} is not installed")

    def compile(self, case, output):
        command = VARIANTS[case.variant] + [str(case.source), "-o", str(output)]
        command += [f"-DDATA=\"{DATA}/\""] * (case.source.suffix == ".c") + shlex.split(case.get("flags"))
        stamp = hashlib.sha256(repr(command).encode() + sources(case.source)).hexdigest()
        stamp_file = output.with_suffix(".stamp")
        if output.exists() and stamp_file.exists() and stamp_file.read_text() == stamp:
            return
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"does not build: {shlex.join(command)}\n{result.stderr}")
        stamp_file.write_text(stamp)


def link_applets(folder):
    """A PATH on which every program is static: busybox under the names of its applets."""
    folder.mkdir(parents=True, exist_ok=True)
    names = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True).stdout.split() if os.access(BUSYBOX, os.X_OK) else []
    for name in names:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(BUSYBOX)
    ENVIRONMENT["PATH"] = str(folder)


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # a case may want some
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))  # as a login has it: all guests together need more


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def collect(stream, process, into):
    """Reads to the end, or to too much."""
    while chunk := stream.read1(1 << 20):
        into.extend(chunk)
        if len(into) > MOST_OUTPUT:
            kill_group(process)
            break


NO_END = "no end within"


def run_on_pipes(argv, case, folder, timeout):
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                               env=case.environment(), start_new_session=True, preexec_fn=limits)
    out, err = bytearray(), bytearray()
    readers = [threading.Thread(target=collect, args=(process.stdout, process, out)),
               threading.Thread(target=collect, args=(process.stderr, process, err))]
    for reader in readers:
        reader.start()
    try:
        process.stdin.write(case.stdin())
        process.stdin.close()
    except BrokenPipeError:
        pass
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired:
        status = f"{NO_END} {timeout:.0f} s"
    kill_group(process)  # whatever it left behind would hold the pipes open
    process.wait()
    for reader in readers:
        reader.join()
    return bytes(out), bytes(err), status


def run_on_terminal(argv, case, folder, timeout):
    master, slave = pty.openpty()
    os.write(master, case.stdin())  # beforehand, so that its echo comes first
    process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=case.environment(),
                               start_new_session=True, preexec_fn=limits)
    os.close(slave)
    killer = threading.Timer(timeout, kill_group, [process])
    killer.start()
    out = b""
    try:
        while chunk := os.read(master, 65536):
            out += chunk
    except OSError:  # EIO: the last writer is gone
        pass
    status = process.wait()
    killer.cancel()
    os.close(master)
    return out, b"", status


def observe(argv, case, folder, timeout):
    """Runs in an empty folder; what can be seen: {name: bytes}."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run = run_on_terminal if case.get("tty") else run_on_pipes
    out, err, status = run(argv, case, folder, timeout)
    if case.get("mask"):
        out, err = (re.sub(case.get("mask").encode(), b"*", text) for text in (out, err))
    if isinstance(status, int):
        status = f"exit {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"
    seen = {"status": f"{status}\n".encode(), "stderr": err, "stdout": out}
    for path in sorted(folder.rglob("*")):
        name = f"file {path.relative_to(folder)}"
        if path.is_symlink():
            seen[name] = os.readlink(path).encode()
        elif path.is_file() and path.stat().st_size > MOST_OUTPUT:
            seen[name] = f"{path.stat().st_size} bytes\n".encode()
        elif path.is_file():
            seen[name] = path.read_bytes()
        else:
            seen[name] = b"(no regular file)"
    shutil.rmtree(folder, ignore_errors=True)
    return seen


def around_difference(left, right):
    """What lies around the first difference; outputs may have megabytes, which difflib could not bear."""
    at = len(os.path.commonprefix([left, right]))
    start = left.rfind(b"\n", 0, max(at - 200, 0)) + 1
    return left[start:at + 2000], right[start:at + 2000]


def differences(expected, got):
    lines = []
    for name in {**expected, **got}:
        left, right = expected.get(name), got.get(name)
        if left == right:
            continue
        if left is None or right is None:
            lines.append(f"    {name}: only {'under emu' if left is None else 'natively'}")
            continue
        texts = [side.decode("utf-8", "backslashreplace").splitlines() for side in around_difference(left, right)]
        diff = list(difflib.unified_diff(*texts, f"{name} natively", f"{name} under emu", lineterm="", n=1))
        lines += ["    " + line[:200] for line in diff[:16]]
    return "\n".join(lines)


def check(case, options, builder):
    """('passed' | 'failed' | 'skipped', explanation)"""
    try:
        argv = builder.program(case)
    except Skip as why:
        return "skipped", str(why)
    except RuntimeError as why:
        return "failed", str(why)
    folder = options.work / "run" / re.sub(r"[^\w.-]", "_", case.name)
    expected = observe(argv, case, folder, options.timeout)
    if expected["status"].startswith(NO_END.encode()):
        return "failed", f"natively {expected['status'].decode().strip()}: nothing to compare with"
    got = observe([*shlex.split(options.emu), *argv], case, folder, options.timeout)
    if expected == got:
        return "passed", ""
    return "failed", differences(expected, got) + f"\n    {shlex.join([*shlex.split(options.emu), *argv])}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emu", default="build/emu --no-crash-report", help="the emulator's command line")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/programs"), help="where to build and run")
    parser.add_argument("--group", action="append", default=[], help="only this folder of cases (repeatable)")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one run")
    parser.add_argument("-j", type=int, default=2, dest="jobs")
    parser.add_argument("-v", action="store_true", dest="verbose", help="name passed cases too")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("only", nargs="*", help="parts of case names")
    options = parser.parse_args()
    first, *rest = shlex.split(options.emu)
    options.emu = shlex.join([str(pathlib.Path(shutil.which(first) or first).resolve()), *rest])
    options.work = options.work.resolve()
    cases = [c for c in find_cases(options.group) if not options.only or any(part in c.name for part in options.only)]
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    builder = Builder(options.work / "bin")
    link_applets(options.work / "applets")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(check, case, options, builder): case for case in cases}
        for future in concurrent.futures.as_completed(futures):
            outcome, why = future.result()
            counts[outcome] += 1
            if outcome != "passed" or options.verbose:
                print(f"{outcome}: {futures[future].name}" + (f"\n{why}" if outcome == "failed" else f" ({why})" if why else ""), flush=True)
    print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
