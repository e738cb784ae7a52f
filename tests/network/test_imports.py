from __future__ import annotations

import subprocess
import sys


def test_networks_need_neither_numba_nor_onnx():
    """The room does not load what it does not use; the importer loads onnx when it is called."""
    code = (
        "import sys, recost.network\n"
        "recost.network.load_network('lenet5')\n"
        "print([m for m in ('numba', 'onnx', 'tomlkit', 'scipy') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
