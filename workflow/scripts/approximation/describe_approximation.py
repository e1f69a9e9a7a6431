"""Write what the study adds to the summary of a run, and its findings for the document."""

import pandas as pd

from supnorm.approximation.claims import IMAGE_TIME, NARROW, SIZE, STUDY
from supnorm.approximation.spectra import SPIKE_LIMIT
from supnorm.approximation.tables.rates import BASES, CONSTANTS, RATES
from supnorm.approximation.tables.spectra import IMAGE
from supnorm.approximation.tables.waves import HALF_TIMES
from supnorm.findings import write_findings
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.pages import write_sections
from supnorm.statistics.claims import tested
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import read_table

TABLES = {
    "rates": RATES,
    "constants": CONSTANTS,
    "bases": BASES,
    "half_times": HALF_TIMES,
    "image": IMAGE,
    "claims": CLAIMS,
}
# Numbers of samples that are told.
SAMPLES = (1000, 10**6)
# Of the tables in the summary.
HEADINGS = {
    "samples": "Uniform errors that samples of the ball C_f <= 1 allow (S4.9)",
    "bases": "Uniform errors of bases of one size (S4.3)",
    "half_times": "Half-times of wide networks, over what the spectrum says (S4.4)",
    "image": "An image, after equal time, by the scale of Fourier features (S4.6)",
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
        "samples": samples(tables["rates"]),
        "bases": bases(tables["bases"]),
        "half_times": half_times(tables["half_times"]),
        "image": tables["image"][tables["image"]["time"] == IMAGE_TIME].drop(columns="time"),
    }
    write_sections(a.summary, HEADINGS, found)
    shown = tables["bases"].loc[tables["bases"]["method"] != "deep", "terms"]
    others = {
        "size": SIZE if SIZE in set(shown) else shown.max(),
        "time": IMAGE_TIME,
        "width": tables["half_times"]["width"].max(),
        "spike_limit": SPIKE_LIMIT,
        "spikes_from": NARROW,
        "tested": tested(tables["claims"]),
    }
    write_findings(a.findings, STUDY, found | others)
    a.job.write_record()


def samples(rates: pd.DataFrame) -> pd.DataFrame:
    """Return the bounds on the uniform error from some numbers of samples, a row each."""
    rows = rates[rates["terms"].isin(SAMPLES) & rates["method"].str.startswith("samples_")]
    found = rows.pivot_table(index=["dim", "terms"], columns="method", values="error")
    return found.reset_index().rename(columns={"terms": "samples"})


def bases(table: pd.DataFrame) -> pd.DataFrame:
    """Return the uniform errors of all bases at one size, a row a target."""
    table = table[table["method"] != "deep"]
    size = SIZE if SIZE in set(table["terms"]) else table["terms"].max()
    found = table[table["terms"] == size].pivot(index="target", columns="method", values="error")
    return found.reset_index()


def half_times(table: pd.DataFrame) -> pd.DataFrame:
    """Return half-times over what the spectrum says, a row a width and start."""
    ratio = table.assign(ratio=table["time"] / table["predicted"])
    found = ratio.pivot_table(index=["width", "start"], columns="frequency", values="ratio")
    return found.rename(columns=lambda k: f"k = {k}").reset_index()


if __name__ == "__main__":
    run(main)
