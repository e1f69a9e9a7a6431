"""A reader who uses none of our code recomputes errors and min-max from the files."""

import hashlib
import itertools
import json
from collections import defaultdict

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors import safe_open


def network_values(tensors, k, points):
    """Evaluate network k of a file on points [count, dim], as S1.1 defines it."""
    depth = sum(name.startswith("weight_") for name in tensors)
    x = points
    for layer in range(depth):
        x = np.einsum("oi,ni->no", tensors[f"weight_{layer}"][k], x) + tensors[f"bias_{layer}"][k]
        if layer < depth - 1:
            x = np.maximum(x, 0)
    return x[:, 0]


def read_networks(path):
    with safe_open(path, framework="numpy") as file:
        description = json.loads(file.metadata()["description"])
        return {name: file.get_tensor(name) for name in file.keys()}, description  # noqa: SIM118


def raw_integers(name, count):
    """The integers of a stream, as docs/randomness.md says."""
    key = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], "<u8")
    return np.random.Philox(key=key).random_raw(count)


def documented_points(name, count, dim):
    """The doubles of a stream less a half, as docs/randomness.md says."""
    raw = raw_integers(name, count * dim)
    return (raw >> np.uint64(11)).astype(float).reshape(count, dim) / 2**53 - 0.5


def rows(path):
    return pq.read_table(path).to_pylist()


@pytest.mark.parametrize("dim", [1, 3])
def test_samples_are_the_teachers_on_the_documented_points(finished, dim):
    teachers, metadata = read_networks(finished.results / f"teachers/random/d{dim}.safetensors")
    assert metadata["norm"] == "inf"
    assert all(np.abs(array).max() <= metadata["bound"] for array in teachers.values())
    table = pq.read_table(finished.results / f"samples/random/d{dim}_m20.parquet").to_pandas()
    for seed, group in table.groupby("seed"):
        points = documented_points(f"points;dim={dim};seed={seed}", 20, dim)
        assert (group[[f"x{i}" for i in range(dim)]].to_numpy() == points).all()
        for k in range(2):
            np.testing.assert_allclose(
                group[f"u{k:03d}"], network_values(teachers, k, points), rtol=1e-12
            )


@pytest.mark.parametrize("cell", ["d1_m10_L5_w8_hundred", "d3_m20_L5_w8_fifth"])
def test_errors_are_recomputed(finished, cell):
    results = finished.results
    dim = int(cell[1])
    teachers, _ = read_networks(results / f"teachers/random/d{dim}.safetensors")
    students, metadata = read_networks(results / f"students/random/{cell}.safetensors")
    points = documented_points(f"evaluation;dim={dim}", 4096, dim)
    pairs = metadata["students"]
    errors = {
        (r["teacher"], r["seed"], r["evaluation"], r["norm"]): r
        for r in rows(results / f"errors/random/{cell}.parquet")
    }
    assert len(errors) == 3 * len(pairs["seed"])
    for k in range(len(pairs["seed"])):
        key = tuple(pairs[name][k] for name in ("teacher", "seed", "evaluation"))
        truth = network_values(teachers, pairs["teacher"][k], points)
        error = np.abs(truth - network_values(students, k, points))
        for norm, value in (
            ("1", error.mean()),
            ("2", np.sqrt((error**2).mean())),
            ("inf", error.max()),
        ):
            assert errors[(*key, norm)]["error"] == pytest.approx(value, rel=1e-9)
        place = [errors[(*key, "inf")][f"at{i}"] for i in range(dim)]
        assert place == points[error.argmax()].tolist()
        assert errors[(*key, "inf")]["loss"] == students["loss"][k]


def retrained(samples, dim, seed, teacher, rule, batch, epochs):
    """Train a student as the paper says, by torch alone, from the documented streams."""

    def stream(purpose, **labels):
        return ";".join([purpose, *(f"{k}={labels[k]}" for k in sorted(labels))])

    sample = samples[samples["seed"] == seed].sort_values("index")
    size = len(sample)
    x = torch.tensor(sample[[f"x{i}" for i in range(dim)]].to_numpy()) * 12**0.5
    y = torch.tensor(sample[f"u{teacher:03d}"].to_numpy())
    sizes = [dim, 8, 8, 8, 8, 1]
    linears = [torch.nn.Linear(i, o).double() for i, o in itertools.pairwise(sizes)]
    for layer, linear in enumerate(linears):
        for kind in ("weight", "bias"):
            tensor = getattr(linear, kind)
            name = stream("initial", depth=5, dim=dim, seed=seed, tensor=f"{kind}_{layer}", width=8)
            start = 2 * documented_points(name, tensor.numel(), 1).reshape(tensor.shape)
            tensor.data = torch.tensor(start / linear.in_features**0.5)
    hidden = [module for linear in linears[:-1] for module in (linear, torch.nn.ReLU())]
    model = torch.nn.Sequential(*hidden, linears[-1])
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.01 ** (1 / epochs))
    for epoch in range(1, epochs + 1):
        labels = {"depth": 5, "dim": dim, "epoch": epoch, "rule": rule, "samples": size}
        name = stream("shuffle", **labels, seed=seed, width=8)
        order = np.argsort(raw_integers(name, size), kind="stable")
        for chosen in torch.tensor(order).split(batch):
            optimiser.zero_grad()
            torch.nn.functional.mse_loss(model(x[chosen])[:, 0], y[chosen]).backward()
            optimiser.step()
        scheduler.step()
    return linears


@pytest.mark.parametrize(("seed", "teacher"), [(10000, 1), (10001, 0)])
@pytest.mark.parametrize(
    ("dim", "size", "rule", "batch", "epochs"),
    [(1, 20, "fifth", 4, 20), (3, 10, "hundred", 10, 10)],
)
def test_a_student_is_trained_again_from_its_name(
    finished, seed, teacher, dim, size, rule, batch, epochs
):
    results = finished.results
    samples = pq.read_table(results / f"samples/random/d{dim}_m{size}.parquet").to_pandas()
    linears = retrained(samples, dim, seed, teacher, rule, batch, epochs)
    path = results / f"students/random/d{dim}_m{size}_L5_w8_{rule}.safetensors"
    students, metadata = read_networks(path)
    pairs = metadata["students"]
    (k,) = (
        k
        for k in range(len(pairs["seed"]))
        if (pairs["seed"][k], pairs["teacher"][k], pairs["epoch"][k]) == (seed, teacher, epochs)
    )
    for layer, linear in enumerate(linears):
        weight = linear.weight.detach().numpy() * (12**0.5 if layer == 0 else 1)
        np.testing.assert_allclose(students[f"weight_{layer}"][k], weight, rtol=1e-10, atol=1e-12)
        bias = linear.bias.detach().numpy()
        np.testing.assert_allclose(students[f"bias_{layer}"][k], bias, rtol=1e-10, atol=1e-12)


def test_minmax_is_recomputed(finished):
    nested = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for r in rows(finished.results / "tables/errors.parquet"):
        problem = (r["family"], r["dim"], r["samples"], r["norm"])
        algorithm = (r["depth"], r["width"], r["batch_rule"], r["evaluation"])
        nested[problem][algorithm][r["teacher"]].append(r["error"])
    decided = rows(finished.results / "tables/minmax.parquet")
    assert len(decided) == 2 * len(nested)
    for row in decided:
        algorithms = nested[(row["family"], row["dim"], row["samples"], row["norm"])]
        over = {"minmax": max, "minmean": lambda x: sum(x) / len(x)}[row["statistic"]]
        values = {
            algorithm: over([sum(errors) / len(errors) for errors in teachers.values()])
            for algorithm, teachers in algorithms.items()
        }
        assert row["error"] == pytest.approx(min(values.values()), rel=1e-12)
        decider = (row["depth"], row["width"], row["batch_rule"], row["evaluation"])
        assert values[decider] == pytest.approx(row["error"], rel=1e-12)
        assert row["low"] <= row["error"] * (1 + 1e-12)
        assert row["high"] >= row["error"] * (1 - 1e-12)


def test_slopes_are_recomputed(finished):
    decided = rows(finished.results / "tables/minmax.parquet")
    for row in rows(finished.results / "tables/rates.parquet"):
        key = ("family", "dim", "norm", "statistic")
        series = sorted(
            (r["samples"], r["error"]) for r in decided if all(r[k] == row[k] for k in key)
        )
        (m0, e0), (m1, e1) = series
        assert row["slope"] == pytest.approx(np.log(e1 / e0) / np.log(m1 / m0))
        assert row["constant"] * m0 ** row["slope"] == pytest.approx(e0)
