"""Draw the teachers of a family and dimension."""

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.networks import save_networks
from supnorm.tables.cells import DIM, FAMILY
from supnorm.uniform.teachers import FAMILIES


def main(argv: list[str]) -> None:
    """Draw the teachers and write them as safetensors."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*FAMILY, *DIM)
    parser.setting("uniform.teacher.depth")
    parser.setting("uniform.teacher.width")
    parser.setting("uniform.teacher.norm")
    parser.setting("uniform.teacher.bound")
    parser.setting("uniform.teacher.count")
    parser.writes("teachers", help="safetensors file to write")
    a = parser.parse_args(argv)
    if a.family not in FAMILIES:
        raise InputError(f"--family is {a.family}; expected one of {', '.join(sorted(FAMILIES))}")
    teachers = FAMILIES[a.family](a.count, a.dim, a.depth, a.width, a.norm, a.bound)
    description = {
        "kind": "teachers",
        "family": a.family,
        "dim": a.dim,
        "depth": a.depth,
        "width": a.width,
        "norm": str(a.norm),
        "bound": a.bound,
    }
    save_networks(a.teachers, teachers, description)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
