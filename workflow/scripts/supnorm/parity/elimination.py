"""The parity that labelled corners determine, by elimination over GF(2) (S2.12)."""

import numpy as np


def solve_parity(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return a set of coordinates whose product has these labels, and whether it is the only one.

    `points` of shape [n, dim] and `labels` [n] have entries -1 and 1. The set comes as bits, shape
    [dim], without the coordinates that the labels leave open. Raises ValueError if there is none.
    """
    dim = points.shape[1]
    rows = np.column_stack([points, labels]) < 0
    pivots = []
    for column in range(dim):
        found = np.flatnonzero(rows[len(pivots) :, column])
        if len(found):
            row, other = len(pivots), len(pivots) + found[0]
            rows[[row, other]] = rows[[other, row]]
            others = rows[:, column].copy()
            others[row] = False
            rows[others] ^= rows[row]
            pivots.append(column)
    if rows[len(pivots) :, dim].any():
        raise ValueError("no parity has these labels.")
    bits = np.zeros(dim, dtype=bool)
    bits[pivots] = rows[: len(pivots), dim]
    return bits, len(pivots) == dim
