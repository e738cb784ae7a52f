"""A column of numbers as bars of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

_FULL, _LEAST = "#", "."


def bars(
    title: str, labels: Sequence[str], values: Sequence[float | None], *, width: int = 50
) -> str:
    """Bars on a logarithmic scale, as long as the decades that a value spans.

    The scale runs over whole decades from just below the smallest value that is not 0 to just
    above the largest; 0 has no bar and what is not known no value either.
    """
    known = [value for value in values if value is not None and value > 0.0]
    if not known:
        return title
    low = math.floor(math.log10(min(known)) - 1e-9)
    high = max(low + 1, math.ceil(math.log10(max(known)) - 1e-9))
    margin = max(len(label) for label in labels)
    lines = [f"{title}, bars from 1e{low:d} to 1e{high:d}"]
    for label, value in zip(labels, values, strict=True):
        bar = text = ""
        if value is not None:
            text = f"{value:.3g}"
            if value > 0.0:
                share = (math.log10(value) - low) / (high - low)
                bar = _FULL * round(share * width) or _LEAST
        lines.append(f"{label.rjust(margin)} |{bar} {text}".rstrip())
    return "\n".join(lines)
