"""A chain of a few jobs with small files, as a run of the workflow would leave it."""

import json
import shutil
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from artifact.sums import sums_text
from scales import ROOT, configuration
from supnorm.configuration import as_yaml
from supnorm.job.provenance import canonical, digest, keywords, seal, stamp

RESULTS = "results/smoke"
SHARD = "random/d1_m10_L5_w8_fifth_1of1"
LIBRARY = "workflow/scripts/supnorm/any.py"
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
PARAMETERS = {"family": "random", "dim": 1, "samples": 10, "depth": 5, "width": 8}
PARAMETERS |= {"batch_rule": "fifth", "batch": 2, "epochs": 20, "first": 0, "count": 4}
PARAMETERS |= {"learning_rate": 1e-4, "device": "cpu", "threads": 1}


@cache
def resolved():
    """The configuration of the smoke scale, as its run writes it."""
    return as_yaml(configuration("smoke"))


class SmallChain:
    """A tree whose smoke run has a teacher, a sample, a shard, two tables of a job and a figure."""

    def __init__(self, root: Path):
        self.root = root
        for name in ("config.yaml", "workflow/schemas/config.schema.yaml"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        self.write(LIBRARY, "# shared\n")
        teachers, samples = "teachers/random/d1.safetensors", "samples/random/d1_m10.parquet"
        students, curves = f"students/{SHARD}.safetensors", f"curves/{SHARD}.parquet"
        tables = {name: f"tables/{name}.parquet" for name in ("minmax", "rates")}
        figure = {kind: f"figures/rates.{kind}" for kind in ("pdf", "png", "txt")}
        self.job("resolve_config", {}, {"output": "config.resolved.yaml"})
        width = {"teacher.width": 32, "teacher.norm": "inf", "teacher.families": "random"}
        self.job("sample_teachers", {}, {"output": teachers}, configuration=width)
        self.job("draw_samples", {"teachers": teachers}, {"output": samples})
        self.job(
            "train_students",
            {"samples_table": samples},
            {"students": students, "curves": curves},
            parameters=PARAMETERS,
            configuration={"training.learning_rate": 1e-4},
            wildcards={"family": "random", "dim": "1"},
        )
        self.job("rank_algorithms", {"students": students}, tables, records=tables.values())
        self.job("plot_rates", tables, figure)

    def job(self, rule, inputs, outputs, records=(), content=None, **parts):
        """Make all outputs of a job from nothing, then its records: beside the first, or named."""
        program = f"workflow/scripts/{rule}.py"
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

    def configure(self, path, section, **keys):
        """Change keys of a section of a configuration."""
        content = yaml.safe_load((self.root / path).read_text())
        content[section] |= keys
        self.write(path, yaml.safe_dump(content, sort_keys=False, width=100))


def write_sums(root, files):
    """Write the SHA256SUMS of a root over some of its files."""
    (root / "SHA256SUMS").write_text(sums_text({name: digest(root / name) for name in files}))
