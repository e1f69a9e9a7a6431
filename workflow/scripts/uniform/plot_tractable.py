"""Draw uniform errors on random networks beside those on polynomials, which are learned exactly."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.style import WIDTH, dimension_title, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.references.own import NETWORK
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.tables.tractable import TRACTABLE
from supnorm.uniform.wording import ends, two_digits

OTHERS = "others"
LOOKS = {
    NETWORK: ("trained networks", {"color": "#E0700F", "marker": "o"}),
    OTHERS: ("best other algorithm", {"color": "0.4", "marker": "D", "ms": 3}),
    "least_squares": (
        "least squares of the degree, random points",
        {"color": "#2F9E77", "marker": "^"},
    ),
    "chebyshev": (
        "least squares of the degree, Chebyshev points",
        {"color": "#0B4F8A", "marker": "s"},
    ),
}
# Of the degrees of a dimension, the largest first.
DEGREES = ({}, {"mfc": "white", "dashes": (4, 1.4)}, {"mfc": "0.8", "dashes": (1, 1)})


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {
        "minmax": "errors of the best algorithms",
        "tractable": "errors on polynomials",
    }
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    networks = on_networks(drawing.read("minmax", MINMAX))
    polynomials = worst(drawing.read("tractable", TRACTABLE))
    use_style()
    drawing.save(draw(networks, polynomials), caption(networks, polynomials, drawing.family))


def on_networks(minmax: pd.DataFrame) -> pd.DataFrame:
    """Return the uniform min-max errors of networks, and the least of all other algorithms."""
    rows = minmax[(minmax["statistic"] == "minmax") & (minmax["norm"] == "inf")]
    trained = rows["algorithm_set"] == NETWORK
    named = rows.assign(algorithm=rows["algorithm_set"].where(trained, OTHERS))
    return named.groupby(["dim", "algorithm", "samples"], as_index=False)["error"].min()


def worst(tractable: pd.DataFrame) -> pd.DataFrame:
    """Return the largest error over polynomials of the mean over seeds."""
    kind = ["dim", "degree", "coefficients", "algorithm", "samples"]
    means = tractable.groupby([*kind, "polynomial"], as_index=False)["error"].mean()
    return means.groupby(kind, as_index=False)["error"].max()


def draw(networks: pd.DataFrame, polynomials: pd.DataFrame) -> Figure:
    """Return the figure: a row a dimension, random networks beside polynomials."""
    dims = sorted({*networks["dim"], *polynomials["dim"]})
    shared = {"sharex": True, "sharey": True, "squeeze": False}
    figure, axes = plt.subplots(len(dims), 2, figsize=(WIDTH, 1.65 * len(dims) + 0.7), **shared)
    for dim, (left, right) in zip(dims, axes, strict=True):
        left.set(title=f"{dimension_title(dim)}, random networks", ylabel=r"error in $L^\infty$")
        right.set(title=f"{dimension_title(dim)}, polynomials")
        draw_lines(left, networks[networks["dim"] == dim], {})
        kinds = polynomials[polynomials["dim"] == dim].groupby(["degree", "coefficients"])
        for number, ((degree, count), rows) in enumerate(reversed(list(kinds))):
            look = DEGREES[number % len(DEGREES)]
            draw_lines(right, rows, look)
            mark(right, degree, count, look)
    axes[0, 0].set(xscale="log", yscale="log")
    for ax in axes[-1]:
        ax.set_xlabel("sample size $m$")
    figure.legend(handles=legend_handles(), loc="outside lower center", ncols=2)
    return figure


def draw_lines(ax: Axes, errors: pd.DataFrame, look: dict) -> None:
    """Draw a line an algorithm."""
    for algorithm, line in errors.groupby("algorithm"):
        line = line.sort_values("samples")
        ax.plot(line["samples"], line["error"], **LOOKS[algorithm][1], **look)


def mark(ax: Axes, degree: int, count: int, look: dict) -> None:
    """Mark the number of coefficients of a degree."""
    dashes = {name: value for name, value in look.items() if name == "dashes"}
    ax.axvline(count, color="0.3", lw=0.7, zorder=1, **dashes)
    said = {"rotation": 90, "ha": "left", "va": "top", "fontsize": 7, "color": "0.2"}
    place = ax.get_xaxis_transform()
    ax.text(1.06 * count, 0.86, f"degree {degree}", transform=place, **said)


def legend_handles() -> list[Line2D]:
    """Return a handle for each algorithm."""
    return [Line2D([], [], label=label, **look) for label, look in LOOKS.values()]


def caption(networks: pd.DataFrame, polynomials: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the tables."""
    return " ".join(
        [
            f"Uniform error against sample size m. Left: largest over {family} networks of the "
            "mean over seeds, by training and by the best algorithm that is no network. Right: the "
            "same over random polynomials with n coefficients (vertical lines), by training "
            "and by least squares of the degree, which the algorithm knows (Remarks 1.2, 1.3); "
            "errors are exact for d = 1, else found on uniform points.",
            on_polynomials(polynomials),
            at_largest(networks),
        ]
    )


def on_polynomials(errors: pd.DataFrame) -> str:
    """Return how far training comes on polynomials, and least squares with enough points."""
    trained = errors[errors["algorithm"] == NETWORK]
    last = trained[trained["samples"] == trained["samples"].max()]
    sentence = (
        f"On polynomials trained networks at m = {last['samples'].iloc[0]} err by "
        f"{ends(last['error'].sort_values())}"
    )
    fits = errors[(errors["algorithm"] != NETWORK) & (errors["samples"] >= errors["coefficients"])]
    if fits.empty:
        return f"{sentence}."
    first = fits.sort_values("samples").groupby(["dim", "degree", "algorithm"])["error"].first()
    return f"{sentence}, least squares at the first m of n or more by at most {first.max():.1g}."


def at_largest(networks: pd.DataFrame) -> str:
    """Return what is left on random networks at the largest sample size."""
    last = networks[networks["samples"] == networks["samples"].max()]
    said = [f"{two_digits(rows['error'].min())} for d = {dim}" for dim, rows in last.groupby("dim")]
    samples = last["samples"].iloc[0]
    return f"On random networks the best at m = {samples} errs by {' and '.join(said)}."


if __name__ == "__main__":
    run(main)
