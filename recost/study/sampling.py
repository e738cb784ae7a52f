"""How much to simulate: a number of trials, or until an interval is narrow enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recost.errors import Fault, InputError
from recost.models.intervals import ALPHA, looks

if TYPE_CHECKING:
    from recost.study.result import Result

#: Called with the share that is done (0 to 1) and what is being done, several times a second.
Progress = Callable[[float, str], None]

METHOD = (
    "95 % intervals; the trials double from look to look, and look j spends 5 %/2^j of the error"
    " so that stopping at the first interval that is narrow enough leaves it honest"
)


class Interrupted(KeyboardInterrupt):
    """The user stopped a study; `result` holds what was known by then."""

    def __init__(self, result: Result) -> None:
        super().__init__("interrupted")
        self.result = result


def no_progress(_share: float, _what: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Sampling:
    """How many trials to draw.

    Parameters
    ----------
    trials : of a study that is not sequential; the first look of one that is
    relative_error : stop at the look where half of the interval is below this share of the
        estimate; None draws `trials`
    seed : of all random numbers
    """

    trials: int
    relative_error: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        faults = []
        if self.trials < 1:
            faults.append(Fault(f"{self.trials} is not a number of trials", key="trials"))
        if self.relative_error is not None and not 0.0 < self.relative_error < 1.0:
            faults.append(
                Fault(
                    f"{self.relative_error:g} is not between 0 and 1; 0.01 is one per cent",
                    key="until_relative_error",
                )
            )
        if faults:
            raise InputError(faults)

    def looks(self) -> Iterator[tuple[int, float]]:
        """Trials at each look and the alpha of its interval (`recost.models.intervals.looks`)."""
        if self.relative_error is None:
            yield self.trials, ALPHA
        else:
            yield from looks(self.trials)

    def reached(self, estimate: float, low: float, high: float, *, floor: float = 0.0) -> bool:
        """Whether an interval is narrow enough, or lies below `floor` as a whole."""
        if self.relative_error is None:
            return True
        return high - low <= 2.0 * self.relative_error * abs(estimate) or high <= floor
