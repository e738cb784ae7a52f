"""recost: what a neural network costs on a ReRAM accelerator."""

from __future__ import annotations

__version__ = "0.1.0"
