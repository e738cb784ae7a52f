"""The one place that says how recost compiles: every kernel is decorated here and nowhere else.

Policy, each setting with its reason:

* ``error_model="numpy"``: Python's zero-division check keeps LLVM from vectorising a loop that
  divides; a kernel guards its own divisors.
* ``fastmath`` is never on as a whole: reassociation changes the last bits by instruction set,
  and results must be the same bits everywhere.  ``contract`` (fused multiply-add) is off too.
* ``cache=True`` in a folder named by a hash of the kernel's file and of every kernel file that it
  imports: Numba's own cache does not see an edited callee in another file and would go on using
  the old one.
* ``boundscheck`` follows NUMBA_BOUNDSCHECK, which the hash covers, because the cache does not
  see that either.
* ``parallel`` on outer drivers only: a parallel kernel compiles twice as long, and nested
  parallel regions do not run in parallel.
* ``_nrt`` on, but off for kernels of many small steps that make no arrays, get none from what they
  call and borrow those that they are handed: each hand that an array passes through counts itself
  in and out, which took up to a third of the time of such kernels.
* ``forceinline`` off unless a kernel asks for it: one that does not say inherits it from whatever
  kernel makes it compile, with all that it calls in turn, into one function of megabytes.  (So do
  Numba's own small functions, which are inlined anyhow.)
* ``no_cfunc_wrapper``: no kernel is passed to another as a value, and a wrapper for that is a
  module more to optimise for every kernel.
* Lazy signatures: an eager one compiles at import, whether or not it is called.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar, cast

# OpenMP's threads spin between launches unless told otherwise, which costs milliseconds a launch
# on a busy machine; it must be said before the threading layer starts.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numba
import numpy as np
from numba.core import event

Function = TypeVar("Function", bound=Callable[..., Any])
_config: Any = numba.config

_KERNELS = Path(__file__).parent
# Files outside this room that compiled code comes from.
_BESIDE = ("vocabulary.py", "converters.py")
# Kernels that the interpreter runs too; all live as long as their modules.
_light: dict[int, object] = {}


def _sources(path: Path) -> set[Path]:
    """The kernel file `path` and every kernel file that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        source = waiting.pop()
        if source in found or not source.is_file():
            continue
        found.add(source)
        text = source.read_text(encoding="utf-8")
        names = re.findall(r"recost\.kernels\.(\w+)", text)
        for listed in re.findall(r"from recost\.kernels import \(?([\w\s,]+)", text):
            names += re.findall(r"\w+", listed)
        waiting += [_KERNELS / f"{name}.py" for name in names]
    return found


@cache
def source_hash(path: Path) -> str:
    """A hash of all that changes the code compiled from the kernel file `path`."""
    digest = hashlib.sha256()
    for source in sorted(_sources(path) | {_KERNELS.parent / name for name in _BESIDE}):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    # Numba keeps the code of two installations apart by their paths, so the folder does too:
    # then it tells whether this one has compiled.
    versions = (
        str(path.resolve()),
        sys.version,
        numba.__version__,
        os.environ.get("NUMBA_BOUNDSCHECK", ""),
    )
    digest.update("|".join(versions).encode())
    return digest.hexdigest()[:16]


@cache
def cache_folder(path: Path) -> Path | None:
    """The folder for the code compiled from the file `path`; None where none can be written.

    It lies in NUMBA_CACHE_DIR if that is set, else in the user's cache folder
    (XDG_CACHE_HOME, ~/.cache).
    """
    roots = [os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME")]
    candidates = [Path(root) for root in roots if root]
    try:
        candidates.append(Path.home() / ".cache")
    except RuntimeError:  # no home at all, as under some batch schedulers
        pass
    for root in candidates:
        folder = root / "recost" / f"{path.stem}-{source_hash(path)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


def with_attributes(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The data type of records whose fields are attributes, as they are in compiled code."""
    return np.dtype((np.record, dtype)) if dtype.names else dtype


def readable(argument: Any) -> Any:
    """An argument whose records, if it has any, can be read by attribute."""
    dtype = getattr(argument, "dtype", None)
    return argument.view(with_attributes(dtype)) if dtype is not None and dtype.names else argument


def _interpreted(function: Function) -> Function:
    """What NUMBA_DISABLE_JIT has in place of a kernel: its source, on records it can read."""

    @wraps(function)
    def call(*arguments: Any) -> Any:
        return function(*map(readable, arguments))

    found: Any = call
    found.py_func = function
    return cast("Function", found)


def _compile(function: Function, **options: Any) -> Function:
    if _config.DISABLE_JIT:
        return _interpreted(function)
    path = Path(function.__code__.co_filename)
    folder = cache_folder(path) if path.is_file() else None
    options = {
        "error_model": "numpy",
        "nogil": True,
        "no_cfunc_wrapper": True,
        "_nrt": True,
        "forceinline": False,
        "cache": folder is not None,
        **options,
    }
    # Numba reads CACHE_DIR when the cache is attached, which is now; it is put back so that
    # other users of Numba in the same process keep their own.
    before = _config.CACHE_DIR
    _config.CACHE_DIR = str(folder) if folder else before
    try:
        compiled: Function = numba.njit(**options)(function)
    finally:
        _config.CACHE_DIR = before
    return compiled


def _marked(compiled: Function) -> Function:
    _light[id(compiled)] = compiled
    return compiled


def kernel(function: Function) -> Function:
    """Compile a serial kernel."""
    return _compile(function)


def light(function: Function) -> Function:
    """Compile a kernel that does so little that a single estimate leaves it to the interpreter.

    See `recost.kernels._tiers`.  It must do the same there: no power with a whole exponent, which
    Numba multiplies out, no division by zero, nothing that ``math`` refuses.
    """
    return _marked(kernel(function))


def bare(function: Function) -> Function:
    """Compile a kernel that makes no arrays and returns none: it counts no holders.

    Nor does it call a kernel that returns an array it would have to let go.
    """
    return _compile(function, _nrt=False)


def borrowing(function: Function) -> Function:
    """Compile a `bare` kernel that is `light` too."""
    return _marked(bare(function))


def joined(function: Function) -> Function:
    """Compile a `borrowing` kernel that is copied into its callers as machine code, not as source.

    For one that is handed many arrays at once, which otherwise takes longer than its work, and
    that would take long to compile as part of its caller.
    """
    return _marked(_compile(function, forceinline=True, _nrt=False))


def inlined(function: Function) -> Function:
    """Compile a small helper that is copied into its callers, so that their loops vectorise."""
    return _marked(_compile(function, inline="always", cache=False))


def driver(function: Function) -> Function:
    """Compile an outer driver whose `prange` runs over independent outputs."""
    return _compile(function, parallel=True)


def interpretable(value: object) -> bool:
    """Whether a value is a kernel that a single estimate leaves to the interpreter."""
    return id(value) in _light


# Compiling for less than this is nothing to speak of.
_NOTED_S = 0.4


class _Teller(event.Listener):
    """Tells once of compiling that takes a while; what is loaded from the cache takes none.

    A kernel's compilation begins within that of what calls it.  Numba holds a lock meanwhile.
    """

    def __init__(self) -> None:
        self._tell: Callable[[], None] | None = None
        self._under_way, self._since, self._spent_s = 0, 0.0, 0.0
        self._timer: threading.Timer | None = None

    def ask(self, tell: Callable[[], None]) -> None:
        """Have `tell` called, in place of what was asked before."""
        self._tell, self._spent_s = tell, 0.0

    def on_start(self, _event: event.Event) -> None:
        self._under_way += 1
        if self._under_way == 1 and self._tell is not None:
            self._since = time.perf_counter()
            self._timer = threading.Timer(max(0.0, _NOTED_S - self._spent_s), self._say)
            self._timer.daemon = True
            self._timer.start()

    def on_end(self, _event: event.Event) -> None:
        self._under_way -= 1
        if self._under_way == 0 and self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._spent_s += time.perf_counter() - self._since

    def _say(self) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()


_teller = _Teller()
event.register("numba:compile", _teller)


def when_compiling(tell: Callable[[], None]) -> None:
    """Call `tell` once, when kernels are compiled for long; in place of what was asked before."""
    _teller.ask(tell)
