"""Named streams against an independent implementation of what docs/randomness.md says."""

import hashlib

import numpy as np
import pytest
from scipy import stats

from supnorm.streams import Stream, stream_name, uniform_points

WORD = 2**64


def philox4x64(counter, key, rounds=10):
    """Philox4x64-10 in plain integers (Salmon et al., 2011)."""
    x, k = list(counter), list(key)
    for _ in range(rounds):
        high0, low0 = divmod(0xD2E7470EE14C6C93 * x[0], WORD)
        high1, low1 = divmod(0xCA5A826395121157 * x[2], WORD)
        x = [high1 ^ x[1] ^ k[0], low1, high0 ^ x[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B97F4A7C15) % WORD, (k[1] + 0xBB67AE8584CAA73B) % WORD]
    return x


def raw_integers(name, count):
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    key = [int.from_bytes(digest[i : i + 8], "little") for i in (0, 8)]
    blocks = [philox4x64([block, 0, 0, 0], key) for block in range(1, count // 4 + 2)]
    return [word for block in blocks for word in block][:count]


def test_integers_are_those_of_an_independent_philox():
    ours = Stream("points", seed=10000, dim=3).raw(11)
    assert ours.tolist() == raw_integers("points;dim=3;seed=10000", 11)


def test_doubles_are_the_upper_53_bits():
    expected = [(r >> 11) / 2**53 for r in raw_integers("points;dim=1;seed=7", 6)]
    drawn = Stream("points", seed=7, dim=1).uniform(2, 3)
    assert drawn.tolist() == [expected[:3], expected[3:]]


def test_permutation_sorts_raw_integers():
    raw = raw_integers("shuffle;epoch=5", 20)
    assert Stream("shuffle", epoch=5).permutation(20).tolist() == sorted(
        range(20), key=raw.__getitem__
    )


def test_a_longer_draw_begins_with_the_shorter():
    short = uniform_points(Stream("points", seed=1, dim=3), 7, 3)
    long = uniform_points(Stream("points", seed=1, dim=3), 20, 3)
    assert (long[:7] == short).all()


def test_a_draw_in_parts_is_the_draw_at_once():
    stream = Stream("points", seed=1)
    parts = np.concatenate([stream.raw(3), stream.raw(6)])
    assert (parts == Stream("points", seed=1).raw(9)).all()


def test_names_do_not_depend_on_the_order_of_labels():
    assert stream_name("a", x=1, b="c") == stream_name("a", b="c", x=1) == "a;b=c;x=1"


@pytest.mark.parametrize("labels", [{"a": "x;y=1"}, {"a": "x=1"}])
def test_labels_cannot_forge_another_name(labels):
    with pytest.raises(ValueError, match="must not contain"):
        stream_name("a", **labels)


@pytest.mark.parametrize("value", [1.5, True, None])
def test_labels_are_integers_or_text(value):
    with pytest.raises(TypeError, match="label a"):
        stream_name("a", a=value)


def test_points_are_uniform_on_the_centred_cube():
    points = uniform_points(Stream("points", seed=3, dim=2), 20000, 2)
    assert points.min() >= -0.5
    assert points.max() < 0.5
    for coordinate in points.T:
        assert stats.kstest(coordinate, stats.uniform(-0.5, 1).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(points.T)[0, 1]) < 0.03
