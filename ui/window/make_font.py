#!/usr/bin/env python3
"""Writes font_data.c from the Spleen console fonts (Debian: fonts-spleen). Run by hand when the set of characters changes:

    ui/window/make_font.py > ui/window/font_data.c
"""
import gzip
import struct
import textwrap

FOLDER = "/usr/share/consolefonts"
SIZES = ["6x12", "8x16", "12x24", "16x32"]
EXTRA = "·×µ─│"

NOTICE = open("/usr/share/doc/fonts-spleen/copyright", encoding="utf-8").read()


def notice():
    lines = NOTICE[NOTICE.index("Files: *"):NOTICE.index("Files: debian")].strip().splitlines()[1:]
    return "\n".join(" * " + (" " if line.strip() == "." else line).strip() for line in lines).replace(" * \n", " *\n")


def load(size):
    """Width, height, glyphs and the character each is for: PSF version 1 (8x16) or 2 (the others)."""
    data = gzip.open(f"{FOLDER}/spleen-{size}.psfu.gz").read()
    width, height = map(int, size.split("x"))
    one = data[:2] == b"\x36\x04"
    header, count = (4, 512 if data[2] & 1 else 256) if one else struct.unpack("<8I", data[:32])[2:5:2]
    glyph_size = height * ((width + 7) // 8)
    glyphs = [data[header + i * glyph_size:header + (i + 1) * glyph_size] for i in range(count)]
    table = data[header + count * glyph_size:]
    separator, sequence, encoding = (b"\xff\xff", b"\xfe\xff", "utf-16-le") if one else (b"\xff", b"\xfe", "utf-8")
    index = {}
    for i, entry in enumerate(table.split(separator)[:count]):
        for character in entry.split(sequence)[0].decode(encoding, "replace"):
            index.setdefault(character, i)
    return width, height, glyphs, index


def main():
    fonts = [load(size) for size in SIZES]
    wanted = [chr(c) for c in range(32, 127)] + sorted(c for c in EXTRA if all(c in f[3] for f in fonts))
    print("/* Spleen, the window's font, as made by make_font.py from Debian's fonts-spleen.\n *")
    print(notice())
    print(" */\n#include \"ui/window/font.h\"\n")
    print(f"_Static_assert(FONT_GLYPHS == {len(wanted)}, \"font.h counts them\");\n")
    print("const uint32_t font_codes[FONT_GLYPHS] = {")
    for i in range(0, len(wanted), 16):
        print("    " + " ".join(f"{ord(c)}," for c in wanted[i:i + 16]))
    print("};\n")
    for size, (width, height, glyphs, index) in zip(SIZES, fonts):
        bits = 8 if width <= 8 else 16
        row_bytes = bits // 8
        print(f"static const uint{bits}_t rows_{size}[FONT_GLYPHS][{height}] = {{")
        for c in wanted:
            g = glyphs[index[c]]
            rows = [int.from_bytes(g[r * row_bytes:(r + 1) * row_bytes], "big") for r in range(height)]
            text = ", ".join(f"0x{r:x}" if r else "0" for r in rows)
            print("\n".join(textwrap.wrap(f"{{{text}}},", 120, initial_indent="    ", subsequent_indent="     ")))
        print("};\n")
    print("const Font font_sizes[FONT_SIZES] = {")
    for size, (width, height, _, _) in zip(SIZES, fonts):
        bits = 8 if width <= 8 else 16
        print(f"    {{{width}, {height}, {bits}, rows_{size}}},")
    print("};")


main()
