"""Laws of count feedback that tests begin with."""

from __future__ import annotations

import math

from scipy import optimize

from recost.kernels import feedback


def at_rate(law: feedback.Law, rate: float) -> feedback.Law:
    """The law with the threshold that writes structures `rate` times a step on average."""

    def excess(logarithm: float) -> float:
        return feedback.mean_rate(law._replace(threshold=math.exp(logarithm))) - rate

    return law._replace(threshold=math.exp(optimize.brentq(excess, -100.0, 100.0, xtol=1e-13)))
