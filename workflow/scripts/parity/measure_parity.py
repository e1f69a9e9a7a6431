"""Measure networks that were trained on parity at all points, and their neurons."""

from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.cube import corners, parity
from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks, load_networks
from supnorm.packed import values
from supnorm.parity.constructions import norm, path_norms
from supnorm.parity.norms import fitted_optimum, minimum_norm
from supnorm.parity.tables.training import NEURONS, TRAINING
from supnorm.statistics.diverged import infinite
from supnorm.tables.schema import write_table

# Neurons of a smaller share of the norm are left out.
SMALL = 1e-3


def main(argv: list[str]) -> None:
    """Write a row for each training, and a row for each neuron that counts."""
    parser = Program(__doc__, __file__)
    parser.reads("students", nargs="+", help="safetensors of each dimension")
    parser.writes("training", help="Parquet table to write")
    parser.writes("neurons", help="Parquet table to write")
    a = parser.parse_args(argv)
    trainings, neurons = [], []
    for path in a.students:
        networks, told = read(path)
        for number, (time, seed, decay) in enumerate(zip(*told["networks"].values(), strict=True)):
            network = networks[number : number + 1]
            shares = neurons_of(network)
            named = {"dim": told["dim"], "seed": seed, "decay": decay}
            counted = (shares["share"] > SMALL) & np.isfinite(shares).all(axis=1)
            neurons.append(shares[counted].assign(**named, time=time))
            if time == "end":
                measured = measure(network, told["dim"], decay, shares)
                trainings.append({**named, "steps": told["steps"], **measured})
    for path, rows, schema in (
        (a.training, pd.DataFrame(trainings), TRAINING),
        (a.neurons, pd.concat(neurons), NEURONS),
    ):
        # Dimension after dimension, in whatever order the files come.
        write_table(path, rows.sort_values("dim", kind="stable"), schema, a.job)
    a.job.write_record()


def read(path: Path) -> tuple[Networks, dict]:
    """Return the networks of a dimension and what the file says of them."""
    networks, told, _ = load_networks(path)
    if told.get("kind") != "parity":
        raise InputError(f"{path}: expected networks trained on parity, found {told.get('kind')}")
    return networks, told


def neurons_of(network: Networks) -> pd.DataFrame:
    """Return share of the norm, cosine with the nearest sign vector, and bias of each neuron."""
    weights, biases = network.weights[0][0], network.biases[0][0]
    lengths, norms = np.linalg.norm(weights, axis=1), path_norms(network)[0]
    return pd.DataFrame(
        {
            "share": norms / norms.sum(),
            "cosine": abs(weights).sum(axis=1) / (np.sqrt(weights.shape[1]) * lengths),
            "bias": abs(biases) / lengths,
        }
    )


def measure(network: Networks, dim: int, decay: float, neurons: pd.DataFrame) -> dict:
    """Return what the table of trainings tells of a network, without what it is named by."""
    points, minimum = corners(dim), minimum_norm(dim)
    wanted, found = parity(points), values(network, points)[0]
    fit = (found * wanted).mean()
    squares = sum((weight**2).sum() for weight in network.weights)
    error = ((found - wanted) ** 2).mean()
    told = {
        "width": len(neurons),
        "objective": error + decay / minimum / 2 * squares,
        "optimum": fitted_optimum(decay),
        "fit": fit,
        "norm": norm(network, np.sqrt(dim))[0],
        "minimum": minimum,
        "active": (neurons["share"] > SMALL).sum(),
        **{name: (neurons["share"] * neurons[name]).sum() for name in ("cosine", "bias")},
        "bias_expected": dim % 2 / np.sqrt(dim),
        "error_2": np.sqrt(error),
        "deviation": abs(found - fit * wanted).max(),
    }
    if not np.isfinite(error):
        # It diverged: it fits nothing, and has no neurons of which to tell.
        told |= {"fit": 0.0, "norm": np.inf, "cosine": 0.0, "bias": np.inf}
    return infinite(told)


if __name__ == "__main__":
    run(main)
