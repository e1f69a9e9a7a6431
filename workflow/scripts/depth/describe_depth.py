"""Write what the study adds to the summary of a run, and its findings for the document."""

from collections.abc import Iterator

import pandas as pd

from supnorm.depth.claims import STUDY, inner, of_deep, trained
from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.known import BOUNDS, WIDTHS
from supnorm.depth.tables.pieces import PIECES
from supnorm.depth.tables.sawtooth import SAWTOOTH
from supnorm.findings import write_findings
from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import run
from supnorm.pages import markdown
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
    with appearing(a.summary) as temporary:
        temporary.write_text("\n\n".join(sections(found)) + "\n")
    findings = {name: rows.to_dict("records") for name, rows in found.items()}
    findings |= {
        "teeth": tables["widths"]["compositions"].iloc[0],
        "cliff": cliff(tables, a.composition),
        "tested": tested(tables["claims"]),
    }
    write_findings(a.findings, STUDY, findings)
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


def cliff(tables: dict[str, pd.DataFrame], composition: int) -> dict:
    """Return the target of the cliff, and the students of one hidden layer that could be it."""
    rows = trained(tables)
    rows = rows[(rows["compositions"] == composition) & (rows["depth"] == 2)]
    could = rows[rows["width"] >= 2**composition]
    return {"k": composition, "could": len(could), "best": could["error"].min()}


def sections(found: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield headings, and the tables below them."""
    yield "## Uniform errors on the triangle map, applied k times (S3.1, S3.4)"
    yield markdown(found["learned"])
    yield "## Mean L^2 errors on the inner product, and on parity of as many bits (S3.5, S3.6)"
    yield markdown(found["inner"])
    yield "## Widths that twelve applications take, by the number of hidden layers (S3.4)"
    yield markdown(found["widths"])
    yield "## Widths of theorems, as powers of ten (S3.6, S3.7)"
    yield markdown(found["theorems"])
    yield "## Affine pieces of networks of one input (S4.7)"
    yield markdown(found["pieces"])


if __name__ == "__main__":
    run(main)
