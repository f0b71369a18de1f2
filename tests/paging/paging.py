#!/usr/bin/env python3
"""Paging on running programs. paging.py EMU WORK PART; the functions part_* say what each part claims."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
EMU, WORK, PART = sys.argv[1], sys.argv[2], sys.argv[3]
POLICIES = ["fifo", "lru", "clock", "opt"]
failures = 0


def expect(what, got, wanted):
    global failures
    if got != wanted:
        failures += 1
        print(f"FAILED {what}: got {got!r}, expected {wanted!r}")


def assemble(name, text):
    """A freestanding program; its path."""
    path = os.path.join(WORK, name)
    with open(path + ".asm", "w") as f:
        f.write(text)
    subprocess.run(["nasm", "-felf64", path + ".asm", "-o", path + ".o"], check=True)
    subprocess.run(["ld", "-static", "-o", path, path + ".o"], check=True)
    return path


def compile_c(source, compiler="gcc"):
    path = os.path.join(WORK, os.path.basename(source)[:-2] + "-" + compiler)
    subprocess.run([compiler, "-O1", "-g", "-w", "-static", "-pthread", "-o", path, os.path.join(HERE, "programs", source)], check=True)
    return path


def run(options, program, *arguments):
    """(exit status, stdout, stderr, --stats as JSON)"""
    stats = os.path.join(WORK, "stats.json")
    if os.path.exists(stats):
        os.unlink(stats)
    r = subprocess.run([EMU, *options, "--stats=json", "-o", stats, program, *arguments], capture_output=True, timeout=300)
    with open(stats) as f:
        text = f.read()
    return r.returncode, r.stdout, r.stderr, json.loads(text) if text else None


def string_program(name, pages, store):
    """Touches the pages in this order, and nothing else that counts."""
    access = "mov byte [rbx+rax], 1" if store else "mov dl, [rbx+rax]"
    return assemble(name, f"""
        bits 64
        global _start
        section .text
        _start: lea rsi, [rel order]
                mov ecx, {len(pages)}
        .next:  movzx eax, word [rsi]
                shl rax, 12
                lea rbx, [rel area]
                {access}
                add rsi, 2
                dec ecx
                jnz .next
                mov eax, 60
                xor edi, edi
                syscall
        order:  dw {", ".join(map(str, pages))}
        section .bss align=4096
        area:   resb {4096 * (max(pages) + 1)}
        """)


def faults(policy, frames, program):
    """Faults of the data pages: all but the one of the page of code."""
    status, _, err, stats = run([f"--user-frames={frames}", f"--replacement={policy}"], program)
    expect(f"{program} exit status", (status, err), (0, b""))
    total = stats["minor_faults"] + stats["major_faults"]
    expect(f"{program}: pages in", stats["paging"]["pages_in"], total - 1)
    expect(f"{program}: over the limit", stats["paging"]["over_limit"], 0)
    return total - 1


def part_strings():
    """Textbook strings give the textbooks' faults, whether pages are read or written."""
    silberschatz = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1]
    belady = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]
    ostep = [0, 1, 2, 0, 1, 3, 0, 3, 1, 2, 1]
    known = [("silberschatz", silberschatz, 3, [15, 12, 14, 9]), ("silberschatz", silberschatz, 4, [10, 8, 9, 8]),
             ("belady", belady, 3, [9, 10, None, 7]), ("belady", belady, 4, [10, 8, None, 6]), ("ostep", ostep, 3, [7, 5, None, 5])]
    for name, pages, frames, wanted in known:
        for store in (True, False):
            program = string_program(f"{name}{int(store)}", pages, store)
            for policy, count in zip(POLICIES, wanted):
                if count is not None:
                    expect(f"{name}, {frames} frames, {policy}, {'write' if store else 'read'}", faults(policy, frames, program), count)
    for seed in range(4):  # against simulations by the definitions
        rng = random.Random(seed)
        pages = [min(int(rng.expovariate(0.15)), 40) for _ in range(700)]
        frames = rng.randrange(3, 20)
        program = string_program(f"random{seed}", pages, True)
        for policy in POLICIES:
            expect(f"random string {seed}, {frames} frames, {policy}", faults(policy, frames, program), simulate(policy, pages, frames))


def simulate(policy, pages, frames):
    resident, used, count, hand = [], {}, 0, 0
    for i, page in enumerate(pages):
        if page not in resident:
            count += 1
            if len(resident) < frames:
                resident.append(page)
            else:
                if policy == "fifo":
                    hand, at = (hand + 1) % frames, hand
                elif policy == "lru":
                    at = min(range(frames), key=lambda k: used[resident[k]])
                elif policy == "clock":
                    while used[resident[hand]]:
                        used[resident[hand]] = 0
                        hand = (hand + 1) % frames
                    hand, at = (hand + 1) % frames, hand
                else:
                    at = max(range(frames), key=lambda k: pages.index(resident[k], i) if resident[k] in pages[i:] else len(pages))
                resident[at] = page
        used[page] = i + 1
    return count


def part_cyclic():
    """P pages in F frames, R rounds: P faults if they fit, else P*R (HIERARCHY.md, 3)."""
    for pages, frames in ((5, 5), (6, 5), (17, 16), (16, 16), (40, 8)):
        program = string_program(f"cyclic{pages}", list(range(pages)) * 7, True)
        for policy in ("fifo", "lru", "clock"):
            expect(f"{pages} pages in {frames} frames, {policy}", faults(policy, frames, program), pages if pages <= frames else 7 * pages)


def part_closed():
    """Minor faults are the pages touched; tables are 1 + regions touched; none of that changes with the order of frames."""
    for order in ("seq", "random:5", "colour", "colour:7"):
        program = string_program("closed", list(range(1500)), True)
        _, _, _, stats = run([f"--frame-order={order}"], program)
        expect(f"faults, {order}", (stats["minor_faults"], stats["major_faults"]), (1501, 0))
        # 4 MiB of code and bss from 0x400000: regions of 512 GiB, 1 GiB, 2 MiB; and the stack's own three
        start = 0x401000 // (2 << 20)
        symbol = subprocess.run(["nm", program], capture_output=True, text=True).stdout
        area = next(int(line.split()[0], 16) for line in symbol.splitlines() if line.endswith(" area"))
        regions = len({start} | {(area + 4096 * i) // (2 << 20) for i in range(1500)})
        expect(f"page-table frames, {order}", stats["page_table_frames"], 1 + 1 + 1 + regions + 3)


def tlb_program(pages, rounds, stride):
    return assemble(f"tlb{pages}_{stride}", f"""
        bits 64
        global _start
        section .text
        _start: mov edx, {rounds}
        .round: lea rbx, [rel area]
                mov ecx, {pages}
        .page:  mov al, [rbx]
                add rbx, {4096 * stride}
                dec ecx
                jnz .page
                dec edx
                jnz .round
                mov eax, 60
                xor edi, edi
                syscall
        section .bss align=2097152
        area:   resb {4096 * stride * pages}
        """)


def counters(options, program):
    out = os.path.join(WORK, "report.json")
    subprocess.run([EMU, "--hierarchy", *options, "--report=json", "-o", out, program], check=True, timeout=120)
    with open(out) as f:
        return json.load(f)["counters"]


def part_tlb():
    """TLB misses and walk references are the closed forms' (HIERARCHY.md, 2)."""
    rounds = 50
    for entries, ways, pages, stride in ((64, 4, 64, 1), (64, 4, 65, 1), (64, 4, 72, 1), (64, 4, 80, 1), (64, 4, 96, 1), (64, 64, 64, 1), (64, 64, 65, 1),
                                         (64, 64, 80, 1), (96, 6, 96, 1), (96, 6, 100, 1), (72, 72, 73, 1), (64, 4, 16, 4), (64, 4, 17, 4), (64, 4, 40, 3)):
        program = tlb_program(pages, rounds, stride)
        sets, in_set = entries // ways, {}
        symbol = subprocess.run(["nm", program], capture_output=True, text=True).stdout
        first = next(int(line.split()[0], 16) for line in symbol.splitlines() if line.endswith(" area")) >> 12
        for i in range(pages):
            in_set[(first + i * stride) % sets] = in_set.get((first + i * stride) % sets, 0) + 1
        wanted = sum(n if n <= ways else rounds * n for n in in_set.values())
        got = counters(["--dtlb", f"{entries},{ways}", "--stlb", "0"], program)
        expect(f"TLB misses, {entries} entries, {ways} ways, {pages} pages by {stride}", got["DTLBm"], wanted)
        # walks of data: 3 upper entries once (the code's walk found the PML4E and the PDPTE before), then one entry each, and one for each further 2 MiB
        regions = len({(first + i * stride) // 512 for i in range(pages)})
        code = 4  # the one page of code, the first walk of all
        expect(f"walk references, {pages} pages by {stride}", got["WalkRef"], code + wanted + regions)
        plain = counters(["--dtlb", f"{entries},{ways}", "--stlb", "0", "--model", "walk.pde=0", "--model", "walk.pdpte=0", "--model", "walk.pml4e=0"], program)
        expect(f"walk references without caches, {pages} pages by {stride}", plain["WalkRef"], 4 * (wanted + 1))


def part_load():
    """A program that needs three times its memory gives native output under every policy."""
    program = compile_c("load.c")
    scratch = os.path.join(WORK, "scratch")
    native = subprocess.run([program, scratch], capture_output=True, check=True).stdout
    for options in (["--mem", "4M", "--swap"], ["--mem", "1M", "--swap=64M"], ["--user-frames=300"], ["--mem", "4M", "--swap", "--frame-order=random:1"],
                    ["--mem", "6M", "--swap", "--working-set"]):
        for policy in POLICIES if len(options) < 4 else ["clock"]:
            status, out, err, stats = run([*options, f"--replacement={policy}"], program, scratch)
            expect(f"load {options} {policy}", (status, out, err), (0, native, b""))
            paging = stats["paging"]
            if paging["swap_outs"] < 1000 or paging["swap_ins"] < 1000 or stats["major_faults"] < 1000:
                expect(f"load {options} {policy}: pages really went to swap", paging, None)


def part_transfers():
    """Buffers of system calls may be larger than RAM; and OPT has the fewest faults, though they make its second run stray."""
    program, scratch = compile_c("transfers.c"), os.path.join(WORK, "transfer-scratch")
    for arguments in ([], [scratch]):
        native = subprocess.run([program, *arguments], capture_output=True, check=True).stdout
        for options in (["--mem", "4M", "--swap"], ["--user-frames=500"]):
            major = {}
            for policy in POLICIES:
                status, out, err, stats = run([*options, f"--replacement={policy}"], program, *arguments)
                what = f"transfers {arguments} {options} {policy}"
                expect(what, (status, out, err, stats["paging"]["over_limit"]), (0, native, b"", 0))
                major[policy] = stats["major_faults"]
            if arguments:
                expect(f"{what}: the fewest of {major}", major["opt"], min(major.values()))


def part_kill():
    """However and whenever it dies, nothing stays in the folder of the swap file."""
    program = compile_c("load.c")
    folder = os.path.join(WORK, "swap")
    os.makedirs(folder, exist_ok=True)
    for delay in (0.02, 0.05, 0.1, 0.15):
        emu = subprocess.Popen([EMU, "--mem", "4M", "--swap", program, os.path.join(WORK, "scratch")], stdout=subprocess.DEVNULL,
                               env={**os.environ, "TMPDIR": folder})
        time.sleep(delay)
        expect("files while it runs", os.listdir(folder), [])
        emu.send_signal(signal.SIGKILL)
        emu.wait()
        expect("files after SIGKILL", os.listdir(folder), [])


def part_proc():
    """/proc and sysinfo tell what is in swap; a program without enough of it is killed with one line that says what to do."""
    program = compile_c("proc.c")
    status, out, err, _ = run(["--mem", "4M", "--swap=32M"], program)
    expect("proc", (status, err), (0, b""))
    expect("proc's checks", [line for line in out.decode().splitlines() if not line.startswith("ok")], [])
    status, _, err, _ = run(["--mem", "6M", "--swap=6M"], program)
    expect("too little", (status, err.count(b"\n"), b"--mem or --swap=SIZE gives more" in err), (-9, 1, True))


def heap_of(program, *arguments):
    """What --heap says, without the process number in front."""
    out = os.path.join(WORK, "heap.txt")
    subprocess.run([EMU, "--no-crash-report", "--heap", "-o", out, program, *arguments], capture_output=True, timeout=120)
    with open(out) as f:
        return [re.sub(r"^==\d+== ?", "", line.rstrip()) for line in f]


def has(what, lines, *patterns):
    for pattern in patterns:
        expect(f"{what}: '{pattern}'", any(re.search(pattern, line) for line in lines), True)


def part_heap():
    """Mistakes are found in static programs, with the place and the block; what is right is not reported."""
    compilers = [("gcc", compile_c("heap.c"))]
    if shutil.which("musl-gcc"):
        compilers.append(("musl", compile_c("heap.c", "musl-gcc")))
    for libc, program in compilers:
        good = heap_of(program, "good")
        has(f"{libc} good", good, r"ERROR SUMMARY: 0 errors", r"definitely lost: 0 bytes", r"indirectly lost: 0 bytes")
        leak = heap_of(program, "leak")
        has(f"{libc} leak", leak, r"definitely lost: 124 bytes in 2 blocks", r"^100 bytes in 1 blocks are definitely lost", r"by 0x[0-9A-F]+: .*\(heap.c:11\)",
            r"ERROR SUMMARY: 0 errors")
        freed = heap_of(program, "freed")
        if libc == "gcc":  # musl's gives the page back: a fault
            has(f"{libc} freed", freed, r"Invalid read of size 4", r"Invalid write of size 4", r"is 12 bytes inside a block of size 40 free'd",
                r"at 0x[0-9A-F]+: .*\(heap.c:25\)", r"ERROR SUMMARY: 2 errors from 2 contexts")
            has(f"{libc} twice", heap_of(program, "twice"), r"Invalid free\(\)", r"is 0 bytes inside a block of size 10 free'd")
        beyond = heap_of(program, "beyond")
        has(f"{libc} beyond", beyond, r"Invalid write of size 1", r"is 0 bytes after a block of size 13 alloc'd", r"is 0 bytes after a block of size 40 alloc'd",
            r"at 0x[0-9A-F]+: .*\(heap.c:32\)", r"ERROR SUMMARY: 3 errors from 3 contexts")
        has(f"{libc} before", heap_of(program, "under"), r"is 1 bytes before a block of size 20 alloc'd", r"ERROR SUMMARY: 1 errors")
        usage = next(line for line in good if "total heap usage" in line)
        allocs, frees = (int(n) for n in re.findall(r"(\d+) (?:allocs|frees)", usage))
        expect(f"{libc}: allocations and frees", (allocs >= 901, frees >= 901), (True, True))
        said = subprocess.run([EMU, "debug", "--heap", "--batch", "-ex", "break heap.c:33", "-ex", "run", "-ex", "info heap", "--", program, "beyond"],
                              capture_output=True, text=True, timeout=120).stdout
        has(f"{libc} info heap", said.splitlines(), r"in use now: [1-9]", r"total heap usage", r"Invalid write of size 1")
    rustc = shutil.which("rustc") or os.path.expanduser("~/.cargo/bin/rustc")
    if not os.path.exists(rustc):
        return
    source, program = os.path.join(WORK, "leak.rs"), os.path.join(WORK, "leak")
    with open(source, "w") as f:
        f.write("fn main() { let v: Vec<u64> = (0..1000).collect(); std::mem::forget(vec![7u8; 12345]);"
                " let s: u64 = v.iter().sum(); println!(\"{}\", s); }")
    if subprocess.run([rustc, "-C", "target-feature=+crt-static", "-g", "-o", program, source], capture_output=True).returncode == 0:
        has("rust", heap_of(program), r"^12,?345 bytes in 1 blocks are definitely lost", r"leak.rs:1\)", r"ERROR SUMMARY: 0 errors")


os.makedirs(WORK, exist_ok=True)
globals()["part_" + PART]()
print(f"{PART}: {failures} failures" if failures else f"{PART}: all good")
sys.exit(1 if failures else 0)
