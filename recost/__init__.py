"""recost: what a neural network costs on a ReRAM accelerator.

>>> import recost as rc
>>> result = rc.compare(
...     [rc.load_hardware("sre")],
...     rc.load_network("caffenet-ssl"),
...     baseline=rc.load_hardware("ou-dense"),
... )

A name is imported when it is first used, so that `import recost` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recost.errors import InputError
    from recost.hardware import Hardware, load_hardware
    from recost.models.exact import CycleCount, count_cycles
    from recost.models.uncertainty import Draws
    from recost.network import LayerTable, load_network
    from recost.study.compare import compare
    from recost.study.estimate import estimate
    from recost.study.explain import explain
    from recost.study.layers import layers
    from recost.study.lifetime import lifetime
    from recost.study.result import Result

__version__ = "0.1.0"

__all__ = [
    "CycleCount",
    "Draws",
    "Hardware",
    "InputError",
    "LayerTable",
    "Result",
    "__version__",
    "compare",
    "count_cycles",
    "estimate",
    "explain",
    "layers",
    "lifetime",
    "load_hardware",
    "load_network",
]

_HOMES = {
    "CycleCount": "recost.models.exact",
    "Draws": "recost.models.uncertainty",
    "Hardware": "recost.hardware",
    "InputError": "recost.errors",
    "LayerTable": "recost.network",
    "Result": "recost.study.result",
    "compare": "recost.study.compare",
    "count_cycles": "recost.models.exact",
    "estimate": "recost.study.estimate",
    "explain": "recost.study.explain",
    "layers": "recost.study.layers",
    "lifetime": "recost.study.lifetime",
    "load_hardware": "recost.hardware",
    "load_network": "recost.network",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'recost' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # the next use finds it without coming here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
