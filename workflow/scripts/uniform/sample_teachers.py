"""Draw the teachers of a family and dimension."""

from supnorm.job.commands import Program
from supnorm.networks import save_networks
from supnorm.job.programs import run
from supnorm.uniform.teachers import FAMILIES


def main(argv: list[str]) -> None:
    """Draw --count teachers and write them as safetensors."""
    parser = Program(__doc__, __file__)
    parser.setting("--family", "teacher.families", choices=sorted(FAMILIES))
    parser.setting("--dim", "teacher.dims", type=int, help="input dimension d")
    parser.setting("--depth", "teacher.depth", type=int, help="affine layers L")
    parser.setting("--width", "teacher.width", type=int, help="hidden neurons a layer B")
    parser.setting("--norm", "teacher.norm", type=float, help="coefficient norm q, or inf")
    parser.setting("--bound", "teacher.bound", type=float, help="coefficient bound c")
    parser.setting("--count", "teacher.count", type=int, help="number of teachers")
    parser.writes("--output", help="safetensors file to write")
    a = parser.parse_args(argv)
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
    save_networks(a.output, teachers, description)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
