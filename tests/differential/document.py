#!/usr/bin/env python3
"""Is docs/instructions.md what the instruction table says now? Its numbers are those of one long run and not looked at, but that every
form was compared at all.

usage: document.py SELFTEST DOCUMENT"""
import pathlib
import re
import subprocess
import sys
import tempfile

selftest, document = sys.argv[1], pathlib.Path(sys.argv[2])


def rows(text):
    return [re.sub(r" \(\d+\)", "", line) for line in text.splitlines() if line.startswith("| ")]


with tempfile.NamedTemporaryFile(mode="r", suffix=".md") as fresh:
    subprocess.run([selftest, "--count", "0", "--document", fresh.name], stdout=subprocess.DEVNULL, check=True)
    now, kept = rows(fresh.read()), rows(document.read_text())
if now != kept:
    print(f"{document} is stale: make it anew with selftest --count 1000000 --document {document}")
    print(*(line for line in set(now) ^ set(kept)), sep="\n")
    sys.exit(1)
if re.search(r" \(0\)", document.read_text()):
    sys.exit(f"{document}: a form was never compared")
