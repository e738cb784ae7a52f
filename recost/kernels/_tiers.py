"""Kernels that the interpreter runs until they have been called often.

Most of an estimate's code is bookkeeping, passed through a few times a layer: it compiles for
ten seconds and runs for one.  So the first calls of a `tiered` kernel run its Python source, as
far as that is `recost.kernels._numba.light` or `inlined`; what loops is compiled either way.
Both ways give the same bits: no reassociation, no contraction, one C library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
import numpy as np

from recost.kernels._numba import interpretable, readable, with_attributes

# Calls, about a millisecond each, that are left to the interpreter.
_OFTEN = 500

_config: Any = numba.config
_copies: dict[Any, FunctionType] = {}
_copying = threading.RLock()


def interpreted(compiled: Any) -> FunctionType:
    """The source of a kernel as a function in which what is light is interpreted too."""
    with _copying:  # no thread gets one that another has not finished
        if compiled not in _copies:
            source = compiled.py_func
            names = dict(source.__globals__)
            copy = FunctionType(source.__code__, names, source.__name__)
            _copies[compiled] = copy
            for name in source.__code__.co_names:
                value = names.get(name)
                if isinstance(value, np.dtype):
                    names[name] = with_attributes(value)
                elif interpretable(value):
                    names[name] = interpreted(value)
        return _copies[compiled]


class tiered:  # noqa: N801 - reads as the function that it stands for
    """A kernel, interpreted for its first calls and compiled if more follow.

    `passes` of its arguments says for how many calls one counts.
    """

    def __init__(self, compiled: Any, passes: Callable[..., int] = lambda *_: 1) -> None:
        self._compiled = compiled
        self._passes = passes
        self._left = _OFTEN

    def expect(self, passes: int) -> None:
        """Say that so many passes are to come: what is often called is compiled at once."""
        if passes >= _OFTEN:
            self._left = 0

    def __call__(self, *arguments: Any) -> Any:
        """What the kernel returns."""
        self._left = max(0, self._left + 1 - self._passes(*arguments))
        if self._left == 0 and not _config.DISABLE_JIT:
            return self._compiled(*arguments)
        self._left -= 1
        with np.errstate(all="ignore"):  # compiled code says nothing either
            return interpreted(self._compiled)(*map(readable, arguments))
