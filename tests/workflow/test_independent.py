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


def slopes(tensors, k, x):
    """Pre-activations of all neurons of network k at x (d = 1), and their slopes there."""
    value, slope = np.array([x]), np.ones(1)
    found = []
    for layer in range(sum(name.startswith("weight_") for name in tensors)):
        if layer:
            value, slope = np.where(value > 0, value, 0), np.where(value > 0, slope, 0)
        weight = tensors[f"weight_{layer}"][k]
        value, slope = weight @ value + tensors[f"bias_{layer}"][k], weight @ slope
        found.append((value, slope))
    return map(np.concatenate, zip(*found[:-1], strict=True))


def kinks(networks):
    """Where the difference of (tensors, k) networks bends, by going from one bend to the next."""
    places, step = [-0.5], 1e-12
    while places[-1] < 0.5:
        x = places[-1] + step
        ahead = [0.5]
        for tensors, k in networks:
            value, slope = slopes(tensors, k, x)
            with np.errstate(divide="ignore", invalid="ignore"):
                crossing = x - value / slope
            ahead.extend(crossing[(crossing > x) & (crossing < 0.5)])
        places.append(min(ahead))
    return np.array(places)


def integrals(places, values):
    """The L^1 and L^2 norms of what is linear between places, split where it changes its sign."""
    first = second = 0.0
    for (x, y), (a, b) in zip(itertools.pairwise(places), itertools.pairwise(values), strict=True):
        root = x + (y - x) * a / (a - b) if a * b < 0 else y
        first += (root - x) * abs(a) / 2 + (y - root) * abs(b) / 2
        if a * b >= 0:
            first += (y - x) * abs(b) / 2
        second += (y - x) / 6 * (a * a + (a + b) ** 2 + b * b)
    return first, second**0.5


def read_cell(results, cell):
    """The students of all shards of a cell, and what each is."""
    paths = sorted(results.glob(f"students/random/{cell}_*of*.safetensors"))
    parts = [read_networks(path) for path in paths]
    tensors = {name: np.concatenate([part[name] for part, _ in parts]) for name in parts[0][0]}
    pairs = [metadata["students"] for _, metadata in parts]
    return tensors, {name: [k for some in pairs for k in some[name]] for name in pairs[0]}


def by_student(results, cell):
    """The rows of a cell's tables of errors by teacher, seed, evaluation and norm."""
    found = [
        row for path in results.glob(f"errors/random/{cell}_*of*.parquet") for row in rows(path)
    ]
    return {(r["teacher"], r["seed"], r["evaluation"], r["norm"]): r for r in found}


@pytest.mark.parametrize("cell", ["d1_m10_L5_w8_hundred", "d1_m20_L5_w8_fifth"])
def test_exact_errors_are_recomputed(finished, cell):
    results = finished.results
    teachers, _ = read_networks(results / "teachers/random/d1.safetensors")
    students, pairs = read_cell(results, cell)
    errors = by_student(results, cell)
    assert len(errors) == 3 * len(pairs["seed"])
    for k in range(len(pairs["seed"])):
        key = tuple(pairs[name][k] for name in ("teacher", "seed", "evaluation"))
        places = kinks([(teachers, key[0]), (students, k)])
        truth = network_values(teachers, key[0], places[:, None])
        values = network_values(students, k, places[:, None]) - truth
        first, second = integrals(places, values)
        found = {norm: errors[(*key, norm)] for norm in ("1", "2", "inf")}
        assert all(row["method"] == "exact" for row in found.values())
        assert all(row["upper"] == row["error"] for row in found.values())
        assert found["1"]["error"] == pytest.approx(first, rel=1e-10)
        assert found["2"]["error"] == pytest.approx(second, rel=1e-10)
        assert found["inf"]["error"] == pytest.approx(np.abs(values).max(), rel=1e-10)
        assert found["inf"]["at0"] == pytest.approx(places[np.abs(values).argmax()], abs=1e-10)
        assert found["inf"]["loss"] == students["loss"][k]


def test_sampled_errors_are_recomputed_and_climbed_ones_are_local_maxima(finished):
    results = finished.results
    teachers, _ = read_networks(results / "teachers/random/d3.safetensors")
    students, pairs = read_cell(results, "d3_m20_L5_w8_fifth")
    points = documented_points("evaluation;dim=3", 4096, 3)
    errors = by_student(results, "d3_m20_L5_w8_fifth")
    rng = np.random.default_rng(0)
    for k in range(len(pairs["seed"])):
        key = tuple(pairs[name][k] for name in ("teacher", "seed", "evaluation"))

        def error(points, k=k, teacher=key[0]):
            truth = network_values(teachers, teacher, points)
            return np.abs(truth - network_values(students, k, points))

        sampled = error(points)
        assert errors[(*key, "1")]["error"] == pytest.approx(sampled.mean(), rel=1e-9)
        assert errors[(*key, "2")]["error"] == pytest.approx((sampled**2).mean() ** 0.5, rel=1e-9)
        row = errors[(*key, "inf")]
        place = np.array([row[f"at{i}"] for i in range(3)])
        assert row["method"] == "ascent"
        assert row["error"] == pytest.approx(error(place[None])[0], rel=1e-10)
        assert row["error"] >= sampled.max() * (1 - 1e-12)
        for radius in (1e-2, 1e-4, 1e-6):
            near = np.clip(place + radius * rng.uniform(-1, 1, (500, 3)), -0.5, 0.5)
            assert error(near).max() <= row["error"] * (1 + 1e-9)


def test_no_error_exceeds_a_certified_upper_end(finished):
    results = finished.results
    teachers, _ = read_networks(results / "teachers/random/d3.safetensors")
    points = documented_points("evaluation;dim=3", 4096, 3)
    certified = [
        row
        for row in rows(results / "tables/errors.parquet")
        if row["dim"] == 3 and row["norm"] == "inf" and row["upper"] is not None
    ]
    # Two sample sizes and two batch rules; two teachers, two seeds and five evaluations.
    assert len(certified) == 80
    for row in certified:
        cell = "d{dim}_m{samples}_L{depth}_w{width}_{batch_rule}".format_map(row)
        students, pairs = read_cell(results, cell)
        names = ("teacher", "seed", "evaluation")
        keys = list(zip(*(pairs[name] for name in names), strict=True))
        k = keys.index(tuple(row[name] for name in names))
        place = np.array([[row[f"at{i}"] for i in range(3)]])
        at = np.concatenate([points, place])
        error = np.abs(
            network_values(teachers, row["teacher"], at) - network_values(students, k, at)
        )
        assert error.max() <= row["upper"]
        assert row["error"] == pytest.approx(error[-1], rel=1e-10)
        assert row["method"] == "certified"
        assert row["upper"] <= row["error"] * (1 + 1e-4) + 1e-9


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
    students, pairs = read_cell(results, f"d{dim}_m{size}_L5_w8_{rule}")
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
        problem = (r["family"], r["algorithm"], r["dim"], r["samples"], r["norm"])
        algorithm = (r["depth"], r["width"], r["batch_rule"], r["evaluation"])
        nested[problem][algorithm][r["teacher"]].append(r["error"])
    decided = rows(finished.results / "tables/minmax.parquet")
    assert len(decided) == 2 * len(nested)
    for row in decided:
        problem = tuple(row[k] for k in ("family", "algorithm_set", "dim", "samples", "norm"))
        algorithms = nested[problem]
        over = {"minmax": max, "minmean": lambda x: sum(x) / len(x)}[row["statistic"]]
        values = {
            algorithm: over([sum(errors) / len(errors) for errors in teachers.values()])
            for algorithm, teachers in algorithms.items()
        }
        assert row["error"] == pytest.approx(min(values.values()), rel=1e-12)
        decider = (row["depth"], row["width"], row["batch_rule"], row["evaluation"])
        assert values[decider] == pytest.approx(row["error"], rel=1e-12)
        if row["family"] == "random":
            assert row["low"] <= row["error"] * (1 + 1e-12)
            assert row["high"] >= row["error"] * (1 - 1e-12)
        else:  # a single seed
            assert row["low"] is None


def test_slopes_are_recomputed(finished):
    decided = rows(finished.results / "tables/minmax.parquet")
    for row in rows(finished.results / "tables/rates.parquet"):
        key = ("family", "algorithm_set", "dim", "norm", "statistic")
        series = sorted(
            (r["samples"], r["error"]) for r in decided if all(r[k] == row[k] for k in key)
        )
        if len(series) == 1:
            assert row["slope"] is None
            continue
        (m0, e0), (m1, e1) = series
        assert row["slope"] == pytest.approx(np.log(e1 / e0) / np.log(m1 / m0))
        assert row["constant"] * m0 ** row["slope"] == pytest.approx(e0)


@pytest.mark.parametrize("dim", [1, 3])
def test_spiked_teachers_are_in_the_class_and_as_far_from_students_as_stated(finished, dim):
    results = finished.results
    plain, described = read_networks(results / f"teachers/random/d{dim}.safetensors")
    spiked, metadata = read_networks(results / f"adversary/random/d{dim}_m20.safetensors")
    assert (metadata["norm"], metadata["bound"]) == ("inf", 0.5)
    width = described["width"]
    assert metadata["width"] == 2 * width
    sizes = [dim, *[2 * width] * 4, 1]
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        for name, shape in ((f"weight_{layer}", (outputs, inputs)), (f"bias_{layer}", (outputs,))):
            assert spiked[name].shape == (4, *shape)
            assert np.abs(spiked[name]).max() <= 0.5
            half = tuple(slice(size) for size in plain[name].shape[1:])
            assert (spiked[name][:, *half] == plain[name][0]).all()
    for layer in (1, 2, 3):
        assert not spiked[f"weight_{layer}"][:, :width, width:].any()
        assert not spiked[f"weight_{layer}"][:, width:, :width].any()
    adaptive = [
        row
        for row in rows(results / f"adversary/random/d{dim}_m20.parquet")
        if row["kind"] == "adaptive" and row["norm"] == "inf"
    ]
    # Two batch rules, five evaluations, two seeds and two signs.
    assert len(adaptive) == 40
    spikes = list(zip(metadata["sign"], metadata["seed"], strict=True))
    names = ("teacher", "seed", "evaluation")
    for row in adaptive:
        cell = "d{dim}_m{samples}_L{depth}_w{width}_{batch_rule}".format_map(row)
        students, pairs = read_cell(results, cell)
        keys = list(zip(*(pairs[name] for name in names), strict=True))
        k, spike = keys.index((0, row["seed"], row["evaluation"])), (row["sign"], row["seed"])
        at, centre = (
            np.array([[row[f"{name}{i}"] for i in range(dim)]]) for name in ("at", "centre")
        )
        target = network_values(spiked, spikes.index(spike), at)
        apart = np.abs(target - network_values(students, k, at))
        assert row["error"] == pytest.approx(apart[0], rel=1e-10)
        assert row["coefficient_norm"] == 0.5
        height = network_values(spiked, spikes.index(spike), centre) - network_values(
            plain, 0, centre
        )
        assert row["sign"] * row["height"] == pytest.approx(height[0], rel=1e-9)


def test_the_budget_is_recomputed_from_the_networks(finished):
    """Of longer training for d = 1: the error on a fine grid, and what is left on the sample."""
    results, grid = finished.results, np.linspace(-0.5, 0.5, 20001)[:, None]
    teachers, _ = read_networks(results / "teachers/random/d1.safetensors")
    wanted = network_values(teachers, 0, grid)
    found = [
        row
        for row in rows(results / "tables/budget.parquet")
        if (row["dim"], row["norm"], row["rule"]) == (1, "inf", "fast")
    ]
    # One teacher: its maximum is its mean.
    assert len(found) == 2 * 2
    for row in found:
        tensors, pairs = read_cell(results, f"d1_m{row['samples']}_L5_w8_fast")
        last = [k for k, one in enumerate(pairs["evaluation"]) if one == max(pairs["evaluation"])]
        assert {pairs["epoch"][k] for k in last} == {row["epochs"]}
        errors, left = [], []
        for k in last:
            points = documented_points(f"points;dim=1;seed={pairs['seed'][k]}", row["samples"], 1)
            labels = network_values(teachers, 0, points)
            errors.append(np.abs(network_values(tensors, k, grid) - wanted).max())
            left.append(np.sqrt(np.mean((network_values(tensors, k, points) - labels) ** 2)))
        assert row["error"] == pytest.approx(np.mean(errors), rel=1e-3)
        assert row["training"] == pytest.approx(np.mean(left), rel=1e-9)
