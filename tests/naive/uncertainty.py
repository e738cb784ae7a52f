"""Draws of uncertain prices from the definition: one hardware a draw, each estimated by itself."""

import math

from recost.hardware.spreads import stated_spreads
from recost.kernels.philox import stream_key
from tests.naive.philox import normals


def factor(seed, spread, draw):
    """A lognormal number of mean 1 whose standard deviation is the spread."""
    z, _ = normals(int(stream_key(seed, "spread", *spread.identity)), 0, draw)
    s = math.sqrt(math.log(1.0 + spread.share**2))
    return math.exp(s * z - s * s / 2.0)


def values(hardware, seed, draw):
    """The uncertain numbers of a hardware in one draw, by key."""
    return {
        spread.key.path: hardware.settings[spread.key.path].value * factor(seed, spread, draw)
        for spread in stated_spreads(hardware)
    }
