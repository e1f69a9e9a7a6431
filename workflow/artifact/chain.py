"""The chain of a scale's results: which job made which file of what, and where that is broken.

It follows from records and files alone, without Snakemake. Records may come from anywhere: what
they say is checked, and no file outside the tree is opened.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from artifact.sums import Fault
from supnorm.configfile import read_configfile
from supnorm.configuration import of_study, resolve
from supnorm.job.origin import ARCHIVED
from supnorm.job.programs import InputError, UnableError
from supnorm.job.provenance import digest, keywords
from supnorm.job.records import SUFFIX, Record, read_record, stamp
from supnorm.studies import all_studies

# What `make verify` says of results is none of them.
VERDICTS = "/verification.parquet"
# Files hashed at once.
THREADS = 4
# So many digits of a digest tell files apart in a sentence, and so many rules are named there.
SHOWN, RULES = 12, 3
SHA256 = re.compile("[0-9a-f]{64}")


class Chain:
    """The jobs of a scale, by their records, and what became of the files that these name.

    All files are named by text, as in records: relative to the root, with slashes. `records` are
    those that can be read and `damaged` what is wrong with the others, both by their own path;
    `makers` has the record of the job that made a file, by that file's path; `left_out` says of
    files that an archive was made without their digest, size and recipe.
    """

    def __init__(self, root: Path, scale: str):
        """Read all records of a scale in a tree."""
        self.root, self.scale, self.results = Path(root), scale, f"results/{scale}"
        self.records: dict[str, Record] = {}
        self.damaged: dict[str, Fault] = {}
        self.makers: dict[str, Record] = {}
        self.left_out: Mapping[str, Mapping] = {}
        self._rivals: dict[str, Record] = {}
        self._archive_faults: list[Fault] = []
        self._digests: dict[str, str | None] = {}
        for file in sorted((self.root / self.results).rglob(f"*{SUFFIX}")):
            path = file.relative_to(self.root).as_posix()
            if self.is_result(path) and file.is_file():
                self._read(path, file)
        self._read_archive()

    @property
    def configuration(self) -> str:
        """Return the path of the configuration that the results were made under."""
        return f"{self.results}/config.resolved.yaml"

    def made_under(self) -> dict:
        """Return the configuration that the results were made under.

        Raises InputError where it is not valid.
        """
        return self._resolved(self.configuration, scales={self.scale: None})

    @property
    def hashed(self) -> int:
        """Return how many files have been hashed."""
        return sum(found is not None for found in self._digests.values())

    def is_result(self, path: str) -> bool:
        """Return whether a path is that of a result, which a job is to have made."""
        archive = f"{self.results}/archive/"
        return path.startswith(f"{self.results}/") and not path.startswith(archive)

    def targets(self) -> list[str]:
        """Return the ends of the chain: files of figures and tables, and what lies beside them."""
        return [path for paths in self._ends().values() for path in paths]

    def find(self, name: str) -> list[str]:
        """Return the files that a figure, a table, or a path means; figures come first.

        Those of a study have its name before theirs, as uniform/rates. Raises InputError where
        there is nothing of the name.
        """
        for path in (name, f"{self.results}/{name}"):
            if path in self.makers or (self.is_result(path) and not self.missing(path)):
                return self._of_record(path)
        named: dict[str, dict[str, list[str]]] = {}
        for (study, folder), paths in self._ends().items():
            for path in paths:
                full = f"{study}/{PurePosixPath(path).stem}".removeprefix("/")
                named.setdefault(folder, {}).setdefault(full, []).append(path)
        for found in named.values():
            if name in found:
                return found[name]
        figures, tables = (", ".join(named.get(of, {})) or "none" for of in ("figures", "tables"))
        raise InputError(
            f"{name}: expected a figure ({figures}), a table ({tables}), or the path of a result "
            f"below {self.results}, found nothing of this name"
        )

    def jobs(self, targets: Iterable[str]) -> list[Record]:
        """Return the jobs that made files, and what these were made of: inputs come first."""
        graph = self._graph(targets)
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError:
            order = list(graph)
        return [self.records[path] for path in order]

    def upstream(self, job: Record) -> list[Record]:
        """Return the jobs that made the inputs of a job, each once, as far as they are known."""
        found = {}
        for path in job.input_files:
            maker = self.makers.get(path)
            if maker:
                found[self.path(maker)] = maker
        return list(found.values())

    def path(self, job: Record) -> str:
        """Return the path of a job's record."""
        return job.path.relative_to(self.root).as_posix()

    def sources(self, job: Record) -> list[tuple[str, str]]:
        """Return the files that a job used and no job made, code and others, with digests."""
        inputs = [pair for pair in listed(job.inputs) if not self.is_result(pair[0])]
        return [*job.code.items(), *inputs]

    def missing(self, path: str) -> bool:
        """Return whether there is no such file."""
        return not (self.root / path).is_file()

    def faults(self, targets: Iterable[str] | None = None) -> list[Fault]:
        """Return where the chain of some files is broken; of all targets, if none are named.

        Hashes every file in the chain once, with all outputs of its jobs, and the configuration.
        """
        damaged = self.damaged.values() if targets is None else ()
        ends = [self.configuration, *(self.targets() if targets is None else targets)]
        jobs = self.jobs(ends)
        self._hash(jobs)
        found = [*self._archive_faults, *damaged, *self._unmade(ends, jobs), *self._circles(ends)]
        for job in jobs:
            found += [*self._of_records(job), *self._of_inputs(job), *self._of_outputs(job)]
        found += self._of_sources(jobs)
        # Where the file is not the one that was written, what it says is no evidence.
        if self.configuration not in {fault.path for fault in found}:
            found += self._of_configuration(jobs)
        return list(dict.fromkeys(found))

    @property
    def _mended(self) -> str:
        """Return the end of a sentence on a file that is missing."""
        return f"; `make reproduce SCALE={self.scale}` makes again what is missing"

    def _read(self, path: str, file: Path) -> None:
        try:
            record = read_record(file)
        except UnableError:
            raise
        except InputError as error:
            self.damaged[path] = Fault(path, f"{path}{str(error).removeprefix(str(file))}")
            return
        self.records[path] = record
        for output in record.output_files:
            first = self.makers.setdefault(output, record)
            if first.content != record.content:
                self._rivals[output] = record

    def _read_archive(self) -> None:
        file = self.root / ARCHIVED
        if not file.is_file():
            return
        try:
            left_out = json.loads(file.read_bytes())["left_out"]
            well = all(
                SHA256.fullmatch(about["sha256"]) and isinstance(about["recipe"], str)
                for about in left_out.values()
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            well = False
        if well:
            self.left_out = left_out
        else:
            says = "expected under left_out the SHA-256 and recipe of each file, found other"
            self._archive_faults.append(Fault(ARCHIVED, f"{ARCHIVED}: {says}"))

    def _ends(self) -> dict[tuple[str, str], list[str]]:
        """Return the ends of the chain, by study and folder; what spans studies has study ""."""
        places = [
            (study, folder) for folder in ("figures", "tables", "") for study in self._studies()
        ]
        return {place: self._files(str(PurePosixPath(*place))) for place in [*places, ("", "")]}

    def _studies(self) -> list[str]:
        """Return the studies that have tables or figures, there or recorded."""
        there = [file.relative_to(self.root) for file in (self.root / self.results).glob("*/*/*")]
        recorded = [PurePosixPath(path) for path in self.makers]
        below = len(PurePosixPath(self.results).parts)
        return sorted(
            {
                path.parts[below]
                for path in [*there, *recorded]
                if len(path.parts) == below + 3 and path.parts[below + 1] in ("figures", "tables")
            }
        )

    def _files(self, folder: str) -> list[str]:
        """Return the results in a folder, there or recorded, but for records and hidden files."""
        parent = PurePosixPath(self.results, folder)
        there = [str(parent / file.name) for file in (self.root / parent).glob("[!.]*")]
        recorded = [path for path in self.makers if PurePosixPath(path).parent == parent]
        return sorted(
            path
            for path in {*there, *recorded}
            if not path.endswith((SUFFIX, VERDICTS)) and not (self.root / path).is_dir()
        )

    def _of_record(self, path: str) -> list[str]:
        """Return the files that a record is of; the path itself where it is no record."""
        record = self.records.get(path)
        return record.output_files if record else [path]

    def _graph(self, targets: Iterable[str]) -> dict[str, list[str]]:
        """Return the jobs behind files, by their records, each with those that it is made of."""
        new = [self.path(self.makers[path]) for path in targets if path in self.makers]
        graph = {}
        while new:
            path = new.pop()
            if path not in graph:
                graph[path] = [self.path(job) for job in self.upstream(self.records[path])]
                new += graph[path]
        return graph

    def _hash(self, jobs: Iterable[Record]) -> None:
        """Hash the files that jobs name and that are not hashed yet; None stands for no file."""
        paths = {
            path: None
            for job in jobs
            for path, _ in (*self.sources(job), *listed(job.inputs), *listed(job.outputs))
            if path not in self._digests
        }
        with ThreadPoolExecutor(THREADS) as pool:
            self._digests.update(zip(paths, pool.map(self._digest, paths), strict=True))

    def _digest(self, path: str) -> str | None:
        return None if self.missing(path) else digest(self.root / path)

    def _unmade(self, ends: Iterable[str], jobs: Iterable[Record]) -> Iterator[Fault]:
        """Yield results that no record makes, and the damaged records that may be theirs."""
        inputs = [path for job in jobs for path in job.input_files if self.is_result(path)]
        for path in dict.fromkeys([*ends, *inputs]):
            if path in self.makers:
                continue
            record = beside(path)
            name = PurePosixPath(record).name
            known = [at for at in self.damaged if PurePosixPath(at).name == name]
            yield from (self.damaged[at] for at in known)
            if not known:
                says = f"no record says what made it, expected {record}{self._mended}"
                yield Fault(path, f"{path}: {says}")

    def _circles(self, ends: Iterable[str]) -> Iterator[Fault]:
        try:
            TopologicalSorter(self._graph(ends)).prepare()
        except CycleError as error:
            circle = error.args[1]
            says = f"the job is said to be made of its own outputs, by {len(circle) - 1} records"
            yield Fault(circle[0], f"{circle[0]}: {says}")

    def _of_records(self, job: Record) -> Iterator[Fault]:
        """Yield what is wrong with the records of a job: a job of two tables has two."""
        for path in job.output_files:
            record = beside(path)
            if record in self.damaged:
                yield self.damaged[record]
            elif PurePosixPath(path).parent.name == "tables" and record not in self.records:
                says = f"expected the record of {path}, found no file{self._mended}"
                yield Fault(record, f"{record}: {says}")
            if path in self._rivals:
                both = f"{self.path(self.makers[path])} and {self.path(self._rivals[path])}"
                yield Fault(path, f"{path}: {both} both claim it, and say different things")
            if not self.is_result(path):
                at = self.path(job)
                yield Fault(at, f"{at}: expected outputs below {self.results}, found {path}")

    def _of_inputs(self, job: Record) -> Iterator[Fault]:
        """Yield an output of a job that is stale: what the job read has been made anew since."""
        stale = [path for path, read in listed(job.inputs) if self._is_stale(path, read)]
        if stale:
            output = min(job.output_files, default=self.path(job))
            more = f" and {len(stale) - 1} more such files" if len(stale) > 1 else ""
            says = f"stale, for {job.rule} read another {stale[0]}{more} than there is now"
            yield Fault(output, f"{output}: {says}")

    def _is_stale(self, path: str, read: str) -> bool:
        maker = self.makers.get(path)
        return bool(maker) and read not in (dict(listed(maker.outputs))[path], self._digests[path])

    def _of_outputs(self, job: Record) -> Iterator[Fault]:
        """Yield outputs of a job that are missing, changed, or stamped by another."""
        for path, made in listed(job.outputs):
            found, says = self._digests[path], f"{job.rule} wrote {short(made)}"
            if found is None and path in self.left_out:
                found = self.left_out[path]["sha256"]
                if found != made:
                    yield Fault(path, f"{path}: left out of the archive as {short(found)}, {says}")
            elif found is None:
                yield Fault(path, f"{path}: {says}, found no file{self._mended}")
            elif found != made:
                yield Fault(path, f"{path}: changed, {says} and now there is {short(found)}")
            elif not carries(self.root / path, stamp(job)):
                at = self.path(job)
                yield Fault(path, f"{path}: it carries the stamp of another job than {at} tells of")

    def _of_sources(self, jobs: Iterable[Record]) -> Iterator[Fault]:
        """Yield code, and other files that no job made, that are not what jobs have used."""
        used = {}
        for job in jobs:
            for path, recorded in self.sources(job):
                if recorded != self._digests[path]:
                    used.setdefault(path, []).append(job)
        for path, others in used.items():
            if self._digests[path] is None:
                yield Fault(
                    path, f"{path}: expected a file, which {rules(others)} used, found none"
                )
            else:
                yield Fault(path, f"{path}: changed since {rules(others)} used it")

    def _of_configuration(self, jobs: Iterable[Record]) -> Iterator[Fault]:
        """Yield where records, the configuration in the results, and config.yaml disagree."""
        try:
            made_under = self.made_under()
        except InputError as error:
            yield Fault(self.configuration, str(error))
            return
        try:
            now = flat(self._resolved("config.yaml"))
        except InputError as error:
            yield Fault("config.yaml", str(error))
        else:
            then = flat(made_under)
            for key in sorted(k for k in now.keys() | then.keys() if now.get(k) != then.get(k)):
                says = f"{key} is {shown(now, key)}; the results were made with {shown(then, key)}"
                yield Fault("config.yaml", f"config.yaml: {says}")
        yield from self._of_settings(jobs, made_under)
        yield from self._of_cells(jobs, made_under)

    def _resolved(self, path: str, **changes) -> dict:
        """Return the configuration in force by a file; raises InputError where it is not valid."""
        content = read_configfile(self.root / path, path)
        try:
            return resolve(content | {"scale": self.scale} | changes)
        except InputError as error:
            raise InputError(f"{path}: {str(error).removeprefix('config.yaml: ')}") from None

    def _of_settings(self, jobs: Iterable[Record], config: Mapping) -> Iterator[Fault]:
        """Yield settings of jobs that are not those of the configuration, each value once."""
        settings, others = flat(config), {}
        for job in jobs:
            for key, value in job.configuration.items():
                if key not in settings or not within(value, plain(settings[key])):
                    others.setdefault((key, repr(value)), []).append(job)
        for (key, value), some in others.items():
            at = self.path(some[0])
            says = f"{rules(some)} took {key} as {value}, {self.configuration} says"
            yield Fault(at, f"{at}: {says} {shown(settings, key)}")

    def _of_cells(self, jobs: Iterable[Record], config: dict) -> Iterator[Fault]:
        """Yield students that are no shard of the configuration, or were trained otherwise."""
        expected = {
            f"{self.results}/{study.name}/{path}": told
            for study in all_studies()
            if study.trainings
            for path, told in study.trainings(of_study(config, study.name)).items()
        }
        for job in jobs:
            for path in job.outputs.get("students", ()):
                if path not in expected:
                    yield Fault(path, f"{path}: no shard of {self.configuration}")
                    continue
                for name, value in expected[path].items():
                    if (found := job.options.get(name)) != value:
                        says = f"{name} {found!r}, by {self.configuration} it is {value!r}"
                        yield Fault(path, f"{path}: trained with {says}")


def listed(files: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return the path and digest of all files that a record names by option."""
    return [pair for group in files.values() for pair in group.items()]


def beside(path: str) -> str:
    """Return where the record of a file lies, if it has one of its own."""
    return path if path.endswith(SUFFIX) else str(PurePosixPath(path).with_suffix(SUFFIX))


def carries(file: Path, stamped: Mapping[str, str]) -> bool:
    """Return whether a file carries a stamp, as far as files of its kind carry any."""
    if file.suffix == ".parquet":
        try:
            metadata = pq.read_schema(file).metadata or {}
        except (pa.ArrowException, OSError):
            return False
        return all(metadata.get(key.encode()) == text.encode() for key, text in stamped.items())
    if file.suffix in (".pdf", ".png"):
        return keywords(stamped).encode() in file.read_bytes()
    return True


def flat(config: Mapping, prefix: str = "") -> dict[str, object]:
    """Return the values of a configuration by their keys, as in training.epochs."""
    found = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        found |= flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return found


def plain(value: object) -> object:
    """Return a value of a configuration as records have it: infinity is text."""
    if isinstance(value, list):
        return list(map(plain, value))
    return str(value) if value == float("inf") else value


def within(value: object, configured: object) -> bool:
    """Return whether a value is the configured one, or one of a configured list."""
    return value == configured or (isinstance(configured, list) and value in configured)


def shown(values: Mapping[str, object], key: str) -> str:
    """Return a value as a sentence has it."""
    return repr(values[key]) if key in values else "missing"


def short(sha256: str) -> str:
    """Return as much of a digest as tells files apart."""
    return sha256[:SHOWN]


def rules(jobs: Iterable[Record]) -> str:
    """Return which rules jobs are of, and how many jobs: the first few of them by name."""
    counts = Counter(job.rule for job in jobs)
    named = [f"{rule} ({n} jobs)" if n > 1 else rule for rule, n in counts.items()]
    more = [f"{len(named) - RULES} more rules"] if len(named) > RULES else []
    *first, last = named[:RULES] + more
    return f"{', '.join(first)} and {last}" if first else last
