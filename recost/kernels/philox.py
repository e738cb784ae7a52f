"""Random numbers that depend on what they are for and on nothing else.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011, doi 10.1145/2063384.2063405) turns a 128-bit
counter and a 64-bit key into 128 random bits.  Here the key stands for the seed and the stream
(`stream_key`), one half of the counter for the cell, the other for the trial.  A number is a
function of these four, so the same bits come out for any thread count, chunk size, order of
layers or number of processes.

Typical use, in a kernel that takes `key`::

    first, second = normals(key, cell, trial)

Every draw of a purpose that could meet another at the same (cell, trial) takes a stream of its
own.  Cells and trials are integers below 2^64.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from recost.kernels._numba import inlined
from recost.kernels.elementary import cosine, log, sine

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_TOP = np.uint64(1 << 63)
_ONE = np.uint64(1)
_TWO = np.uint64(2)


def stream_key(seed: int, *stream: str | int) -> np.uint64:
    """The key of a stream of random numbers: 64 bits of BLAKE2b over the seed and the words.

    `stream` says what the numbers are for, e.g. ``("weights", "vgg16", "conv3_1")``; streams of
    different words, or of different seeds, share nothing.
    """
    text = "\x1f".join(repr(word) for word in (int(seed), *stream))
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()))


@inlined
def _round(a, b, c, d, key_0, key_1):
    # Words live in the low halves of 64-bit lanes; the high halves are cut off where they count.
    first = _MULTIPLIER_0 * (a & _LOW)
    second = _MULTIPLIER_1 * (c & _LOW)
    return (second >> _HALF) ^ b ^ key_0, second, (first >> _HALF) ^ d ^ key_1, first


@inlined
def words(key, cell, trial):
    """Two random 64-bit words: Philox4x32-10 of the counter (cell, trial), low words first."""
    a, c = np.uint64(cell), np.uint64(trial)
    b, d = a >> _HALF, c >> _HALF
    key_0 = np.uint64(key)
    key_1 = key_0 >> _HALF
    # Ten rounds, written out: a loop would keep LLVM from vectorising the caller's.
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    a, b, c, d = _round(a, b, c, d, key_0, key_1)
    return (a & _LOW) | (b << _HALF), (c & _LOW) | (d << _HALF)


@inlined
def uniform(word):
    """A 64-bit word as a number in the open interval (0, 1): odd multiples of 2^-53."""
    return (np.float64(np.int64(word >> np.uint64(12))) + 0.5) * 2.0**-52


@inlined
def uniforms(key, cell, trial):
    """Two independent numbers, uniform in the open interval (0, 1)."""
    first, second = words(key, cell, trial)
    return uniform(first), uniform(second)


@inlined
def _box_muller(chance, angle, quadrant):
    """Two normals from a number in (0, 1), an angle within pi/4 of 0, and two bits of a word.

    The word's highest bit swaps sine and cosine and its second highest turns by half a turn,
    which together with the angle makes a full turn.
    """
    flip = (quadrant << _ONE) & _TOP
    radius = math.sqrt(-2.0 * log(chance))
    radius = np.uint64(np.float64(radius).view(np.uint64) ^ flip).view(np.float64)
    swap = np.int64(quadrant) < np.int64(0)
    s, c = sine(angle), cosine(angle)
    # A quarter turn takes (c, s) to (-s, c).
    return radius * (-s if swap else c), radius * (c if swap else s)


@inlined
def normals(key, cell, trial):
    """Two independent standard normals by Box and Muller's transform, at most 8.57 in size."""
    first, second = words(key, cell, trial)
    signed = np.float64(np.int64(second << _TWO) >> np.int64(11))
    angle = (signed + 0.5) * (math.pi * 2.0**-54)
    return _box_muller(uniform(first), angle, second)


@inlined
def normals4(key, cell, trial):
    """Four independent standard normals of 32-bit resolution, at most 6.76 in size.

    A block of Philox serves four normals in place of two: for sums of many cells and for
    probabilities that are far from the 1e-11 that lies beyond that size.
    """
    first, second = words(key, cell, trial)
    chance_1 = (np.float64(np.int64(first >> _HALF)) + 0.5) * 2.0**-32
    chance_2 = (np.float64(np.int64(second >> _HALF)) + 0.5) * 2.0**-32
    quadrant_1, quadrant_2 = first << _HALF, second << _HALF
    signed_1 = np.float64(np.int64(quadrant_1 << _TWO) >> np.int64(34))
    signed_2 = np.float64(np.int64(quadrant_2 << _TWO) >> np.int64(34))
    angle_1 = (signed_1 + 0.5) * (math.pi * 2.0**-31)
    angle_2 = (signed_2 + 0.5) * (math.pi * 2.0**-31)
    a, b = _box_muller(chance_1, angle_1, quadrant_1)
    c, d = _box_muller(chance_2, angle_2, quadrant_2)
    return a, b, c, d


@inlined
def normal_pair_and_uniforms(key, cell, trial):
    """Two standard normals and two uniforms of 32-bit resolution, from one block.

    For the steps of a process that needs one of each: the normals are at most 6.76 in size, the
    uniforms odd multiples of 2^-33.
    """
    first, second = words(key, cell, trial)
    chance = (np.float64(np.int64(first >> _HALF)) + 0.5) * 2.0**-32
    quadrant = first << _HALF
    angle = (np.float64(np.int64(quadrant << _TWO) >> np.int64(34)) + 0.5) * (math.pi * 2.0**-31)
    one, two = _box_muller(chance, angle, quadrant)
    uniform_1 = (np.float64(np.int64(second >> _HALF)) + 0.5) * 2.0**-32
    uniform_2 = (np.float64(np.int64(second & _LOW)) + 0.5) * 2.0**-32
    return one, two, uniform_1, uniform_2
