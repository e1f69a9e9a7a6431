"""Write what the study adds to the summary of a run, and its findings for the document."""

from collections.abc import Iterator

import pandas as pd

from supnorm.findings import write_findings
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.pages import write_sections
from supnorm.parity.claims import STUDY, over_minimum, over_seeds
from supnorm.parity.tables.norms import NORMS
from supnorm.parity.tables.samples import SAMPLES
from supnorm.parity.tables.training import TRAINING
from supnorm.parity.tables.waves import WAVES
from supnorm.statistics.claims import tested
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import read_table

TABLES = {
    "norms": NORMS,
    "training": TRAINING,
    "samples": SAMPLES,
    "waves": WAVES,
    "claims": CLAIMS,
}
# The dimensions that are told, as far as there are curves.
SHOWN = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32)
# Of the tables in the summary.
HEADINGS = {
    "norms": "Norms that parity needs (S2.3, S2.4, S2.6)",
    "training": "Networks trained on all points, the worst of their seeds (S2.7)",
    "samples": "Parity from samples, means over seeds (S2.9, S2.11, S2.12)",
    "waves": "Least norm of waves over that of one direction, at the best frequency below parity's",
}


def main(argv: list[str]) -> None:
    """Write both."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.writes("summary", help="Markdown file to write")
    parser.writes("findings", help="JSON to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), TABLES[name].columns) for name in TABLES}
    found = {
        "norms": norms(tables["norms"]),
        "training": pd.DataFrame(trainings(tables["training"])),
        "samples": pd.DataFrame(samples(tables["samples"])),
        "waves": waves(tables["waves"]),
    }
    write_sections(a.summary, HEADINGS, found)
    seeds = tables["training"]["seed"].nunique(), tables["samples"]["seed"].nunique()
    others = {"seeds": list(seeds), "tested": tested(tables["claims"])}
    write_findings(a.findings, STUDY, found | others)
    a.job.write_record()


def norms(table: pd.DataFrame) -> pd.DataFrame:
    """Return the norms of some dimensions, a column a kind."""
    kinds = ["ridge", "best_average", "minimum"]
    table = table[(table["epsilon"] == 0) & table["kind"].isin(kinds)]
    found = table.pivot_table(index="dim", columns="kind", values="norm").dropna()
    orders = table[table["kind"] == "best_average"].set_index("dim")["order"].astype(int)
    found = found[kinds].assign(order=orders, over_dim=found["minimum"] / found.index)
    return found[found.index.isin(SHOWN)].reset_index()


def trainings(table: pd.DataFrame) -> Iterator[dict]:
    """Yield what became of the trainings of each dimension, the worst of its seeds."""
    for dim, rows in table.assign(excess=over_minimum(table)).groupby("dim"):
        decayed, plain = rows[rows["decay"] > 0], rows[rows["decay"] == 0]
        mean, low, high = over_seeds(plain["excess"])
        yield {
            "dim": dim,
            "width": rows["width"].iloc[0],
            "objective": (decayed["objective"] / decayed["optimum"]).max(),
            "excess": decayed["excess"].max(),
            "cosine": decayed["cosine"].min(),
            "without": mean,
            "low": low,
            "high": high,
        }


def samples(table: pd.DataFrame) -> Iterator[dict]:
    """Yield, for each number of samples, what the methods err by, means over seeds."""
    for (dim, count), rows in table.groupby(["dim", "samples"]):
        methods = dict(list(rows.groupby("method")))
        if "minimum" not in methods:
            continue
        least = methods["minimum"]
        trained = methods.get("trained", least.head(0))
        yield {
            "dim": dim,
            "samples": count,
            "ratio": count / dim**2,
            "size": (least["norm"] / least["minimum"]).mean(),
            "floor": least["floor"].mean(),
            **{name: least[name].mean() for name in ("error_2", "error_2_clipped", "error_inf")},
            "trained_2": trained["error_2"].mean(),
            "trained_inf": trained["error_inf"].mean(),
            "kernel_2": methods["kernel"]["error_2"].mean(),
            "kernel_inf": methods["kernel"]["error_inf"].mean(),
            "kernel_parities": methods["kernel"]["error_2_parities"].mean(),
            "kernel_floor": methods["kernel"]["floor"].mean(),
            "eliminated": methods["elimination"]["recovered"].mean(),
            "right": least["recovered"].sum(),
            "draws": len(least),
        }


def waves(table: pd.DataFrame) -> pd.DataFrame:
    """Return the least ratio of norms, over the frequencies below that of parity."""
    below = table[table["frequency"] < 1]
    return below.groupby(["dim", "phase"], as_index=False)["ratio"].min()


if __name__ == "__main__":
    run(main)
