"""A screen nobody sees (Xvfb), with mouse and keys (xdotool)."""
import os
import subprocess
import time


class Display:
    """An X server of its own; `do` acts on the one window it has."""

    def __init__(self, width, height):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24"],
                                       pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        self.name = ":" + os.read(read, 16).decode().strip()
        self.environment = {**os.environ, "DISPLAY": self.name}
        self.environment.pop("WAYLAND_DISPLAY", None)

    def do(self, *words, settle=0.3):
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True, timeout=30)
        time.sleep(settle)

    def close(self):
        self.server.terminate()
        self.server.wait()
