"""The metadata of an archive as a Provenance Run Crate: one action a job, valid RO-Crate 1.1.

The profile is https://w3id.org/ro/wfrun/provenance/0.5. Nothing in it comes from a clock or from
chance, so that the same archive has the same metadata.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import quote

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from artifact.chain import flat, plain
from artifact.contents import Contents, began, ended, people
from supnorm.job.origin import of_source
from supnorm.job.records import Record

RUN = "https://w3id.org/ro/wfrun"
PROFILES = {
    f"{RUN}/process/0.5": "Process Run Crate",
    f"{RUN}/workflow/0.5": "Workflow Run Crate",
    f"{RUN}/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
# A term of that profile, which RO-Crate 1.1 itself has not.
SHA256 = "https://w3id.org/ro/terms/workflow-run#sha256"
CODE = "https://spdx.org/licenses/MIT"
DATA = "https://creativecommons.org/licenses/by/4.0/"
COMPLETED = "http://schema.org/CompletedActionStatus"
FORMATS = {
    ".parquet": "application/vnd.apache.parquet",
    ".safetensors": "application/vnd.safetensors",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".cff": "application/yaml",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".html": "text/html",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".py": "text/x-python",
}
README, WORKFLOW = "README.md", "workflow/Snakefile"
# Longer values of settings are named by their digest.
LONGEST = 60


def crate_metadata(contents: Contents, sums: Mapping[str, str]) -> str:
    """Return the text of ro-crate-metadata.json of an archive.

    `sums` has the SHA-256 of its files but of this one and of SHA256SUMS.
    """
    return json.dumps(_Crate(contents, sums).described(), indent=1, ensure_ascii=False) + "\n"


class _Crate:
    """A crate under construction: each method adds entities, and returns references to them."""

    def __init__(self, contents: Contents, sums: Mapping[str, str]):
        self.contents, self.sums = contents, sums
        self.jobs = contents.jobs
        self.programs = {job.rule: job.program for job in self.jobs}
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_terms["sha256"] = SHA256

    def described(self) -> dict:
        """Add everything and return the metadata."""
        self.licences()
        self.author = self.add(
            "#authors", "Organization", name=people(self.contents.citation["authors"])
        )
        for name in sorted(self.sums):
            if name != WORKFLOW:
                self.file(name)
        for path in self.contents.left_out:
            self.left_out(path)
        ends = [path for path in self.contents.chain.targets() if path in self.sums]
        settings = [self.setting(key, value) for key, value in self.configuration().items()]
        steps = [self.step(rule, position) for position, rule in enumerate(self.programs, start=1)]
        self.workflow(settings, ends, steps)
        actions = [self.action(job) for job in self.jobs]
        self.run(settings, ends, actions)
        return self.crate.metadata.generate()

    def add(self, identifier: str, kind: str | list[str], **properties) -> dict[str, str]:
        """Add an entity that is no file."""
        entity = ContextEntity(self.crate, identifier, {"@type": kind, **compact(properties)})
        return {"@id": self.crate.add(entity).id}

    def licences(self) -> None:
        """Add the licences of code and of results."""
        name = "Creative Commons Attribution 4.0 International"
        self.add(CODE, "CreativeWork", name="MIT License", description="of all code")
        self.add(DATA, "CreativeWork", name=name, description="of the results")

    def configuration(self) -> dict[str, object]:
        """Return the settings of config.yaml that were in force, by key."""
        return {key: plain(value) for key, value in flat(self.contents.config).items()}

    def described_file(self, name: str) -> dict[str, object]:
        """Return the properties of a file of the archive."""
        ours = not of_source(name)
        return {
            "name": name,
            "contentSize": str(self.contents.files[name].stat().st_size),
            "sha256": self.sums[name],
            "encodingFormat": FORMATS.get(PurePosixPath(name).suffix, "text/plain"),
            "license": {"@id": DATA if ours else CODE},
        }

    def file(self, name: str) -> None:
        """Add a file of the archive; the programs of rules are tools."""
        properties = self.described_file(name)
        if name in self.programs.values():
            properties["@type"] = ["File", "SoftwareSourceCode"]
            properties["version"] = self.contents.commit
        if name == README:
            properties["about"] = {"@id": "./"}
        self.crate.add_file(dest_path=name, properties=properties)

    def left_out(self, path: str) -> None:
        """Add a file that is too large for the archive, and how to make it."""
        about = self.contents.left_out[path]
        self.add(
            f"#left-out/{quote(path)}",
            "CreativeWork",
            name=path,
            description=f"left out for its size; made again by: {about['recipe']}",
            contentSize=str(about["bytes"]),
            sha256=about["sha256"],
        )

    def setting(self, key: str, value: object) -> dict[str, str]:
        """Add a key of config.yaml, as a parameter of the workflow, and its value."""
        parameter, given = f"#parameter/{quote(key)}", f"#setting/{quote(key)}"
        example = {"@id": given}
        self.add(parameter, "FormalParameter", name=key, additionalType="Text", workExample=example)
        about = {"name": key, "value": as_text(value), "exampleOfWork": {"@id": parameter}}
        return self.add(given, "PropertyValue", **about)

    def step(self, rule: str, position: int) -> dict[str, str]:
        """Add a rule as a step of the workflow."""
        about = {"position": str(position), "workExample": {"@id": self.programs[rule]}}
        return self.add(f"#step/{rule}", "HowToStep", name=rule, **about)

    def workflow(self, settings: list, ends: list[str], steps: list) -> None:
        """Add the workflow, with its settings as inputs and the ends of the chain as outputs."""
        results = []
        for path in ends:
            identifier = f"#output/{quote(path)}"
            self.crate.get(quote(path))["exampleOfWork"] = {"@id": identifier}
            about = {"additionalType": "File", "workExample": {"@id": quote(path)}}
            results.append(self.add(identifier, "FormalParameter", name=path, **about))
        properties = {
            **self.described_file(WORKFLOW),
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": self.contents.citation["title"],
            "version": self.contents.commit,
            "author": self.author,
            "input": [self.crate.get(given["@id"])["exampleOfWork"] for given in settings],
            "output": results,
            "step": steps,
            "hasPart": [{"@id": program} for program in self.programs.values()],
        }
        self.crate.add_workflow(
            dest_path=WORKFLOW, main=True, lang="snakemake", properties=compact(properties)
        )

    def action(self, job: Record) -> dict[str, str]:
        """Add what a job did, from its record."""
        record, machine = self.contents.chain.path(job), job.run["machine"]
        inputs = [self.reference(path) for path in job.input_files]
        return self.add(
            f"#job/{quote(record)}",
            "CreateAction",
            name=self.contents.named(job),
            description=f"{job.rule} ran for {job.run['seconds']} s on {machine['processor']}",
            instrument={"@id": self.programs[job.rule]},
            agent=self.author,
            startTime=began(job).isoformat(),
            endTime=ended(job).isoformat(),
            actionStatus=COMPLETED,
            object=[*inputs, *(self.option(*pair) for pair in sorted(job.options.items()))],
            result=[self.reference(path) for path in job.output_files],
            subjectOf={"@id": quote(record)},
        )

    def option(self, name: str, value: object) -> dict[str, str]:
        """Add an option that a program was given; jobs that share its value share it."""
        text = as_text(value)
        named = text if len(text) <= LONGEST else sha256(text.encode()).hexdigest()
        identifier = f"#option/{name}/{quote(named, safe='')}"
        return self.add(identifier, "PropertyValue", name=name, value=text)

    def reference(self, path: str) -> dict[str, str]:
        """Return a reference to a file that a job read or made."""
        left_out = path in self.contents.left_out
        return {"@id": f"#left-out/{quote(path)}" if left_out else quote(path)}

    def run(self, settings: list, ends: list[str], actions: list) -> None:
        """Add the run of the workflow, job after job, and what it is all about."""
        whole = self.add(
            "#run",
            "CreateAction",
            name=f"All results of the scale {self.contents.scale}",
            description="The run of the workflow from its settings to its figures",
            instrument={"@id": WORKFLOW},
            agent=self.author,
            actionStatus=COMPLETED,
            object=[{"@id": "config.yaml"}, *settings],
            result=[{"@id": quote(path)} for path in ends],
            startTime=min(map(began, self.jobs)).isoformat(),
            endTime=max(map(ended, self.jobs)).isoformat(),
        )
        steps = [
            self.add(
                action["@id"].replace("#job/", "#control/", 1),
                "ControlAction",
                name=f"Run of {job.rule}",
                instrument={"@id": f"#step/{job.rule}"},
                object=action,
                actionStatus=COMPLETED,
            )
            for job, action in zip(self.jobs, actions, strict=True)
        ]
        self.root([whole, *steps, *actions])

    def root(self, mentions: list) -> None:
        """Describe the archive itself."""
        citation = self.contents.citation
        for identifier, name in PROFILES.items():
            version = identifier.rsplit("/", 1)[1]
            self.add(identifier, "CreativeWork", name=name, version=version)
        properties = {
            "name": f"{citation['title']} (results of the scale {self.contents.scale})",
            "description": citation["abstract"],
            "datePublished": str(citation["date-released"]),
            "version": str(citation["version"]),
            "keywords": ", ".join(citation["keywords"]),
            "author": self.author,
            "publisher": self.author,
            "license": {"@id": DATA},
            "conformsTo": [{"@id": profile} for profile in PROFILES],
            "mentions": mentions,
        }
        if self.contents.doi:
            properties["identifier"] = f"https://doi.org/{self.contents.doi}"
        for key, value in properties.items():
            self.crate.root_dataset[key] = value


def compact(properties: Mapping[str, object]) -> dict[str, object]:
    """Return properties as RO-Crate 1.1 writes them: no empty lists, nor lists of one value."""
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in properties.items()
        if value != []
    }


def as_text(value: object) -> str:
    """Return a value as a property has it: text as it is, and all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
