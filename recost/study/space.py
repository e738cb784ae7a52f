"""A space of designs: keys that vary, the values they take, and the points that come of them.

A point is known by its number: the mixed-radix digits of the number are the places in the lists
of values, the last key turning fastest.  No list of points is ever made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from recost.errors import Fault, InputError, suggestion
from recost.kernels.digits import Digits, go_through
from recost.study.sobol import sequence

Array = np.ndarray[Any, Any]

#: More points than this are months of work, not a sweep.
LARGEST_SPACE = 10**10
#: More values than this of one key are a slip of the keyboard.
LARGEST_AXIS = 10**5
#: Points of a Sobol sequence of 30 bits, which SciPy's is.
MOST_SAMPLES = 2**30
WORKLOAD = "workload"

_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S.*)?"
_WHOLE = re.compile(r"([-+]?\d+)\s*\.\.\s*([-+]?\d+)(?:\s*:\s*\+?(\d+))?")
_FORMS = (
    "a list (4,8,16), whole numbers (4..8, or 4..64:4 in steps), or from A to B: by a factor"
    " (4:64:x2), in steps (0:1:+0.1), so many evenly (0.1:0.9:20) or by equal factors"
    " (1 pJ:9 pJ:log20); with --sample also any value between (0.1:0.9, 1 pJ:9 pJ:log)"
)


@dataclass(frozen=True, slots=True)
class Axis:
    """A key and its values.

    Attributes
    ----------
    target : the hardware it belongs to; ``"workload"`` for networks; empty for every hardware
    key : the dotted key of the file
    texts : the values, as ``--set`` takes them; empty for an interval
    low, high, unit, logarithmic : the ends of an interval, what follows the number, and whether
        samples are even in the logarithm
    """

    target: str
    key: str
    texts: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    logarithmic: bool = False

    @property
    def continuous(self) -> bool:
        """Whether any value of an interval may be taken."""
        return not self.texts

    @property
    def name(self) -> str:
        """The key as ``--vary`` spells it."""
        return f"{self.target}:{self.key}" if self.target else self.key

    def text(self, value: float) -> str:
        """A value of an interval as ``--set`` takes it."""
        return f"{value!r} {self.unit}".strip()

    def first(self) -> str:
        """Some value, as ``--set`` takes it."""
        return self.texts[0] if self.texts else self.text(self.low)

    def between(self, shares: Array) -> Array:
        """The values at `shares` of the way from `low` to `high`."""
        if not self.logarithmic:
            return self.low + (self.high - self.low) * shares
        ratio: Array = self.low * (self.high / self.low) ** shares
        return ratio


@dataclass(frozen=True)
class Space:
    """The product of axes, or `samples` points of it.

    Attributes
    ----------
    axes : the keys that vary
    samples : number of quasi-random points (Sobol, scrambled by `seed`); 0 takes every point
    """

    axes: tuple[Axis, ...]
    samples: int = 0
    seed: int = 0

    @property
    def size(self) -> int:
        """Number of points."""
        return self.samples or math.prod(len(axis.texts) for axis in self.axes)

    def run(self, axes: Collection[int]) -> int:
        """How many points in a row, at the least, differ in no other key than those of `axes`."""
        if self.samples:
            return self.size if len(axes) == len(self.axes) else 1
        found = 1
        for a in range(len(self.axes) - 1, -1, -1):
            many = len(self.axes[a].texts)
            if a not in axes and many > 1:
                break
            found *= many
        return found

    def digits(self, axes: Sequence[int]) -> Digits:
        """How the number of a point says the places in the lists of some axes.

        What places stand for is listed axis by axis.
        """
        radices = np.array([len(self.axes[a].texts) for a in axes], np.int64)
        # Runs past the last number need not be known: they may be beyond 2^63.
        runs = [math.prod(len(axis.texts) for axis in self.axes[a + 1 :]) for a in axes]
        every = np.array([min(run, 2**62) for run in runs], np.int64)
        return Digits(every, radices, np.cumsum(radices) - radices)

    @cached_property
    def _places(self) -> tuple[Digits, Array]:
        """All digits, and what they stand for: themselves."""
        digits = self.digits(range(len(self.axes)))
        every = np.arange(digits.radices.max(initial=0), dtype=np.uint32)
        return digits._replace(begins=np.zeros_like(digits.radices)), every

    def points(self, start: int, stop: int) -> tuple[Array, Array]:
        """Places in the lists [n, axes], and values of intervals [n, axes], of points start..stop.

        A point does not depend on which others are asked for with it.
        """
        count = stop - start
        shape = count, len(self.axes)
        if not count:  # as where intervals have no number of places
            return np.zeros(shape, np.int64), np.zeros(shape)
        # A key's numbers lie side by side: they are worked on key by key.
        places = np.empty(shape, np.uint32, order="F")
        if not self.samples:
            values = np.broadcast_to(np.zeros(()), shape)  # there are no intervals
            go_through(start, *self._places, places.T)
            return places, values
        shares = sequence(len(self.axes), self.seed).part(start, count)
        values = np.zeros(shape, order="F")
        for a, axis in enumerate(self.axes):
            if axis.continuous:
                places[:, a], values[:, a] = 0, axis.between(shares[:, a])
            else:
                places[:, a] = shares[:, a] * len(axis.texts)
        return places, values


def parse_space(
    texts: Iterable[str], *, samples: int = 0, seed: int = 0, endless: bool = False
) -> Space:
    """The space of ``[NAME:]KEY=VALUES`` texts.

    An `endless` one may have intervals and any number of points: nobody goes through it.

    Raises
    ------
    InputError
        For every text that cannot be read, every key given twice, an interval without samples,
        and a space too large to go through.
    """
    axes: list[Axis] = []
    faults: list[Fault] = []
    for text in texts:
        try:
            axis = parse_axis(text)
        except InputError as error:
            faults += error.faults
            continue
        if any(axis.name == other.name for other in axes):
            faults.append(Fault("is varied twice", key=f"--vary {axis.name}"))
        if axis.continuous and not samples and not endless:
            faults.append(
                Fault("an interval needs --sample sobol N, or a step", key=f"--vary {text}")
            )
        axes.append(axis)
    if samples > MOST_SAMPLES:
        faults.append(Fault(f"a Sobol sequence has {MOST_SAMPLES:,} points", key="--sample"))
    if samples and len(axes) > 21_201:  # what Sobol's direction numbers are known for
        faults.append(Fault("too many keys for a Sobol sequence", key="--sample"))
    if faults:
        raise InputError(faults)
    space = Space(tuple(axes), samples, seed)
    if space.size > LARGEST_SPACE and not endless:
        raise InputError(
            f"the space has {space.size:,} points ({space.size:.1e}), more than"
            f" {LARGEST_SPACE:.0e}: vary fewer keys or values, take a sample (--sample sobol N)",
            key="--vary",
        )
    return space


def parse_axis(text: str) -> Axis:
    """The axis of ``[NAME:]KEY=VALUES``."""
    try:
        return _axis(text)
    except InputError:
        raise
    except (OverflowError, ValueError):  # as of 1e999, or of thousands of digits
        raise InputError("a number there is beyond all use", key=f"--vary {text[:80]}") from None


def _axis(text: str) -> Axis:
    """The axis of a text, whose numbers may be too large for anything."""
    name, equals, values = text.partition("=")
    target, _, key = name.strip().rpartition(":")
    if not equals or not key.strip():
        raise InputError(f"is not [NAME:]KEY=VALUES; VALUES are {_FORMS}", key=f"--vary {text}")
    option, values = f"--vary {text}", values.strip()
    if not values:
        raise InputError(f"has no values; write {_FORMS}", key=option)
    target, key = target.strip(), key.strip()
    parts = [part.strip() for part in values.split(":")]
    # A number may end in a point, so 4..8:2 would pass for one with a unit.
    if (
        ".." not in values
        and len(parts) in (2, 3)
        and all(re.fullmatch(_NUMBER, part) for part in parts[:2])
    ):
        return _interval(option, target, key, parts)
    listed: list[str] = []
    for part in split_list(values):
        whole = _WHOLE.fullmatch(part)
        listed += _whole_numbers(option, whole) if whole else [part]
    if not all(listed):
        raise InputError(f"an empty value in the list; write {_FORMS}", key=option)
    if len(set(listed)) < len(listed):
        raise InputError("a value stands twice in the list", key=option)
    return Axis(target, key, tuple(listed))


def split_list(text: str) -> list[str]:
    """The parts between commas that are not inside brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _whole_numbers(option: str, match: re.Match[str]) -> tuple[str, ...]:
    low, high, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if high < low:
        raise InputError(f"the range is reversed; write {high}..{low}", key=option)
    if step == 0:
        raise InputError("a step of 0 never arrives", key=option)
    _check_length(option, (high - low) // step + 1)
    return tuple(str(value) for value in range(low, high + 1, step))


def _check_length(option: str, count: float) -> None:
    if count > LARGEST_AXIS:
        many = f"{count:.1e}" if count < 1e300 else "endless"
        raise InputError(f"{many} values of one key, more than {LARGEST_AXIS:.0e}", key=option[:80])


def _interval(option: str, target: str, key: str, parts: Sequence[str]) -> Axis:
    """``A:B[:HOW]``, the ends with one unit."""
    first, last = (re.fullmatch(_NUMBER, part) for part in parts[:2])
    assert first is not None
    assert last is not None
    unit = (last[2] or first[2] or "").strip()
    if first[2] and first[2].strip() != unit:
        raise InputError(f"the ends have different units: {first[2]} and {unit}", key=option)
    low, high = float(first[1]), float(last[1])
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError("the ends of a range are finite", key=option)
    if high < low:
        raise InputError(f"the range is reversed; write {parts[1]}:{parts[0]}", key=option)
    how = parts[2] if len(parts) == 3 else ""
    if how in ("", "log"):
        if low == high:
            raise InputError("the range is empty: both ends are one value", key=option)
        if how and low <= 0.0:
            raise InputError("equal factors need ends above 0", key=option)
        return Axis(target, key, (), low, high, unit, bool(how))
    is_whole = not re.search(r"[.eE]", first[1] + last[1])
    values = _steps(option, low, high, how)
    texts = [
        str(round(v)) if is_whole and v == round(v) else repr(float(f"{v:.15g}")) for v in values
    ]
    return Axis(target, key, tuple(f"{text} {unit}".strip() for text in texts))


def _steps(option: str, low: float, high: float, how: str) -> list[float]:
    """The values from low to high by ``xF``, ``+S``, ``N`` or ``logN``."""
    match = re.fullmatch(r"(x|\+|log)?\s*(\d+\.?\d*(?:[eE][-+]?\d+)?)", how)
    if not match:
        raise InputError(f"'{how}' is no step; write {_FORMS}", key=option)
    kind, number = match[1] or "", float(match[2])
    if kind in ("x", "log") and low <= 0.0:
        raise InputError("equal factors need ends above 0", key=option)
    if kind == "x":
        if number <= 1.0:
            raise InputError("a factor is above 1", key=option)
        count = math.floor(math.log(high / low) / math.log(number) + 1e-9) + 1
        _check_length(option, count)
        return [low * number**i for i in range(count)]
    if kind == "+":
        if number <= 0.0:
            raise InputError("a step of 0 never arrives", key=option)
        _check_length(option, (high - low) / number)
        return [low + number * i for i in range(math.floor((high - low) / number + 1e-9) + 1)]
    if number != int(number) or number < 2:
        raise InputError("the number of values is a whole number from 2 on", key=option)
    _check_length(option, number)
    steps = int(number) - 1
    if kind == "log":
        return [low * (high / low) ** (i / steps) for i in range(steps + 1)]
    return [low + (high - low) * (i / steps) for i in range(steps + 1)]


def check_targets(axes: Sequence[Axis], hardware: Sequence[str], *, networks: bool = True) -> None:
    """Raise InputError for an axis of a hardware that there is not, or that all have already.

    `networks` says whether axes may be of networks.
    """
    known = [*hardware, *([WORKLOAD] if networks else [])]
    for axis in axes:
        if axis.target and axis.target not in known:
            hint = suggestion(axis.target, known) or f"; there are {', '.join(known)}"
            message = f"unknown hardware '{axis.target}'{hint}"
            raise InputError(message, key=f"--vary {axis.name}")
        everywhere = any(axis.key == other.key and not other.target for other in axes)
        if axis.target not in ("", WORKLOAD) and everywhere:
            raise InputError("is varied for all hardware too", key=f"--vary {axis.name}")
