#!/usr/bin/env python3
"""The pictures of scenes.list, byte for byte as they are kept in golden/:

    golden.py --emu EMU --work DIR                 compares; what differs is left in DIR
    golden.py --emu EMU --work DIR --rebaseline    keeps what is drawn now (look at it before you commit)

The programs in scenes/ are assembled here and use no library, so their bytes, and with --deterministic their whole run, are
the same everywhere.
"""
import argparse
import pathlib
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib

HERE = pathlib.Path(__file__).resolve().parent


def build(work):
    """Each program as NAME, and as NAME-g with line numbers, for pictures that show source."""
    for source in sorted((HERE / "scenes").glob("*.s")):
        for suffix, debug in (("", []), ("-g", ["-g"])):
            program = work / f"{source.stem}{suffix}"
            subprocess.run(["as", *debug, "-I", str(HERE / "scenes"), "-o", f"{program}.o", str(source)], check=True)
            subprocess.run(["ld", "-z", "max-page-size=4096", "--build-id=none", "-o", str(program), f"{program}.o"],
                           check=True)


def scenes():
    for line in (HERE / "scenes.list").read_text().splitlines():
        words = line.split("#", 1)[0].split() if line.startswith("#") else line.split()
        if words:
            yield words[0], words[1], words[2:]


def draw(emu, work, name, program, options, extension):
    picture = f"{name}.{extension}"
    command = [emu, "snapshot", "--deterministic", "-o", picture, *options, f"./{program}"]
    result = subprocess.run(command, cwd=work, env={}, capture_output=True, timeout=120)
    if result.returncode:
        return f"{name}: exit code {result.returncode}: {result.stderr.decode(errors='replace').strip()}"
    return None


def unpacks(path):
    """Is it a PNG that others can read? Ours was made without a library."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if zlib.crc32(data[at + 4:at + 8 + size]) != struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0]:
            return False
        packed += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    return len(zlib.decompress(packed)) == height * (3 * width + 1)


def check_svg(emu, work):
    """The same picture for documents: well-formed, with its words as text, of a reasonable size."""
    problem = draw(emu, work, "stack-grown", "stack", ["--at", "bottom", "--view", "stack"], "svg")
    if problem:
        return problem
    path = work / "stack-grown.svg"
    words = [element.text for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]
    good = "rw- stack" in words and path.stat().st_size < 200_000
    return None if good else f"{path}: {path.stat().st_size} bytes, {len(words)} texts"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--rebaseline", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    build(arguments.work)
    problems, count = [], 0
    features = subprocess.run([arguments.emu, "--version"], capture_output=True, text=True).stdout
    for name, program, options in scenes():
        if program.endswith("-g") and "libdw" not in features:
            continue  # nobody can read the line numbers
        count += 1
        problem = draw(str(pathlib.Path(arguments.emu).resolve()), arguments.work, name, program, options, "png")
        golden = HERE / "golden" / f"{name}.png"
        if problem:
            problems.append(problem)
        elif not unpacks(arguments.work / f"{name}.png"):
            problems.append(f"{name}: not a good PNG")
        elif arguments.rebaseline:
            golden.write_bytes((arguments.work / f"{name}.png").read_bytes())
        elif not golden.exists() or golden.read_bytes() != (arguments.work / f"{name}.png").read_bytes():
            problems.append(f"{name}: {arguments.work / name}.png differs from {golden}")
    problem = check_svg(str(pathlib.Path(arguments.emu).resolve()), arguments.work)
    problems += [problem] if problem else []
    print("\n".join(problems) or f"{count} pictures, all as they should be")
    return bool(problems) or count == 0


sys.exit(main())
