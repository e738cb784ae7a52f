"""Numba kernels on plain floats, integers and record arrays: no file, no unit string, no name."""
