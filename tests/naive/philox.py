"""Philox4x32-10 in Python integers, from the paper (Salmon et al., SC 2011), and what it feeds."""

import math

MASK = 2**32 - 1


def block(counter, key):
    """Ten rounds on four 32-bit words with two 32-bit key words."""
    counter, key = list(counter), list(key)
    for _ in range(10):
        first = 0xD2511F53 * counter[0]
        second = 0xCD9E8D57 * counter[2]
        counter = [
            (second >> 32) ^ counter[1] ^ key[0],
            second & MASK,
            (first >> 32) ^ counter[3] ^ key[1],
            first & MASK,
        ]
        key = [(key[0] + 0x9E3779B9) & MASK, (key[1] + 0xBB67AE85) & MASK]
    return tuple(counter)


def words(key, cell, trial):
    """The block of the counter (cell, trial) as two 64-bit words."""
    counter = (cell & MASK, cell >> 32, trial & MASK, trial >> 32)
    a, b, c, d = block(counter, (key & MASK, key >> 32))
    return a | b << 32, c | d << 32


def uniform(word):
    """The middle of one of 2^52 equal parts of (0, 1)."""
    return ((word >> 12) + 0.5) / 2**52


def normals(key, cell, trial):
    """Box and Muller: the second word as a fraction of a turn, counted from -pi/4."""
    first, second = words(key, cell, trial)
    turn = ((second >> 9 << 9) + 2**8) / 2**64
    # The fraction within a quadrant is read as a signed number: its upper half lies below.
    quadrant, part = divmod(turn * 4, 1)
    angle = math.pi / 2 * (part - 1 if part >= 0.5 else part)
    angle += math.pi / 2 * ((int(quadrant) >> 1) + 2 * (int(quadrant) & 1))
    radius = math.sqrt(-2 * math.log(uniform(first)))
    return radius * math.cos(angle), radius * math.sin(angle)
