"""The figure of the thesis: the spike stands where it was measured; what is missing is left out."""

import numpy as np
import pandas as pd
import pytest

from supnorm.tables.schema import write_table
from supnorm.uniform.adversary import emptiest_place
from supnorm.uniform.tables.adversary import WORST_CASE
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.tables.neighbours import NEIGHBOURS
from supnorm.uniform.tables.spikes import SPIKES
from uniform import plot_thesis

SCHEMAS = {
    "spikes": SPIKES,
    "neighbours": NEIGHBOURS,
    "worst_case": WORST_CASE,
    "bounds": BOUNDS,
}
POINTS = np.array([-0.4, -0.2, 0.1, 0.3, 0.45])
STUDENT = {"depth": 5, "width": 8, "batch_rule": "fifth", "batch": 2, "evaluation": 1}
PAIR = {"family": "random", "dim": 1, "samples": 5, "teacher": 1, "seed": 7}


def spikes():
    """A teacher that rises, its student, and their samples."""
    line = np.linspace(-0.5, 0.5, 41)
    kinds = {"target": (line, line), "student": (line, line + 0.1), "sample": (POINTS, POINTS)}
    frames = [pd.DataFrame({"kind": kind, "t": t, "value": v}) for kind, (t, v) in kinds.items()]
    table = pd.concat(frames).assign(**PAIR, **STUDENT, line="diagonal", distance=0, nearest=0.1)
    return pd.concat([table, table.assign(line="worst")])


def neighbours(**changes):
    """The highest spikes beside two teachers, of which the second is shown."""
    numbers = {"radius": 0.15, "height": 40.0, "distance": 1, "uniform_error": 1, "l2_error": 1}
    row = PAIR | {"kind": "highest", "sign": 1, "active": 1, "least": 40, "other": 40} | numbers
    rows = [row | {"teacher": 0, "height": 99.0}, row | changes]
    return pd.DataFrame(rows).reindex(columns=NEIGHBOURS.arrow().names)


def worst_case(dims=(1, 3), spiked=True):
    """Errors of two dimensions: those of the larger are a hundred times as large."""
    kinds = {("random", "2"): 0.2, ("random", "inf"): 0.5, ("adaptive", "inf"): 90}
    rows = [
        {"dim": dim, "samples": m, "kind": kind, "norm": norm, "error": error * scale / m}
        for dim, scale in zip(dims, (1, 100), strict=False)
        for m in (100, 5)
        for (kind, norm), error in kinds.items()
        if spiked or kind == "random"
    ]
    table = pd.DataFrame(rows).assign(family="random", algorithm="network", **STUDENT)
    return table.assign(low=table["error"] / 2, high=table["error"] * 2).drop(columns="batch")


def bounds(dims=(1, 3)):
    rows = [{"dim": dim, "samples": m, "value": 1 / m} for dim in dims for m in (100, 5)]
    said = {"norm": "inf", "bound": "lower", "active": 1, "best": True, "statement": "S1.9"}
    return pd.DataFrame(rows).assign(**said, theorem="2.2")


def tables(**changes):
    made = {"spikes": spikes(), "neighbours": neighbours(), "worst_case": worst_case()}
    return made | {"bounds": bounds()} | changes


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw the figure of some tables; return it and its caption."""

    def draw(**changes):
        given = ["--uniform.teacher.families", "random"]
        for name, table in tables(**changes).items():
            write_table(tmp_path / name, table, SCHEMAS[name])
            given += [f"--{name}", str(tmp_path / name)]
        for name in ("pdf", "png", "caption"):
            given += [f"--{name}", str(tmp_path / f"f.{name}")]
        plot_thesis.main(given)
        assert (tmp_path / "f.pdf").stat().st_size > 5000
        return figures[-1], (tmp_path / "f.caption").read_text()

    figures, whole = [], plot_thesis.draw
    monkeypatch.setattr(
        plot_thesis, "draw", lambda *given: figures.append(whole(*given)) or figures[-1]
    )
    return draw


def curves(ax):
    """The curves of a panel that have more than a point."""
    return [line.get_xydata() for line in ax.lines if len(line.get_xydata())]


def named(ax):
    return {text.get_text() for text in ax.texts}


def test_a_function_and_its_neighbour_differ_where_no_sample_is(drawn):
    figure, caption = drawn()
    left, _ = figure.axes
    spiked, student, plain = curves(left)
    assert np.array_equal(spiked[:, 0], plain[:, 0])
    spike = spiked[:, 1] - plain[:, 1]
    assert spike.max() == pytest.approx(40)
    assert spiked[spike.argmax(), 0] == pytest.approx(-0.05)
    assert plain[:, 1] == pytest.approx(plain[:, 0])
    assert student[:, 1] == pytest.approx(student[:, 0] + 0.1)
    assert np.interp(POINTS, spiked[:, 0], spike) == pytest.approx(0, abs=1e-12)
    assert left.collections[0].get_offsets().data == pytest.approx(np.stack([POINTS] * 2, 1))
    assert "teacher 1 for d = 1, called u, and u plus a spike 40 high" in caption


@pytest.mark.parametrize("ends", [(), (-0.49, 0.48), (-0.1, 0.1), (-0.499, 0.0), (0.2,)])
def test_the_spike_stands_where_it_was_measured(ends):
    points = np.array([*ends, 0.01, 0.02])
    _, place = emptiest_place(points[:, None])
    assert plot_thesis.emptiest(points) == pytest.approx(place[0])


def test_errors_are_those_of_the_largest_dimension(drawn):
    figure, caption = drawn()
    _, right = figure.axes
    assert right.get_title() == "errors, $d=3$"
    spiked, uniform, average, bound = curves(right)
    assert spiked.tolist() == [[5, 1800], [100, 90]]
    assert uniform.tolist() == [[5, 10], [100, 0.5]]
    assert average.tolist() == [[5, 4], [100, 0.2]]
    assert bound.tolist() == [[5, 0.2], [100, 0.01]]
    assert "4 to 0.2 in L^2 and 10 to 0.5 in L^inf on the hardest" in caption
    assert "1800 to 90 in L^inf" in caption
    assert len(caption) <= 700


def test_names_at_the_ends_of_curves_are_apart(drawn):
    close = worst_case()
    close["error"] = 1.0
    _, right = drawn(worst_case=close)[0].axes
    heights = sorted(text.xy[1] for text in right.texts)
    assert len(heights) == 4
    assert (np.diff(heights) >= 0.999 * plot_thesis.APART).all()


def test_names_stand_where_their_curves_end(drawn):
    errors = worst_case()
    errors.loc[(errors["kind"] == "random") & (errors["norm"] == "inf"), "error"] *= 10
    _, right = drawn(worst_case=errors)[0].axes
    low, high = right.get_ylim()
    ends = {r"$u$ + spike, $L^\infty$": 90, r"random $u$, $L^\infty$": 5, r"random $u$, $L^2$": 0.2}
    ends |= {r"Theorem 2.2, $L^\infty$": 0.01}
    assert {text.get_text(): text.xy for text in right.texts} == {
        name: (1, pytest.approx(np.log(error / low) / np.log(high / low), abs=1e-6))
        for name, error in ends.items()
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"spikes": spikes().iloc[:0]},
        {"spikes": spikes().assign(dim=3)},
        {"neighbours": neighbours(height=np.nan)},
    ],
    ids=["diverged", "other dimension", "no spikes"],
)
def test_without_a_neighbour_errors_stand_alone(drawn, changes):
    figure, caption = drawn(**changes)
    assert len(figure.axes) == 1
    assert caption.startswith("Errors of the best network for d = 3 and m = 5 to 100: ")


def test_a_spike_at_an_end_of_the_cube_stays_within_it(drawn):
    beyond = spikes().query("kind != 'sample' or t < 0.2")
    left, _ = drawn(spikes=beyond, neighbours=neighbours(radius=0.4))[0].axes
    spiked = curves(left)[0]
    assert spiked[:, 0].max() == 0.5
    assert spiked[-1, 1] == pytest.approx(40.5)


def test_a_single_sample_size_is_drawn(drawn):
    one = {name: table.query("samples == 5") for name, table in tables().items()}
    _, caption = drawn(**one)
    assert "for d = 3 and m = 5: 4 in L^2 and 10 in L^inf on the hardest" in caption


def test_a_class_without_spikes_says_so(drawn):
    figure, caption = drawn(
        worst_case=worst_case(dims=(1,), spiked=False), bounds=bounds().iloc[1:].query("dim == 3")
    )
    right = figure.axes[-1]
    assert right.get_title() == "errors, $d=1$"
    assert named(right) == {r"random $u$, $L^\infty$", "random $u$, $L^2$"}
    assert "spikes need teachers of depth 3 and width 2 or more" in caption
    assert "Theorem 2.2" not in caption


def test_errors_that_are_infinite_are_not_drawn(drawn):
    broken = worst_case()
    broken.loc[broken["kind"] == "adaptive", ["error", "low", "high"]] = np.inf
    figure, caption = drawn(worst_case=broken)
    assert r"$u$ + spike, $L^\infty$" not in named(figure.axes[-1])
    assert "\N{INFINITY} in L^inf" in caption
