"""How large the study's jobs are, as the configuration says. Cheap to import: no NumPy here."""

from collections.abc import Iterable, Mapping

# Affine layers of all networks of the study.
DEPTH = 2
# Fewer neurons can all be lost to one side of a point before they have learned.
LEAST_WIDTH = 32


def sample_counts(dim: int, ratios: Iterable[float]) -> list[int]:
    """Return the numbers of samples n at these ratios n/d^2, those from 1 to 2^d - 1, sorted."""
    counts = {round(ratio * dim**2) for ratio in ratios}
    return sorted(count for count in counts if 1 <= count < 2**dim)


def trained_width(dim: int, per_point: int) -> int:
    """Return the neurons of a network that is trained on all 2^d points."""
    return max(LEAST_WIDTH, per_point * 2**dim)


def trainings(settings: Mapping) -> dict[str, dict[str, object]]:
    """Return what the record of each training on all points tells, by its file of students.

    Wildcards are text there, and all else is a number.
    """
    return {
        f"students/d{dim}.safetensors": {
            "dim": str(dim),
            "width": trained_width(dim, settings["width"]),
        }
        for dim in settings["dims"]
    }
