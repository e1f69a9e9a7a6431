"""Write what the study adds to the summary of a run, and its findings for the document."""

from collections.abc import Iterator

import pandas as pd

from supnorm.depth.claims import (
    CONSTANT,
    STUDY,
    better_than_constant,
    crossed,
    inner,
    largest,
    of_deep,
    trained,
)
from supnorm.depth.sizes import PER_PIECE
from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.known import BOUNDS, WIDTHS
from supnorm.depth.tables.pieces import PIECES
from supnorm.depth.tables.sawtooth import SAWTOOTH
from supnorm.findings import write_findings
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.pages import write_sections
from supnorm.statistics.claims import tested
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import read_table

TABLES = {
    "sawtooth": SAWTOOTH,
    "inner": INNER,
    "widths": WIDTHS,
    "bounds": BOUNDS,
    "pieces": PIECES,
    "claims": CLAIMS,
}
# Dimensions of theorems that are told.
SHOWN = (10, 20, 30, 40, 41, 60)
# Bits are learned where the L^2 error is below.
LEARNED = 0.01
# Of the tables in the summary.
HEADINGS = {
    "learned": "Uniform errors on the triangle map, applied k times (S3.1, S3.4)",
    "inner": "Mean L^2 errors on the inner product, and on parity of as many bits (S3.5, S3.6)",
    "widths": "Widths that twelve applications take, by the number of hidden layers (S3.4)",
    "theorems": "Widths of theorems, as powers of ten (S3.6, S3.7)",
    "pieces": "Affine pieces of networks of one input (S4.7)",
}


def main(argv: list[str]) -> None:
    """Write both."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.setting("depth.cliff.composition")
    parser.writes("summary", help="Markdown file to write")
    parser.writes("findings", help="JSON to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), TABLES[name].columns) for name in TABLES}
    found = {
        "learned": pd.DataFrame(learned(tables)),
        "inner": means(tables),
        "widths": tables["widths"].drop(columns="compositions"),
        "theorems": theorems(tables["bounds"]),
        "pieces": tables["pieces"],
    }
    write_sections(a.summary, HEADINGS, found)
    others = {
        "teeth": tables["widths"]["compositions"].iloc[0],
        "cliff": cliff(tables, a.composition),
        "per_piece": PER_PIECE,
        "half": CONSTANT["inf"] / 2,
        "crossing": crossing(tables["bounds"]),
        "parity": parity(tables),
        "tested": tested(tables["claims"]),
    }
    write_findings(a.findings, STUDY, found | others)
    a.job.write_record()


def learned(tables: dict[str, pd.DataFrame]) -> Iterator[dict]:
    """Yield, for each k, the best and the worst student of one and of k hidden layers."""
    rows = trained(tables)
    for k, some in rows.groupby("compositions"):
        shallow, deep = some[some["depth"] == 2], of_deep(some)
        yield {
            "k": k,
            **{f"shallow_{end}": getattr(shallow["error"], end)() for end in ("min", "max")},
            **{f"deep_{end}": getattr(deep["error"], end)() for end in ("min", "max")},
            "deep_better": better_than_constant(deep["error"]).sum(),
            "deep_students": len(deep),
        }


def means(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return mean L^2 errors over seeds, a row a target, d, and depth, a column a width."""
    rows = inner(tables, kind="trained")
    errors = rows.pivot_table(
        index=["target", "dim", "depth"], columns="width", values="error_2", aggfunc="mean"
    )
    return errors.rename(columns=lambda width: f"width {width}").reset_index()


def theorems(bounds: pd.DataFrame) -> pd.DataFrame:
    """Return the widths of Daniely's theorem and of the inner product in some dimensions."""
    shown = bounds[bounds["dim"].isin(SHOWN) & bounds["theorem"].isin(["daniely", "inner_product"])]
    shown = shown[shown["upper_log10"].notna()]
    return shown[["theorem", "dim", "weights", "lower_log10", "upper_log10"]]


def crossing(bounds: pd.DataFrame) -> dict | None:
    """Return where Daniely's lower bound first exceeds the upper one, and both widths there."""
    rows = crossed(bounds, "daniely")
    if rows.empty:
        return None
    first = rows.iloc[0]
    ends = {"needed": 10 ** first["lower_log10"], "enough": 10 ** first["upper_log10"]}
    return {"dim": first["dim"], **ends}


def parity(tables: dict[str, pd.DataFrame]) -> dict:
    """Return how parity of as many bits stands beside the inner product, as both are learned.

    In each dimension: at how many widths one hidden layer errs less on it, where it has not learned
    both. In the largest dimension and width: the errors of one and of two on it.
    """
    rows = inner(tables, kind="trained")
    errors = rows[rows["depth"] == 2].pivot_table("error_2", ["dim", "width"], "target")
    errors = errors.reindex(columns=["inner", "parity"])
    unlearned = errors[errors.max(axis=1) >= LEARNED]
    easier = (unlearned["parity"] < unlearned["inner"]).groupby("dim").agg(["sum", "size"])
    easier.columns = ["easier", "widths"]
    last, _ = largest(rows[rows["target"] == "parity"])
    by_depth = last.groupby("depth")["error_2"].mean()
    return {
        "dims": easier.reset_index().to_dict("records"),
        "dim": last["dim"].iloc[0],
        "width": last["width"].iloc[0],
        "one": by_depth.get(2),
        "two": by_depth.get(3),
        "learned": LEARNED,
    }


def cliff(tables: dict[str, pd.DataFrame], composition: int) -> dict:
    """Return the target of the cliff, and the students of one hidden layer that could be it."""
    rows = trained(tables)
    rows = rows[(rows["compositions"] == composition) & (rows["depth"] == 2)]
    could = rows[rows["width"] >= 2**composition]
    return {"k": composition, "could": len(could), "best": could["error"].min()}


if __name__ == "__main__":
    run(main)
