from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recost.network import LayerTable, load_network


@pytest.fixture
def fc(tmp_path: Path) -> Callable[..., LayerTable]:
    """A network of one fully connected layer, with any further lines of its file."""

    def build(rows: int, columns: int, more: str = "") -> LayerTable:
        path = tmp_path / "one.toml"
        path.write_text(
            f'schema = 1\nname = "one"\ninput = [{rows}]\n'
            f'layers = [{{linear = {columns}, name = "fc"}}]\n{more}\n'
        )
        return load_network(str(path))

    return build
