"""Make the archive of a scale: one zip of source, results and records that works where unpacked.

Run from the root of the repository, as `make archive SCALE=laptop`. It is made from results that
are complete and whose chain is unbroken, at a commit; from the same results always the same bytes.
Files of intermediate stages that are too large are left out, with the commands that make them.
"""

import argparse
import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import yaml

from artifact.chain import Chain, listed
from artifact.contents import INTERMEDIATE, Contents, folder_of
from artifact.crate import crate_metadata
from artifact.dictionary import NAME as DICTIONARY
from artifact.dictionary import dictionary
from artifact.readme import readme
from artifact.sums import sums_text
from driver.jobs import NO_PROFILE, Job, configuration, jobs, run_device
from driver.reproduce import alone
from supnorm.job.origin import (
    ARCHIVED,
    DEPOSIT,
    SUMS,
    changes,
    doi,
    git,
    git_entries,
    head,
    is_clone,
    said,
)
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, run
from supnorm.job.provenance import digest
from supnorm.job.records import SUFFIX, Record

CRATE, CITATION = "ro-crate-metadata.json", "CITATION.cff"
# The archive has a README of its own.
README, SOURCE_README = "README.md", "SOURCE.md"
# Repositories take up to 50 GB; what is larger than this is no pleasure to fetch.
LARGEST_ARCHIVE = 20e9
# The same link again and again, in the report's graph of rules.
SAME_LINKS = re.compile(r'(\{"target": \d+, "source": [^{}]*\})(?:, \1)+')
# What every member of the archive has, so that the same contents give the same bytes.
DATE = (1980, 1, 1, 0, 0, 0)
CHUNK = 2**20
# So many are named in a sentence; the others are counted.
NAMED = 5


def main(argv: list[str]) -> None:
    """Write results/<scale>/archive/supnorm-<scale>.zip, or say why it cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", help="scale of config.yaml, if not the one it names")
    parser.add_argument(
        "--largest",
        type=float,
        default=200,
        metavar="MB",
        help="leave out larger files of intermediate stages (default: 200)",
    )
    a = parser.parse_args(argv)
    if not a.largest >= 0:
        raise InputError(f"--largest is {a.largest}; expected a number of megabytes")
    # No run may change what is being archived.
    with alone():
        make_archive(configuration(a.scale), 1e6 * a.largest)


def make_archive(config: Mapping, largest: float) -> None:
    """Write the archive of a scale, without intermediate files of more bytes than `largest`."""
    at, chain, finished = check(config)
    number = doi(Path(chain.results))
    citation = citation_text(Path(CITATION).read_text(), number)
    results = results_of(finished)
    left_out = too_large(chain, results, largest)
    archive = Path(chain.results, "archive", f"supnorm-{config['scale']}.zip")
    with tempfile.TemporaryDirectory() as folder:
        files, executable = source_files(Path(folder, "source"))
        files |= {name: place for name, place in results.items() if name not in left_out}
        files |= files_of_run(finished, chain.results)
        files |= ignored_sources(chain)
        contents = Contents(
            scale=config["scale"],
            commit=at,
            doi=number,
            config=config,
            citation=yaml.safe_load(citation),
            chain=chain,
            files=files,
            left_out=left_out,
        )
        own = own_files(contents, finished, citation, Path(folder))
        files = described_files(replace(contents, files=files | own), Path(folder))
        check_published(Path(chain.results, DEPOSIT), digest(files[SUMS]))
        write_zip(archive, archive.stem, files, executable)
    size = f"{archive.stat().st_size / 1e6:.1f} MB"
    print(f"{archive}: {len(files)} files, {size}, SHA-256 {digest(archive)}")
    if left_out:
        print(f"left out for their size, and told of in its README: {some(sorted(left_out))}")


def check(config: Mapping, but: Collection[str] = ()) -> tuple[str, Chain, list[Job]]:
    """Return the commit, the chain and the jobs of results from which an archive can be made.

    Raises InputError where none can be. Jobs of the rules in `but` may be left to be done.
    """
    at = clean_commit()
    check_there(config["scale"])
    # First of all: doing jobs that are left would start from what was changed.
    chain = unbroken_chain(config["scale"])
    finished = finished_jobs(config, but)
    check_drawings(chain, results_of(finished), at)
    return at, chain, finished


def check_published(deposit: Path, sums: str) -> None:
    """Raise InputError where another archive of the scale is published under its DOI.

    `deposit` is where its deposit is told of, `sums` the SHA-256 of SHA256SUMS in this archive.
    """
    if not deposit.is_file() or said(deposit, "state") != "published":
        return
    if said(deposit, "sums") != sums:
        raise InputError(
            f"{deposit}: expected the archive that is published as {said(deposit, 'doi')}, found "
            "other contents, which need a DOI of their own: make a new version by `make deposit "
            f"NEW_VERSION_OF={said(deposit, 'record')}`, or remove this file to have none"
        )


def clean_commit() -> str:
    """Return the commit that the tree is at; raises InputError where it differs from it."""
    root = Path()
    if not is_clone(root):
        raise InputError("expected a clone of the repository, found a tree without git")
    at, changed = head(root), changes(root)
    if changed:
        raise InputError(
            f"the tree differs from its commit {at[:12]} in {some(changed)}; expected no "
            "changes that are not committed"
        )
    return at


def check_there(scale: str) -> None:
    """Raise InputError where there are no results of a scale."""
    path = Path("results", scale, "config.resolved.yaml")
    if not path.is_file():
        raise InputError(
            f"{path}: expected results to archive, found no file; run `make reproduce "
            f"SCALE={scale}` first"
        )


def finished_jobs(config: Mapping, but: Collection[str] = ()) -> list[Job]:
    """Return all jobs of a configuration.

    Raises InputError where some are left to be done, of other rules than those in `but`.
    """
    scale = config["scale"]
    found = jobs(scale, run_device(config))
    left = [job for job in found if job.pending and job.rule not in but]
    if left:
        rules = some(list(dict.fromkeys(job.rule for job in left)))
        raise InputError(
            f"results/{scale}: {len(left)} of {len(found)} jobs are left to be done ({rules}); run "
            f"`make reproduce SCALE={scale}` first"
        )
    return found


def unbroken_chain(scale: str) -> Chain:
    """Return the chain of a scale's results; raises InputError where it is broken."""
    chain = Chain(Path(), scale)
    faults = chain.faults()
    if faults:
        more = f"; {len(faults) - 1} more are listed by `make trace SCALE={scale}`"
        raise InputError(
            f"the chain of results/{scale} is broken: {faults[0].sentence}"
            f"{more if len(faults) > 1 else ''}"
        )
    return chain


def check_drawings(chain: Chain, results: Iterable[str], at: str) -> None:
    """Raise InputError where figures were not drawn at the commit that is archived.

    The paper names that of each figure, so it would differ where they are drawn anew.
    """
    drawn = [name for name in results if "/figures/" in name and name.endswith(SUFFIX)]
    for drawing in (chain.records[name].run for name in drawn):
        drawn_at, dirty = drawing["commit"], drawing["dirty"]
        if (drawn_at, dirty) != (at, False):
            where = f"commit {drawn_at[:12]}" if drawn_at else "a commit that is not known"
            changed = ", with changes that were not committed" if dirty else ""
            raise InputError(
                f"{chain.results}: figures were drawn at {where}{changed}, and the source is at "
                f"{at[:12]}; run `make figures SCALE={chain.scale}` first"
            )


def source_files(folder: Path) -> tuple[dict[str, Path], set[str]]:
    """Return the places of all source files by their names in the archive, and which can be run.

    They are written into a folder as git has them: what is below results/ in the tree may be
    elsewhere. Raises InputError where one is neither text nor data, but a link.
    """
    git(Path(), "checkout-index", "--all", f"--prefix={folder}/")
    found, executable = {}, set()
    for entry in git_entries(Path(), "ls-tree", "-r", "-z", "HEAD"):
        (mode, *_), path = entry.split("\t")[0].split(), entry.split("\t", 1)[1]
        if mode not in ("100644", "100755"):
            raise InputError(f"{path}: expected a file, found a link or a repository of its own")
        name = SOURCE_README if path == README else path
        found[name] = folder / path
        if mode == "100755":
            executable.add(name)
    return found, executable


def citation_text(text: str, number: str | None) -> str:
    """Return CITATION.cff with the DOI of the archive, or without any if it has none."""
    citation = yaml.safe_load(text)
    if citation.get("doi") == number:
        return text
    for key in ("doi", "identifiers"):
        citation.pop(key, None)
    if number:
        about = "These results, with the source that made them"
        citation["doi"] = number
        citation["identifiers"] = [{"type": "doi", "value": number, "description": about}]
    return yaml.safe_dump(citation, sort_keys=False, allow_unicode=True, width=100)


def results_of(finished: Iterable[Job]) -> dict[str, Path]:
    """Return the places of all results by their names in the archive."""
    return {path.as_posix(): path for job in finished for path in job.outputs}


def too_large(chain: Chain, results: Mapping[str, Path], largest: float) -> dict[str, dict]:
    """Return which results are left out of the archive: their digests, bytes, and recipes.

    These are files of intermediate stages with more bytes than `largest`; and the largest of the
    others too, as long as all results together are too large.
    """
    sizes = {name: place.stat().st_size for name, place in results.items()}
    whole, left_out = sum(sizes.values()), {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if sizes[name] <= largest and whole <= LARGEST_ARCHIVE:
            break
        if folder_of(name) in INTERMEDIATE and not name.endswith(SUFFIX):
            job = chain.makers[name]
            left_out[name] = {
                "sha256": dict(listed(job.outputs))[name],
                "bytes": sizes[name],
                "recipe": recipe(job),
            }
            whole -= sizes[name]
    return left_out


def recipe(job: Record) -> str:
    """Return the command that does a job again, from the root of the tree."""
    files = {option: list(paths) for option, paths in (job.inputs | job.outputs).items()}
    words = ["python", job.program]
    for option, value in (job.options | files).items():
        values = value if isinstance(value, list) else [value]
        words += [f"--{option}", *map(str, values)]
    return f"PYTHONPATH=workflow/scripts {shlex.join(words)}"


def files_of_run(finished: Iterable[Job], results: str) -> dict[str, Path]:
    """Return what jobs left beside their results: messages, and time and memory."""
    found = {}
    for job in finished:
        for path in (job.log, benchmark(job)):
            if path.is_file():
                found[f"run/{path.relative_to(results).as_posix()}"] = path
    return found


def benchmark(job: Job) -> Path:
    """Return where Snakemake keeps time and memory of a job."""
    parts = list(job.log.parts)
    parts[parts.index("logs")] = "benchmarks"
    return Path(*parts).with_suffix(".tsv")


def ignored_sources(chain: Chain) -> dict[str, Path]:
    """Return the places of files that jobs used, no job made, and the commit has not, by name.

    Such is the file of an algorithm of one's own in a folder that git ignores.
    """
    used = {path for job in chain.jobs(chain.targets()) for path, _ in chain.sources(job)}
    known = set(git_entries(Path(), "ls-tree", "-r", "-z", "--name-only", "HEAD"))
    return {path: Path(path) for path in sorted(used - known)}


def own_files(
    contents: Contents, finished: Iterable[Job], citation: str, folder: Path
) -> dict[str, Path]:
    """Write what only the archive has into a folder; return the places by name."""
    told = {"commit": contents.commit, "scale": contents.scale, "doi": contents.doi}
    told["left_out"] = contents.left_out
    texts = {
        CITATION: citation,
        README: readme(contents),
        ARCHIVED: json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
        DICTIONARY: dictionary(results_of(finished)),
        "run/run_times.csv": run_times(contents, finished),
    }
    own = {name: written(folder / name, text) for name, text in texts.items()}
    return own | {"run/report.html": report(contents.config, folder / "report.html")}


def described_files(contents: Contents, folder: Path) -> dict[str, Path]:
    """Return all files of the archive, with the metadata and the sums of all others."""
    sums = {name: digest(place) for name, place in contents.files.items()}
    crate = written(folder / CRATE, crate_metadata(contents, sums))
    text = sums_text(sums | {CRATE: digest(crate)})
    return {**contents.files, CRATE: crate, SUMS: written(folder / SUMS, text)}


def written(path: Path, text: str) -> Path:
    """Write a text to a file and return where it is."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def run_times(contents: Contents, finished: Iterable[Job]) -> str:
    """Return as CSV how long each job took, where, and by how much memory."""
    head = ["rule", "job", "started", "seconds", "wall_seconds", "cpu_seconds", "memory_mib"]
    head += ["processor", "cores", "gpu", "threads"]
    measured = {job.outputs[0].as_posix(): read_benchmark(benchmark(job)) for job in finished}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for job in contents.jobs:
        run, machine = job.run, job.run["machine"]
        whole = next((measured[path] for path in job.output_files if path in measured), {})
        writer.writerow(
            [
                *(job.rule, contents.named(job).partition(": ")[2], run["started"], run["seconds"]),
                *(whole.get(name, "") for name in ("s", "cpu_time", "max_rss")),
                *(machine[name] for name in ("processor", "cores", "gpu", "threads")),
            ]
        )
    return text.getvalue()


def read_benchmark(path: Path) -> dict[str, str]:
    """Return what Snakemake measured of a job; nothing where it measured none."""
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return next(csv.DictReader(file, delimiter="\t"), {})


def report(config: Mapping, path: Path) -> Path:
    """Let Snakemake write its HTML report; raises InputError with what it said if it fails.

    Its graph of rules has a link for each job that one job of a rule needs, and which one that is
    changes from run to run: of the same links one is kept.
    """
    settings = [f"scale={config['scale']}", f"device={run_device(config)}"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *NO_PROFILE, "--report", path, "--config", *settings],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        last = (done.stdout.strip() or "nothing").splitlines()[-1]
        raise InputError(f"snakemake --report failed, expected a report; it said: {last}")
    path.write_text(SAME_LINKS.sub(r"\1", path.read_text()))
    return path


def write_zip(
    path: Path, folder: str, files: Mapping[str, Path], executable: Iterable[str]
) -> None:
    """Write files by their names into a folder of a zip, which has no other traits than these."""
    with appearing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(f"{folder}/{name}", DATE)
            member.create_system = 3
            member.external_attr = (0o100755 if name in executable else 0o100644) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            member.file_size = files[name].stat().st_size
            with files[name].open("rb") as source, archive.open(member, "w") as target:
                shutil.copyfileobj(source, target, CHUNK)


def some(names: list[str]) -> str:
    """Return a few names, and how many more there are."""
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*islice(names, NAMED), *more])


if __name__ == "__main__":
    run(main)
