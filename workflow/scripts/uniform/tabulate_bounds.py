"""Tabulate the theoretical bounds at every dimension, sample size and norm."""

from collections.abc import Iterator

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.theory import bounds
from supnorm.uniform.theory.bounds import NetworkClass


def main(argv: list[str]) -> None:
    """Write a row for each bound, and for each s of a lower bound."""
    parser = Program(__doc__, __file__)
    parser.setting("uniform.teacher.dims")
    parser.setting("uniform.sample.sizes")
    parser.setting("uniform.teacher.depth")
    parser.setting("uniform.teacher.width")
    parser.setting("uniform.teacher.norm")
    parser.setting("uniform.teacher.bound")
    parser.writes("bounds", help="Parquet table to write")
    a = parser.parse_args(argv)
    frames = []
    for dim in a.dims:
        cls = NetworkClass(dim, a.depth, a.width, a.norm, a.bound)
        for samples in a.sizes:
            for norm, p in NORMS.items():
                frame = pd.DataFrame([*lower_bounds(cls, samples, p), *others(cls, samples, p)])
                frames.append(frame.assign(dim=dim, samples=samples, norm=norm))
    write_table(a.bounds, pd.concat(frames), BOUNDS, a.job)
    a.job.write_record()


def lower_bounds(cls: NetworkClass, samples: int, p: float) -> Iterator[dict]:
    """Yield the rows of all lower bounds, one for each admissible s, the best marked."""
    actives, sharp = bounds.admissible_actives(cls), bounds.admissible_actives_sharp(cls)
    randomised = bounds.lower_bound_sharp_randomised
    for name, statement, theorem, function, admissible in (
        ("lower", "S1.9", "2.2", bounds.lower_bound, actives),
        ("lower_sharp_randomised", "S1.11", None, randomised, sharp),
        ("lower_sharp", "S1.11", None, bounds.lower_bound_sharp, sharp),
    ):
        values = {active: function(cls, samples, p, active) for active in admissible}
        for active, value in values.items():
            yield {
                "bound": name,
                "active": active,
                "best": active == max(values, key=values.__getitem__),
                "value": value,
                "statement": statement,
                "theorem": theorem,
            }


def others(cls: NetworkClass, samples: int, p: float) -> Iterator[dict]:
    """Yield the rows of the bounds in which no number of active coordinates is chosen."""
    for name, statement, theorem, value in (
        ("upper", "S1.16", "2.4", bounds.upper_bound(cls, samples)),
        ("upper_centres", "S1.15", None, bounds.upper_bound_centres(cls, samples)),
        ("rate", "S1.20", None, bounds.rate(cls.dim, samples, p)),
    ):
        yield {
            "bound": name,
            "active": None,
            "best": True,
            "value": value,
            "statement": statement,
            "theorem": theorem,
        }


if __name__ == "__main__":
    run(main)
