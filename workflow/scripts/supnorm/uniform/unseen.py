"""Spikes that samples do not see, as networks of every class, beside the bounds of the class."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from supnorm.networks import forward
from supnorm.uniform.adversary import (
    ROUNDING,
    SIGNS,
    Spike,
    checked_norms,
    emptiest_on_grid,
    emptiest_place,
    spike_at,
    spike_networks,
)
from supnorm.uniform.theory import bounds
from supnorm.uniform.theory.bounds import NetworkClass
from supnorm.uniform.theory.bumps import bump_norm_in_cube

# An ℓ¹ distance of a place of Q to all points of a sample, and the place [s].
Empty = tuple[float, np.ndarray]

# Active coordinates up to which a search beyond a grid is cheap: its directions are 3^s.
SEARCHED = 3


def empty_places(points: np.ndarray) -> list[Empty]:
    """Return for s = 1 to d the emptiest place found in the first s coordinates.

    `points` is [samples, dim]. Beyond s = 3 it is the emptiest of a grid that has the centres of
    all cells of S1.11: the distance is at least 1/(2N), with N = ⌊m^(1/s)⌋ + 1.
    """
    return [
        (emptiest_place if active <= SEARCHED else emptiest_on_grid)(points[:, :active])
        for active in range(1, points.shape[1] + 1)
    ]


def class_columns(cls: NetworkClass) -> dict:
    """Return the columns of tables that name a class."""
    named = {"dim": cls.dim, "depth": cls.depth, "width": cls.width}
    return {**named, "q": f"{cls.q:g}", "c": cls.c}


def unseen_rows(
    cls: NetworkClass, samples: int, places: Sequence[Sequence[Empty]]
) -> Iterator[dict]:
    """Yield a row for each admissible s: the spikes in empty places, and the bounds.

    `places` has for each seed the empty places of its first m = `samples` points, s after s; none
    for bounds alone. A class without spikes has one row, with the upper bound.
    """
    common = {**class_columns(cls), "samples": samples, "upper": bounds.upper_bound(cls, samples)}
    actives = bounds.admissible_actives_sharp(cls)
    if not actives:
        yield common
    for active in actives:
        spikes = [spike_at(cls, *of_seed[active - 1]) for of_seed in places]
        yield {
            **common,
            "active": active,
            **(spike_columns(cls, spikes) if spikes else {}),
            **lower_bounds(cls, samples, active),
        }


def lower_bounds(cls: NetworkClass, samples: int, active: int) -> dict[str, float]:
    """Return the lower bounds on the uniform error for s = `active`, by their columns."""
    plain = active in bounds.admissible_actives(cls)
    given = (cls, samples, math.inf, active)
    return {
        "lower": bounds.lower_bound(*given) if plain else math.nan,
        "lower_sharp": bounds.lower_bound_sharp(*given),
        "lower_sharp_randomised": bounds.lower_bound_sharp_randomised(*given),
    }


def spike_columns(cls: NetworkClass, spikes: list[Spike]) -> dict[str, float]:
    """Return what networks that are spikes have in common, one spike for each seed.

    Raises ValueError where a network is not of the class, or not the spike that it should be.
    """
    networks = spike_networks(cls, spikes)
    norms = checked_norms(cls, networks)
    centres = np.stack([spike.centre for spike in spikes])
    values = forward(networks, np.tile(centres, (len(SIGNS), 1))[:, None])
    heights = np.array([spike.height for spike in spikes])
    found = values.reshape(len(SIGNS), -1) * np.array(SIGNS)[:, None]
    deviations = np.abs(found - heights) / heights
    steepness = np.array([1 / spike.radius for spike in spikes])
    # In the first layer numbers of size 1 cancel, but for the radius.
    if not (deviations <= ROUNDING * steepness).all():
        raise ValueError(f"a spike misses its height by {deviations.max()}, relative to it")
    norm = [bump_norm_in_cube(spike.active, 1 / spike.radius, spike.centre, 2) for spike in spikes]
    return {
        "height": found.mean(),
        "low": found.min(),
        "high": found.max(),
        "l2": (heights * norm).mean(),
        "coefficient_norm": norms.max(),
        "deviation": deviations.max(),
    }


def samples_needed(cls: NetworkClass, error: float) -> dict:
    """Return a row of tables/samples_needed.parquet: the largest bound over the admissible s."""
    row = {
        **class_columns(cls),
        "error": error,
        "log10_sufficient": bounds.log10_samples_sufficient(cls, error),
    }
    actives = bounds.admissible_actives(cls)
    if not actives:
        return row
    needed = {s: bounds.log10_samples_needed(cls, error, math.inf, s) for s in actives}
    active = max(needed, key=needed.__getitem__)
    onset = max(bounds.lower_bound(cls, 1, math.inf, s) for s in actives)
    return {**row, "active": active, "log10_needed": needed[active], "onset": onset}
