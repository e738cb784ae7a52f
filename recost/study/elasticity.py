"""How strongly a result follows a quantity: d ln(result) / d ln(quantity)."""

from __future__ import annotations

import math


def elasticity(before: float | None, after: float | None, distance: float) -> float | None:
    """ln(after / before) / distance; None where a result is missing, 0 or infinite.

    `distance` is ln(upper / lower value of the quantity).  A central difference where the two
    values lie on either side.
    """
    if before is None or after is None or not distance:
        return None
    if not (0.0 < before < math.inf and 0.0 < after < math.inf):
        return None
    return math.log(after / before) / distance
