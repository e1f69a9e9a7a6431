"""Gather the findings of the study uniform for the document: numbers, and shared sentences."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.findings import write_findings
from supnorm.job.commands import Program
from supnorm.job.programs import InputError, count, run
from supnorm.statistics.claims import tested
from supnorm.statistics.intervals import TAIL
from supnorm.tables.claims import CLAIMS
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import read_table
from supnorm.uniform.claims import STUDY
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.tables.ranking import MINMAX, RATES
from supnorm.uniform.tables.sample_counts import SAMPLE_COUNTS
from supnorm.uniform.tables.two_sided import TWO_SIDED
from supnorm.uniform.wording import course

TABLES = {
    "minmax": MINMAX,
    "rates": RATES,
    "bounds": BOUNDS,
    "sample_counts": SAMPLE_COUNTS,
    "two_sided": TWO_SIDED,
    "claims": CLAIMS,
}
STATISTICS = ("minmax", "minmean")
# The classes whose sample counts are shown: coefficient norm, bound, and uniform error.
SHOWN_CLASS = {"q": "inf", "c": 1.0}
SHOWN_POWER = -10


def main(argv: list[str]) -> None:
    """Write the findings as JSON."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.add_argument("--trainings", type=count, required=True, help="students of teachers")
    parser.setting("uniform.teacher.families")
    parser.writes("findings", help="JSON to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), TABLES[name].columns) for name in TABLES}
    minmax, rates = (networks(getattr(a, n), tables[n], a.families[0]) for n in ("minmax", "rates"))
    findings = {
        "family": a.families[0],
        "norms": list(NORMS),
        "trainings": a.trainings,
        "level": 100 * (1 - 2 * TAIL),
        "errors": list(errors(minmax, rates, tables["bounds"])),
        "courses": list(courses(minmax, rates)),
        "tested": tested(tables["claims"]),
        **counts(tables["sample_counts"], tables["two_sided"]),
    }
    write_findings(a.findings, STUDY, findings)
    a.job.write_record()


def networks(path: Path, table: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return the rows of networks trained on a family; raises InputError where there are none."""
    rows = table[(table["family"] == family) & (table["algorithm_set"] == "network")]
    if rows.empty:
        raise InputError(f"{path}: expected rows of networks on the family {family}, found none")
    return rows


def errors(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame) -> Iterator[dict]:
    """Yield, dimension by dimension, the networks' errors by sample size, and their slopes.

    Each row has a number for each norm, for the statistics and for Theorem 2.2 at its best s.
    """
    bounds = bounds[(bounds["bound"] == "lower") & bounds["best"]]
    fits = rates.set_index(["dim", "statistic", "norm"])
    for dim, found in minmax.groupby("dim"):
        error = found.set_index(["samples", "statistic", "norm"])["error"]
        bound = bounds[bounds["dim"] == dim].set_index(["samples", "norm"])["value"]
        yield {
            "dim": dim,
            "rows": [
                {
                    "samples": samples,
                    **{s: [error.get((samples, s, p), np.nan) for p in NORMS] for s in STATISTICS},
                    "bound": [bound.get((samples, p), np.nan) for p in NORMS],
                }
                for samples in sorted(found["samples"].unique())
            ],
            **{s: [slope(fits, (dim, s, p)) for p in NORMS] for s in STATISTICS},
        }


def slope(fits: pd.DataFrame, place: tuple) -> dict[str, float]:
    """Return a slope and the ends of its interval; what is missing is NaN."""
    fit = fits.loc[place] if place in fits.index else {}
    return {part: fit.get(part, np.nan) for part in ("slope", "low", "high")}


def courses(minmax: pd.DataFrame, rates: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each dimension: the networks' uniform error against sample size."""
    chosen = minmax[(minmax["statistic"] == "minmax") & (minmax["norm"] == "inf")]
    fits = rates[(rates["statistic"] == "minmax") & (rates["norm"] == "inf")].set_index("dim")
    for dim, found in chosen.sort_values("samples").groupby("dim"):
        yield course(found, fits.loc[dim])


def counts(needed: pd.DataFrame, two_sided: pd.DataFrame) -> dict:
    """Return the samples needed and sufficient for one error, and the paper's worked example."""
    classes = pd.Series(SHOWN_CLASS)
    shown = needed[(needed[classes.index] == classes).all(axis=1)]
    shown = shown[(shown["error"] == 2.0**SHOWN_POWER) & ~shown["example"]]
    ratios = two_sided[(two_sided[classes.index] == classes).all(axis=1)].groupby("dim")["ratio"]
    powers = ["log10_needed", "log10_sufficient"]
    return {
        "shown": {**SHOWN_CLASS, "power": SHOWN_POWER},
        "depths": sorted(shown["depth"].unique()),
        "counts": [
            {
                "dim": dim,
                "log10": rows.sort_values("depth")[powers].to_numpy().tolist(),
                "ratio": ratios.first().get(dim, np.nan),
            }
            for dim, rows in shown.groupby("dim")
        ],
        "examples": needed.loc[
            needed["example"], ["dim", "depth", "c", "error", "log10_needed"]
        ].to_dict("records"),
    }


if __name__ == "__main__":
    run(main)
