"""What the console's tests share: where emu is, and where they work."""
import argparse
import os
import shlex


def arguments(*flags, names=False):
    """--emu EMU --work DIR and those flags. emu: its words, absolute where they are files; work: absolute, and there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--emu", required=True)
    parser.add_argument("--work", required=True)
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    if names:
        parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    args.emu = [os.path.abspath(word) if os.path.exists(word) else word for word in shlex.split(args.emu)]
    args.work = os.path.abspath(args.work)
    os.makedirs(args.work, exist_ok=True)
    return args
