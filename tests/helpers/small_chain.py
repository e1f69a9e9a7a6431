"""A chain of a few jobs with small files, as a run of the workflow would leave it."""

import json
import shutil
from functools import cache, reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from artifact.sums import sums_text
from scales import ROOT, whole_configuration
from supnorm.configuration import as_yaml
from supnorm.job.provenance import canonical, digest, keywords, seal, stamp

RESULTS = "results/smoke"
STUDY = f"{RESULTS}/uniform"
SHARD = "random/d1_m10_L5_w8_fifth_1of1"
LIBRARY = "workflow/scripts/supnorm/any.py"
# Rules of no study; their programs are those of the document.
DOCUMENT = ("resolve_config", "tabulate_many", "write_summary")
RUN = {
    "commit": "0123456789abcdef",
    "dirty": False,
    "config": None,
    "packages": {},
    "python": "3.11.7",
    "machine": {},
    "started": "2026-11-22T14:00:00Z",
    "seconds": 1.5,
}
# What the record of the shard tells.
WILDCARDS = {"family": "random", "dim": "1", "samples": "10", "depth": "5", "width": "8"}
WILDCARDS |= {"batch_rule": "fifth"}
PARAMETERS = {"batch": 2, "epochs": 20, "first": 0, "count": 4, "device": "cpu", "threads": 1}
PARAMETERS |= {"learning_rate": 1e-4}
SETTINGS = {"training.engine": "auto", "training.precision": "float64"}


@cache
def resolved():
    """The configuration of the smoke scale, as its run writes it."""
    return as_yaml(whole_configuration("smoke"))


class SmallChain:
    """A tree whose smoke run has a teacher, a sample, a shard, two tables of a job and a figure."""

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "config.yaml", root)
        self.write(LIBRARY, "# shared\n")
        teachers = "uniform/teachers/random/d1.safetensors"
        sample = "uniform/samples/random/d1_m10.parquet"
        students = f"uniform/students/{SHARD}.safetensors"
        curves = f"uniform/curves/{SHARD}.parquet"
        tables = {name: f"uniform/tables/{name}.parquet" for name in ("minmax", "rates")}
        kinds = {"pdf": "pdf", "png": "png", "caption": "txt"}
        figure = {name: f"uniform/figures/rates.{kind}" for name, kind in kinds.items()}
        self.job("resolve_config", {}, {"config": "config.resolved.yaml"})
        teacher = {"width": 32, "norm": "inf", "families": "random"}
        settings = {f"uniform.teacher.{key}": value for key, value in teacher.items()}
        self.job("sample_teachers", {}, {"teachers": teachers}, configuration=settings)
        self.job("draw_samples", {"teachers": teachers}, {"sample": sample})
        self.job(
            "train_students",
            {"sample": sample},
            {"students": students, "curves": curves},
            wildcards=WILDCARDS,
            parameters=PARAMETERS,
            configuration=SETTINGS,
        )
        self.job("rank_algorithms", {"students": students}, tables, records=tables.values())
        self.job("plot_rates", tables, figure)

    def job(self, rule, inputs, outputs, records=(), content=None, **parts):
        """Make all outputs of a job from nothing, then its records: beside the first, or named."""
        folder = "document" if rule in DOCUMENT else "uniform"
        program = f"workflow/scripts/{folder}/{rule}.py"
        self.write(program, f"# {rule}\n")
        record = {
            "rule": rule,
            "wildcards": {},
            "parameters": {},
            "configuration": {},
            "inputs": {name: self.digests(path) for name, path in inputs.items()},
            "code": {path: digest(self.root / path) for path in (program, LIBRARY)},
            "run": RUN,
            **parts,
        }
        for path in outputs.values():
            self.make(f"{RESULTS}/{path}", content or rule, stamp(record))
        record["outputs"] = {name: self.digests(path) for name, path in outputs.items()}
        for path in records or list(outputs.values())[:1]:
            self.seal(self.record(path), record)

    def digests(self, path):
        return {f"{RESULTS}/{path}": digest(self.root / RESULTS / path)}

    def record(self, path):
        """The path of the record of a result."""
        return str(Path(RESULTS, path).with_suffix(".prov.json"))

    def make(self, path, content, stamped):
        """Write a small file of its kind that carries a stamp."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".parquet"):
            schema = pa.schema([("content", pa.string())], stamped)
            pq.write_table(pa.table([[content]], schema=schema), self.root / path)
        elif path.endswith(".yaml"):
            self.write(path, resolved())
        else:
            self.write(path, f"{content} ({keywords(stamped)})\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def seal(self, path, record):
        """Write a record with the seal that its content has."""
        self.write(path, canonical(record | {"seal": seal(record)}))

    def change(self, path, **parts):
        """Change a record, seal and all: the most that a forger can do to it."""
        record = json.loads((self.root / path).read_text())
        self.seal(path, record | parts)

    def flip(self, path):
        """Change one bit in the middle of a file."""
        content = bytearray((self.root / path).read_bytes())
        content[len(content) // 2] ^= 1
        (self.root / path).write_bytes(content)

    def configure(self, path, *sections, **keys):
        """Change keys of a section of a configuration, which is in the sections before it."""
        content = yaml.safe_load((self.root / path).read_text())
        reduce(dict.get, sections, content).update(keys)
        self.write(path, yaml.safe_dump(content, sort_keys=False, width=100))


def write_sums(root, files):
    """Write the SHA256SUMS of a root over some of its files."""
    (root / "SHA256SUMS").write_text(sums_text({name: digest(root / name) for name in files}))
