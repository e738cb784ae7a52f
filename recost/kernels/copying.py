"""Copying, without what NumPy says of shapes that differ.

A slice that is assigned an array compiles to the making of that text as well, in each kernel and
in all that call it, which counts for those that nearly every command compiles.
"""

from __future__ import annotations

from recost.kernels._numba import inlined


@inlined
def copy_onto(values, out):
    """Put the first of `values` into `out`, as many as it holds; both are of one dimension."""
    for i in range(out.size):
        out[i] = values[i]
