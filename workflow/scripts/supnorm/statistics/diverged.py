"""Numbers of networks that diverged: an error is infinite, so that it is in every maximum."""

import math


def infinite(told: dict[str, object]) -> dict[str, object]:
    """Return what is told of a network, infinite where that is no number."""
    return {
        name: math.inf if isinstance(value, float) and math.isnan(value) else value
        for name, value in told.items()
    }
