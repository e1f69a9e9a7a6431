"""Draw the benchmark's figure, and write its tables into a page and a sentence into the README."""

import argparse
import os
from itertools import groupby, product
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from scipy.stats import wilcoxon

from gpu_report import gpu_part
from page import made_on, markdown, number
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.outputs import appearing
from supnorm.job.programs import run
from supnorm.pages import write_part
from tables import (
    AGREEMENT,
    CERTIFICATE,
    EXACT,
    EXPONENTS,
    GRAPH,
    SCALING,
    STAGES,
    TRAINING,
    read_measured,
)

# In the order of tables and legend: what it is called, its colour and its marker.
LOOKS = {
    "A": ("A: the authors’ loop", "0.15", "o"),
    "B": ("B: without DataLoader", "0.45", "s"),
    "C": ("C: and with fused Adam", "0.65", "^"),
    "vmap": ("torch.func.vmap", "#2F9E77", "v"),
    "jax": ("JAX: vmap, scan, jit", "#8C5BB5", "P"),
    "stacked": ("stacked engine", "#0B4F8A", "D"),
    "narrow": ("narrow engine", "#E0700F", "X"),
}
ENGINES = ["stacked", "narrow"]


def main(argv: list[str]) -> None:
    """Write the figure, the tables of the page, and the sentence of the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measured", type=Path, required=True, help="folder of Parquet tables")
    parser.add_argument("--figure", type=Path, required=True, help="PNG to write")
    parser.add_argument("--page", type=Path, required=True, help="Markdown file for the tables")
    parser.add_argument("--readme", type=Path, required=True, help="that for the sentence")
    a = parser.parse_args(argv)
    on_cpu, machine = read_measured(a.measured / "training_cpu.parquet", TRAINING)
    use_style()
    with appearing(a.figure) as temporary:
        draw(on_cpu[on_cpu["precision"] == "float64"]).savefig(temporary)
    link = os.path.relpath(a.figure, a.page.parent)
    parts = [
        (f"![Time of a training step against batch, a panel a width]({link})", machine),
        (training(on_cpu, machine), machine),
        *scaling(a.measured),
        *exact(a.measured),
        *certificate(a.measured),
        *stages(a.measured),
        *graph(a.measured),
        *agreement(a.measured),
        *gpu_part(a.measured),
    ]
    block = "\n\n".join(
        "\n\n".join([*(text for text, _ in same), where])
        for where, same in groupby(parts, lambda part: made_on(part[1]))
    )
    write_part(a.page, "benchmark", block)
    write_part(a.readme, "speed", speed(on_cpu))


def speed(table: pd.DataFrame) -> str:
    """Return how many times faster than the authors' loop the engines train, by width."""
    rows = best(table[table["precision"] == "float64"]).dropna(subset="over_A")
    ratios = rows.groupby("width")["over_A"].agg(["min", "max"]).map(number)
    said = [f"{line['min']} to {line['max']} at width {width}" for width, line in ratios.iterrows()]
    return (
        "On one core and in double precision a training step is faster than in the authors’ loop "
        f"by these factors, from the least to the most favourable batch: {'; '.join(said)}."
    )


def draw(table: pd.DataFrame) -> Figure:
    """Return the figure: time of a student's step against batch, a panel a width."""
    widths = sorted(table["width"].unique())
    rows = -(-len(widths) // 2)
    figure, axes = plt.subplots(
        rows, 2, sharex=True, squeeze=False, figsize=(WIDTH, 2.1 * rows + 0.7)
    )
    for ax in axes.flat[len(widths) :]:
        ax.remove()
    batches = sorted(table["batch"].unique())
    for width, ax in zip(widths, axes.flat, strict=False):
        for name, (label, colour, marker) in LOOKS.items():
            line = table[(table["width"] == width) & (table["contender"] == name)]
            line = line.sort_values("batch")
            look = {"color": colour, "label": label if not line.empty else None}
            ax.plot(line["batch"], line["microseconds"], marker=marker, **look)
            ax.fill_between(line["batch"], line["low"], line["high"], color=colour, alpha=0.2, lw=0)
        ax.set(xscale="log", yscale="log", title=f"width {width}")
        ax.set_xticks(batches, [str(batch) for batch in batches])
        ax.xaxis.set_minor_locator(NullLocator())
    for left, bottom in zip(axes[:, 0], axes[-1], strict=False):
        left.set_ylabel("µs a step of a student")
        bottom.set_xlabel("batch")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def training(table: pd.DataFrame, machine: dict[str, str]) -> str:
    """Return the tables of training on a CPU."""
    double = table[table["precision"] == "float64"]
    parts = [
        "Microseconds a step of a student, one thread, float64, and in parentheses how many times "
        "faster than A; medians of interleaved slices. A is the authors' loop (DataLoader, "
        "autograd, Adam), B the same without a DataLoader, C with fused Adam too; vmap and JAX at "
        "the number of students that suits them best."
    ]
    parts += [
        f"Width {width}:\n\n{contenders(double[double['width'] == width])}"
        for width in (32, 512)
        if (double["width"] == width).any()
    ]
    parts += [
        "Our engines, the faster of them at each width and batch: share of the speed of a large "
        f"matrix product, float64:\n\n{shares(double, 'gemm_share')}",
        f"How many times faster in float32 than in float64:\n\n{single_over_double(table)}",
    ]
    every = product(table["width"].unique(), table["batch"].unique())
    measured = set(zip(table["width"], table["batch"], strict=True))
    absent = [f"width {w} with batch {b}" for w, b in every if (w, b) not in measured]
    if absent:
        limit = f"more than {machine['largest']} GFLOP a step"
        parts.append(f"Not measured, for it is {limit}: {', '.join(absent)}.")
    return "\n\n".join(parts)


def contenders(rows: pd.DataFrame) -> str:
    """Return the times of all contenders at one width: a column a batch."""
    cells = rows.assign(
        cell=[
            number(time) + ("" if pd.isna(ratio) else f" ({number(ratio)})")
            for time, ratio in zip(rows["microseconds"], rows["over_A"], strict=True)
        ]
    ).pivot(index="contender", columns="batch", values="cell")
    cells = cells.reindex([name for name in LOOKS if name in cells.index])
    return markdown("batch", cells.rename(index={name: look[0] for name, look in LOOKS.items()}))


def best(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the row of the faster engine for each precision, width and batch."""
    ours = rows[rows["contender"].isin(ENGINES)].reset_index(drop=True)
    fastest = ours.groupby(["precision", "width", "batch"])["microseconds"].idxmin()
    return ours.loc[fastest]


def shares(rows: pd.DataFrame, column: str) -> str:
    """Return a share of the faster engine in per cent: a row a width, a column a batch."""
    cells = best(rows).pivot(index="width", columns="batch", values=column)
    return markdown("width \\ batch", cells.map(lambda share: f"{share:.0%}", na_action="ignore"))


def single_over_double(table: pd.DataFrame) -> str:
    """Return the time in float64 over that in float32: a row a width, a column a batch."""
    times = best(table).pivot(index=["width", "batch"], columns="precision", values="microseconds")
    times = times.reindex(columns=["float32", "float64"])
    ratios = (times["float64"] / times["float32"]).unstack("batch").dropna(how="all")
    return markdown("width \\ batch", ratios.map(number, na_action="ignore"))


def scaling(measured: Path) -> list[tuple[str, dict]]:
    """Return the table of exponents and its machine, if they were measured."""
    path = measured / "exponents.parquet"
    if not path.exists():
        return []
    table, _ = read_measured(path, EXPONENTS)
    points, machine = read_measured(measured / "scaling.parquet", SCALING)
    cells = pd.DataFrame(
        {
            "from": table["first"].map(str),
            "to": table["last"].map(str),
            "exponent": table["exponent"].map("{:.2f}".format),
            "between neighbours": [
                f"{low:.2f} to {high:.2f}"
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "engines": [
                ", ".join(points[points["sweep"] == sweep]["engine"].unique())
                for sweep in table["sweep"]
            ],
        }
    ).set_index(table["sweep"])
    text = (
        "How an epoch grows, fitted as a power of what varies (students, samples at batches of "
        f"20, width, depth; the engine is `auto`):\n\n{markdown('', cells)}"
    )
    return [(text, machine)]


def exact(measured: Path) -> list[tuple[str, dict]]:
    """Return what exact errors cost beside sampled ones and its machine, if that was measured."""
    path = measured / "exact.parquet"
    if not path.exists():
        return []
    table, machine = read_measured(path, EXACT)
    cells = pd.DataFrame(
        {
            "pieces": table["pieces"].map(str),
            "exact, s": table["exact_seconds"].map(number),
            "sampled, s": table["sampled_seconds"].map(number),
            "ratio": table["ratio"].map(number),
            "points timed": (100 * table["part"]).map(number) + "%",
            "shortfall": table["shortfall"].map("{:.0e}".format),
        }
    ).set_index(table["width"].map(str))
    text = (
        "Errors of a student for d = 1, one thread: exact, and on random points "
        f"({machine['problem']}; where only a part of the points was timed, the seconds are scaled "
        "to all). The shortfall is how far, relatively, the largest difference on the points timed "
        f"stays below the uniform error:\n\n{markdown('width', cells)}"
    )
    return [(text, machine)]


def certificate(measured: Path) -> list[tuple[str, dict]]:
    """Return what brackets of uniform errors cost and its machine, if that was measured."""
    path = measured / "certificate.parquet"
    if not path.exists():
        return []
    table, machine = read_measured(path, CERTIFICATE)
    parts = [
        "Brackets of the uniform errors of students that decide a min-max of the "
        f"`{machine['scale']}` run, one thread. The gap is the upper end over the lower, less 1; "
        "it counts as met up to what rounding may have added to the upper end."
    ]
    for dim, rows in table.groupby("dim"):
        students = len(rows) // rows["gap"].nunique()
        parts.append(f"d = {dim}, {students} students:\n\n{searches(rows)}")
    return [("\n\n".join(parts), machine)]


def searches(rows: pd.DataFrame) -> str:
    """Return what the searches took, and the share that succeeded: a row a gap."""
    gaps = rows.assign(ms=1000 * rows["seconds"]).groupby("gap", sort=False)
    columns = {
        f"{name}, {which}": gaps[name].agg(how).map(number)
        for name in ("boxes", "ms")
        for which, how in (("median", "median"), ("most", "max"))
    }
    cells = pd.DataFrame({**columns, "met": gaps["met"].mean().map("{:.0%}".format)})
    return markdown("gap", cells.rename(index="{:g}".format))


def stages(measured: Path) -> list[tuple[str, dict]]:
    """Return what each rule of the workflow cost and on which machine, if that was summed up."""
    path = measured / "stages.parquet"
    if not path.exists():
        return []
    table, machine = read_measured(path, STAGES)
    cells = pd.DataFrame(
        {
            "jobs": table["jobs"].map(str),
            "seconds": table["seconds"].map(number),
            "share": table["share"].map("{:.0%}".format),
            "largest memory, MB": table["memory"].map(number, na_action="ignore"),
        }
    ).set_index("`" + table["rule"] + "`")
    text = (
        f"A `{machine['scale']}` run by stage, {table['jobs'].sum()} jobs of "
        f"{number(table['seconds'].sum())} seconds in all:\n\n{markdown('rule', cells)}"
    )
    return [(text, machine)]


def graph(measured: Path) -> list[tuple[str, dict]]:
    """Return what the graph of jobs costs at each scale and its machine, if that was measured."""
    path = measured / "graph.parquet"
    if not path.exists():
        return []
    table, machine = read_measured(path, GRAPH)
    building = table["graph"] - table["read"]
    # A small graph takes no more than reading varies by.
    rate = (1000 * building / table["jobs"]).where(building > table["read"] / 4)
    cells = pd.DataFrame(
        {
            "jobs": table["jobs"].map(str),
            "Snakefile read, s": table["read"].map("{:.1f}".format),
            "graph built, s": table["graph"].map("{:.1f}".format),
            "dry run, s": table["seconds"].map("{:.1f}".format),
            "MB": table["memory"].map(number),
            "s per 1000 jobs": rate.map(number, na_action="ignore"),
        }
    ).set_index(table["scale"].replace("tenfold", "ten times the paper’s"))
    times, jobs = (np.log(column.to_numpy()[-2:]) for column in (building, table["jobs"]))
    text = (
        "The workflow itself, before any job runs: processor time until the Snakefile is read, "
        "until the graph of jobs is built too, and until a dry run has shown all jobs; and the "
        "memory of that. Each time is the least of several runs of its own, and tenths of a second "
        "are chance. Jobs are those that `make plan` counts. A thousand jobs are counted from the "
        "Snakefile read to the graph built, which grows as the power "
        f"{np.diff(times)[0] / np.diff(jobs)[0]:.2f} of the jobs between the last two rows:\n\n"
        f"{markdown('scale', cells)}"
    )
    return [(text, machine)]


def agreement(measured: Path) -> list[tuple[str, dict]]:
    """Return how two engines' students compare pair by pair, if that was measured."""
    path = measured / "agreement.parquet"
    if not path.exists():
        return []
    table, machine = read_measured(path, AGREEMENT)
    first, second = table["engine"].unique()
    rows = {}
    for column, name in (("error_2", "L² error"), ("error_inf", "uniform error")):
        logs = np.log(table.set_index(["teacher", "seed", "engine"])[column].unstack())
        difference = logs[second] - logs[first]
        rows[name] = {
            "mean of the logarithm": f"{difference.mean():.0e}",
            "median size": f"{difference.abs().median():.0e}",
            "largest": f"{difference.abs().max():.0e}",
            "spread of students": f"{logs[first].std():.2f}",
            "Wilcoxon’s p": f"{wilcoxon(difference).pvalue:.2f}",
        }
    text = (
        f"Two engines after a full training of {len(table) // 2} students ({machine['problem']}) "
        f"from the same starts and batches: the logarithm of the error by the {second} engine "
        f"over that by the {first} engine, pair by pair, beside the standard deviation of "
        "logarithms over students:\n\n"
        f"{markdown('', pd.DataFrame(rows).T)}"
    )
    return [(text, machine)]


if __name__ == "__main__":
    run(main)
