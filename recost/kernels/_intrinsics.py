"""Single machine instructions that Numba does not expose."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numba
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
sums_of_2: Any = one_by_one(2) if _config.DISABLE_JIT else _side_by_side(2)
sums_of_4: Any = one_by_one(4) if _config.DISABLE_JIT else _side_by_side(4)
