#!/usr/bin/env python3
"""libemu as others use it: installed into an empty folder, found by pkg-config, embedded by a C and by a C++ program.
   embed.py BUILD_DIR WORK_DIR PROGRAM C_COMPILER [FLAGS…]"""
import os
import pathlib
import shutil
import subprocess
import sys

build, work, program, compiler, *flags = sys.argv[1:]
source = pathlib.Path(__file__).with_name("embed.c")
shutil.rmtree(work, ignore_errors=True)
subprocess.run(["cmake", "--install", build, "--prefix", work], check=True, stdout=subprocess.DEVNULL)
folder = next(pathlib.Path(work).rglob("pkgconfig"))
found = subprocess.run(["pkg-config", "--cflags", "--libs", "emu"], check=True, text=True, capture_output=True,
                       env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).stdout.split()
native = subprocess.run([program], text=True, capture_output=True)
failed = 0
for language in ("c", "c++"):
    target = f"{work}/embed-{language}"
    subprocess.run([compiler, *flags, "-x", language, source, "-x", "none", "-o", target, *found], check=True)
    got = subprocess.run([target, program], text=True, capture_output=True, timeout=120)
    lines = got.stdout.splitlines()
    head, tail = lines[:2], lines[-1:]
    good = (got.returncode == 0 and head[0].split() == ["main:", "push", "rbp"] and head[1] == "rsp is writable, 4 table entries were read"
            and tail == [f"exited, status {native.returncode}; some pages were touched"] and lines[2:-1] == native.stdout.splitlines())
    failed += not good
    print(f"{language}: {'as it should' if good else got}")
print(f"{2 - failed} passed, {failed} failed")
sys.exit(failed > 0)
