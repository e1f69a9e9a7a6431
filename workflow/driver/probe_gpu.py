"""Train a few students on the GPU in sight and on the CPU; say in one sentence if they differ.

The driver runs this once for each GPU before it relies on them: that there is a GPU does not mean
that this torch can use it.
"""

import sys

import numpy as np
import torch

from supnorm.job.programs import InputError
from supnorm.networks import Networks, relative_difference
from supnorm.streams import Stream, uniform_points
from supnorm.training.recipe import Recipe, Students, initial_students, shuffle, standardised
from supnorm.training.stacked import StackedEngine

DIM, SAMPLES, SEED = 3, 50, 1
# Twenty epochs of ten steps.
RECIPE = Recipe(depth=5, width=32, batch=5, epochs=20, learning_rate=1e-3, final_learning_rate=1e-5)
# Relative to the largest entry of an array: what rounding leaves far behind.
TOLERANCE = 1e-10


def main() -> None:
    """End with 0 where the students agree, else with 1 and the reason."""
    try:
        # Before an engine claims the GPU: here it is shared with whoever has it.
        torch.cuda.init()
        found = relative_difference(train("cuda"), train("cpu"))
    # AssertionError: torch was built without CUDA.
    except (RuntimeError, AssertionError, InputError) as error:
        sys.exit(str(error).splitlines()[0])
    if not found <= TOLERANCE:
        sys.exit(
            f"students trained there differ from the CPU's by {found:.1e}; expected {TOLERANCE:.0e}"
        )


def train(device: str) -> Networks:
    """Return four students that learn different sines from the same points."""
    points = uniform_points(Stream("points", seed=SEED, dim=DIM), SAMPLES, DIM)
    values = np.stack([np.sin(4 * points.sum(1) + shift) for shift in range(4)])
    one = np.zeros(len(values), dtype=int)
    start = initial_students(SEED, DIM, RECIPE.depth, RECIPE.width)[one]
    engine = StackedEngine(RECIPE, start, Students(standardised(points[None]), values, one), device)
    orders = [[shuffle(SEED, SAMPLES, epoch, rule="probe")] for epoch in range(RECIPE.epochs)]
    engine.run(np.array(orders))
    return engine.networks()


if __name__ == "__main__":
    main()
