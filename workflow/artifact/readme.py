"""The README of an archive: what it claims, at what cost, and what to do with it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template

import pandas as pd

from artifact.contents import INTERMEDIATE, Contents, began, ended, folder_of, people
from supnorm.job.records import Record
from supnorm.pages import markdown
from supnorm.statistics.claims import VERDICTS
from supnorm.statistics.ledger import briefs
from supnorm.tables.claims import CLAIMS
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import Schema, read_table

TEMPLATE = Path(__file__).with_name("readme.md")


def readme(contents: Contents) -> str:
    """Return the README of an archive, in Markdown."""
    citation, jobs = contents.citation, contents.jobs
    return Template(TEMPLATE.read_text()).substitute(
        title=citation["title"],
        abstract=citation["abstract"].strip(),
        scale=contents.scale,
        commit=contents.commit,
        doi=f"[{contents.doi}](https://doi.org/{contents.doi})" if contents.doi else "none yet",
        began=f"{min(map(began, jobs)):%Y-%m-%d %H:%M}",
        ended=f"{max(map(ended, jobs)):%Y-%m-%d %H:%M}",
        jobs=len(jobs),
        seconds=duration(total(jobs)),
        machines="; ".join(machines(jobs)),
        packages=", ".join(packages(jobs)),
        ledger=markdown(briefs(of_all(contents, "ledger", LEDGER))),
        claims=table(
            ("study", "claim", "verdict", "figure", "drawn in", "all it rests on"), claims(contents)
        ),
        costs=table(("rule", "jobs", "longest", "in all"), costs(jobs)),
        left_out="\n".join(left_out(contents)),
        cite=cite(contents),
        references="\n".join(map(reference, citation["references"])),
    )


def of_all(contents: Contents, name: str, schema: Schema) -> pd.DataFrame:
    """Return a table of all studies."""
    return read_table(contents.files[f"{contents.chain.results}/{name}.parquet"], schema.columns)


def claims(contents: Contents) -> Iterator[tuple[str, ...]]:
    """Yield a line for each claim: its verdicts, and the figure that shows it, with its cost."""
    found = of_all(contents, "claims", CLAIMS)
    for (study, _, statement), rows in found.groupby(["study", "claim", "statement"], sort=False):
        yield f"`{study}`", statement, verdict(rows), *shown(contents, rows["figure"].iloc[0])


def shown(contents: Contents, figure: str | float) -> tuple[str, str, str]:
    """Return the figure of a claim, what drawing it took, and what all behind it took.

    `figure` is the full name, as uniform/rates; null where there is none.
    """
    study, _, name = ("", "", "") if pd.isna(figure) else figure.partition("/")
    drawn = contents.chain.makers.get(f"{contents.chain.results}/{study}/figures/{name}.png")
    if drawn is None:
        return "none; `summary.md` has the numbers", "", ""
    behind = contents.chain.jobs(drawn.output_files)
    return f"`{figure}`", duration(total([drawn])), duration(total(behind))


def verdict(rows: pd.DataFrame) -> str:
    """Return how often a claim holds, and where it does not."""
    said = []
    for name in VERDICTS:
        some = rows[rows["verdict"] == name]
        if len(some) == len(rows):
            return f"{name} ({len(rows)} of {len(rows)})"
        if len(some):
            where = "" if name == VERDICTS[0] else f": {'; '.join(some['case'])}"
            said.append(f"{name} ({len(some)} of {len(rows)}{where})")
    return ", ".join(said)


def costs(jobs: Sequence[Record]) -> Iterator[tuple[str, ...]]:
    """Yield a line for each rule, in the order in which they run."""
    for rule in dict.fromkeys(job.rule for job in jobs):
        some = [job for job in jobs if job.rule == rule]
        longest = max(job.run["seconds"] for job in some)
        yield rule, str(len(some)), duration(longest), duration(total(some))


def machines(jobs: Sequence[Record]) -> list[str]:
    """Return the machines that jobs ran on, each once, with its cores and GPU."""
    found = {}
    for job in jobs:
        machine = job.run["machine"]
        gpu = f", {machine['gpu']}" if machine["gpu"] else ""
        found[f"{machine['processor']} ({machine['cores']} cores{gpu})"] = None
    return sorted(found)


def packages(jobs: Sequence[Record]) -> list[str]:
    """Return the versions that jobs ran by; where they differ, all of them."""
    found = {("Python", job.run["python"]) for job in jobs}
    for job in jobs:
        found |= set(job.run["packages"].items())
    return [f"{name} {version}" for name, version in sorted(found)]


def left_out(contents: Contents) -> Iterator[str]:
    """Yield what the archive does not hold, and how it is made again."""
    if not contents.left_out:
        yield "No result was left out."
        return
    yield (
        "The files below were left out for their size. For each, `archive.json` has its digest and "
        "the command that makes it again, bit for bit on a like machine. Commands of one line of "
        "the table need the files of those above it."
    )
    yield ""
    yield table(("folder", "files", "MB"), folders(contents.left_out))


def folders(files: Mapping[str, Mapping]) -> Iterator[tuple[str, ...]]:
    """Yield a line for each folder of files: how many there are, and how large."""
    for stage in INTERMEDIATE:
        sizes = [about["bytes"] for path, about in files.items() if folder_of(path) == stage]
        if sizes:
            yield f"`{stage}/`", str(len(sizes)), f"{sum(sizes) / 1e6:.3g}"


def cite(contents: Contents) -> str:
    """Return how to cite the archive."""
    citation = contents.citation
    doi = f" https://doi.org/{contents.doi}" if contents.doi else ""
    year = str(citation["date-released"])[:4]
    version = f"version {citation['version']}, results of the scale {contents.scale}"
    return f"{people(citation['authors'])} ({year}). *{citation['title']}*, {version}.{doi}"


def reference(work: dict) -> str:
    """Return a reference of CITATION.cff."""
    place = work.get("collection-title", "")
    return f"{people(work['authors'])} ({work['year']}). *{work['title']}*. {place}. {work['url']}"


def total(jobs: Sequence[Record]) -> float:
    """Return how long jobs took together, in seconds."""
    return sum(job.run["seconds"] for job in jobs)


def duration(seconds: float) -> str:
    """Return a time with two or three digits."""
    if seconds < 99.5:
        return f"{seconds:.2g} s"
    minutes = seconds / 60
    return f"{minutes:.3g} min" if minutes < 99.5 else f"{minutes / 60:,.3g} h"


def table(head: Sequence[str], lines: Iterator[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    rows = [[cell.replace("|", "\\|") for cell in line] for line in (head, *lines)]
    first, *others = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([first, "|" + "---|" * len(head), *others])
