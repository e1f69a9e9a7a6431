# What the rules of the study parity share: its settings, what jobs ask for, a sample of uniform.

from supnorm.parity.sizes import trained_width

PARITY = of_study(CONFIG, "parity")
PARITY_COSTS = find_study("parity").expected_costs(PARITY, DEVICE, CARD)


def parity_costs(rule):
    """The memory and time that an attempt at a job of a dimension asks for."""

    def megabytes(wildcards, attempt):
        return attempt * PARITY_COSTS.megabytes(rule, f"d{wildcards.dim}")

    def minutes(wildcards, attempt):
        return PARITY_COSTS.minutes(rule, f"d{wildcards.dim}", attempt)

    return {"mem_mb": megabytes, "runtime": minutes}


def line_sample():
    """A sample of the study uniform for d = 1, and its size: with 60 points, or the largest."""
    uniform = CONFIG["uniform"]
    if 1 not in uniform["teacher"]["dims"]:
        return [], None
    sizes, family = uniform["sample"]["sizes"], uniform["teacher"]["families"][0]
    size = min((m for m in sizes if m >= 60), default=max(sizes))
    return [f"<root>/uniform/samples/{family}/d1_m{size}.parquet"], size


LINE_SAMPLE, LINE_SAMPLE_SIZE = line_sample()
