"""Running a file natively and under emu, and what each made of it. Native runs are of damaged programs and random bytes, so
they get no rights, no network, little time and little of everything."""
import os
import resource
import shlex
import subprocess

NOBODY = 65534


def _limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def _run(command, directory, timeout):
    """(exit code, -signal, "timeout" or "errno N"; stdout; stderr)"""
    rights = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, cwd=directory,
                              env={"PATH": "/nowhere"}, preexec_fn=_limits, **rights)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        return "timeout", late.stdout or b"", late.stderr or b""
    except OSError as error:
        return f"errno {error.errno}", b"", b""


class Oracle:
    def __init__(self, emu, directory):
        self.emu = shlex.split(emu)
        self.directory = directory
        os.chmod(directory, 0o755)

    def native(self, path):
        return _run([path], self.directory, 5)

    def emulated(self, path):
        return _run(self.emu + [path], self.directory, 60)

    def compare(self, path):
        """None when both agree, else one line that says how they differ."""
        native, output, _ = self.native(path)
        status, emulated_output, messages = self.emulated(path)
        if isinstance(native, str) and native.startswith("errno"):
            if status == 126 and messages.startswith(b"emu: ") and messages.count(b"\n") == 1:
                return None
            return f"the kernel refuses it ({native}), emu: {status} {messages[:200]!r}"
        if status == native and emulated_output == output:
            return None
        again, output_again, _ = self.native(path)  # addresses are random: some files end in several ways
        if (status, emulated_output) == (again, output_again):
            return None
        return f"native {native} {output[:40]!r}, emu {status} {emulated_output[:40]!r} {messages[:200]!r}"
