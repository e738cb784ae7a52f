"""What the room offers, and what it does not cost."""

from __future__ import annotations

import subprocess
import sys

import recost.hardware


def test_the_room_offers_hardware_and_how_to_load_it() -> None:
    assert recost.hardware.__all__ == ["Hardware", "Provenance", "load_hardware"]


def test_loading_a_hardware_imports_neither_numba_nor_numpy() -> None:
    code = (
        "import sys; from recost.hardware import load_hardware; load_hardware('sre');"
        "print(sorted({'numba', 'numpy', 'llvmlite'} & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
