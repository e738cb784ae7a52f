"""Hardware files for tests: the smallest one, and a way to write and load others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware

#: The least that a hardware file must say; ten lines.
SMALLEST = """\
schema = 1
kind = "reram"

[adc]
source = "a test"
rate = "1.2 GS/s"
energy = "0.5 pJ"

[cell]
read_energy = {value = "1 fJ", source = "a test"}
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a hardware file into the working folder, `SMALLEST` before its text by default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECOST_PATH", raising=False)

    def run(text: str = "", name: str = "mine.toml", start: str = SMALLEST) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(start + text, encoding="utf-8")
        return path

    return run


@pytest.fixture
def faults(write: Write) -> Callable[..., list[str]]:
    """The faults of a text, as a user reads them."""

    def run(text: str = "", settings: dict[str, object] | None = None, **how: str) -> list[str]:
        path = write(text, **how)
        with pytest.raises(InputError) as error:
            load_hardware(path, settings)
        return str(error.value).split("\n")

    return run
