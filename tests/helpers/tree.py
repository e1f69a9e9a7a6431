"""Copies of the repository in which tests run the workflow."""

import ctypes
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What a program on another machine leaves when it is killed while it writes.
LEFTOVER = ".d1_m10_L5_w8_fifth.node-7.cluster-4711.safetensors"

# By which a process gives up the first capabilities, to own and to access any file.
PR_CAPBSET_DROP = 24


@dataclass(frozen=True)
class Tree:
    """A copy of the repository, with or without results."""

    path: Path

    @property
    def results(self):
        """The results of the study."""
        return self.whole / "uniform"

    @property
    def whole(self):
        """All results of the scale, those that span studies among them."""
        return self.path / "results/smoke"

    def command(self, *arguments):
        scale = ("--config", "scale=smoke")
        return [sys.executable, "-m", "snakemake", *map(str, arguments), *scale]

    def snakemake(self, *arguments, check=True):
        """Run Snakemake at the smoke scale; return everything it printed."""
        done = run(self.command(*arguments), self.path)
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def planned(self):
        """Return the rules that would run, and how often; `all` left out."""
        printed = self.snakemake("--dry-run", "--cores", 1)
        counts = dict(re.findall(r"^([a-z_]+) +([0-9]+)$", printed, re.MULTILINE))
        return {k: int(v) for k, v in counts.items() if k not in ("all", "total")}

    def edit(self, file, old, new):
        text = (self.path / file).read_text()
        assert old in text
        (self.path / file).write_text(text.replace(old, new, 1))


def clean_environment():
    """Return the environment without what a Snakemake above has put there."""
    return {k: v for k, v in os.environ.items() if not k.startswith("SNAKEMAKE")}


def run(command, cwd, preexec_fn=None):
    """Run a command to its end, standard error joined to standard output."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=clean_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        preexec_fn=preexec_fn,
    )


def become_ordinary():
    """Have what is run next keep to the modes of files, as root need not."""
    for capability in range(3) if os.geteuid() == 0 else ():
        refused = ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        assert not refused


def source_files():
    """Return what git would commit; in a tree from an archive, what its sums name of the source."""
    if not (ROOT / ".git").exists():
        names = (line.split("  ", 1)[1] for line in (ROOT / "SHA256SUMS").read_text().splitlines())
        return [name for name in names if not name.startswith(("results/", "run/"))]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if name]


def copy_repository(target):
    """Copy the source, edits included."""
    for name in source_files():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    # Compiled code, valid as long as its file has the same time: compiling takes seconds.
    for path in (ROOT / "workflow/scripts/supnorm").rglob("__pycache__/*.nb?"):
        (target / path.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy2(path, target / path.relative_to(ROOT))
    return Tree(target)


def digests(results):
    """Return the SHA-256 of all results, but of what tells of the run itself."""
    kinds = (".parquet", ".safetensors", ".yaml", ".pdf", ".png", ".txt", ".md", ".json")
    return {
        str(path.relative_to(results)): hashlib.sha256(lasting(path)).hexdigest()
        for path in sorted(results.rglob("*"))
        if path.suffix in kinds and "logs" not in path.relative_to(results).parts
    }


def lasting(path):
    """Return what is in a file, but for when and where the job ran, if it is a record."""
    content = path.read_bytes()
    if not path.name.endswith(".prov.json"):
        return content
    record = json.loads(content)
    return json.dumps({k: v for k, v in record.items() if k not in ("run", "seal")}).encode()


def python(tree, *arguments):
    """Run a module in a tree as `make` does; return what it prints."""
    done = run([sys.executable, "-m", *map(str, arguments)], tree.path)
    assert done.returncode == 0, done.stdout
    return done.stdout


def git(tree, *arguments):
    """Run git in a tree, as somebody."""
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    subprocess.run(["git", "-C", tree.path, *who, *arguments], check=True, capture_output=True)
