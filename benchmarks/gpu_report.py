"""The GPU's part of the benchmark page, from what benchmarks/gpu_check.py has found."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from page import markdown, number
from supnorm.hardware.cards import find_card
from supnorm.training.roofline import step_seconds
from tables import EVALUATION, KERNELS, MEMORY, STEPS, VARIANTS, read_measured

# Of kernels: products on float64 tensor cores, and products that are split and summed afterwards.
TENSOR_CORES = re.compile(r"d884|dmma|tensorop.*f64|f64.*tensor", re.IGNORECASE)
SPLIT = re.compile(r"split_?k", re.IGNORECASE)


def gpu_part(measured: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Return the texts of each card that was checked, and on what machine that was."""
    parts = []
    for path in sorted(measured.glob("*/check.json")):
        folder, facts = path.parent, json.loads(path.read_text())
        # A check that was cut short, or that did not come to know its card, is none.
        if "goals" not in facts or "bandwidth" not in facts.get("card", {}):
            continue
        texts = [goals(facts), steps(folder), kernels(folder, facts), variants(folder)]
        texts += [memory(folder), evaluation(folder), slices(facts)]
        parts += [(text, facts["card"]) for text in texts if text]
    return parts


def table(folder: Path, name: str, schema) -> pd.DataFrame:
    """Return a table of a folder; one without rows where a stage has not come so far."""
    path = folder / f"{name}.parquet"
    if not path.exists():
        return pd.DataFrame(columns=[column.name for column in schema.columns])
    return read_measured(path, schema)[0]


def goals(facts: Mapping) -> str:
    """Return what was to be shown, and whether it was."""
    verdicts = {True: "yes", False: "no", None: "–"}
    rows = {
        goal["goal"]: {"measured": said(goal["measured"]), "met": verdicts[goal["met"]]}
        for goal in facts["goals"]
    }
    ended = [f"{name} ended {s['ended']}" for name, s in facts["stages"].items()]
    ended = [words for words in ended if not words.endswith(" well")]
    broken = f" Of the stages, {', '.join(ended)}." if ended else ""
    return (
        f"On a GPU (`benchmarks/gpu_check.py`, {facts['card']['card']}, {facts['date']}; a large "
        f"product in float64 runs at {facts['card']['product'] / 1e12:.1f} TFLOP/s, a large copy "
        f"at {facts['card']['bandwidth'] / 1e12:.2f} TB/s).{broken}\n\n"
        f"{markdown('goal', pd.DataFrame(rows).T)}"
    )


def said(measured: object) -> str | None:
    """Return something measured as text; None where nothing was."""
    if not isinstance(measured, float):
        return measured
    return number(measured) if measured >= 0.01 else f"{measured:.0e}"


def steps(folder: Path) -> str:
    """Return the times of steps beside the roofline and the narrow engine."""
    rows = table(folder, "steps", STEPS)
    stacked = rows[rows["engine"] == "stacked"].sort_values(["width", "batch"])
    if stacked.empty:
        return ""
    card = find_card(stacked["card"].iloc[0])
    cells = pd.DataFrame(
        {
            "students": stacked["group"].map(str),
            "µs": stacked["microseconds"].map(number),
            "roofline, µs": [modelled(card, row) for row in stacked.itertuples()],
            "of a product’s speed": stacked["product_share"].map("{:.0%}".format),
            "of the bandwidth": stacked["bandwidth_share"].map("{:.0%}".format),
            "kernels": stacked["nodes"].map(number, na_action="ignore"),
        }
    ).set_index(stacked["width"].map(str) + ", " + stacked["batch"].map(str))
    narrow = rows[rows["engine"] == "narrow"]
    beside = narrow.pivot(index=["width", "batch"], columns="threads", values="microseconds")
    parts = [
        "Time of a step of a student in a full group, float64; `make plan` takes the roofline for "
        f"a card that was not calibrated:\n\n{markdown('width, batch', cells)}"
    ]
    if not beside.empty:
        beside = beside.map(number, na_action="ignore").rename(columns="{} at once".format)
        beside.index = [f"{width}, {batch}" for width, batch in beside.index]
        parts.append(
            "The narrow engine on the processor beside it, µs a step of a student, by students at "
            f"once:\n\n{markdown('width, batch', beside)}"
        )
    return "\n\n".join(parts)


def modelled(card, row) -> str | None:
    """Return the roofline's time of a step; None for a card that has none."""
    if card is None:
        return None
    shape = row.dim, row.depth, row.width, row.batch, row.precision, row.group
    return number(1e6 * step_seconds(card, *shape) / row.group)


def kernels(folder: Path, facts: Mapping) -> str:
    """Return where the time of steps goes."""
    rows = table(folder, "kernels", KERNELS)
    if rows.empty:
        return ""
    busy = {(row["width"], row["batch"]): row["share"] for row in facts["profile"].get("busy", [])}
    parts = {}
    for pair, some in rows.groupby(["width", "batch"], sort=False):
        parts["{}, {}".format(*pair)] = {
            "busy": f"{busy[pair]:.0%}",
            "kernels a step": number(some["calls"].sum()),
            "on float64 tensor cores": share_of(some, TENSOR_CORES),
            "split products": share_of(some, SPLIT),
            "longest": plain(some.loc[some["share"].idxmax(), "kernel"]),
        }
    return (
        "Kernels, by the profiler (of their time; busy: of the time from first to last):\n\n"
        f"{markdown('width, batch', pd.DataFrame(parts).T)}"
    )


def plain(kernel: str) -> str:
    """Return the beginning of a kernel's name, without what says where it is from."""
    name = re.sub(r"^void |at::native::|\(anonymous namespace\)::", "", kernel)
    return name[:60].replace("|", "/")


def share_of(rows: pd.DataFrame, pattern: re.Pattern) -> str:
    """Return the share of the time of kernels whose name has a pattern."""
    return f"{rows.loc[rows['kernel'].map(lambda k: bool(pattern.search(k))), 'share'].sum():.0%}"


def variants(folder: Path) -> str:
    """Return what other choices would cost."""
    rows = table(folder, "variants", VARIANTS)
    if rows.empty:
        return ""
    cells = pd.DataFrame(
        {
            "width, batch": rows["width"].map(str) + ", " + rows["batch"].map(str),
            "choice": rows["choice"] + rows["ours"].map({True: " (ours)", False: ""}),
            "µs": rows["microseconds"].map(number),
        }
    ).set_index(rows["what"])
    return (
        "Other choices: students in a group (µs a student-step), the way of Adam (µs a student), "
        f"where groups rest (µs a student to bring one in):\n\n{markdown('', cells)}"
    )


def memory(folder: Path) -> str:
    """Return what groups take beside what is expected of them."""
    rows = table(folder, "memory", MEMORY)
    if rows.empty:
        return ""
    cells = rows[["group", "samples"]].map(str)
    for name in ("expected", "allocated", "reserved", "used"):
        cells[f"{name}, GB"] = rows[name].map(number, na_action="ignore")
    cells.index = rows["width"].map(str) + ", " + rows["batch"].map(str)
    return (
        "Memory of the largest groups; what is expected is that of a group in training, beside "
        "which groups rest and samples lie:\n\n" + markdown("width, batch", cells)
    )


def evaluation(folder: Path) -> str:
    """Return what errors cost on GPU and core."""
    rows = table(folder, "evaluation", EVALUATION)
    if rows.empty:
        return ""
    cells = pd.DataFrame(
        {
            "on": rows["device"].map({"cuda": "GPU", "cpu": "a core"}),
            "width": rows["width"].map(str),
            "ms a student": (1e3 * rows["seconds"] / rows["networks"]).map(number),
            "points": rows["points"].map("{:.0f}".format, na_action="ignore"),
            "GFLOP/s": (rows["rate"] / 1e9).map(number, na_action="ignore"),
            "difference": rows["difference"].map("{:.0e}".format, na_action="ignore"),
        }
    ).set_index(rows["method"])
    return (
        "Errors (the difference is the largest, relative, from the uniform errors that a core "
        f"finds):\n\n{markdown('', cells)}"
    )


def slices(facts: Mapping) -> str:
    """Return how a job of the paper spends its time."""
    names = {
        "run": "training",
        "between": "waiting for orders",
        "losses": "losses",
        "networks": "evaluated students",
    }
    found = facts.get("slice", {}).get("slices", [])
    if not found:
        return ""
    rows = {
        f"{row['width']}, {row['batch']}, {row['samples']}": {
            "µs a student-step": number(row["microseconds"]),
            **{words: f"{row['shares'].get(name, 0):.1%}" for name, words in names.items()},
            "a checkpoint, s": number(row["checkpoint"]),
        }
        for row in found
    }
    return (
        "Some seconds of jobs of the paper, from their start:\n\n"
        f"{markdown('width, batch, samples', pd.DataFrame(rows).T)}"
    )
