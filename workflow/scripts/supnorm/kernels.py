"""The compiled code: products of small matrices, and the training of one narrow network by them.

A network of width 32 is too small for BLAS and far too small for Python. Here one student trains
through many epochs in one call, which holds no lock of the interpreter; parameters, gradient and
Adam's moments (104 KB at width 32 and depth 5) stay in the core's second-level cache.

- Everything is `product`: rows x columns of the output are cut into tiles of up to 6 rows by 4
  vectors of 64 bytes, which stay in registers while the inner index runs, one fused multiply-add
  a vector and row. What follows a product (add, ReLU, ReLU's derivative) happens on its way out.
- Vectors run along the columns, whose number is padded to whole vectors by zeros that stay zero.
  The left factor is read number by number, so it may be transposed.
- A bias is one more row of its weight, and every activation has a constant 1 beside it.
- A batch passes through in blocks of 60 samples, whose activations stay in the cache; gradients
  add up over the blocks.
- Every sum runs in one order, by fused multiply-adds that are written out. So the bits depend
  neither on the processor's vectors nor on companions, threads or blocks.

All compiled code is in this one file, because Numba's cache sees the changes of a function's own
file only.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils, config
from numba.extending import intrinsic

VECTOR_BYTES = 64
TILE_ROWS = 6
# The sums of a tile must fit into registers: 32 of 64 bytes with AVX-512, else 16 of 32 bytes.
FEATURES = config.CPU_FEATURES or binding.get_host_cpu_features().flatten()
TILE_VECTORS = 4 if "+avx512f" in FEATURES else 1
# Samples whose activations are in the cache together, and rows that hold them in whole vectors.
BLOCK, BLOCK_ROWS = 60, 64
# Rows of a layer whose gradient is computed, and given to Adam, at once.
STRIP = 96
# Above this width it is cheaper to turn a block's deltas than a layer's weights.
TURN_WEIGHTS = 128

# What follows a product: out = AB, out += AB, out = max(AB, 0), out = AB where mask > 0 else 0.
# Numbers of NumPy: Numba would compile everything anew for each number of Python.
SET, ADD, RELU, MASK = np.arange(4)

# Adam's constants (S1.20).
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

compiled = njit(cache=True, nogil=True, error_model="numpy")
# In place of calls that would cost more than what they do.
inlined = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)

INTEGER, INDEX = ir.IntType(64), ir.IntType(32)


def lanes(dtype) -> int:
    """Return how many numbers of a type a vector holds: 8 doubles or 16 singles."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


class _Vectors:
    """Emits code for vectors of one type of numbers, at addresses that are integers."""

    def __init__(self, context, builder, number: types.Float):
        self.builder, self.bits = builder, number.bitwidth
        self.lanes = 8 * VECTOR_BYTES // number.bitwidth
        self.number = context.get_value_type(number)
        self.type = ir.VectorType(self.number, self.lanes)
        self.zero = ir.Constant(self.type, [0.0] * self.lanes)

    def at(self, address, kind, offset: int = 0):
        """Return the pointer to what lies `offset` bytes after an address."""
        moved = self.builder.add(address, ir.Constant(INTEGER, offset))
        return self.builder.inttoptr(moved, kind.as_pointer())

    def load(self, address, offset: int = 0):
        """Return the vector at an address of any alignment."""
        return self.builder.load(self.at(address, self.type, offset), align=self.bits // 8)

    def store(self, vector, address, offset: int = 0) -> None:
        """Write a vector to an address of any alignment."""
        self.builder.store(vector, self.at(address, self.type, offset), align=self.bits // 8)

    def broadcast(self, address):
        """Return a vector full of the number at an address."""
        number = self.builder.load(self.at(address, self.number))
        undefined = ir.Constant(self.type, ir.Undefined)
        single = self.builder.insert_element(undefined, number, ir.Constant(INDEX, 0))
        return self.shuffle(single, [0] * self.lanes)

    def shuffle(self, vector, places: Sequence[int], other=None):
        """Return the entries at some places; beyond the vector's own come those of the other."""
        mask = ir.Constant(ir.VectorType(INDEX, len(places)), list(places))
        return self.builder.shuffle_vector(vector, other or vector, mask)

    def multiply_add(self, a, b, c):
        """Return a b + c, rounded once."""
        name = f"llvm.fma.v{self.lanes}f{self.bits}"
        kind = ir.FunctionType(self.type, [self.type] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [a, b, c])

    def where_positive(self, condition, vector):
        """Return the vector where a condition vector is above 0, and 0 elsewhere."""
        above = self.builder.fcmp_ordered(">", condition, self.zero)
        return self.builder.select(above, vector, self.zero)

    def rectified(self, vector):
        """Return max(vector, 0), and NaN where the vector is NaN."""
        below = self.builder.fcmp_ordered("<", vector, self.zero)
        return self.builder.select(below, self.zero, vector)


def _emit_tile(vectors: _Vectors, rows: int, columns: int, tile: dict) -> None:
    """Emit the product of one tile of some rows and vectors of columns.

    `tile` has the addresses of the first entries of out, left, right and mask, the bytes from one
    row (and column) to the next, the inner length, and the mode.
    """
    builder = vectors.builder

    def rows_of(name):
        steps = [builder.mul(tile[f"{name}_row"], ir.Constant(INTEGER, r)) for r in range(rows)]
        return [builder.add(tile[name], step) for step in steps]

    def is_mode(mode):
        return builder.icmp_signed("==", tile["mode"], ir.Constant(INTEGER, mode))

    places = [(r, v) for r in range(rows) for v in range(columns)]
    outs, lefts, masks = rows_of("out"), rows_of("left"), rows_of("mask")
    before = builder.block
    adding, loop = (builder.append_basic_block(name) for name in ("adding", "loop"))
    builder.cbranch(is_mode(ADD), adding, loop)

    builder.position_at_end(adding)
    present = [vectors.load(outs[r], VECTOR_BYTES * v) for r, v in places]
    builder.branch(loop)

    builder.position_at_end(loop)
    inner = builder.phi(INTEGER)
    sums = [builder.phi(vectors.type) for _ in places]
    right = builder.add(tile["right"], builder.mul(inner, tile["right_row"]))
    rights = [vectors.load(right, VECTOR_BYTES * v) for v in range(columns)]
    step = builder.mul(inner, tile["left_column"])
    factors = [vectors.broadcast(builder.add(left, step)) for left in lefts]
    added = [
        vectors.multiply_add(factors[r], rights[v], total)
        for (r, v), total in zip(places, sums, strict=True)
    ]
    following = builder.add(inner, ir.Constant(INTEGER, 1))
    inner.add_incoming(ir.Constant(INTEGER, 0), before)
    inner.add_incoming(ir.Constant(INTEGER, 0), adding)
    inner.add_incoming(following, loop)
    for total, start, end in zip(sums, present, added, strict=True):
        total.add_incoming(vectors.zero, before)
        total.add_incoming(start, adding)
        total.add_incoming(end, loop)
    after = builder.append_basic_block("after")
    builder.cbranch(builder.icmp_signed("<", following, tile["inner"]), loop, after)

    builder.position_at_end(after)
    done = builder.append_basic_block("done")
    endings = {
        SET: lambda row, offset, total: total,
        RELU: lambda row, offset, total: vectors.rectified(total),
        MASK: lambda row, offset, total: vectors.where_positive(
            vectors.load(masks[row], offset), total
        ),
    }
    blocks = {mode: builder.append_basic_block("ending") for mode in endings}
    switch = builder.switch(tile["mode"], blocks[SET])
    for mode, ending in endings.items():
        if mode != SET:
            switch.add_case(ir.Constant(INTEGER, mode), blocks[mode])
        builder.position_at_end(blocks[mode])
        for (r, v), total in zip(places, added, strict=True):
            vectors.store(ending(r, VECTOR_BYTES * v, total), outs[r], VECTOR_BYTES * v)
        builder.branch(done)
    builder.position_at_end(done)


# What a panel must know, as 64-bit integers: addresses, bytes to the next row or column, counts.
PANEL = ["out", "out_row", "left", "left_row", "left_column", "right", "right_row"]
PANEL += ["mask", "mask_row", "rows", "inner", "mode"]


def _panel(context, module, number: types.Float, columns: int) -> ir.Function:
    """Return a function that computes all rows of a few vectors of columns, tile by tile.

    It is one function for all: a copy at every call would take a minute to compile.
    """
    kind = ir.FunctionType(ir.VoidType(), [INTEGER] * len(PANEL))
    function = ir.Function(module, kind, f"supnorm_panel_{columns}_f{number.bitwidth}")
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    vectors = _Vectors(context, builder, number)
    panel = dict(zip(PANEL, function.args, strict=True))
    last = builder.add(panel["rows"], ir.Constant(INTEGER, TILE_ROWS - 1))
    tiles = builder.sdiv(last, ir.Constant(INTEGER, TILE_ROWS))

    def row_of(tile):
        return builder.sdiv(builder.mul(tile, panel["rows"]), tiles)

    with cgutils.for_range(builder, tiles) as loop:
        row = row_of(loop.index)
        height = builder.sub(row_of(builder.add(loop.index, ir.Constant(INTEGER, 1))), row)
        tile = dict(panel)
        for matrix in ("out", "left", "mask"):
            tile[matrix] = builder.add(panel[matrix], builder.mul(row, panel[f"{matrix}_row"]))
        end = builder.append_basic_block("end")
        switch = builder.switch(height, end)
        for rows in range(1, TILE_ROWS + 1):
            block = builder.append_basic_block(f"rows_{rows}")
            switch.add_case(ir.Constant(INTEGER, rows), block)
            builder.position_at_end(block)
            _emit_tile(vectors, rows, columns, tile)
            builder.branch(end)
        builder.position_at_end(end)
    builder.ret_void()
    return function


@intrinsic(prefer_literal=True)
def _product_of_panel(_typing, number, columns, panel):
    """Compute all rows of a literal number of vectors; `panel` as PANEL says."""

    def generate(context, builder, _signature, arguments):
        function = _panel(context, builder.module, number, columns.literal_value)
        builder.call(function, cgutils.unpack_tuple(builder, arguments[2]))
        return context.get_dummy_value()

    if isinstance(columns, types.IntegerLiteral):
        return types.void(number, columns, panel), generate
    return None


@intrinsic
def _address(_typing, array):
    """Return where an array begins, as an integer."""

    def generate(context, builder, _signature, arguments):
        data = context.make_array(array)(context, builder, arguments[0]).data
        return builder.ptrtoint(data, INTEGER)

    return types.intp(array), generate


@inlined
def product(out, left, right, mask, mode):
    """Compute left @ right into `out` [rows, columns], and end it as the mode says.

    `left` [rows, inner] may be any view with inner > 0; the rows of `out`, `right`
    [inner, columns] and `mask` (as `out`; read under MASK only) are contiguous, and `columns` is
    a multiple of `lanes`. Sums run in the order of the inner index, by fused multiply-adds.
    """
    _panels(
        out.dtype.type(0),
        (_address(out), out.strides[0]),
        (_address(left), left.strides[0], left.strides[1]),
        (_address(right), right.strides[0]),
        (_address(mask), mask.strides[0]),
        (left.shape[0], left.shape[1], out.shape[1] * out.itemsize, mode),
    )


@compiled
def _panels(number, out, left, right, mask, known):
    """Compute a product, a few vectors of columns after another.

    `known` are rows, inner length, the bytes of a row, and the mode.
    """
    rows, inner, width, mode = known
    offset = 0
    while offset < width:
        panel = (
            out[0] + offset,
            out[1],
            left[0],
            left[1],
            left[2],
            right[0] + offset,
            right[1],
            mask[0] + offset,
            mask[1],
            rows,
            inner,
            mode,
        )
        if TILE_VECTORS > 1 and offset + TILE_VECTORS * VECTOR_BYTES <= width:
            _product_of_panel(number, TILE_VECTORS, panel)
            offset += TILE_VECTORS * VECTOR_BYTES
        else:
            _product_of_panel(number, 1, panel)
            offset += VECTOR_BYTES


@intrinsic
def _dot(_typing, number, left, right, size):
    def generate(context, builder, _signature, arguments):
        vectors = _Vectors(context, builder, number)
        _, left, right, size = arguments
        before, loop, after = builder.block, *map(builder.append_basic_block, ("loop", "after"))
        builder.branch(loop)
        builder.position_at_end(loop)
        offset, total = builder.phi(INTEGER), builder.phi(vectors.type)
        factors = [vectors.load(builder.add(start, offset)) for start in (left, right)]
        added = vectors.multiply_add(*factors, total)
        following = builder.add(offset, ir.Constant(INTEGER, VECTOR_BYTES))
        for phi, start, end in (
            (offset, ir.Constant(INTEGER, 0), following),
            (total, vectors.zero, added),
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(end, loop)
        builder.cbranch(builder.icmp_signed("<", following, size), loop, after)
        builder.position_at_end(after)
        half = vectors.lanes
        while half > 1:
            half //= 2
            low, high = (
                vectors.shuffle(added, range(half)),
                vectors.shuffle(added, range(half, 2 * half)),
            )
            added = builder.fadd(low, high)
        return builder.extract_element(added, ir.Constant(INDEX, 0))

    return number(number, types.intp, types.intp, types.intp), generate


@inlined
def dot(left, right):
    """Return the inner product of two contiguous vectors, a multiple of `lanes` long.

    Each lane of a vector adds up its own products; their sums are added in halves.
    """
    size = left.size * left.itemsize
    return _dot(left.dtype.type(0), _address(left), _address(right), size)


@intrinsic
def _transpose_square(_typing, number, out, out_row, matrix, matrix_row):
    """Write a square of as many rows as a vector has lanes, transposed in registers."""

    def generate(context, builder, _signature, arguments):
        vectors = _Vectors(context, builder, number)
        _, out, out_row, matrix, matrix_row = arguments
        lane = range(vectors.lanes)

        def row_of(start, step, r):
            return builder.add(start, builder.mul(step, ir.Constant(INTEGER, r)))

        rows = [vectors.load(row_of(matrix, matrix_row, r)) for r in lane]
        size = 1
        while size < vectors.lanes:
            # Rows `size` apart exchange the entries in which their numbers differ.
            low = [k if not k & size else vectors.lanes + k - size for k in lane]
            high = [k + size if not k & size else vectors.lanes + k for k in lane]
            pairs = [(r, r + size) for r in lane if not r & size]
            for a, b in pairs:
                rows[a], rows[b] = (
                    vectors.shuffle(rows[a], places, rows[b]) for places in (low, high)
                )
            size *= 2
        for r in lane:
            vectors.store(rows[r], row_of(out, out_row, r))
        return context.get_dummy_value()

    integers = [types.intp] * 4
    return types.void(number, *integers), generate


@compiled
def transpose(out, matrix):
    """Write the transposed matrix; `out` [columns, rows] has whole vectors of both."""
    size = VECTOR_BYTES // out.itemsize
    for i in range(0, out.shape[1], size):
        for j in range(0, out.shape[0], size):
            _transpose_square(
                out.dtype.type(0),
                _address(out) + j * out.strides[0] + i * out.itemsize,
                out.strides[0],
                _address(matrix) + i * matrix.strides[0] + j * out.itemsize,
                matrix.strides[0],
            )


@compiled
def layers(vector, dim, depth, width):
    """Return the layers in the vector of a network: first, inner ones, last (see `packed`)."""
    inner = max(depth - 2, 0)
    end_of_first = (dim + 1) * width if depth > 1 else 0
    end_of_inner = end_of_first + inner * (width + 1) * width
    return (
        vector[:end_of_first].reshape(-1, width),
        vector[end_of_first:end_of_inner].reshape(inner, width + 1, width),
        vector[end_of_inner:],
    )


class Workspace(NamedTuple):
    """What a network of depth L and padded width W needs beside its parameters, for a block.

    `inputs` [block, inputs], `hidden` [L - 1, block, W + lanes] with a 1 in column W and
    zeros after it, `outputs` [block]; for training `deltas` [2, block rows, W], the `gradient`
    shaped as the parameters, and `turned`: the transposed weights [L - 2, W, W], or above
    TURN_WEIGHTS room [2, W, block rows] for transposed deltas.
    """

    inputs: np.ndarray
    hidden: np.ndarray
    outputs: np.ndarray
    deltas: np.ndarray
    turned: np.ndarray
    gradient: np.ndarray


@compiled
def forward(network, inputs, hidden, outputs):
    """Compute the activations and the outputs [count] of a network for `inputs` [count, …]."""
    first, inner, last = network
    count, width = len(inputs), inner.shape[2]
    features = inputs
    if len(first) > 0:
        out = hidden[0, :count]
        product(out[:, :width], inputs[:, : len(first)], first, out, RELU)
        for k in range(len(inner)):
            below, out = out, hidden[k + 1, :count]
            product(out[:, :width], below[:, : width + 1], inner[k], out, RELU)
        features = out
    for i in range(count):
        outputs[i] = dot(last, features[i])


@compiled
def turned_product(out, delta, weights, room, mask):
    """Compute `delta` @ `weights`.T where the mask [count, …] is above 0, and 0 elsewhere.

    It turns a block's deltas instead of a layer's weights, to the same bits. `out` and `delta`
    have whole vectors of rows, `count` of them in use; `room` [2, W, rows] holds both, turned.
    """
    lanes = VECTOR_BYTES // out.itemsize
    rows = -(-len(mask) // lanes) * lanes
    right, result = room[0, :, :rows], room[1, :, :rows]
    transpose(right, delta[:rows])
    product(result, weights, right, result, SET)
    transpose(out[:rows], result)
    for i in range(len(mask)):
        for j in range(out.shape[1]):
            out[i, j] = out[i, j] if mask[i, j] > 0 else 0


@compiled
def adam(parameters, gradient, first, second, step):
    """Take a step of Adam: `step` are its size, the second moment's scale, and what is tiny.

    First moments of dead units would decay into denormal numbers, which are slow. Below `tiny`
    they move nothing, and become 0.
    """
    number = parameters.dtype.type
    one, beta_1, beta_2, epsilon = number(1), number(BETA_1), number(BETA_2), number(EPSILON)
    size, scale, least, zero = number(step[0]), number(step[1]), number(step[2]), number(0)
    for i in range(len(parameters)):
        slope = gradient[i]
        mean = beta_1 * first[i] + (one - beta_1) * slope
        square = beta_2 * second[i] + (one - beta_2) * slope * slope
        # What is not a number stays so.
        first[i] = mean = zero if abs(mean) <= least else mean
        second[i] = square = zero if square <= least * least else square
        parameters[i] -= size * mean / (math.sqrt(square) * scale + epsilon)


@compiled
def penalise(gradient, parameters, weights, decay):
    """Add decay / 2 times the sum of squares of the first `weights` parameters to a gradient's."""
    decay = parameters.dtype.type(decay)
    for i in range(min(weights, len(parameters))):
        gradient[i] += decay * parameters[i]


@compiled
def descend(state, gradient, place, weights, left, right, mode, last, step, decay):
    """Compute a layer's gradient, left @ right, or add to it; in the last block step along it.

    `state` are a network's parameters and Adam's two moments, and `place` is where the layer
    begins in them; its first `weights` parameters are no biases, and decay. All is done in strips
    of rows, which Adam then finds in the cache. Where a batch is one block, its gradient is needed
    for a moment only, and all strips share a place.
    """
    parameters, first, second = state
    rows, columns = len(left), right.shape[1]
    for row in range(0, rows, STRIP):
        count = min(STRIP, rows - row)
        begin, end = place + row * columns, place + (row + count) * columns
        part = gradient[: count * columns] if last and mode == SET else gradient[begin:end]
        product(part.reshape(count, columns), left[row : row + count], right, right, mode)
        # Without decay nothing is added: not even a zero, which would turn -0 into 0.
        if last and decay != 0:
            penalise(part, parameters[begin:end], weights - row * columns, decay)
        if last:
            adam(parameters[begin:end], part, first[begin:end], second[begin:end], step)


@compiled
def backward(network, dim, state, work, inputs, slopes, mode, last, step, decay):
    """Pass the `slopes` [count] of a block's outputs back through the layers, and descend.

    The deltas of the layer below are computed before a layer's weights change.
    """
    first, inner, final = network
    count, width = len(inputs), inner.shape[2]
    row, column = slopes.reshape(1, count), slopes.reshape(count, 1)
    place = len(state[0]) - len(final)
    features = work.hidden[len(inner), :count] if len(first) > 0 else inputs
    delta, below = work.deltas
    if len(first) > 0:
        product(delta[:count], column, final.reshape(1, -1), features, MASK)
    weights = width if len(first) > 0 else dim
    descend(state, work.gradient, place, weights, row, features, mode, last, step, decay)
    for k in range(len(inner) - 1, -1, -1):
        place -= (width + 1) * width
        features = work.hidden[k, :count]
        if width <= TURN_WEIGHTS:
            product(below[:count], delta[:count], work.turned[k], features, MASK)
        else:
            turned_product(below, delta, inner[k, :width], work.turned, features)
        left, right, weights = features[:, : width + 1].T, delta[:count], width * width
        descend(state, work.gradient, place, weights, left, right, mode, last, step, decay)
        delta, below = below, delta
    if len(first) > 0:
        place -= len(first) * width
        left, right, weights = inputs[:, : len(first)].T, delta[:count], dim * width
        descend(state, work.gradient, place, weights, left, right, mode, last, step, decay)


@compiled
def train(state, work, problem, orders, rates, powers, shape, batch, tiny, decay):
    """Train one student through some epochs.

    `state` are its parameters and Adam's two moments; `problem` are its inputs [samples, inputs]
    and labels [samples]; `orders` [epochs, samples] and `rates` [epochs] belong to the epochs,
    `powers` to the steps that are done; `shape` is (dim, depth, W), `decay` that of the weights.
    Returns the new powers.
    """
    points, values = problem
    network = layers(state[0], *shape)
    (dim, _, width), samples = shape, len(values)
    power_1, power_2 = powers
    for epoch in range(len(orders)):
        for start in range(0, samples, batch):
            stop = min(start + batch, samples)
            power_1 *= BETA_1
            power_2 *= BETA_2
            step = rates[epoch] / (1 - power_1), 1 / math.sqrt(1 - power_2), tiny
            if width <= TURN_WEIGHTS:
                for k in range(len(network[1])):
                    transpose(work.turned[k], network[1][k, :width])
            for begin in range(start, stop, BLOCK):
                chosen = orders[epoch, begin : min(begin + BLOCK, stop)]
                count = len(chosen)
                inputs, slopes = work.inputs[:count], work.outputs[:count]
                for i in range(count):
                    inputs[i] = points[chosen[i]]
                forward(network, inputs, work.hidden, slopes)
                for i in range(count):
                    slopes[i] = (slopes[i] - values[chosen[i]]) * (2 / (stop - start))
                mode, last = SET if begin == start else ADD, begin + count == stop
                backward(network, dim, state, work, inputs, slopes, mode, last, step, decay)
    return power_1, power_2


@compiled
def evaluate(parameters, work, points, shape, out):
    """Compute the values `out` [count] of a network at `points` [count, inputs]."""
    network = layers(parameters, *shape)
    for begin in range(0, len(points), BLOCK):
        some = points[begin : begin + BLOCK]
        forward(network, some, work.hidden, out[begin : begin + BLOCK])


@compiled
def deviation(parameters, work, points, wanted, shape):
    """Return how far a network is from the `wanted` values [count] at `points`.

    These are the largest difference and its index, the sum of the differences, and the sum of
    their squares; index -1 where no difference is a number.
    """
    network = layers(parameters, *shape)
    largest, place, total, squares = -1.0, -1, 0.0, 0.0
    for begin in range(0, len(points), BLOCK):
        some = points[begin : begin + BLOCK]
        forward(network, some, work.hidden, work.outputs)
        for i in range(len(some)):
            difference = abs(float(work.outputs[i] - wanted[begin + i]))
            if difference > largest:
                largest, place = difference, begin + i
            total += difference
            squares += difference * difference
    return largest, place, total, squares
