"""Kinds of points, however their names come."""

import numpy as np
import pytest

from recost.models.designs import alike


@pytest.mark.parametrize(
    "names",
    [
        [],
        [4],
        [7, 7, 7],
        [1, 2, 9],  # each a kind of its own, in order
        [1, 1, 2, 5, 5],  # runs
        [1, 1, 2, 1],
        [3, 2, 1],
        [np.iinfo(np.int64).min, np.iinfo(np.int64).max],
    ],
)
def test_points_of_one_name_are_of_one_kind(names):
    names = np.array(names, np.int64)
    first, kind = alike(names)
    np.testing.assert_array_equal(names[first][kind], names)
    assert len(first) == len(set(names.tolist()))
    assert all(names.tolist().index(names[f]) == f for f in first.tolist())
    assert (first is kind) == (len(names) != 1 and (np.diff(names.astype(object)) > 0).all())
