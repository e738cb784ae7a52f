"""Hardware files: TOML to frozen dataclasses in SI, every value with its source."""

from __future__ import annotations

from recost.hardware.files import load_hardware
from recost.hardware.hardware import Hardware
from recost.hardware.provenance import Provenance

__all__ = ["Hardware", "Provenance", "load_hardware"]
