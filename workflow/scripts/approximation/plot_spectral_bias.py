"""Draw what networks learn first: heat maps, spectra, half-times, spikes and noise."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.approximation.drawing import flow_label
from supnorm.approximation.tables.spectra import DENOISING, SPECTRA, SPIKES
from supnorm.approximation.tables.waves import AMPLITUDES, HALF_TIMES
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import SHADES, WIDTH, bound_marker, use_style
from supnorm.job.programs import run

TABLES = {
    "spectra": "eigenvalues",
    "amplitudes": "what networks have learned of waves",
    "half_times": "when wide networks have learned half of a wave",
    "spike_times": "when half of a spike is learned",
    "denoising": "risk under noise",
}
SCHEMAS = {
    "spectra": SPECTRA,
    "amplitudes": AMPLITUDES,
    "half_times": HALF_TIMES,
    "spike_times": SPIKES,
    "denoising": DENOISING,
}
INPUTS = {"raw": "points as they are", "circle": "on the circle", "features": "Fourier features"}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, TABLES, argv)
    tables = {name: drawing.read(name, schema) for name, schema in SCHEMAS.items()}
    use_style()
    drawing.save(draw(tables), caption(tables))


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """Return the figure: heat maps above; spectra and half-times; spikes and noise below."""
    figure = plt.figure(figsize=(WIDTH, 5.0))
    grid = figure.add_gridspec(3, 6, height_ratios=(1, 1.15, 1.15))
    maps = [figure.add_subplot(grid[0, 2 * k : 2 * k + 2]) for k in range(3)]
    for ax, kind in zip(maps, INPUTS, strict=True):
        image = draw_map(ax, tables["amplitudes"], kind)
    maps[0].set_ylabel("frequency $k$")
    figure.colorbar(image, ax=maps, label="amplitude", shrink=0.9, ticks=[0, 0.5, 1])
    draw_spectra(figure.add_subplot(grid[1, :3]), tables["spectra"])
    draw_half_times(figure.add_subplot(grid[1, 3:]), tables["half_times"])
    draw_spikes(figure.add_subplot(grid[2, :3]), tables["spike_times"])
    draw_noise(figure.add_subplot(grid[2, 3:]), tables["denoising"])
    return figure


def draw_map(ax: Axes, amplitudes: pd.DataFrame, kind: str):
    """Draw amplitudes over steps and frequencies, means over seeds; return the mesh."""
    rows = amplitudes[amplitudes["input"] == kind]
    table = rows.pivot_table(index="frequency", columns="step", values="amplitude")
    edges = np.append(table.columns, 1.3 * table.columns[-1])
    gaps = np.append(np.diff(table.index), np.diff(table.index)[-1:] if len(table) > 1 else 1)
    rims = np.append(table.index - gaps / 2, table.index[-1] + gaps[-1] / 2)
    mesh = ax.pcolormesh(
        edges, rims, table.clip(0, 1), vmin=0, vmax=1, cmap="magma", shading="flat", rasterized=True
    )
    ax.set(xscale="log", xlabel="step")
    if len(table.columns) == 1:
        ax.set_xticks(table.columns, map(str, table.columns))
        ax.minorticks_off()
    ax.set_title(INPUTS[kind], fontsize=8)
    ax.grid(False)
    return mesh


def draw_spectra(ax: Axes, spectra: pd.DataFrame) -> None:
    """Draw eigenvalues over that of frequency 1, both layers trained."""
    both = spectra[(spectra["layer"] == "both") & (spectra["frequency"] > 0)]
    groups = list(both.groupby(["kernel", "scale"], dropna=False))
    styles = {
        "relu": ("ReLU", "-"),
        "hat": ("hat, scale {:g}", "--"),
        "features": ("features, $p={:g}$", "-."),
    }
    for number, ((kernel, scale), rows) in enumerate(groups):
        name, line = styles[kernel]
        look = {"color": (*SHADES, "0.4", "#5DA5DA")[number % 6], "ls": line, "lw": 1.1}
        look["marker"] = bound_marker(rows["frequency"])
        ax.plot(
            rows["frequency"],
            rows["relative"].where(rows["relative"] > 0),
            label=name.format(scale),
            **look,
        )
    k = np.array([1, both["frequency"].max()])
    ax.plot(k, k.astype(float) ** -2, color="0.1", lw=0.8, ls=":", label="$k^{-2}$")
    ax.set(xscale="log", yscale="log", xlabel="frequency $k$", ylabel=r"$\lambda_k/\lambda_1$")
    ax.set_ylim(1e-9, 4)
    ax.legend(loc="lower left", fontsize=6)


def draw_half_times(ax: Axes, half_times: pd.DataFrame) -> None:
    """Draw measured half-times against those of the spectrum."""
    half_times = half_times[np.isfinite(half_times["time"])]
    widths = sorted(half_times["width"].unique())
    for width, colour in zip(widths, SHADES, strict=False):
        for start, marker, face in (("stratified", "o", colour), ("gaussian", "D", "white")):
            rows = half_times[(half_times["width"] == width) & (half_times["start"] == start)]
            label = f"width {width}" if start == "stratified" else None
            look = {"color": colour, "marker": marker, "mfc": face, "ms": 3.6, "lw": 0}
            ax.plot(rows["predicted"], rows["time"], label=label, **look)
    ends = np.array([half_times["predicted"].min() / 1.5, half_times["predicted"].max() * 1.5])
    ax.plot(ends, ends, color="0.1", lw=0.8, ls=":")
    ax.set(xscale="log", yscale="log", xlabel=r"half-time $\ln 2/\lambda_k$", ylabel="measured")
    ax.legend(loc="upper left", fontsize=6.5)


def spike_look(number: int) -> dict:
    """Return the look of the curve of a kernel that learns spikes."""
    return {"color": SHADES[(number + 2) % 4], "marker": "oDs^"[number % 4], "ms": 3.2}


def draw_spikes(ax: Axes, spikes: pd.DataFrame) -> None:
    """Draw how long half a spike takes."""
    for number, ((kernel, scale), rows) in enumerate(
        spikes.groupby(["kernel", "scale"], dropna=False)
    ):
        label = flow_label(kernel, scale)
        ax.plot(rows["inverse_width"], rows["time"], label=label, **spike_look(number))
    relu = spikes[spikes["kernel"] == "relu"]
    line = relu["time"].iloc[-1] * (relu["inverse_width"] / relu["inverse_width"].iloc[-1]) ** 2
    ax.plot(relu["inverse_width"], line, color="0.1", lw=0.8, ls=":", label="$M^2$")
    ax.set(
        xscale="log", yscale="log", xlabel="spike of half-width $1/M$", ylabel="time to learn half"
    )
    if spikes["inverse_width"].nunique() == 1:
        # Nothing else spreads the axis, and its ticks would be apart by rounding alone.
        ax.set_ylim(spikes["time"].min() / 2, 2 * spikes["time"].max())
    ax.legend(loc="upper left", fontsize=6.5)


def draw_noise(ax: Axes, denoising: pd.DataFrame) -> None:
    """Draw the risk against time, in the colours and with the markers of the spikes."""
    for number, ((kernel, scale), rows) in enumerate(
        denoising.groupby(["kernel", "scale"], dropna=False)
    ):
        look = spike_look(number) | {"markevery": 0.15}
        ax.plot(rows["time"], rows["risk"], label=flow_label(kernel, scale), **look)
    ax.set(xscale="log", yscale="log", xlabel="time", ylabel="risk under noise")


def caption(tables: dict[str, pd.DataFrame]) -> str:
    """Return what the figure shows, its numbers from the tables."""
    half, spikes, risks = (tables[name] for name in ("half_times", "spike_times", "denoising"))
    widest = half[(half["width"] == half["width"].max()) & (half["frequency"] <= 8)]
    off = abs(widest.loc[widest["start"] == "stratified", "time"] / widest["predicted"] - 1).max()
    last = spikes[spikes["inverse_width"] == spikes["inverse_width"].max()]
    slow = last.loc[last["kernel"] == "relu", "time"].iloc[0]
    fast = last.loc[last["kernel"] == "features", "time"].min()
    least = risks.groupby(["kernel", "scale"], dropna=False)["risk"].min()
    relu, flat = least.xs("relu").iloc[0], least.xs("features").max()
    return (
        "What networks learn first. Above: deep networks that learn a sum of waves, the amplitude "
        "of each against the step, means over seeds; low frequencies come first unless Fourier "
        "features flatten the spectrum. Middle: eigenvalues of the kernels of wide networks on the "
        "circle (S4.4 to S4.6), and half-times of networks of finite width against ln 2 over "
        "eigenvalue, discs from stratified and diamonds from Gaussian weights; up to frequency 8 "
        f"the widest are at most {100 * off:.1f} % off. Below: what the bias costs and buys. Half "
        f"a spike of half-width 1/M takes a time of the order M^2 (S4.10), for the narrowest "
        f"{slow:.3g}, with features as little as {fast:.3g}; and a low wave in noise is found with "
        f"a risk of {relu:.2g} at the best time, with features of {flat:.2g}."
    )


if __name__ == "__main__":
    run(main)
