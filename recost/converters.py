"""How the price of an analog-to-digital converter grows with its bits: rules and kernels alike."""

from __future__ import annotations

from recost.vocabulary import AdcScaling

_LINEAR = int(AdcScaling.LINEAR)
_EXPONENTIAL = int(AdcScaling.EXPONENTIAL)


def adc_factor(scaling: int, bits: float, reference_bits: float) -> float:
    """Energy and power of a converter of `bits` over those of one of `reference_bits`.

    linear: b / b0 (PUMA's simulator: .225 mW a bit [S]); exponential:
    (2^b / (b + 1)) / (2^b0 / (b0 + 1)), the law behind P = 2 mW (2^b/(b+1))/(2^8/9), ISAAC's
    8-bit point [S]; none: 1.  `scaling` is an `AdcScaling`.  Within about 3 to 10 bits; nothing
    outside has been checked.
    """
    if scaling == _LINEAR:
        return bits / reference_bits
    if scaling == _EXPONENTIAL:
        codes: float = 2.0 ** (bits - reference_bits)
        return codes * (reference_bits + 1.0) / (bits + 1.0)
    return 1.0
