"""Which networks the study trains, and on what. Cheap to import: no NumPy here."""

from collections.abc import Mapping

# Points of a sample: for each of the 2^k affine pieces of T^k, and at least.
PER_PIECE, LEAST = 32, 256
# Batches in which all points of the cube are visited.
BATCHES = 8


def sample_size(compositions: int) -> int:
    """Return how many points students of T^k see."""
    return max(LEAST, PER_PIECE * 2**compositions)


def targets(settings: Mapping) -> list[int]:
    """Return the k of all targets T^k."""
    return sorted({*settings["compositions"], settings["cliff"]["composition"]})


def architectures(compositions: int, settings: Mapping) -> list[tuple[int, int]]:
    """Return (affine layers, width) of all students of T^k, sorted.

    `settings` are those of the study, those of the cliff below `cliff`.
    """
    cliff, found = settings["cliff"], set()
    if compositions in settings["compositions"]:
        found |= {(2, settings["shallow_width"])}
        found |= {(compositions + 1, width) for width in settings["deep_widths"]}
    if compositions == cliff["composition"]:
        found |= {(2, width) for width in cliff["widths"]}
        found |= {(depth, width) for depth in cliff["depths"] for width in cliff["deep_widths"]}
    return sorted(found)
