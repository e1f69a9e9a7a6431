"""What an archive holds, as its README and its metadata tell it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from artifact.chain import Chain
from supnorm.job.records import SUFFIX, Record
from supnorm.studies import all_studies

# Of each rule of many jobs, its stage.
STAGES = {rule: stage for study in all_studies() for stage in study.stages for rule in stage.rules}
# Folders, below the results, of which files may be left out of an archive, each before those that
# read them: their records tell how to make them again.
INTERMEDIATE = tuple(
    dict.fromkeys(
        f"{study.name}/{folder}"
        for study in all_studies()
        for stage in study.stages
        if stage.left_out
        for folder in stage.folders
    )
)


@dataclass(frozen=True)
class Contents:
    """The results of a scale, and where they come from.

    `files` are the places of all files by their names in the archive. Those that `chain` knows
    have the same names in the tree. `left_out` says of files that are too large for the archive
    their SHA-256, how many bytes they have, and the command that makes them.
    """

    scale: str
    commit: str
    doi: str | None
    config: Mapping[str, object]
    citation: Mapping[str, object]
    chain: Chain
    files: Mapping[str, Path]
    left_out: Mapping[str, Mapping]

    @property
    def jobs(self) -> list[Record]:
        """Return all jobs, once each: those that inputs come from before what they are for."""
        return self.chain.jobs(self.chain.targets())

    def named(self, job: Record) -> str:
        """Return what a job is called: its rule, and which of the rule's jobs it is."""
        name = self.chain.path(job).removeprefix(f"{self.chain.results}/")
        return f"{job.rule}: {name.removesuffix(SUFFIX)}"


def folder_of(path: str) -> str:
    """Return the folder of a result below those of its scale, as uniform/students."""
    return "/".join(path.split("/")[2:4])


def began(job: Record) -> datetime:
    """Return when a job began."""
    return datetime.fromisoformat(job.run["started"])


def ended(job: Record) -> datetime:
    """Return when a job ended, to the second."""
    return began(job) + timedelta(seconds=round(job.run["seconds"]))


def people(authors: Iterable[Mapping]) -> str:
    """Return the names of authors, as CITATION.cff has them."""
    return ", ".join(
        author.get("name") or f"{author['given-names']} {author['family-names']}"
        for author in authors
    )
