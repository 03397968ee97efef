"""What the suite found, as lines, as Markdown tables, and as plots by gnuplot."""
import shutil
import subprocess

from plan import AIMS

OURS = "sluice"
TITLES = {
    "echo": "Echo: CPU of the server per message, ns",
    "relay": "Relay: CPU of the gateway per message there and back, ns",
    "rate": "Latency at a fixed rate, relayed, us (p50 / p99 / p99.9)",
    "handshakes": "Handshakes, relayed: CPU of the gateway per handshake, us",
    "deflate": "Compressed echo: CPU of the server per message, ns",
    "idle": "Idle relayed connections: memory of the gateway per connection, bytes",
}
SCALES = {"handshakes": 1000}


def key_of(kind):
    return "bytes" if kind == "idle" else "ns"


def figure(result, kind):
    """The main figure of a contestant in a cell; None where there is none."""
    found = result.get(key_of(kind))
    return found["median"] / SCALES.get(kind, 1) if found and result["good"] else None


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def spread(result, kind):
    if not result["good"]:
        return "**BAD**"
    if kind == "rate":
        return " / ".join(number(result[quantile] / 1000) for quantile in ("p50", "p99", "p99.9"))
    found, scale = result[key_of(kind)], SCALES.get(kind, 1)
    plain = f", {100 * result['plain_share']:.0f} % not compressed" if result["plain_share"] > 0.001 else ""
    return f"{number(found['median'] / scale)} ({number(found['min'] / scale)}-{number(found['max'] / scale)}{plain})"


def ratio(results, name, kind):
    """Ours divided by theirs: below 1 the gateway costs less."""
    ours, theirs = (figure(results[who], kind) if who in results else None for who in (OURS, name))
    return ours / theirs if ours and theirs else None


def one_line(cell):
    kind, results = cell["kind"], cell["results"]
    words = []
    for name, result in results.items():
        share = ratio(results, name, kind)
        behind = f" x{share:.2f}" if share and name != OURS and kind != "rate" else ""
        words.append(f"{name} {spread(result, kind)}{behind}")
    return f"{cell['name']}: " + "; ".join(words)


def columns_of(cells):
    """Contestants of the cells of one kind, in the order in which they came."""
    return list(dict.fromkeys(name for cell in cells for name in cell["results"]))


def row_of(cell, names):
    kind, results = cell["kind"], cell["results"]
    fields = [cell["name"]]
    for name in names:
        share = ratio(results, name, kind)
        text = spread(results[name], kind) if name in results else "-"
        fields.append(text + (f" **x{share:.2f}**" if share and name != OURS and kind != "rate" else ""))
    shares = [result["load_share"]["median"] for result in results.values() if "load_share" in result]
    fields.append(f"{100 * max(shares):.0f} %" if shares else "-")
    return "| " + " | ".join(fields) + " |"


def table(cells):
    names = columns_of(cells)
    heads = ["cell", *names, "CPU of the load, at most"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return lines + [row_of(cell, names) for cell in cells]


def rates(cells):
    """Messages or handshakes per second, for those who want them: of a machine that others use too."""
    names = columns_of(cells)
    lines = ["| cell | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for cell in cells:
        fields = [number(r["per_second"]["median"]) if "per_second" in (r := cell["results"].get(name, {})) else "-"
                  for name in names]
        lines.append("| " + " | ".join([cell["name"], *fields]) + " |")
    return lines


def markdown(found):
    machine = found["machine"]
    lines = [f"# Plan {found['plan']}: {found['rounds']} rounds of {found['seconds']} s, contestants in turn", "",
             f"{machine['cpu']}, {machine['cpus']} CPUs, Linux {machine['kernel']}, TCP "
             f"{machine['congestion_control']}; servers on CPU {machine['server_cpu']}, load and backend on CPU "
             f"{machine['load_cpu']}; load average before: {machine['load_average_before']:.1f}.", "",
             "Medians (least-most). x: the gateway's figure divided by this one's; below 1 the gateway costs less.",
             "Every byte of every echo was checked; BAD: one was wrong, or a connection was lost.", ""]
    lines += [f"- {note}" for note in found["notes"]] + ([""] if found["notes"] else [])
    for kind, title in TITLES.items():
        cells = [cell for cell in found["cells"] if cell["kind"] == kind]
        if cells:
            lines += [f"## {title}", "", *table(cells), ""]
            if kind != "idle":
                lines += ["Per second:", "", *rates(cells), ""]
    lines += aims_table(found["aims"]) if found["aims"] else []
    bad = [f"- {cell['name']}, {name}: {result['why']}" for cell in found["cells"]
           for name, result in cell["results"].items() if not result["good"]]
    return "\n".join(lines + (["## BAD", "", *bad, ""] if bad else []))


# ---------------------------------------------------------------- aims

def is_meant(cell, kind, size, depth):
    return cell["kind"] == kind and size in (None, cell["size"]) and depth in (None, cell["depth"])


def aims(cells):
    """Each aim in each cell that it is about: the ratio reached, and whether that is enough."""
    found = []
    for kind, size, depth, names, most, better in AIMS:
        for cell in cells:
            ratios = [ratio(cell["results"], name, kind) for name in names if is_meant(cell, kind, size, depth)]
            ratios = [value for value in ratios if value]
            if ratios:  # the cheapest contestant gives the largest ratio
                reached = max(ratios)
                verdict = "better" if reached <= better else "met" if reached <= most else "not met"
                found.append({"cell": cell["name"], "against": " or ".join(names), "ratio": round(reached, 3),
                              "at_most": most, "better": better, "verdict": verdict})
    return found


def aims_table(found):
    rows = [f"| {aim['cell']} | {aim['against']} | x{aim['ratio']:.2f} | x{aim['at_most']:.2f} | x{aim['better']:.2f} "
            f"| {aim['verdict']} |" for aim in found]
    return ["## Aims", "", "| cell | against | reached | at most | better | |", "|---|---|---|---|---|---|", *rows, ""]


# ---------------------------------------------------------------- plots

PLOT = """set terminal svg size 1200,560 font "sans-serif,12" background "white"
set output "{out}"
set title "{title}\\nhow many times the gateway's (bars end at {most})" noenhanced
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 border -1
set boxwidth 0.9
set yrange [0:{most}]
set grid ytics
set key outside top right noenhanced
set xtics rotate by -25 font ",10"
set datafile missing "-"
plot 1 notitle linecolor "black", for [i=2:{last}] "{data}" using i:xtic(1) title columnheader(i)
"""


PLOT_MOST = 5  # some peers cost twenty times as much: to show that would hide the rest


def relative(cell, name, kind):
    share = ratio(cell["results"], name, kind) if name in cell["results"] else None
    return f"{min(1 / share, PLOT_MOST):.3f}" if share else "-"


def plot(kind, cells, folder):
    names = columns_of(cells)
    data, script = folder / f"{kind}.dat", folder / f"{kind}.gp"
    lines = [" ".join(f'"{name}"' for name in ["cell", *names])]
    for cell in cells:
        label = cell["name"].removeprefix(kind + ", ")
        lines.append(" ".join([f'"{label}"', *(relative(cell, name, kind) for name in names)]))
    data.write_text("\n".join(lines) + "\n")
    title = TITLES[kind].rsplit(",", 1)[0]
    script.write_text(PLOT.format(out=folder / f"{kind}.svg", title=title, data=data, last=len(names) + 1,
                                  most=PLOT_MOST))
    subprocess.run(["gnuplot", script], check=True, capture_output=True, text=True)


def plots(cells, folder):
    """One SVG per kind that has a figure to compare, of ratios to ours. Returns what could not be drawn."""
    if not shutil.which("gnuplot"):
        return ["no plots: gnuplot is not installed (make bench-deps)"]
    problems = []
    for kind in TITLES:
        mine = [cell for cell in cells if cell["kind"] == kind]
        if kind == "rate" or not mine:
            continue
        try:
            plot(kind, mine, folder)
        except (OSError, subprocess.CalledProcessError) as error:
            problems.append(f"no plot of {kind}: {getattr(error, 'stderr', None) or error}")
    return problems
