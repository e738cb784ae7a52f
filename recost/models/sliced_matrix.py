"""A matrix of weights in slices that takes outer products and updates, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recost.errors import InputError
from recost.kernels import outer_product
from recost.kernels.philox import stream_key
from recost.models.slices import MOST_VECTOR_BITS, Slicing, check_interval

_Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Writing:
    """How cells take a write: the law of `recost.kernels.outer_product_noise`.

    Parameters
    ----------
    noise : float
        sigma: a write that moves a cell by x steps of its range of R is off by sigma sqrt(R x).
    nonlinearity : float
        alpha of the exponential approach to the range's ends; 0 is linear.
    seed : int
        Of the noise.
    """

    noise: float = 0.0
    nonlinearity: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("noise", self.noise), ("nonlinearity", self.nonlinearity)):
            if not 0.0 <= value <= 100.0:
                raise InputError(f"{value} is not within 0 to 100", key=f"write {name}")

    @property
    def ideal(self) -> bool:
        """Whether a write does exactly what it is asked for."""
        return self.noise == 0.0 and self.nonlinearity == 0.0


class SlicedMatrix:
    """A matrix of integer weights in slices.

    >>> from recost.models.slices import Slicing
    >>> matrix = SlicedMatrix(Slicing((4, 4, 4, 6, 6, 5, 5, 5)), [[1, 2], [3, 4]])
    >>> matrix.add_outer_product([5, -6], [7, 8])
    >>> matrix.weights()
    array([[ 36,  42],
           [-39, -44]])

    Parameters
    ----------
    slicing : Slicing
    weights : array of int [M, N]
        What the slices start with; a weight out of `slicing.bounds` starts at the nearest bound.
    carry_interval : int
        Examples between carry resolutions; 0 leaves them to `resolve_carries`.
    writing : Writing, optional
        How cells take a write; exactly by default, and then everything here is exact.

    Attributes
    ----------
    examples : int
        Outer products or updates so far.
    cut_off : int
        What carry resolutions could not write, in units of the weights' last place.
    """

    def __init__(
        self,
        slicing: Slicing,
        weights: npt.ArrayLike,
        carry_interval: int = 0,
        writing: Writing | None = None,
    ) -> None:
        self.slicing = slicing
        self.carry_interval = check_interval(carry_interval, zero_is_never=True)
        self.writing = writing or Writing()
        self.examples = 0
        self.cut_off = 0
        initial = np.ascontiguousarray(np.atleast_2d(weights), dtype=np.int64)
        slices = len(slicing.slice_bits)
        state: _Array = np.empty((initial.shape[0], slices, initial.shape[1]), np.int16)
        outer_product.write_weights(initial, slicing.layout, state)
        exact = self.writing.ideal
        self._shape = initial.shape
        self._since = 0
        self._state = state if exact else state.astype(np.float64)
        kind = np.int64 if exact else np.float64
        self._tally = outer_product.Tally(*(np.zeros(slices, kind) for _ in range(3)))

    @property
    def saturated(self) -> _Array:
        """Cells at a bound after an example, summed over examples; most significant first."""
        return self._tally.saturated[::-1]

    @property
    def clipped(self) -> _Array:
        """Steps of each slice that did not fit; most significant first."""
        return self._tally.clipped[::-1]

    @property
    def requested(self) -> _Array:
        """Steps that were asked of each slice; most significant first."""
        return self._tally.requested[::-1]

    def slices(self) -> _Array:
        """What each slice holds, [S, M, N], most significant first."""
        return self._state.transpose(1, 0, 2)[::-1].copy()

    def weights(self) -> npt.NDArray[np.int64]:
        """The weights that a read of the slices finds, [M, N]."""
        weights = np.empty(self._shape, np.int64)
        outer_product.read_weights(self._sensed(), self.slicing.layout, weights)
        return weights

    def _sensed(self) -> _Array:
        """Whole levels: the slices themselves, or the nearest where writes are not exact."""
        if self.writing.ideal:
            return self._state
        from recost.kernels.outer_product_noise import sense

        state = np.empty(self._state.shape, np.int16)
        sense(self._state, self.slicing.layout, state)
        return state

    def add_outer_product(self, column: npt.ArrayLike, row: npt.ArrayLike) -> None:
        """Add a b^T, or one after another the products of [E, M] columns and [E, N] rows.

        Raises
        ------
        InputError
            Vectors of another size, or values that the streams or the slices have no bits for.
        """
        columns = np.ascontiguousarray(np.atleast_2d(column), dtype=np.int64)
        rows = np.ascontiguousarray(np.atleast_2d(row), dtype=np.int64)
        self._check_vectors(columns, rows)
        if self.writing.ideal:
            self._count(outer_product.accumulate(self._state, columns, rows, *self._exact()), rows)
        else:
            from recost.kernels.outer_product_noise import accumulate_noisy

            self._count(accumulate_noisy(self._state, columns, rows, *self._noisy()), rows)

    def add_updates(self, updates: npt.ArrayLike) -> None:
        """Add whole updates [E, N] to a matrix of one row, a digit of each to each slice.

        That is how the authors' functional simulation writes the update of a batch [S].

        Raises
        ------
        InputError
            A matrix of several rows, updates of another size, or more bits than the digits have.
        """
        whole = np.ascontiguousarray(np.atleast_2d(updates), dtype=np.int64)
        if self._shape[0] != 1 or whole.shape[1] != self._shape[1]:
            raise InputError(
                f"updates {whole.shape} do not fit weights {self._shape}: write "
                "[updates, weights] for weights in one row"
            )
        self._check_bits(_largest(whole).bit_length(), "an update")
        if self.writing.ideal:
            done = outer_product.accumulate_updates(self._state, whole, *self._exact())
            self._count(done, whole)
        else:
            from recost.kernels.outer_product_noise import accumulate_updates_noisy

            self._count(accumulate_updates_noisy(self._state, whole, *self._noisy()), whole)

    def resolve_carries(self) -> None:
        """Read every weight, resolve the carries, write its digits back (verified: exactly)."""
        scratch = np.empty(self._shape, np.int64)
        state = self._sensed()
        self.cut_off += int(outer_product.resolve_carries(state, self.slicing.layout, scratch))
        if not self.writing.ideal:
            self._state[:] = state
        self._since = 0

    def _exact(self) -> tuple[Any, ...]:
        schedule = (self.carry_interval, self._since)
        return self.slicing.layout, self.slicing.lane, schedule, self._tally

    def _noisy(self) -> tuple[Any, ...]:
        from recost.kernels.outer_product_noise import Writing as Law

        key = stream_key(self.writing.seed, "outer-product", "write noise")
        law = Law(float(self.writing.noise), float(self.writing.nonlinearity), key)
        schedule = (self.carry_interval, self._since, self.examples)
        return self.slicing.layout, law, schedule, self._tally

    def _count(self, done: tuple[int, int], examples: _Array) -> None:
        self._since = int(done[0])
        self.cut_off += int(done[1])
        self.examples += len(examples)

    def _check_vectors(self, columns: _Array, rows: _Array) -> None:
        wanted = (len(rows), self._shape[0]), (len(columns), self._shape[1])
        if (columns.shape, rows.shape) != wanted:
            raise InputError(
                f"columns {columns.shape} and rows {rows.shape} do not fit weights {self._shape}: "
                f"write [examples, {self._shape[0]}] and [examples, {self._shape[1]}]"
            )
        column, row = _largest(columns), _largest(rows)
        if max(column, row) >> MOST_VECTOR_BITS:
            raise InputError(
                f"vectors are streamed in {MOST_VECTOR_BITS} bits and a sign; the largest element "
                f"is {max(column, row)}"
            )
        self._check_bits(column.bit_length() + row.bit_length(), f"{column} times {row}")

    def _check_bits(self, bits: int, what: str) -> None:
        held = self.slicing.chunk_bits * len(self.slicing.slice_bits)
        if bits > held:
            raise InputError(
                f"{what} can have more than the {held} bits that the slices' digits hold; "
                "scale it down"
            )


def _largest(array: _Array) -> int:
    """The largest absolute value, 0 of an empty array."""
    return int(abs(array).max(initial=0))
