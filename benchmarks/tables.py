"""The tables of measurements; each says in its metadata on what machine it was made."""

import dataclasses
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from supnorm.hardware.machine import processor
from supnorm.tables.cells import DIM, FAMILY, PAIR, SAMPLES
from supnorm.tables.schema import (
    Column,
    Schema,
    integer,
    read_table,
    real,
    text,
    truth,
    write_table,
)

US = "microseconds"
RATE = "GFLOP/s"

TRAINING = Schema(
    "a contender on a problem",
    (
        text("contender", "A, B, C, vmap, jax, stacked or narrow: benchmarks/contenders.py"),
        integer("group", "students trained at once"),
        text("device", "cpu or cuda"),
        integer("width", "hidden neurons a layer"),
        integer("batch", "samples in a batch; an epoch has five"),
        text("precision", "float64 or float32"),
        real("microseconds", "time of a step of a student, median over slices", US),
        real("low", "lower quartile of the same", US),
        real("high", "upper quartile of the same", US),
        real("steps_per_second", "steps of students a second", "1/s"),
        real("over_A", "time of contender A over this", nullable=True),
        real("over_B", "time of contender B over this", nullable=True),
        real("over_C", "time of contender C over this", nullable=True),
        real("gflops", "arithmetic of the matrix products of a step over its time", RATE),
        real("gemm_gflops", "speed of the large matrix product, median over slices", RATE),
        real("gemm_share", "gflops over gemm_gflops"),
        real("bandwidth", "what a large copy reads and writes", "GB/s"),
        real(
            "bandwidth_share",
            "ten numbers a parameter a step over the bandwidth; above 1 where caches hold them",
        ),
    ),
)

SCALING = Schema(
    "a point of a sweep: all else as in the base problem",
    (
        text("sweep", "what varies: students, samples, width or depth"),
        integer("value", "its value"),
        text("engine", "the engine that auto is there"),
        real("microseconds", "time of an epoch of all students, median over slices", US),
        real("low", "lower quartile of the same", US),
        real("high", "upper quartile of the same", US),
    ),
)

EXPONENTS = Schema(
    "a sweep: time of an epoch against what varies, as a power law",
    (
        text("sweep", "what varies"),
        integer("first", "its least value"),
        integer("last", "its largest value"),
        real("exponent", "slope of the least-squares line through the logarithms"),
        real("low", "least slope between neighbouring points"),
        real("high", "largest slope between neighbouring points"),
    ),
)

AGREEMENT = Schema(
    "a student, fully trained by an engine",
    (
        text("engine", "narrow, stacked or loop"),
        integer("teacher", "number of the teacher"),
        integer("seed", "seed of points, initial weights and shuffles"),
        real("loss", "mean squared error on the sample"),
        real("error_2", "L² error on uniform points"),
        real("error_inf", "uniform error on the same points"),
    ),
)

EXACT = Schema(
    "a width: errors of a student, exact and on random points, for d = 1",
    (
        integer("width", "hidden neurons a layer of the students"),
        integer("students", "students that both ways measured"),
        integer("pieces", "of student minus teacher, the most of a student"),
        real("exact_seconds", "exact errors of a student, median over slices", "s"),
        real("exact_low", "least of the same", "s"),
        real("exact_high", "largest of the same", "s"),
        real("sampled_seconds", "errors on all points, scaled from a part, median", "s"),
        real("sampled_low", "least of the same", "s"),
        real("sampled_high", "largest of the same", "s"),
        real("ratio", "sampled_seconds over exact_seconds"),
        real("part", "of the points that were met and timed"),
        real("shortfall", "exact minus sampled over exact uniform error, largest of a student"),
    ),
)

CERTIFICATE = Schema(
    "the search for a student's uniform error, to a gap",
    (
        *FAMILY,
        *DIM,
        *SAMPLES,
        *PAIR,
        real("gap", "high over low, less 1, that was asked for"),
        real("low", "largest difference between teacher and student that was met"),
        real("high", "proved: no difference in Q is larger"),
        truth("met", "whether the gap was met, what rounding may have added to high forgiven"),
        integer("boxes", "boxes for which a bound was computed"),
        real("seconds", "processor time, on one thread", "s"),
    ),
)

GRAPH = Schema(
    "a scale: the workflow's graph of jobs",
    (
        text("scale", "smoke, laptop, paper, or tenfold: ten times the paper's seeds"),
        integer("jobs", "jobs of the graph, without the target `all`"),
        real("read", "processor time until the Snakefile is read, least of all runs", "s"),
        real("graph", "the same until the graph is built", "s"),
        real("seconds", "the same of a dry run, which shows all jobs", "s"),
        real("high", "largest of a dry run, where `seconds` is the least", "s"),
        real("memory", "largest resident memory of the dry run, median", "MB"),
    ),
)

STAGES = Schema(
    "a rule of the workflow",
    (
        text("rule", "name of the rule"),
        integer("jobs", "jobs that were run"),
        real("seconds", "their time, all together", "s"),
        real("share", "of the time of all rules"),
        real("cpu_seconds", "their processor time, all together", "s", nullable=True),
        real("memory", "largest resident memory of a job", "MB", nullable=True),
    ),
)


STEPS = Schema(
    "an engine on a problem, in full groups; orders of the samples are drawn beforehand",
    (
        text("card", "what torch calls the GPU; the processor where device is cpu"),
        text("device", "cpu or cuda"),
        text("engine", "stacked or narrow"),
        integer("threads", "students that train at once on the cores of a CPU"),
        integer("dim", "input dimension d"),
        integer("depth", "affine layers of a student"),
        integer("width", "hidden neurons a layer"),
        integer("batch", "samples in a batch"),
        text("precision", "float64 or float32"),
        integer("group", "students trained at once"),
        integer("steps", "steps of an epoch"),
        real("microseconds", "time of a step of a student, median over slices", US),
        real("low", "least of the same", US),
        real("high", "largest of the same", US),
        real("tflops", "arithmetic of the matrix products of a step over its time", "TFLOP/s"),
        real("product_share", "tflops over the speed of a large matrix product"),
        real(
            "bandwidth_share",
            "ten numbers a parameter a step over the bandwidth of a large copy",
        ),
        real("nodes", "kernels of a step in its CUDA graph", nullable=True),
        real("capture", "time to capture the graph of an epoch", "s", nullable=True),
    ),
)

KERNELS = Schema(
    "a kernel of an epoch in the profiler",
    (
        integer("width", "hidden neurons a layer"),
        integer("batch", "samples in a batch"),
        text("kernel", "its name"),
        real("calls", "how often a step runs it"),
        real("microseconds", "its time in a step of a group", US),
        real("share", "of the time of all kernels"),
    ),
)

VARIANTS = Schema(
    "one of some ways to do the same",
    (
        text("what", "group: size of groups; adam: a step of Adam; swap: a change of groups"),
        integer("width", "hidden neurons a layer"),
        integer("batch", "samples in a batch"),
        text("choice", "the way"),
        truth("ours", "whether the library does it so"),
        real("microseconds", "time a student (for group: of a step), median over slices", US),
        real("low", "least of the same", US),
        real("high", "largest of the same", US),
    ),
)

MEMORY = Schema(
    "an algorithm whose groups take much of a GPU's memory, in training",
    (
        integer("width", "hidden neurons a layer"),
        integer("batch", "samples in a batch"),
        integer("samples", "of a student"),
        integer("group", "students trained at once"),
        real("expected", "what supnorm.work says a group takes", "GB"),
        real("allocated", "largest memory of tensors, samples included", "GB", nullable=True),
        real("reserved", "largest memory that torch took from the GPU", "GB", nullable=True),
        real("used", "of the whole GPU at the end", "GB", nullable=True),
    ),
)

EVALUATION = Schema(
    "a way to measure errors of students",
    (
        text("method", "sampled, exact or climb"),
        text("device", "cpu or cuda"),
        integer("dim", "input dimension d"),
        integer("width", "hidden neurons a layer"),
        integer("networks", "measured at once"),
        integer("points", "on which they were sampled", nullable=True),
        real("seconds", "of all of them, median over slices", "s"),
        real("rate", "operations of affine layers a second, of sampled errors", "1/s", True),
        real(
            "difference",
            "from the uniform errors found on the CPU, relative, the largest",
            nullable=True,
        ),
    ),
)


def write_measured(
    path: Path, frame: pd.DataFrame, schema: Schema, machine: Mapping[str, str]
) -> None:
    """Write a table with the machine in its metadata."""

    class Measured(Schema):
        def arrow(self) -> pa.Schema:
            return super().arrow().with_metadata({"row": self.row, **machine})

    write_table(
        path, frame, Measured(*(getattr(schema, f.name) for f in dataclasses.fields(Schema)))
    )


def read_measured(path: Path, schema: Schema) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return a table and the machine that it was made on."""
    columns: tuple[Column, ...] = schema.columns
    frame = read_table(path, columns)
    said = pq.read_schema(path).metadata
    return frame, {k.decode(): v.decode() for k, v in said.items() if k != b"row"}


def machine(device: str) -> dict[str, str]:
    """Return what a measurement was made on: processor or GPU, and versions."""
    versions = {"python": platform.python_version()}
    for name in ("torch", "numpy", "numba", "jax"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "none"
    name = f"{processor()}, {os.cpu_count()} cores"
    if device == "cuda":
        import torch

        name = f"{torch.cuda.get_device_name()} with {name}"
    return {"device": device, "machine": name, **versions}
