"""Pacing of training: after each stretch it may be saved, stopped, or continued.

Where a stretch ends depends on the clock; results do not. Students train one after another, or
group after group, so at the end of a stretch some of them are ahead of others.
"""

from collections.abc import Iterator
from time import monotonic

# Seconds of a stretch, and of a slice, after which a student looks at the clock. No slice is less
# than an epoch of a student, or on a GPU of a group.
STRETCH, SLICE = 0.5, 0.05


def deadline() -> float:
    """Return when a stretch that begins now should end, on the clock of `slices`."""
    return monotonic() + STRETCH


def slices(begin: int, end: int, deadline: float) -> Iterator[range]:
    """Yield the epochs from `begin` to `end`, slice after slice, until the deadline."""
    length = 1
    while begin < end and (start := monotonic()) < deadline:
        part = range(begin, min(begin + length, end))
        yield part
        begin = part.stop
        seconds = max(monotonic() - start, 1e-6)
        length = max(1, min(2 * length, int(len(part) * SLICE / seconds)))
