"""Distributions of updates: what is drawn, what is replayed, what a bad text is told."""

from __future__ import annotations

import numpy as np
import pytest

from recost.errors import InputError
from recost.models.random_updates import Distribution, Plan
from recost.vocabulary import Magnitude

LIMIT = 2**40


def draw(text: str, cells: int = 4000, updates: int = 100, limit: int = LIMIT) -> np.ndarray:
    plan = Plan(7, "test", 0, limit)
    return np.concatenate(list(Distribution.parse(text).chunks(cells, updates, plan)))


def test_sizes_and_signs_of_the_families():
    n = 400_000
    gaussian = draw("gaussian:scale=1e6") / 1e6
    assert gaussian.mean() == pytest.approx(0, abs=5 / n**0.5)
    assert gaussian.std() == pytest.approx(1, abs=5 / (2 * n) ** 0.5)
    laplace = draw("laplace:scale=1e6") / 1e6
    assert abs(laplace).mean() == pytest.approx(1, abs=5 / n**0.5)
    assert (laplace**2).mean() == pytest.approx(2, abs=5 * (24 - 4) ** 0.5 / n**0.5)
    assert laplace.mean() == pytest.approx(0, abs=5 * 2**0.5 / n**0.5)
    logs = np.log(abs(draw("lognormal:scale=1e6,spread=0.5")) / 1e6)
    assert logs.mean() == pytest.approx(0, abs=5 * 0.5 / n**0.5)
    assert logs.std() == pytest.approx(0.5, abs=5 * 0.5 / (2 * n) ** 0.5)


@pytest.mark.parametrize("family", ["gaussian", "laplace", "lognormal"])
def test_sign_and_size_are_independent(family):
    drawn = draw(f"{family}:scale=1e6,spread=1")
    sizes, signs = np.log(abs(drawn) + 0.5), np.sign(drawn)
    assert np.corrcoef(sizes.ravel(), signs.ravel())[0, 1] == pytest.approx(0, abs=5 / 400_000**0.5)


def test_variation_is_between_cells_and_stays():
    drawn = abs(draw("gaussian:scale=1e6,variation=2", cells=2000, updates=200))
    of_cells = np.log(drawn.mean(axis=0))
    assert of_cells.std() == pytest.approx(2, abs=5 * 2 / (2 * 2000) ** 0.5)


def test_numbers_do_not_depend_on_the_chunks():
    text = "laplace:scale=50,variation=1"
    source = Distribution.parse(text)
    pieces = [
        np.concatenate(list(source.chunks(64, 50, Plan(7, "test", 3, LIMIT, n))))
        for n in (1, 16, 50)
    ]
    assert (pieces[0] == pieces[1]).all()
    assert (pieces[0] == pieces[2]).all()


def test_the_quantiser_rounds_and_cuts():
    drawn = draw("gaussian:scale=40", limit=31)
    assert abs(drawn).max() == 31
    assert (abs(draw("gaussian:scale=1e-9")) == 0).all()


def test_extremes_do_not_overflow():
    assert (
        abs(draw("lognormal:scale=1e15,spread=20,variation=20", limit=2**16 - 1)).max() == 2**16 - 1
    )


def test_a_recording_is_replayed(tmp_path):
    path = tmp_path / "gradients.npy"
    recorded = np.array([[0.5, -1.2, 3.0], [0.1, 2.6, -9.0]])
    np.save(path, recorded)
    source = Distribution.parse(f"{path}:scale=2")
    assert source.family is Magnitude.RECORDED
    replayed = np.concatenate(list(source.chunks(3, 3, Plan(0, "", 0, 15))))
    assert replayed.tolist() == [[1, -2, 6], [0, 5, -15], [1, -2, 6]]
    with pytest.raises(InputError, match="recording of 3 weights"):
        next(iter(source.chunks(4, 1, Plan(0, "", 0, 15))))


def test_recordings_of_several_axes_lie_side_by_side(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(24).reshape(2, 3, 4))
    source = Distribution.parse(str(tmp_path / "a.npy"))
    assert source.recorded is not None
    assert source.recorded.shape == (2, 12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gausian", "did you mean 'gaussian'"),
        ("gaussian:sigma=3", "scale=NUMBER"),
        ("gaussian:scale=x", "not a number"),
        ("gaussian:scale=-1", "within 0"),
        ("gaussian:scale=nan", "within 0"),
        ("lognormal:spread=100", "within 0 to 20"),
        ("recorded", "neither a .npy file"),
        ("nowhere.npy", "no such file"),
    ],
)
def test_bad_texts(text, words):
    with pytest.raises(InputError, match=words):
        Distribution.parse(text)


@pytest.mark.parametrize(
    "content", [b"", b"not an array", np.array(["a"]), np.array([[np.nan]]), np.array(3)]
)
def test_bad_recordings(tmp_path, content):
    path = tmp_path / "bad.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(InputError):
        Distribution.parse(str(path))
