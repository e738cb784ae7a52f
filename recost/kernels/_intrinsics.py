"""Machine instructions that Numba does not expose."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def fused(a: float, b: float, c: float) -> float:
    """What `fma` gives, in the interpreter, which has none of its own before Python 3.13."""
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    # A fraction becomes a float by one rounding; only a zero has lost its sign.
    return float(exact) if exact else a * b + c


def ones(word: int) -> int:
    """What `popcount` gives, in the interpreter."""
    return int(word).bit_count()


@intrinsic
def _fma(_typing, _a, _b, _c):
    """Fused multiply-add: a * b + c, rounded once (IEEE 754): the same bits on every machine.

    A machine without the instruction calls the C library's `fma`, which is slow and as exact.
    """

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def _popcount(_typing, _word):
    """The number of ones in a 64-bit word."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def numbers_at(space: Any, first: int, many: int, width: int, at: int) -> tuple[float, ...]:
    """Numbers at place `at` of rows `first` to `first + many`, which are `width` long.

    `space` is one array of floats; all but `at` have to be known when this compiles, so that a
    loop over places vectorises.
    """
    return tuple(float(space[(first + k) * width + at]) for k in range(many))


def record_at(space: Any, first: int, like: Any, width: int, at: int) -> Any:
    """A record of the fields of `like` whose 8-byte words are the `numbers_at` of rows."""
    words = np.array(numbers_at(space, first, like.dtype.itemsize // 8, width, at))
    return words.view(np.dtype((np.record, like.dtype)))[0]


def put_at(space: Any, first: int, width: int, at: int, numbers: tuple[float, ...]) -> None:
    """Put numbers into rows of `width`, from row `first` on, at place `at` (see `numbers_at`)."""
    for k, number in enumerate(numbers):
        space[(first + k) * width + at] = number


def _places(
    context: Any, builder: Any, kind: Any, array: Any, rows: Iterable[int], width: int, at: Any
) -> list[Any]:
    """Pointers to the place `at` of rows of an array."""
    data = context.make_array(kind)(context, builder, array).data
    start = builder.gep(data, [at], inbounds=True)
    word = at.type
    return [builder.gep(start, [word(row * width)], inbounds=True) for row in rows]


def _is_known(space: Any, *numbers: Any) -> bool:
    """Whether numbers are known when this compiles, and `space` is one array of floats in a row."""
    in_a_row = isinstance(space, types.Array) and (space.ndim, space.layout) == (1, "C")
    literal = all(isinstance(one, types.IntegerLiteral) for one in numbers)
    return in_a_row and space.dtype == types.float64 and literal


@intrinsic(prefer_literal=True)
def _lane(_typing, space, first, many, width, _at):
    """`numbers_at` in compiled code."""
    if not _is_known(space, first, many, width):
        return None
    start, count, wide = first.literal_value, many.literal_value, width.literal_value
    tuple_type = types.UniTuple(types.float64, count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, rows = signature.args[0], range(start, start + count)
        places = _places(context, builder, kind, arguments[0], rows, wide, arguments[4])
        numbers = [builder.load(place) for place in places]
        return context.make_tuple(builder, tuple_type, numbers)

    return tuple_type(space, first, many, width, types.intp), generate


@cache
def _fields_of(names: tuple[str, ...]) -> Any:
    """A type of tuple with these fields."""
    return namedtuple("Fields", names)


@intrinsic(prefer_literal=True)
def _lane_record(_typing, space, first, like, width, _at):
    """`record_at` in compiled code: the fields, as a tuple that is read by name."""
    if not _is_known(space, first, width):
        return None
    start, wide, fields = first.literal_value, width.literal_value, like.dtype.fields
    kinds = [fields[name].type for name in fields]
    rows = [start + fields[name].offset // 8 for name in fields]
    tuple_type = types.NamedTuple(kinds, _fields_of(tuple(fields)))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, array, at = signature.args[0], arguments[0], arguments[4]
        places = _places(context, builder, kind, array, rows, wide, at)
        numbers = []
        for place, field in zip(places, kinds, strict=True):
            own = context.get_value_type(field).as_pointer()
            numbers.append(builder.load(builder.bitcast(place, own)))
        return context.make_tuple(builder, tuple_type, numbers)

    return tuple_type(space, first, like, width, types.intp), generate


@intrinsic(prefer_literal=True)
def _put_lane(_typing, space, first, width, _at, numbers):
    """`put_at` in compiled code."""
    if not _is_known(space, first, width):
        return None
    start, wide, count = first.literal_value, width.literal_value, numbers.count

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, rows = signature.args[0], range(start, start + count)
        places = _places(context, builder, kind, arguments[0], rows, wide, arguments[3])
        for place, number in zip(places, cgutils.unpack_tuple(builder, arguments[4]), strict=True):
            builder.store(number, place)
        return context.get_dummy_value()

    return types.void(space, first, width, types.intp, numbers), generate


def _side_by_side(lanes: int) -> Any:
    """Sums of products of which `lanes` lie next to each other, in one vector of so many numbers.

    The loop vectoriser does not see loops this short.  (factors, row, at, step) gives the values
    sum_k factors[k] row[at + step k + f] for f = 0 to lanes - 1, by fused multiply-adds one after
    the other; the first factor is taken to be 1.  Nothing looks whether the row is so long.
    """

    @intrinsic
    def sums(_typing, factors, row, _at, _step):
        """As said above."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[1])(context, builder, arguments[1])
            vector = ir.VectorType(ir.DoubleType(), lanes)
            lane = ir.IntType(32)
            multiply_add = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(vector, [vector] * 3),
                f"llvm.fma.v{lanes}f64",
            )
            total, place = None, arguments[2]
            for k in range(signature.args[0].count):
                start = builder.gep(array.data, [place])
                found = builder.load(builder.bitcast(start, vector.as_pointer()), align=8)
                factor = builder.extract_value(arguments[0], k)
                one = builder.insert_element(ir.Constant(vector, ir.Undefined), factor, lane(0))
                mask = ir.Constant(ir.VectorType(lane, lanes), [0] * lanes)
                every = builder.shuffle_vector(one, one, mask)
                total = (
                    found if total is None else builder.call(multiply_add, [every, found, total])
                )
                place = builder.add(place, arguments[3])
            values = [builder.extract_element(total, lane(f)) for f in range(lanes)]
            return context.make_tuple(builder, signature.return_type, values)

        several = types.UniTuple(types.float64, lanes)
        return several(factors, row, types.int64, types.int64), generate

    return sums


def one_by_one(lanes: int) -> Any:
    """What `_side_by_side` gives, in the interpreter."""

    def sums(factors: Any, row: Any, at: int, step: int) -> tuple[float, ...]:
        values = list(row[at : at + lanes])
        for k in range(1, len(factors)):
            for f in range(lanes):
                values[f] = fused(factors[k], row[at + step * k + f], values[f])
        return tuple(values)

    return sums


_config: Any = numba.config
# Without compiling all kernels are plain Python, which calls no instructions.
fma: Any = fused if _config.DISABLE_JIT else _fma
popcount: Any = ones if _config.DISABLE_JIT else _popcount
lane: Any = numbers_at if _config.DISABLE_JIT else _lane
lane_record: Any = record_at if _config.DISABLE_JIT else _lane_record
put_lane: Any = put_at if _config.DISABLE_JIT else _put_lane
sums_of_2: Any = one_by_one(2) if _config.DISABLE_JIT else _side_by_side(2)
sums_of_4: Any = one_by_one(4) if _config.DISABLE_JIT else _side_by_side(4)
