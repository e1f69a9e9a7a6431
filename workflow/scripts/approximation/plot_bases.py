"""Draw the uniform errors of polynomials, cosines, linear pieces and a deep network."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from supnorm.approximation.tables.rates import BASES
from supnorm.drawing.figures import panels, parse_drawing
from supnorm.drawing.style import use_style
from supnorm.job.programs import run

NAMES = {
    "abs": "$|x|$",
    "exp": "$e^x$",
    "sin": r"$\sin\pi x$",
    "sin_20": r"$\sin 20\pi x$",
    "runge": "$1/(1+25x^2)$",
    "tanh": r"$\tanh 200x$",
}
METHODS = {
    "chebyshev": ("polynomial", {"color": "#E0700F", "marker": "o"}),
    "cosine": ("cosines", {"color": "#2F9E77", "marker": "s"}),
    "piecewise": ("linear pieces", {"color": "#0B4F8A", "marker": "^"}),
}
DEEP = {"color": "0.1", "marker": "*", "ms": 5, "lw": 0.9}
# Below, errors are rounding.
FLOOR = 1e-15


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"bases": "errors of bases"}, argv)
    bases = drawing.read("bases", BASES)
    bases = bases.assign(error=bases["error"].clip(lower=FLOOR))
    use_style()
    figure, axes = panels(len(NAMES), height=1.75, legend=0.5)
    deep = bases[bases["method"] == "deep"]
    for name, ax in zip(NAMES, axes, strict=True):
        draw(ax, bases[bases["target"] == name], deep)
        ax.set_title(NAMES[name])
    for ax in axes[::3]:
        ax.set_ylabel("uniform error")
    for ax in axes[3:]:
        ax.set_xlabel("$n$")
    handles = [Line2D([], [], label=label, **look) for label, look in METHODS.values()]
    handles.append(Line2D([], [], label="deep network, for $x^2$", **DEEP))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    drawing.save(figure, caption(bases))


def draw(ax: Axes, bases: pd.DataFrame, deep: pd.DataFrame) -> None:
    """Draw the errors of one target, and those of the deep network for the square beside them."""
    for method, (_, look) in METHODS.items():
        rows = bases[bases["method"] == method].sort_values("terms")
        ax.plot(rows["terms"], rows["error"], **look)
    ax.plot(deep["terms"], deep["error"], alpha=0.5, **DEEP)
    ax.set(xscale="log", yscale="log")
    ax.set_ylim(FLOOR / 3, 5)
    ax.set_yticks([1e-15, 1e-10, 1e-5, 1])


def caption(bases: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    errors = bases.set_index(["target", "method", "terms"])["error"]
    sizes = set(bases.loc[bases["target"] == "sin", "terms"])
    n = 32 if 32 in sizes else max(sizes)
    at = {
        (target, method): errors.get((target, method, n))
        for target in ("sin", "abs")
        for method in ("chebyshev", "piecewise")
    }
    return (
        "Uniform errors on [-1, 1] against n, of approximations with n + 1 numbers: interpolation "
        "by polynomials in Chebyshev points, cosine series, and linear interpolation between equal "
        "steps, which is a network of one hidden layer with as many neurons; in every panel, for "
        f"comparison, Yarotsky's deep network for x^2 (S4.2). At n = {n} the polynomial is off by "
        f"{at['sin', 'chebyshev']:.1e} and the pieces by {at['sin', 'piecewise']:.1e} for the low "
        f"frequency, and by {at['abs', 'chebyshev']:.1e} and {at['abs', 'piecewise']:.1e} for the "
        f"kink. Errors of {FLOOR:g} and less are drawn as that: they are rounding."
    )


if __name__ == "__main__":
    run(main)
