"""Draw one class of functions twice: what terms buy on average, and what samples buy uniformly."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from supnorm.approximation.tables.rates import RATES
from supnorm.drawing.captions import span
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, dimension_colours, use_style
from supnorm.job.programs import run


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"rates": "errors and bounds"}, argv)
    rates = drawing.read("rates", RATES)
    colours = dimension_colours(rates["dim"].unique())
    use_style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.3))
    for dim, colour in colours.items():
        draw_terms(left, rates[rates["dim"] == dim], colour)
        draw_samples(right, rates[rates["dim"] == dim], colour)
    left.set(xscale="log", yscale="log", xlabel="terms $n$", ylabel="$L^2$ error")
    right.set(xscale="log", yscale="log", xlabel="samples $m$", ylabel="uniform error")
    half = np.array([10.0, 1e7])
    right.plot(half, half**-0.5, color="0.6", lw=0.9, zorder=1)
    handles = [Line2D([], [], color=c, label=f"$d={d}$") for d, c in colours.items()]
    handles += [
        Line2D([], [], color="0.3", lw=0, marker="o", ms=3.2, label="random networks"),
        Line2D([], [], color="0.3", lw=1.4, label="bound for networks"),
        Line2D([], [], color="0.3", lw=1.1, ls="--", label="least of any fixed basis"),
        Line2D([], [], color="0.3", lw=4, alpha=0.25, label="between bounds on samples"),
        Line2D([], [], color="0.6", lw=0.9, label="$m^{-1/2}$"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    drawing.save(figure, caption(rates))


def draw_terms(ax: Axes, rates: pd.DataFrame, colour: str) -> None:
    """Draw the errors of random networks, and bounds for networks and for fixed bases."""
    networks = rates[(rates["method"] == "step_network") & (rates["norm"] == "2")]
    ax.fill_between(
        networks["terms"], networks["low"], networks["high"], color=colour, alpha=0.2, lw=0
    )
    ax.plot(networks["terms"], networks["error"], color=colour, lw=0, marker="o", ms=3.2)
    ball = rates[rates["target"] == "ball"]
    for method, look in (("bound_barron", {}), ("bound_linear", {"ls": "--", "lw": 1.1})):
        rows = ball[ball["method"] == method].sort_values("terms")
        ax.plot(rows["terms"], rows["error"], color=colour, **look)


def draw_samples(ax: Axes, rates: pd.DataFrame, colour: str) -> None:
    """Draw what values at points allow, from below and from above."""
    lower, upper = (
        rates[rates["method"] == f"samples_{end}"].sort_values("terms")
        for end in ("lower", "upper")
    )
    ax.fill_between(lower["terms"], lower["error"], upper["error"], color=colour, alpha=0.2, lw=0)
    for rows in (lower, upper):
        ax.plot(rows["terms"], rows["error"], color=colour, lw=1.1)


def caption(rates: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    networks = rates[(rates["method"] == "step_network") & (rates["norm"] == "2")]
    bound = rates[(rates["method"] == "bound_barron") & (rates["target"] == "gaussian")]
    both = networks.merge(bound, on=["dim", "terms"], suffixes=("", "_bound"))
    ratio = both["error"] / both["error_bound"]
    last = rates["dim"].max()
    ball = rates[(rates["target"] == "ball") & (rates["dim"] == last)]
    pairs = ball.pivot_table(index="terms", columns="method", values="error")
    crossed = pairs.index[pairs["bound_barron"] < pairs["bound_linear"]]
    crossing = (
        f"for d = {last} between n = {pairs.index[pairs.index < crossed[0]].max()} and "
        f"{crossed[0]} networks begin to beat every fixed basis"
        if len(crossed) and crossed[0] > pairs.index[0]
        else f"for d = {last} the lines do not cross here"
    )
    return (
        "Functions whose first Fourier moment C_f is at most 1, on a unit cube. Left: with n "
        "neurons some network reaches an L^2 error of the order n^(-1/2) in every dimension "
        "(S4.1), while no fixed basis of n functions can do better than of the order n^(-1/d) "
        "(S4.1b): "
        f"{crossing}. Dots: random networks of steps for a Gaussian, whose moment is not 1 but "
        f"sqrt(d) at most, mean and range of draws; they err by "
        f"{span(f'{ratio.min():.2f}', f'{ratio.max():.2f}')} of their own bound. Right: the same "
        "class, learned from m values: the uniform error of the best deterministic method lies "
        "between bounds of the order m^(-1/d) (S4.9), the rate of the first study; in grey "
        "m^(-1/2)."
    )


if __name__ == "__main__":
    run(main)
