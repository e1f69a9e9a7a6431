"""Draw the teachers of a family and dimension."""

import argparse
from pathlib import Path

from supnorm.networks import save_networks
from supnorm.programs import run
from supnorm.teachers import FAMILIES


def main(argv: list[str]) -> None:
    """Draw --count teachers and write them as safetensors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=sorted(FAMILIES), required=True)
    parser.add_argument("--dim", type=int, required=True, help="input dimension d")
    parser.add_argument("--depth", type=int, required=True, help="affine layers L")
    parser.add_argument("--width", type=int, required=True, help="hidden neurons a layer B")
    parser.add_argument("--norm", type=float, required=True, help="coefficient norm q, or inf")
    parser.add_argument("--bound", type=float, required=True, help="coefficient bound c")
    parser.add_argument("--count", type=int, required=True, help="number of teachers")
    parser.add_argument("--output", type=Path, required=True, help="safetensors file to write")
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


if __name__ == "__main__":
    run(main)
