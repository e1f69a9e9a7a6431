"""The compiled code of the certificate: a ReLU network on a box, as an affine form.

On the box of the points centre + half * t, t in [-1, 1]^d, each neuron is

    middle + Σ_i slope_i t_i + Σ_k coefficient_k s_k    for some s_k in [-1, 1].

Every unstable neuron, one whose input z can have both signs in the box, has brought a symbol s_k:
of z in [low, high] is known that scale * z <= ReLU(z) <= scale * (z - low) where scale is
high / (high - low). Forms like this are zonotopes (Singh, Gehr, Mirman, Püschel, Vechev: Fast and
Effective Robustness Certification, 2018). Without unstable neurons the form is the network.

The terms of a layer are an array [terms, neurons]: its first row has the middles, the next `dim`
have the slopes, and each symbol has a row. Sums run in one order and without fused operations,
so the bits are the same on every processor. Their rounding is the caller's to account for.
"""

from numba import njit

compiled = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def first_layer(weight, bias, centre, half, out):
    """Compute the terms `out` of the first layer's inputs on a box; return how many there are."""
    for i in range(len(bias)):
        out[0, i] = bias[i]
    for j in range(len(centre)):
        for i in range(len(bias)):
            out[0, i] += centre[j] * weight[j, i]
            out[1 + j, i] = half[j] * weight[j, i]
    return 1 + len(centre)


@compiled
def next_layer(weight, bias, terms, count, radius, out):
    """Compute the terms `out` of a layer from the `count` rows `terms` of the one before it.

    The ReLU in between is applied on the way, and changes `terms`; `radius` is room for a row.
    Returns how many rows there are now.
    """
    for j in range(len(weight)):
        radius[j] = 0.0
    for k in range(1, count):
        for j in range(len(weight)):
            radius[j] += abs(terms[k, j])
    for k in range(count):
        for i in range(len(bias)):
            out[k, i] = bias[i] if k == 0 else 0.0
    old = count
    for j in range(len(weight)):
        low, high = terms[0, j] - radius[j], terms[0, j] + radius[j]
        if high <= 0:
            continue
        scale = 1.0
        if low < 0:
            # The middle between scale * z and scale * (z - low), and half of what lies between.
            scale = high / (high - low)
            terms[0, j] -= low / 2
            coefficient = -scale * low / 2
            for i in range(len(bias)):
                out[count, i] = coefficient * weight[j, i]
            count += 1
        for k in range(old):
            term = scale * terms[k, j]
            for i in range(len(bias)):
                out[k, i] += term * weight[j, i]
    return count


@compiled
def forms(parameters, sizes, centres, halves, room, middles, slopes, errors):
    """Compute the affine forms of a network's output on boxes.

    `parameters` are those of all layers, each weight [in, out] before its bias; `sizes` are the
    numbers of inputs, of neurons in each hidden layer, and of outputs, 1. `centres` and `halves`
    are [boxes, dim], and `room` is [2, 2 + inputs + neurons, largest size]. Of the forms there
    are the `middles` [boxes], the `slopes` [boxes, dim], and the `errors` [boxes]: the most that
    all symbols together can add.
    """
    # Not unpacked: Numba would no longer know that rows are contiguous.
    terms, out = room[0], room[1]
    radius = room[0, -1]
    for box in range(len(centres)):
        count, place = 0, 0
        for layer in range(1, len(sizes)):
            before, after = sizes[layer - 1], sizes[layer]
            end = place + before * after
            weight = parameters[place:end].reshape(before, after)
            bias = parameters[end : end + after]
            if layer == 1:
                count = first_layer(weight, bias, centres[box], halves[box], out)
            else:
                count = next_layer(weight, bias, terms, count, radius, out)
            place = end + after
            terms, out = out, terms
        middles[box] = terms[0, 0]
        for i in range(sizes[0]):
            slopes[box, i] = terms[1 + i, 0]
        errors[box] = 0.0
        for k in range(1 + sizes[0], count):
            errors[box] += abs(terms[k, 0])
