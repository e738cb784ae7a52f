"""Weights in slices: how many bits each slice has, and what fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recost.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from recost.kernels.outer_product import Layout

#: The kernels hold a slice in 16 bits together with the largest step of one outer product.
MOST_SLICE_BITS = 14
MOST_CHUNK_BITS = 10
#: Bits of a vector's elements, without sign.
MOST_VECTOR_BITS = 16
MOST_WEIGHT_BITS = 40


def parse_slice_bits(text: str, key: str = "slice bits") -> tuple[int, ...]:
    """Bits of each slice, most significant first: ``44466555``, or ``12,10,10`` from ten on.

    Raises
    ------
    InputError
        Something that is neither digits nor whole numbers between commas.
    """
    parts = text.split(",") if "," in text else list(text.strip())
    try:
        bits = tuple(int(part) for part in parts)
    except ValueError:
        bits = ()
    if not bits:
        raise InputError(
            f"'{text}' is not a list of bits; write one digit a slice, most significant first, "
            "like 44466555, or numbers with commas like 12,10,10",
            key=key,
        )
    return bits


def spell_slice_bits(bits: Sequence[int]) -> str:
    """The bits of each slice as `parse_slice_bits` reads them."""
    return "".join(map(str, bits)) if max(bits) < 10 else ",".join(map(str, bits))


@dataclass(frozen=True)
class Slicing:
    """How a weight is cut into slices (PANTHER, IEEE TC 2020, sections 3.1 and 4.1 [P]).

    Slice k holds whole numbers from -2^(b-1) to 2^(b-1) - 1 and counts 2^(p k).  After carry
    resolution it holds a digit of p bits; what b has beyond takes carries until the next one.

    Parameters
    ----------
    slice_bits : sequence of int
        b of each slice, most significant first, 1 to 14.
    weight_bits : int
        Bits of a weight, at most 40.
    chunk_bits : int, optional
        p; by default as many as it takes for the slices to hold the weight.
    balanced : bool
        Digits from -2^(p-1) to 2^(p-1) - 1, which need p bits, as the hardware with 4-bit slices
        for p = 4 must have them; or else from 0 to 2^p - 1, which need p + 1, as the authors'
        functional simulation has them [S].

    Raises
    ------
    InputError
        Slices that do not hold a digit, or that together do not hold the weight.
    """

    slice_bits: tuple[int, ...]
    weight_bits: int = 32
    chunk_bits: int = 0
    balanced: bool = True

    def __post_init__(self) -> None:
        bits = tuple(int(b) for b in self.slice_bits)
        object.__setattr__(self, "slice_bits", bits)
        if not bits or min(bits) < 1 or max(bits) > MOST_SLICE_BITS:
            raise InputError(
                f"slices of {spell_slice_bits(bits) if bits else 'no'} bits; write 1 to "
                f"{MOST_SLICE_BITS} bits for each slice",
                key="slice_bits",
            )
        if not 2 <= self.weight_bits <= MOST_WEIGHT_BITS:
            raise InputError(
                f"weights of {self.weight_bits} bits; write 2 to {MOST_WEIGHT_BITS}",
                key="weight_bits",
            )
        if not self.chunk_bits:
            object.__setattr__(self, "chunk_bits", -(-self.weight_bits // len(bits)))
        self._check_chunks()
        self._check_digits()

    def _check_chunks(self) -> None:
        """The chunks hold the weight and fit the kernels."""
        held = self.chunk_bits * len(self.slice_bits)
        if held < self.weight_bits:
            needed = -(-self.weight_bits // self.chunk_bits)
            raise InputError(
                f"{len(self.slice_bits)} slices of {self.chunk_bits}-bit digits hold {held} of "
                f"{self.weight_bits} bits; write {needed} slices",
                key="slice_bits",
            )
        if not 1 <= self.chunk_bits <= MOST_CHUNK_BITS:
            raise InputError(
                f"digits of {self.chunk_bits} bits are more than {MOST_CHUNK_BITS}; write at least "
                f"{-(-self.weight_bits // MOST_CHUNK_BITS)} slices for {self.weight_bits} bits",
                key="slice_bits",
            )

    def _check_digits(self) -> None:
        """Every slice holds the digits that carry resolution writes into it."""
        least = self.least_bits
        if min(self.slice_bits) < least:
            kind = "balanced" if self.balanced else "unsigned"
            raise InputError(
                f"{spell_slice_bits(self.slice_bits)} cannot hold the weight: {self.weight_bits} "
                f"bits in {len(self.slice_bits)} slices are {self.chunk_bits}-bit {kind} digits; "
                f"write at least {least} bits for each slice",
                key="slice_bits",
            )

    @property
    def least_bits(self) -> int:
        """Bits below which a slice does not hold a digit: p, or p + 1 for unsigned digits."""
        return self.chunk_bits if self.balanced else self.chunk_bits + 1

    @property
    def text(self) -> str:
        """The bits as they are written, most significant first."""
        return spell_slice_bits(self.slice_bits)

    @property
    def total_bits(self) -> int:
        """Bits of all slices: 39 for 44466555."""
        return sum(self.slice_bits)

    @property
    def layout(self) -> Layout:
        """What the kernels read; least significant slice first."""
        import numpy as np

        from recost.kernels.outer_product import Layout

        bits = np.array(self.slice_bits[::-1])
        low = (-(2 ** (bits - 1))).astype(np.int16)
        high = (2 ** (bits - 1) - 1).astype(np.int16)
        return Layout(low, high, self.chunk_bits, self.balanced)

    @property
    def lane(self) -> npt.NDArray[Any]:
        """An empty array of the narrowest type for one outer product's steps of a slice."""
        import numpy as np

        fits = MOST_VECTOR_BITS * (2**self.chunk_bits - 1) <= 255
        return np.zeros(0, np.uint8 if fits else np.uint16)

    @property
    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest weight that carry resolution can write."""
        from recost.kernels.outer_product import resolved_bounds

        lowest, highest = resolved_bounds(self.layout)
        return int(lowest), int(highest)

    def largest_steps(self, column_bits: int = 16, row_bits: int = 16) -> tuple[int, ...]:
        """The most steps that one outer product can ask of each slice, most significant first.

        max over |a|, |b| of D_k = sum_n b_n chunk_k(|a| 2^n): with b all ones each shift counts,
        and the chunk is largest with a all ones, so D_k(2^c - 1, 2^r - 1) [D].
        """
        p, ones = self.chunk_bits, 2**column_bits - 1
        steps = [
            sum((ones << n >> p * k) % 2**p for n in range(row_bits))
            for k in range(len(self.slice_bits))
        ]
        return tuple(steps[::-1])


def check_interval(interval: int, *, zero_is_never: bool = False) -> int:
    """A carry interval that makes sense; InputError says what to write."""
    if interval < 0 or (interval == 0 and not zero_is_never):
        raise InputError(
            f"a carry interval of {interval} examples; write at least 1 "
            "(1 resolves carries after every example)",
            key="carry_interval",
        )
    return interval
