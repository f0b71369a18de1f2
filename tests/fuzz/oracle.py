"""Running a file natively and under emu, and what each made of it. Native runs are of damaged programs and random bytes, so
they get no rights, no network, little time and little of everything. They lie, with a copy of emu, in a folder that those
without rights can reach: a checkout need not be one (/root is not)."""
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile

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
    def __init__(self, emu, keep):
        """emu: its command line; keep: where files that differ are copied to, or None."""
        self.stage = tempfile.TemporaryDirectory(prefix="emu-fuzz-")
        self.directory, self.keep = self.stage.name, keep
        os.chmod(self.directory, 0o755)
        program, *arguments = shlex.split(emu)
        self.emu = [shutil.copy(program, f"{self.directory}/emu"), *arguments]
        version = _run([*self.emu[:1], "--version"], self.directory, 60)
        if version[0] != 0:
            sys.exit(f"emu cannot be started without rights: {version}")

    def place(self, name, data):
        """Writes an executable file into the stage and returns its path."""
        path = f"{self.directory}/{name}"
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o755)
        return path

    def remove(self, path, differed):
        if differed and self.keep:
            shutil.copy(path, self.keep)
        os.unlink(path)

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
