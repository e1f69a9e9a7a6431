"""Print what a figure was made from, down to configuration, samples and code, and check all of it.

Run from the root of the repository, as `make trace FIGURE=rates`. Ends with 1 where the chain is
broken, and says where.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from artifact.chain import Chain, Fault, beside
from driver.jobs import default_scale
from supnorm.drawing.captions import several
from supnorm.job.programs import InputError, printable, run
from supnorm.job.records import Record
from supnorm.names import scale_name

OK, BROKEN, LEFT_OUT = ("✓", "green"), ("✗", "bold red"), ("–", "yellow")
# More files of a folder are one line, and of more values of a setting only so many are shown.
FILES, VALUES = 4, 6
# A commit is shown by so many digits.
COMMIT = 10
# Lines are as wide as what they say, where they go to no terminal.
WIDEST = 10_000


def main(argv: list[str]) -> None:
    """Print the chain of a figure, a table or a file, or of all; end with 1 if it is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="a figure, a table, or the path of a result")
    parser.add_argument(
        "--scale", type=scale_name, help="scale of config.yaml, if not the one it names"
    )
    a = parser.parse_args(argv)
    began = time.monotonic()
    chain = Chain(Path(), a.scale or default_scale())
    if not Path(chain.results).is_dir():
        raise InputError(
            f"{chain.results}: expected results, found none; run `make reproduce "
            f"SCALE={Path(chain.results).name}` first"
        )
    targets = chain.find(a.name) if a.name else chain.targets()
    faults = chain.faults(targets)
    # What cannot be written in the terminal's encoding is no reason to end.
    sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDEST)
    for tree in Outline(chain, faults).trees([*targets, chain.configuration]):
        console.print(tree)
    for fault in faults:
        console.print(marked(BROKEN, fault.sentence))
    places = several(len(faults), "place")
    said = f"the chain is broken in {places}" if faults else "the chain holds"
    counts = f"{several(chain.hashed, 'file')} hashed, {several(len(chain.records), 'record')} read"
    console.print(f"{said}; {counts}, {time.monotonic() - began:.1f} s")
    if faults:
        sys.exit(1)


class Outline:
    """The trees of a chain, printed from its ends down; what is in one already is referred to."""

    def __init__(self, chain: Chain, faults: Iterable[Fault]):
        """Begin with nothing printed."""
        self.chain = chain
        self.faulty = {fault.path for fault in faults}
        self.seen: set[Path] = set()

    def trees(self, targets: Iterable[str]) -> Iterator[Tree]:
        """Yield a tree for each job that made one of the files, and a line for each unmade one."""
        for path in targets:
            maker = self.chain.makers.get(path)
            if maker is None:
                yield Tree(marked(BROKEN, f"{path}, which no record tells of"))
            elif maker.path not in self.seen:
                yield self.tree([maker])

    def tree(self, jobs: list[Record]) -> Tree:
        """Return the tree of jobs of one rule: what they made, by what, and from what."""
        fresh = [job for job in jobs if job.path not in self.seen]
        if not fresh:
            return Tree(heading(jobs, wildcards=len(jobs) == 1).append(" (above)", "dim"))
        self.seen |= {job.path for job in fresh}
        tree = Tree(heading(fresh))
        lines = (self.records, self.files, self.code, self.settings, self.others)
        for line in (line for of in lines for line in of(fresh)):
            tree.add(line)
        # The largest first: a smaller one may be a part of it.
        for group in sorted(self.groups(fresh), key=len, reverse=True):
            tree.add(self.tree(group))
        return tree

    def groups(self, jobs: list[Record]) -> Iterator[list[Record]]:
        """Yield the jobs that jobs are made of, by rule; those with a fault each alone."""
        upstream = {job.path: job for one in jobs for job in self.chain.upstream(one)}
        folded = {}
        for job in upstream.values():
            folded.setdefault((job.rule, job.path if self.broken(job) else None), []).append(job)
        yield from folded.values()

    def broken(self, job: Record) -> bool:
        """Return whether something is wrong with the outputs or the records of a job."""
        made = job.output_files
        return not self.faulty.isdisjoint([self.chain.path(job), *made, *map(beside, made)])

    def records(self, jobs: list[Record]) -> Iterator[Text]:
        """Yield the records of jobs with which something is wrong."""
        for job in jobs:
            paths = dict.fromkeys([self.chain.path(job), *map(beside, job.output_files)])
            yield from (marked(BROKEN, path) for path in paths if path in self.faulty)

    def files(self, jobs: list[Record]) -> Iterator[Text]:
        """Yield the outputs of jobs, those of a folder in one line where they are many."""
        folders = {}
        for job in jobs:
            for path in job.output_files:
                name = PurePosixPath(path)
                folders.setdefault((self.mark(path), name.parent, name.suffix), []).append(path)
        for (mark, folder, suffix), paths in folders.items():
            if len(paths) > FILES:
                note = ", left out of the archive" if mark == LEFT_OUT else ""
                yield marked(mark, f"{folder}/*{suffix}, {len(paths)} files{note}")
            else:
                yield from (marked(mark, f"{path}{self.recipe(path)}") for path in paths)

    def mark(self, path: str) -> tuple[str, str]:
        """Return whether a file is as recorded, not, or left out of the archive."""
        if path in self.faulty:
            return BROKEN
        return LEFT_OUT if path in self.chain.left_out and self.chain.missing(path) else OK

    def recipe(self, path: str) -> str:
        """Return how a file is made that was left out; nothing of one that is there."""
        if self.mark(path) != LEFT_OUT:
            return ""
        return f", left out of the archive; made by: {self.chain.left_out[path]['recipe']}"

    def code(self, jobs: list[Record]) -> Iterator[Tree]:
        """Yield the program and the library files of jobs, and their commits."""
        files = {path: None for job in jobs for path in job.code}
        program = next((path for path in files if PurePosixPath(path).stem == jobs[0].rule), "none")
        faulty = [path for path in files if path in self.faulty]
        commits = " and ".join({commit_of(job): None for job in jobs})
        text = f"{program} and {several(len(files) - 1, 'file')} that it imports, {commits}"
        tree = Tree(marked(BROKEN if faulty else OK, text))
        for path in faulty:
            tree.add(marked(BROKEN, path))
        yield tree

    def settings(self, jobs: list[Record]) -> Iterator[Text]:
        """Yield the keys of config.yaml that jobs took, or the file that has them all."""
        values = gathered(job.configuration for job in jobs)
        if values:
            yield Text(printable(f"config.yaml: {values}"))
        if any(self.chain.makers.get(self.chain.configuration) is job for job in jobs):
            yield marked(self.mark("config.yaml"), f"config.yaml, scale {self.chain.scale}")

    def others(self, jobs: list[Record]) -> Iterator[Text]:
        """Yield inputs that no job made: other files of the tree, and files without a record."""
        for path in {path: None for job in jobs for path in job.input_files}:
            if not self.chain.is_result(path):
                yield marked(self.mark(path), path)
            elif path not in self.chain.makers:
                yield marked(BROKEN, f"{path}, which no record tells of")


def heading(jobs: list[Record], wildcards: bool = True) -> Text:
    """Return the rule of jobs, how many they are, and the values of their wildcards if wanted."""
    number = f", {len(jobs)} jobs" if len(jobs) > 1 else ""
    text = Text(jobs[0].rule, "bold").append(number, "not bold")
    values = gathered(job.wildcards for job in jobs) if wildcards else ""
    return text.append(printable(f" ({values})" if values else ""), "not bold")


def gathered(mappings: Iterable[dict]) -> str:
    """Return keys with all the values that they have in some mappings."""
    values = {}
    for mapping in mappings:
        for key, value in mapping.items():
            values.setdefault(key, {})[spelled(value)] = None
    return "; ".join(
        f"{key} = {', '.join([*list(found)[:VALUES], *(['…'] if len(found) > VALUES else [])])}"
        for key, found in values.items()
    )


def spelled(value: object) -> str:
    """Return a value as configurations have it."""
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def commit_of(job: Record) -> str:
    """Return at which commit a job ran, as far as that is known."""
    commit, dirty = job.run["commit"], job.run["dirty"]
    if commit is None:
        return "at no commit that is known"
    return f"commit {commit[:COMMIT]}{' with uncommitted changes' if dirty else ''}"


def marked(mark: tuple[str, str], text: str) -> Text:
    """Return a line with its mark before it."""
    sign, style = mark
    return Text(sign, style).append(printable(f" {text}"), "not bold default")


if __name__ == "__main__":
    run(main)
