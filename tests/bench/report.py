"""What bench.py measured, as text, JSON, an SVG plot and the tables of docs/performance.md. Bars and means are ratios to native:
they travel between machines, seconds do not."""
import json
import math

COLOURS = ["#1b6ca8", "#e07a1f", "#7a7a7a", "#3f8f4f", "#a14fa0", "#b03a3a"]  # told apart by colour-blind readers too
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def geometric_mean(values):
    values = [value for value in values if value]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def number(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}" if value < 100 else f"{value:.0f}"


class Result:
    def __init__(self, programs, runners, machine, rounds):
        self.programs, self.runners, self.machine, self.rounds = programs, runners, machine, rounds
        self.kinds = sorted({program.kind for program in programs})

    def mean(self, runner, kind=None, to="native"):
        return geometric_mean([p.ratio(runner, to) for p in self.programs if kind in (None, p.kind)])

    def pairs(self):
        """Who is compared with whom, over the programs that both ran right."""
        wanted = [("emu", "qemu"), ("emu --stats", "emu"), ("emu caches", "cachegrind")]
        return [pair for pair in wanted if pair == wanted[0] or set(pair) <= set(self.runners)]

    def mips(self, program):
        seconds = program.median("emu")
        return program.instructions / seconds / 1e6 if seconds and program.instructions else None

    def others(self):
        return [runner for runner in self.runners if runner != "native"]

    def program_rows(self):
        for kind in self.kinds:
            for p in (p for p in self.programs if p.kind == kind):
                native = p.median("native")
                rss = p.rss.get("emu")
                yield [kind, p.name, number(native * 1000 if native else None, 1),
                       *(p.wrong.get(r) or number(p.ratio(r)) for r in self.others()),
                       number(self.mips(p), 0), number(rss / 2**20 if rss else None, 1)]

    def mean_rows(self):
        for kind in [*self.kinds, None]:
            yield [kind or "all", *(number(self.mean(r, kind)) for r in self.others()), *(number(self.mean(a, kind, to=b)) for a, b in self.pairs())]

    def program_head(self):
        return ["class", "program", "native ms", *self.others(), "emu MIPS", "emu RSS MiB"]

    def mean_head(self):
        return ["class", *self.others(), *(f"{a} / {b}" for a, b in self.pairs())]

    def text(self):
        def table(head, rows):
            rows = [head, *rows]
            widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
            return "\n".join("  ".join(cell.ljust(w) if i < 1 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
                             for row in rows)

        title = f"Times native ({self.rounds} rounds, medians), {self.machine['processor']}, commit {self.machine['commit']}"
        return "\n\n".join([title, table(self.program_head(), list(self.program_rows())),
                            "Geometric means", table(self.mean_head(), list(self.mean_rows()))])

    def json(self):
        return json.dumps({
            "machine": self.machine, "rounds": self.rounds,
            "programs": [{"name": p.name, "class": p.kind, "instructions": p.instructions, "mips": self.mips(p), "rss": p.rss,
                          "seconds": p.samples, "median": {r: p.median(r) for r in self.runners}, "wrong": p.wrong} for p in self.programs],
            "against": {f"{a} / {b}": self.mean(a, to=b) for a, b in self.pairs()},
            "means": {kind or "all": {r: self.mean(r, kind) for r in self.others()} for kind in [*self.kinds, None]},
        }, indent=1) + "\n"

    def markdown(self):
        def table(head, rows):
            return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])

        m = self.machine
        return "\n\n".join([
            f"{m['date']}, commit {m['commit']}, {m['processor']}, Linux {m['kernel']}, {self.rounds} rounds, medians. Numbers are time divided by "
            "native time, smaller is better; classes are geometric means.",
            table(self.mean_head(), list(self.mean_rows())), "![ratios to native, by class](performance.svg)",
            table(self.program_head(), list(self.program_rows()))])

    def write_docs(self, folder):
        page = folder / "performance.md"
        before, _, rest = page.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n{self.markdown()}\n{END}{after}")
        (folder / "performance.svg").write_text(self.svg())

    def svg(self):
        """Horizontal bars by class on a logarithmic scale, one colour per runner."""
        bars = [(kind or "all", [(r, self.mean(r, kind)) for r in self.others()]) for kind in [*self.kinds, None]]
        most = max([value for _, group in bars for _, value in group if value] or [1])
        left, width, bar, gap = 90, 620, 11, 12
        scale = width / math.log10(max(most * 1.3, 10))

        def x(value):
            return left + max(math.log10(value), 0) * scale

        out, y = [], 50
        for kind, group in bars:
            height = bar * len(group)
            out.append(f'<text x="{left - 8}" y="{y + height / 2 + 4}" text-anchor="end" font-weight="{"bold" if kind == "all" else "normal"}">{kind}</text>')
            for index, (runner, value) in enumerate(group):
                if value:
                    top = y + index * bar
                    out.append(f'<rect x="{left}" y="{top}" width="{max(x(value) - left, 1):.1f}" height="{bar - 1}" fill="{COLOURS[index % len(COLOURS)]}"/>')
                    out.append(f'<text x="{x(value) + 4:.1f}" y="{top + bar - 2}" font-size="9">{number(value, 1)}</text>')
            y += height + gap
        grid = [f'<line x1="{x(v)}" y1="40" x2="{x(v)}" y2="{y}" stroke="#ddd"/><text x="{x(v)}" y="36" text-anchor="middle" font-size="10">{v}x</text>'
                for v in (1, 2, 5, 10, 20, 50, 100) if v <= most * 1.3]
        legend, at = [], left
        for index, runner in enumerate(self.others()):
            legend.append(f'<rect x="{at}" y="8" width="10" height="10" fill="{COLOURS[index % len(COLOURS)]}"/><text x="{at + 14}" y="17">{runner}</text>')
            at += 40 + 8 * len(runner)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 40} {y + 10}" font-family="sans-serif" font-size="12">\n'
                f'<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(grid + out + legend) + "\n</svg>\n")
