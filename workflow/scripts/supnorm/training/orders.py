"""The orders in which epochs visit the samples, drawn in blocks."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

# Entries that are drawn, and handed to an engine, at once, and epochs at most: a training that is
# told to stop waits for them.
ENTRIES, EPOCHS = 2**21, 1000


class Orders:
    """Orders of the samples in each epoch, as a function of the epoch, [seeds, samples].

    With `ahead` a thread draws the next block while an engine trains on the present one: a GPU
    would wait for it, whereas a CPU has no core to spare.
    """

    def __init__(
        self, draw: Callable[[int], np.ndarray], epochs: int, entries: int, ahead: bool = False
    ):
        """Draw the epochs from 0 to `epochs` by `draw`, each of so many entries."""
        self._draw, self._epochs = draw, epochs
        self._length = max(1, min(ENTRIES // entries, EPOCHS))
        self._drawn, self._block = range(0), np.empty(0)
        self._pool = ThreadPoolExecutor(1) if ahead else None
        # The epochs that are drawn ahead, and what will hold their orders.
        self._ahead: tuple[range, Future | None] = range(0), None

    def between(self, first: int, end: int) -> np.ndarray:
        """Return the orders of epochs from `first` up to `end`, fewer where the block ends."""
        if first not in self._drawn:
            self._drawn, self._block = self._fetch(first)
        start = self._drawn.start
        return self._block[first - start : end - start]

    def _fetch(self, first: int) -> tuple[range, np.ndarray]:
        """Return the block that begins at an epoch, and start to draw the next one."""
        epochs, (ahead, future) = self._epochs_from(first), self._ahead
        block = future.result() if ahead == epochs else self._of(epochs)
        following = self._epochs_from(epochs.stop)
        if self._pool and following:
            self._ahead = following, self._pool.submit(self._of, following)
        return epochs, block

    def _epochs_from(self, first: int) -> range:
        return range(first, min(first + self._length, self._epochs))

    def _of(self, epochs: range) -> np.ndarray:
        return np.array([self._draw(epoch) for epoch in epochs])
