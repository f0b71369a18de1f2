"""Runs inside gdb, connected to the stub: the requests that pwndbg makes for vmmap, procinfo, auxv and its context, and whether the
answers fit together. Prints "vmmap: fine", or fails with what does not."""
import os
import re
import tempfile

import gdb


def execute(command):
    return gdb.execute(command, from_tty=False, to_string=True)


def remote_get(path):
    with tempfile.NamedTemporaryFile(dir=os.getcwd()) as local:
        execute(f'remote get "{path}" "{local.name}"')
        return open(local.name, "rb").read()


def pages_of(maps):
    pages = []
    for line in maps.decode().splitlines():
        match = re.fullmatch(r"([0-9a-f]+)-([0-9a-f]+) ([r-][w-][x-][ps]) ([0-9a-f]+) (\S+) (\d+)\s*(.*)", line)
        assert match, line
        pages.append((int(match[1], 16), int(match[2], 16), match[3], match[7]))
    return pages


def check():
    pid, lwp, _ = gdb.selected_thread().ptid
    tid = lwp or pid
    assert gdb.selected_inferior().pid == pid
    assert "remote" in execute("maintenance print target-stack")
    assert "ENABLE=" not in execute("maintenance packet Qqemu.sstepbits")  # it must not be taken for qemu
    maps = remote_get(f"/proc/{pid}/maps")
    pages = pages_of(maps)
    assert maps == remote_get(f"/proc/{tid}/maps") == remote_get("/proc/self/maps") == remote_get(f"/proc/{pid}/task/{tid}/maps")
    assert pages == sorted(pages) and all(start < end for start, end, *_ in pages)
    listed = re.findall(r"^\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+([r-][w-][x-][ps])", execute("info proc mappings"), re.M)
    assert [(int(a, 16), int(b, 16), rights) for a, b, rights in listed] == [page[:3] for page in pages], "info proc mappings"

    def page_at(address):
        return next((page for page in pages if page[0] <= address < page[1]), None)

    exe = gdb.current_progspace().filename
    assert page_at(int(gdb.parse_and_eval("$pc")))[2][2] == "x"
    assert page_at(int(gdb.parse_and_eval("$sp")))[3] == "[stack]"
    assert any(page[3] == exe for page in pages) and exe in execute("info proc exe")
    assert remote_get(f"/proc/{pid}/exe") == open(exe, "rb").read() == remote_get(exe)
    assert remote_get(f"/proc/{pid}/cmdline").split(b"\0")[0].decode() == exe
    status = remote_get(f"/proc/{pid}/status").decode()
    assert re.search(rf"^Pid:\s+{pid}$", status, re.M) and re.search(r"^Threads:\s+1$", status, re.M)
    auxv = dict(re.findall(r"^\d+\s+(AT_\w+)\s.*?\s(0x[0-9a-f]+|\d+)(?: \"|$)", execute("info auxv"), re.M))
    entry, headers = int(auxv["AT_ENTRY"], 0), int(auxv["AT_PHDR"], 0)
    assert page_at(entry)[2][2] == "x" and page_at(headers)[3] == exe
    assert gdb.selected_inferior().read_memory(headers & ~0xfff, 4).tobytes() == b"\x7fELF"
    raw = remote_get(f"/proc/{pid}/auxv")
    assert int.from_bytes(raw[raw.index((9).to_bytes(8, "little")) + 8:][:8], "little") == entry
    assert ".text" in execute("maintenance info sections") and "No shared libraries" in execute("info sharedlibrary")
    assert "Entry point" in execute("info files")
    for start, end, rights, name in pages:  # a hexdump of any page works, and beyond the last there is nothing
        if rights[0] == "r":
            gdb.selected_inferior().read_memory(start, 16)
            gdb.selected_inferior().read_memory(end - 16, 16)
    try:
        gdb.selected_inferior().read_memory(0x10, 8)
        raise AssertionError("page 0 can be read")
    except gdb.MemoryError:
        pass
    return pages


first = check()
execute("break main")
execute("continue")
assert len(check()) >= len(first)  # the heap has come
print("vmmap: fine")
