"""Named random streams: every random number is drawn from a stream named by what it is for.

A name is a purpose and labels, written as one line of text (`points;dim=3;seed=10000`). The
first 16 bytes of its SHA-256 are the key of a Philox4x64-10 generator (Salmon et al., 2011),
whose 64-bit integers become doubles by `(r >> 11) * 2**-53`. Nothing depends on the order in
which streams are opened. docs/randomness.md states all of it for another program.
"""

import hashlib
import math

import numpy as np


def stream_name(purpose: str, **labels: int | str) -> str:
    """Return the text that names a stream: the purpose, then `label=value` in label order."""
    for label, value in labels.items():
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise TypeError(f"label {label} of a stream must be an integer or text, not {value!r}")
        if isinstance(value, str) and set(value) & set(";="):
            raise ValueError(f"label {label}={value!r} of a stream must not contain ';' or '='")
    return ";".join([purpose, *(f"{label}={labels[label]}" for label in sorted(labels))])


def stream_key(name: str) -> np.ndarray:
    """Return the Philox key of a name: two unsigned 64-bit words, low word first."""
    return np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], dtype="<u8")


class Stream:
    """The random numbers of one name, drawn in sequence."""

    def __init__(self, purpose: str, **labels: int | str):
        """Open the stream of this purpose and these labels at its beginning."""
        self._bits = np.random.Philox(key=stream_key(stream_name(purpose, **labels)))

    def raw(self, count: int) -> np.ndarray:
        """Return the next `count` unsigned 64-bit integers."""
        return self._bits.random_raw(count)

    def uniform(self, *shape: int) -> np.ndarray:
        """Return the next uniform doubles on [0, 1), filling `shape` in row-major order."""
        return ((self.raw(math.prod(shape)) >> np.uint64(11)) * 2.0**-53).reshape(shape)

    def permutation(self, count: int) -> np.ndarray:
        """Return a uniform permutation of 0 … count-1: the stable sorting order of raw integers."""
        return np.argsort(self.raw(count), kind="stable")


def uniform_points(stream: Stream, count: int, dim: int) -> np.ndarray:
    """Return the next `count` uniform points of Q = [-1/2, 1/2]^dim, shape [count, dim]."""
    return stream.uniform(count, dim) - 0.5
