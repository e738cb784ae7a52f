"""Where updates of weights come from: a family of distributions, or a recording."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recost.errors import InputError, suggestion
from recost.kernels import outer_product_draws as draws
from recost.kernels.philox import stream_key
from recost.vocabulary import Magnitude

_Array = npt.NDArray[Any]
# The numbers of a distribution, in their order.
_DEFAULTS = {"scale": 1.0, "spread": 0.0, "variation": 0.0}
_NUMBERS = tuple(_DEFAULTS)
_LARGEST_SPREAD = 20.0


@dataclass(frozen=True)
class Distribution:
    """Updates, or the elements of a vector, in steps of a weight's last place.

    Parameters
    ----------
    family : Magnitude
    scale : float
        sigma of a Gaussian, mean size of a Laplace, median size of a lognormal; of a recording,
        the steps that its 1.0 stands for.
    spread : float
        ln-sigma of a lognormal.
    variation : float
        ln-sigma of the scale between weights.
    recorded : array [T, cells], optional
        What was recorded, a row an update; used in order, and from the start again.
    source : str
        What to call it in results.

    Raises
    ------
    InputError
        A number that is not finite, negative, or far out; a recording that is not such an array.
    """

    family: Magnitude
    scale: float = 1.0
    spread: float = 0.0
    variation: float = 0.0
    recorded: _Array | None = field(default=None, repr=False, compare=False)
    source: str = ""

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            value = getattr(self, name)
            top = 1e15 if name == "scale" else _LARGEST_SPREAD
            if not (math.isfinite(value) and 0.0 <= value <= top):
                raise InputError(f"{value} is not within 0 to {top:g}", key=name)
        if (self.family is Magnitude.RECORDED) != (self.recorded is not None):
            raise InputError("a recording, and only that, has an array")
        if self.recorded is not None:
            self._check_recording(self.recorded)

    def _check_recording(self, recorded: _Array) -> None:
        if recorded.ndim != 2 or 0 in recorded.shape or recorded.dtype.kind not in "iuf":
            raise InputError(
                f"a recording is an array of numbers [updates, weights], not {recorded.shape} of "
                f"{recorded.dtype}",
                path=self.source or None,
            )
        if not np.isfinite(recorded).all():
            raise InputError("a recording with nan or infinity", path=self.source or None)

    @classmethod
    def parse(cls, text: str) -> Distribution:
        """``lognormal:scale=8,spread=1``, ``gaussian:scale=40``, or ``FILE.npy:scale=1e6``.

        Raises
        ------
        InputError
            Unknown families and parameters, values that are no numbers, unreadable files.
        """
        name, _, rest = text.partition(":")
        numbers: dict[str, float] = {}
        for part in filter(None, rest.split(",")):
            key, equals, value = part.partition("=")
            if key not in _NUMBERS or not equals:
                raise InputError(
                    f"'{part}' is not one of {', '.join(n + '=NUMBER' for n in _NUMBERS)}"
                    f"{suggestion(key, _NUMBERS)}",
                    key=text,
                )
            try:
                numbers[key] = float(value)
            except ValueError:
                raise InputError(f"'{value}' is not a number", key=text) from None
        scale, spread, variation = (numbers.get(key, d) for key, d in _DEFAULTS.items())
        if name.endswith(".npy"):
            recorded = read_recording(Path(name))
            return cls(Magnitude.RECORDED, scale, spread, variation, recorded, name)
        words = [word for word in Magnitude.words() if word != Magnitude.RECORDED.text]
        if name not in words:
            raise InputError(
                f"'{name}' is neither a .npy file nor one of {', '.join(words)}"
                f"{suggestion(name, words)}",
                key=text,
            )
        return cls(Magnitude.from_text(name), scale, spread, variation, source=text)

    def chunks(self, cells: int, updates: int, plan: Plan) -> Iterator[_Array]:
        """Whole updates, int64 [E, cells], a few at a time, `updates` in all."""
        if self.recorded is not None:
            yield from self._replay(self.recorded, cells, updates, plan)
            return
        key = stream_key(plan.seed, "outer-product", plan.purpose)
        draw = draws.Draw(
            int(self.family),
            float(self.scale),
            float(self.spread),
            float(self.variation),
            plan.limit,
            key,
        )
        first = plan.trial * cells
        scales = np.empty(cells)
        draws.cell_scales(draw, first, scales)
        for start in range(0, updates, plan.at_a_time):
            drawn = np.empty((min(plan.at_a_time, updates - start), cells), np.int64)
            draws.draw_updates(draw, scales, first, start, drawn)
            yield drawn

    def _replay(self, recorded: _Array, cells: int, updates: int, plan: Plan) -> Iterator[_Array]:
        """The recording's columns of this trial, quantised as they are used."""
        if recorded.shape[1] < cells:
            raise InputError(
                f"a recording of {recorded.shape[1]} weights, and {cells} are asked for",
                path=self.source or None,
            )
        columns = (np.arange(cells) + plan.trial * cells) % recorded.shape[1]
        for start in range(0, updates, plan.at_a_time):
            steps = np.arange(start, min(start + plan.at_a_time, updates)) % len(recorded)
            whole = np.rint(recorded[np.ix_(steps, columns)] * self.scale)
            yield np.clip(whole, -plan.limit, plan.limit).astype(np.int64)


@dataclass(frozen=True)
class Plan:
    """How updates are drawn: what for, for which trial, cut to which size, how many at a time."""

    seed: int
    purpose: str
    trial: int
    limit: int
    at_a_time: int = 16


def read_recording(path: Path) -> _Array:
    """The array [updates, weights] of a .npy file; axes behind the first are laid side by side.

    Raises
    ------
    InputError
        A file that is not there or holds no array of numbers.
    """
    try:
        array: _Array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError("no such file", path=str(path)) from None
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"not a NumPy array: {error}", path=str(path)) from None
    if array.ndim == 0:
        raise InputError("one number is not a recording of updates", path=str(path))
    return array.reshape(len(array), -1) if array.ndim != 2 else array
