"""What the GPU check concludes from what its stages have found: goals, and a calibration."""

from collections.abc import Mapping, Sequence

import numpy as np

from gpu_stage import paper
from supnorm.uniform.throughput import FORMAT, Throughput
from supnorm.work import network_size

# How far rounding may carry an engine's students from the loop's.
TOLERANCE = 1e-10
DAY = 86400

Rows = Mapping[str, Sequence[dict]]


def goals(facts: Mapping, rows: Rows) -> list[dict]:
    """Return the goals: what was measured, and whether that meets them; None where nothing was.

    Those of `proof` can be right or wrong; the others are hopes.
    """
    proofs = [
        ("all CUDA tests pass, and the probe", *tests_passed(facts)),
        (f"the engine is within {TOLERANCE:g} of the loop", *agreed(facts)),
        ("the same bits twice", *same_bits(facts)),
    ]
    narrow, wide = step_of(rows, 32, 20), step_of(rows, 2048, 2000)
    training, evaluation = sweep_days(facts, rows)
    hopes = [
        ("µs a student-step at width 32, batch 20: at most 1.5", narrow.get("microseconds"), 1.5),
        (
            "share of a large product's speed at width 2048, batch 2000: at least 0.6",
            wide.get("product_share"),
            -0.6,
        ),
        ("days of training in the paper's sweep on this card: at most 10", training, 10),
    ]
    beside = ("days of evaluation in the paper's sweep on this card", evaluation)
    return [
        *({"goal": g, "measured": m, "met": met, "proof": True} for g, m, met in proofs),
        *(
            {"goal": g, "measured": m, "met": within(m, limit), "proof": False}
            for g, m, limit in hopes
        ),
        {"goal": beside[0], "measured": beside[1], "met": None, "proof": False},
    ]


def within(measured: float | None, limit: float) -> bool | None:
    """Return whether something is at most a limit, or, where that is negative, at least -limit."""
    if measured is None:
        return None
    return measured <= limit if limit > 0 else measured >= -limit


def tests_passed(facts: Mapping) -> tuple[str | None, bool | None]:
    """Return how tests ended, and whether all was well and something was tested."""
    found = facts.get("tests", {})
    if "exit" not in found:
        return None, None
    counts = found["tests"]
    said = ", ".join(f"{number} {end}" for end, number in counts.items())
    well = found["exit"] == 0 and found["probe"] == 0 and counts["passed"] > 0
    return said, well and not counts.get("skipped")


def agreed(facts: Mapping) -> tuple[float | None, bool | None]:
    """Return the largest difference of engine and loop, and whether all shapes are within it."""
    found = facts.get("agreement", {})
    differences = [row["found"] for row in found.get("agreement", [])]
    if not differences:
        return None, None
    close = all(each <= TOLERANCE for each in differences)
    return max(differences), close and "left_out" not in found


def same_bits(facts: Mapping) -> tuple[str | None, bool | None]:
    """Return where bits were not the same, and whether they were everywhere."""
    first, again = facts.get("bits", {}), facts.get("bits_again", {})
    rows = first.get("bits", [])
    if not rows:
        return None, None
    others = sorted({how for row in rows for how, same in row.items() if same is False})
    if first.get("digests") != again.get("digests"):
        others.append("in another process")
    complete = "left_out" not in {**first, **again}
    return ", ".join(others) or "the same", complete and not others


def step_of(rows: Rows, width: int, batch: int) -> dict:
    """Return the row of the stacked engine at a width and batch; nothing where there is none."""
    found = (row for row in rows["steps"] if (row["width"], row["batch"]) == (width, batch))
    return next((row for row in found if row["engine"] == "stacked"), {})


def sweep_days(facts: Mapping, rows: Rows) -> tuple[float | None, float | None]:
    """Return the days of training and of sampling errors at the paper's scale, as measured."""
    calibration = gpu_calibration(facts, rows)
    if calibration is None or facts["trial"]:
        return None, None
    expected = Throughput(paper(), "cuda", calibration)
    trained = (expected.seconds("train_students", name) for name in expected.shards)
    measured = (
        expected.seconds("measure_errors" if cell.dim == 1 else "sample_errors", name)
        for name, (cell, _) in expected.shards.items()
        if cell.family != "sine"
    )
    return sum(trained) / DAY, sum(measured) / DAY


def gpu_calibration(facts: Mapping, rows: Rows) -> dict | None:
    """Return what `make plan` reads as a calibration; None before all of it is measured."""
    own, card = facts.get("calibration", {}), facts.get("card", {})
    steps = [row for row in rows["steps"] if row["engine"] == "stacked"]
    of = {
        method: [
            row
            for row in rows["evaluation"]
            if row["method"] == method and row["device"] == ("cpu" if facts["trial"] else "cuda")
        ]
        for method in ("sampled", "exact")
    }
    measured = steps, of["sampled"], of["exact"], own.get("spike"), own.get("epoch")
    if not (all(measured) and "machine" in card):
        return None
    entry = {
        "machine": card["machine"],
        "torch": card["torch"],
        "date": facts["date"],
        "scale": "paper",
        "precision": "float64",
        "start": float(np.median(starts(facts))),
        "training": [
            [row["depth"], row["width"], row["batch"], training_rate(row)]
            for row in sorted(steps, key=lambda row: (row["width"], row["batch"]))
        ],
        "epoch": own["epoch"],
        "shuffle": own["shuffle"],
        "evaluation": [[row["width"], row["rate"]] for row in of["sampled"]],
        "exact": [[row["width"], row["seconds"] / row["networks"]] for row in of["exact"]],
        "spike": own["spike"],
    }
    return {"format": FORMAT, "cuda": entry}


def training_rate(row: Mapping) -> float:
    """Return operations a second as `supnorm.work` counts them: six a parameter and sample."""
    parameters = network_size(row["dim"], row["depth"], row["width"])
    return 6 * parameters * row["batch"] / (row["microseconds"] / 1e6)


def starts(facts: Mapping) -> list[float]:
    """Return the seconds that stages took to be at work on the device."""
    return [facts[name]["start"] for name in facts["stages"] if "start" in facts[name]]
