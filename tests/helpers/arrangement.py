"""An oracle: the exact maximum of |f - g| on Q, by listing every affine piece of f - g.

Neuron after neuron cuts the pieces, which are kept by their vertices. Each vertex knows the names
of hyperplanes through it: two of them can share an edge only if they share dim - 1 hyperplanes.
"""

import itertools

import numpy as np


def largest_difference(f, g):
    """The maximum of |f - g| on Q, for two stacks of one network each."""
    dim = f.weights[0].shape[2]
    corners = np.array(list(itertools.product([-0.5, 0.5], repeat=dim)))
    faces = [frozenset(enumerate(corner)) for corner in corners]
    of_nothing = np.empty((len(corners), 0))
    return max(
        np.abs(values[:, 0] - values[:, 1]).max()
        for piece in affine_pieces(f, corners, faces, of_nothing, "f")
        for _, _, values in affine_pieces(g, *piece, "g")
    )


def affine_pieces(network, vertices, planes, affine, label):
    """Yield the parts of a polytope on which a network is affine, in the same form.

    The polytope has `vertices` [count, dim] and the names of hyperplanes through each, `planes`.
    On it the columns of `affine` [count, columns] are affine, and the network's values join them.
    """
    *hidden, (last, shift) = [
        (w[0], b[0]) for w, b in zip(network.weights, network.biases, strict=True)
    ]
    dim, kept = vertices.shape[1], vertices.shape[1] + affine.shape[1]
    pieces = [(np.hstack([vertices, affine, vertices]), planes)]
    for depth, (weight, bias) in enumerate(hidden):
        pieces = [
            (np.hstack([table[:, :kept], table[:, kept:] @ weight.T + bias]), planes)
            for table, planes in pieces
        ]
        for neuron in range(len(bias)):
            name = label, depth, neuron
            pieces = [half for piece in pieces for half in halves(*piece, kept + neuron, name, dim)]
    for table, planes in pieces:
        values = table[:, kept:] @ last.T + shift
        yield table[:, :dim], planes, np.hstack([table[:, dim:kept], values])


def halves(table, planes, column, name, dim):
    """Yield the one or two parts of a polytope on which the column's ReLU is affine, behind it."""
    values = table[:, column]
    values[np.abs(values) < 1e-13] = 0
    above, below, on = (np.flatnonzero(np.sign(values) == sign) for sign in (1, -1, 0))
    cut, through = list(table[on]), [planes[i] | {name} for i in on]
    for i, j in itertools.product(above, below):
        shared = planes[i] & planes[j]
        if len(shared) >= dim - 1:
            cut.append((values[i] * table[j] - values[j] * table[i]) / (values[i] - values[j]))
            through.append(shared | {name})
    for side, slope in ((above, 1), (below, 0)):
        if len(side) or (slope == 0 and len(on) == len(values)):
            half = np.array([*table[side], *cut])
            half[:, column] *= slope
            half[len(side) :, column] = 0
            yield half, [*(planes[i] for i in side), *through]
