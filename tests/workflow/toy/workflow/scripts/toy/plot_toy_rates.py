"""Draw squares against numbers."""

from matplotlib import pyplot as plt
from supnorm.toy.tables.squares import SQUARES

from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"squares": "numbers and squares"}
    drawing = parse_drawing(__doc__, __file__, tables, argv, ["toy.points"])
    squares = drawing.read("squares", SQUARES)
    use_style()
    figure, ax = plt.subplots(figsize=(WIDTH, 2))
    ax.plot("number", "square", data=squares, marker="o")
    drawing.save(figure, f"The squares of {drawing.settings['points']} whole numbers.")


if __name__ == "__main__":
    run(main)
