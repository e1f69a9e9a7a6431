"""Build the document: what was asked, how it was measured, every figure, and every verdict."""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd
import yaml

from supnorm.drawing.typesetting import typeset
from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, run
from supnorm.job.provenance import digest, keywords
from supnorm.job.records import SUFFIX, read_record, stamp
from supnorm.statistics.intervals import TAIL, with_interval
from supnorm.tables.claims import CLAIMS
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import read_table
from supnorm.tables.settings import SETTINGS, TITLES
from supnorm.uniform.cells import cells
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.tables.ranking import MINMAX, RATES
from supnorm.uniform.tables.sample_counts import SAMPLE_COUNTS
from supnorm.uniform.tables.two_sided import TWO_SIDED

TABLES = {
    "minmax": MINMAX,
    "rates": RATES,
    "bounds": BOUNDS,
    "claims": CLAIMS,
    "settings": SETTINGS,
    "sample_counts": SAMPLE_COUNTS,
    "two_sided": TWO_SIDED,
}
VERDICTS = ("supported", "undecided", "failed")
STATISTICS = ("minmax", "minmean")
# The classes whose sample counts are shown: coefficient norm, bound, and uniform error.
SHOWN_CLASS = {"q": "inf", "c": 1.0}
SHOWN_POWER = -10
# As many digits of a SHA-256, and of a commit, as a reader can compare.
DIGITS, COMMIT_DIGITS = 12, 8


def main(argv: list[str]) -> None:
    """Gather what the document says from tables, captions and records, and typeset it."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.reads("config", help="config.resolved.yaml")
    parser.reads("original", help="settings of the original experiment, YAML")
    parser.reads("template", help="Typst file of the document")
    parser.reads("parts", nargs="+", help="files that the template reads, by their names")
    parser.reads("figures", nargs="+", help="PDF; the record of each lies beside it")
    parser.reads("captions", nargs="+", help="text, named as the figures are")
    parser.setting("uniform.teacher.families")
    for name in ("title", "version", "released", "license"):
        parser.add_argument(f"--{name}", required=True, help="as CITATION.cff has it")
    parser.add_argument("--authors", nargs="+", required=True, help="as CITATION.cff has them")
    parser.add_argument("--doi", help="of the archive, once it is reserved")
    parser.writes("paper", help="PDF to write")
    a = parser.parse_args(argv)
    figures = {path.stem: path for path in a.figures}
    data = content(a, figures) | {"keywords": keywords(a.job.stamp)}
    with appearing(a.paper) as temporary:
        temporary.write_bytes(typeset(a.template, a.parts, data, figures))
    a.job.write_record()


def content(a, figures: Mapping[str, Path]) -> dict:
    """Return what the document says, from the arguments of the program and the figures by name."""
    tables = {name: read_table(getattr(a, name), TABLES[name].columns) for name in TABLES}
    for name in ("minmax", "rates"):
        tables[name] = of_family(getattr(a, name), tables[name], a.families[0])
    config, original = read_yaml(a.config, dict), read_original(a.original)
    return {
        "cited": {name: getattr(a, name) for name in ("title", "authors", "version", "released")},
        "license": a.license,
        "doi": a.doi,
        "family": a.families[0],
        "config": config,
        "norms": list(NORMS),
        "trainings": trainings(a.config, config),
        "captions": read_captions(a.captions, figures),
        "sources": {
            "figures": {name: source(path) for name, path in figures.items()},
            "tables": {name: source(getattr(a, name)) for name in TABLES},
        },
        "errors": list(errors(tables["minmax"], tables["rates"], tables["bounds"])),
        "courses": list(courses(tables["minmax"], tables["rates"])),
        "level": f"{100 * (1 - 2 * TAIL):g}",
        "titles": TITLES,
        "settings": list(settings(tables["settings"], original)),
        "differences": list(differences(tables["settings"], original)),
        "verdicts": verdicts(tables["claims"]),
        "claims": list(by_statement(tables["claims"])),
        "findings": findings(tables["claims"]),
        **counts(tables["sample_counts"], tables["two_sided"]),
    }


def read_captions(paths: Iterable[Path], figures: Iterable[str]) -> dict[str, str]:
    """Return the captions by figure; raises InputError unless each figure has one."""
    captions = {path.stem: path.read_text().strip() for path in paths}
    if captions.keys() != set(figures):
        raise InputError(
            f"--captions: found those of {', '.join(sorted(captions))}; expected one for each of "
            f"the figures {', '.join(sorted(figures))}"
        )
    return captions


def of_family(path: Path, table: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return the rows of a family; raises InputError where there are none."""
    rows = table[table["family"] == family]
    if rows.empty:
        raise InputError(f"{path}: expected rows of the family {family}, found none")
    return rows


def read_yaml(path: Path, kind: type) -> dict | list:
    """Return what a YAML file holds; raises InputError where it is of another kind."""
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise InputError(f"{path}: expected YAML, found {line}") from None
    if not isinstance(content, kind):
        raise InputError(f"{path}: expected a YAML {kind.__name__}, found {content!r}")
    return content


def read_original(path: Path) -> list[dict]:
    """Return the rows of the original experiment's settings; each has key, quantity and value."""
    rows = read_yaml(path, list)
    for row in rows:
        if not isinstance(row, dict) or row.keys() != {"key", "quantity", "value"}:
            raise InputError(f"{path}: expected rows of key, quantity and value, found {row!r}")
    return rows


def source(path: Path) -> dict:
    """Return what the record beside a file says of its origin, short enough for a caption.

    Raises InputError where the file is not the one that the record describes.
    """
    record = read_record(path.with_name(path.stem + SUFFIX))
    if digest(path) not in {sha for files in record.outputs.values() for sha in files.values()}:
        raise InputError(f"{path}: expected the file that {record.path} describes, found another")
    commit = record.run["commit"]
    return {
        "rule": record.rule,
        "commit": commit and commit[:COMMIT_DIGITS],
        "dirty": bool(record.run["dirty"]),
        "inputs": stamp(record)["inputs"][:DIGITS],
    }


def trainings(path: Path, config: dict) -> int:
    """Return how many students a configuration, read from a file, trains on teachers."""
    try:
        return sum(cell.students for cell in cells(config) if cell.family != "sine")
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected a resolved configuration, found {error!r}") from None


def number(value: float, form: str = "#.3g") -> str:
    """Return a number, with three digits if not told otherwise; a missing one is a dash."""
    if pd.isna(value):
        return "\N{EN DASH}"
    if math.isinf(value):
        return "\N{INFINITY}"
    return ("\N{MINUS SIGN}" if value < 0 else "") + f"{abs(value):{form}}".rstrip(".")


def rounded(value: float) -> str:
    """Return a number with two digits, as captions have it; a missing one is a dash."""
    return number(value, "#.2g")


def exact(value: float) -> str:
    """Return a number that is given, not measured, and thus without trailing zeros."""
    return number(value, ".3g")


def decimals(value: float) -> str:
    """Return a number with two decimals; a missing one is a dash."""
    return number(math.nan) if pd.isna(value) else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def errors(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame) -> Iterator[dict]:
    """Yield, dimension by dimension, the networks' errors by sample size, and their slopes.

    Each row has a number for each norm, for the statistics and for Theorem 2.2 at its best s.
    """
    bounds = bounds[(bounds["bound"] == "lower") & bounds["best"]]
    fits = of_networks(rates).set_index(["dim", "statistic", "norm"])
    for dim, found in of_networks(minmax).groupby("dim"):
        error = found.set_index(["samples", "statistic", "norm"])["error"]
        bound = bounds[bounds["dim"] == dim].set_index(["samples", "norm"])["value"]
        yield {
            "dim": int(dim),
            "rows": [
                {
                    "samples": int(samples),
                    **{s: [number(error.get((samples, s, p))) for p in NORMS] for s in STATISTICS},
                    "bound": [number(bound.get((samples, p))) for p in NORMS],
                }
                for samples in sorted(found["samples"].unique())
            ],
            **{s: [slope(fits, (dim, s, p)) for p in NORMS] for s in STATISTICS},
        }


def of_networks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of trained networks, without the reference algorithms."""
    return table[table["algorithm_set"] == "network"]


def slope(fits: pd.DataFrame, place: tuple) -> dict[str, str]:
    """Return a slope and the ends of its interval, with two decimals; what is missing is a dash."""
    fit = fits.loc[place] if place in fits.index else {}
    return {part: decimals(fit.get(part, math.nan)) for part in ("slope", "low", "high")}


def courses(minmax: pd.DataFrame, rates: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each dimension: the networks' uniform error against sample size."""
    chosen = of_networks(minmax)
    chosen = chosen[(chosen["statistic"] == "minmax") & (chosen["norm"] == "inf")]
    fits = of_networks(rates).set_index(["dim", "statistic", "norm"])
    for dim, found in chosen.sort_values("samples").groupby("dim"):
        first, last = found.iloc[0], found.iloc[-1]
        sentence = f"For d = {dim} it is {rounded(first['error'])} at m = {first['samples']}"
        if len(found) > 1:
            sentence += f" and {rounded(last['error'])} at m = {last['samples']}"
            fit = fits.loc[(dim, "minmax", "inf"), ["slope", "low", "high"]]
            sentence += f"; its slope in log m is {with_interval(*fit)}"
        yield f"{sentence}."


def settings(found: pd.DataFrame, original: list[dict]) -> Iterator[dict]:
    """Yield the settings of this run, each with that of the original experiment if it has one."""
    values = {row["key"]: row["value"] for row in original}
    for row in found.itertuples():
        theirs = values.get(row.key)
        yield {
            "table": row.table,
            "quantity": row.quantity,
            "symbol": None if pd.isna(row.symbol) else row.symbol,
            "value": row.value,
            "original": theirs,
            "differs": theirs not in (None, row.value),
        }


def differences(found: pd.DataFrame, original: list[dict]) -> Iterator[str]:
    """Yield a phrase for each setting of the original experiment that is another in this run."""
    values = dict(zip(found["key"], found["value"], strict=True))
    for row in original:
        ours = values.get(row["key"], "none")
        if ours != row["value"]:
            yield f"{row['quantity']}: {ours} instead of {row['value']}"


def verdicts(claims: pd.DataFrame) -> dict:
    """Return how many cases have each verdict, and the statements that are not all supported."""
    by_claim = claims.groupby("statement")["verdict"]
    return {
        "statements": len(by_claim),
        "cases": len(claims),
        "wholly": sum(set(found) == {"supported"} for _, found in by_claim),
        **{verdict: int((claims["verdict"] == verdict).sum()) for verdict in VERDICTS},
        "short": {
            verdict: [
                {"statement": statement, "places": places(rows)}
                for statement, rows in claims[claims["verdict"] == verdict].groupby(
                    "statement", sort=False
                )
            ]
            for verdict in VERDICTS[1:]
        },
    }


def places(rows: pd.DataFrame) -> str:
    """Return of which dimensions and norms rows speak: d = 1 (p = 1 and p = 2); d = 3 (p = inf)."""
    return "; ".join(
        f"d = {dim} ({listed(f'p = {norm}' for norm in found['norm'])})"
        for dim, found in rows.groupby("dim")
    )


def by_statement(claims: pd.DataFrame) -> Iterator[dict]:
    """Yield each statement, what it is measured by, and its rows: one a dimension and norm."""
    for (statement, quantity, place), rows in claims.groupby(
        ["statement", "quantity", "source"], sort=False
    ):
        yield {
            "statement": statement,
            "quantity": quantity,
            "source": "" if place == "none" else place,
            "rows": [
                {
                    "dim": row.dim,
                    "norm": row.norm,
                    "measured": number(row.measured),
                    "low": number(row.low),
                    "high": number(row.high),
                    "relation": row.relation,
                    "reference": exact(row.reference),
                    "verdict": row.verdict,
                }
                for row in rows.itertuples()
            ],
        }


def findings(claims: pd.DataFrame) -> dict[str, dict]:
    """Return by a statement's short name its cases, its verdicts, and the ends of its numbers."""
    return {
        name: {
            "cases": len(rows),
            "least": number(rows["measured"].min()),
            "largest": number(rows["measured"].max()),
            **{verdict: int((rows["verdict"] == verdict).sum()) for verdict in VERDICTS},
        }
        for name, rows in claims.groupby("claim")
    }


def counts(needed: pd.DataFrame, two_sided: pd.DataFrame) -> dict:
    """Return the samples needed and sufficient for one error, and the paper's worked example."""
    classes = pd.Series(SHOWN_CLASS)
    shown = needed[(needed[classes.index] == classes).all(axis=1)]
    shown = shown[(shown["error"] == 2.0**SHOWN_POWER) & ~shown["example"]]
    ratios = two_sided[(two_sided[classes.index] == classes).all(axis=1)].groupby("dim")["ratio"]
    return {
        "shown": {"q": SHOWN_CLASS["q"], "c": exact(SHOWN_CLASS["c"]), "power": SHOWN_POWER},
        "depths": sorted(map(int, shown["depth"].unique())),
        "counts": [
            {
                "dim": int(dim),
                "powers": [
                    [exponent(row.log10_needed), exponent(row.log10_sufficient)]
                    for row in rows.sort_values("depth").itertuples()
                ],
                "ratio": number(ratios.first().get(dim)),
            }
            for dim, rows in shown.groupby("dim")
        ],
        "examples": [
            {
                "dim": row.dim,
                "depth": row.depth,
                "c": exact(row.c),
                "inverse": f"{1 / row.error:.0f}",
                "power": exponent(row.log10_needed),
            }
            for row in needed[needed["example"]].itertuples()
        ],
    }


def exponent(logarithm: float) -> str:
    """Return the power of ten of a number of samples, of which there is at least one."""
    return f"{max(0.0, logarithm):.1f}"


if __name__ == "__main__":
    run(main)
