"""What is remembered of crossbars changes no bit of what comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.kernels.moments import RESULTS, crossbar_moments, sum_moments
from recost.kernels.part_sums import fill_part, make_shared, sums_of_part
from recost.kernels.records import GROUP, PART, Rows
from recost.kernels.remembered import make_memory, remembered_moments

SHARES = st.sampled_from([0.1, 0.3, 0.8, 1.0])
PARTS = st.lists(st.tuples(SHARES, SHARES, st.sampled_from([0.0, 0.4])), min_size=1, max_size=3)
CROSSBARS = st.tuples(
    st.builds(
        Rows,
        st.sampled_from([1, 8, 12]),
        st.sampled_from([4, 8]),
        st.sampled_from([0.5, 1.0]),
        st.sampled_from([1, 9]),
        st.sampled_from([0.0, 0.2]),
        st.sampled_from([0.0, 0.1]),
    ),
    # Of each group how many there are, its width and its parts.
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), PARTS), min_size=1, max_size=2),
    st.lists(SHARES, min_size=1, max_size=3),
)


def arrays(groups):
    """Records of groups, and of the parts of all of them."""
    table, mixture = np.zeros(len(groups), GROUP), []
    for record, (many, width, parts) in zip(table, groups, strict=True):
        record["multiplicity"], record["width"] = many, width
        record["first"], record["count"] = len(mixture), len(parts)
        weights = sum(weight for weight, _, _ in parts)
        mixture += [(weight / weights, density, tied) for weight, density, tied in parts]
    return table, np.array(mixture, PART)


@given(st.lists(CROSSBARS, min_size=2, max_size=12), st.sampled_from([1, 2, 4093]))
@settings(max_examples=60)
def test_a_crossbar_is_the_same_whatever_came_before_it(crossbars, places):
    memory = make_memory(1, places)
    for rows, groups, streams in crossbars * 2:  # the second time some are known
        given_ = (rows, *arrays(groups), np.array(streams))
        direct, remembered = np.empty((2, RESULTS, 3))
        crossbar_moments(*given_, direct)
        remembered_moments(*given_, memory, remembered)
        np.testing.assert_array_equal(remembered, direct)


@given(CROSSBARS)
def test_groups_that_are_alike_follow_from_one_of_them(crossbar):
    """Against sums over all of them: cumulants of what they share and of what is their own."""
    rows, groups, streams = crossbar
    given_ = (rows, *arrays(groups[:1]), np.array(streams))
    direct, repeated = np.empty((2, RESULTS, 3))
    _, _, parts, inputs = given_
    shared, sums = (
        make_shared(rows, inputs),
        np.empty((len(parts), sums_of_part(rows, len(inputs)))),
    )
    for part, mine in zip(parts, sums, strict=True):
        fill_part(rows, part, inputs, shared, mine)
    sum_moments(*given_, (shared, sums), direct)
    crossbar_moments(*given_, repeated)
    many = groups[0][0]
    # Variances are differences of terms as large as the square of all units, in all slices.
    most = many * len(streams) * -(-rows.number // rows.height)
    for m in range(3):
        scale = 1e-13 * max(1, most) ** (m + 1)
        np.testing.assert_allclose(repeated[:, m], direct[:, m], rtol=1e-11, atol=scale)


def test_a_crossbar_is_not_taken_for_its_neighbour():
    """Each number that moments depend on tells two crossbars apart, in a memory of one place."""
    base = Rows(12, 4, 0.5, 3, 0.01, 0.1)
    groups, parts = arrays([(2, 3, [(0.5, 0.3, 0.4), (0.5, 0.8, 0.0)]), (1, 2, [(1.0, 0.1, 0.0)])])
    streams = np.array([0.3, 0.8])
    asked = [(base, groups, parts, streams)]
    others = {"number": 11, "height": 8, "live": 0.75, "kernel_rows": 5}
    others |= {"weight_correlation": 0.9, "input_correlation": 0.3}
    asked += [(base._replace(**{name: value}), *asked[0][1:]) for name, value in others.items()]
    for name, value in (("multiplicity", 5.0), ("width", 7)):
        other = groups.copy()
        other[name][0] = value
        asked.append((base, other, parts, streams))
    for name in PART.names:
        other = parts.copy()
        other[name][0] *= 0.5
        asked.append((base, groups, other, streams))
    asked += [
        (base, groups, parts, np.array(more)) for more in ([0.3, 0.7], [0.3], [0.3, 0.8, 0.1])
    ]
    memory, seen = make_memory(1, 1), []
    for one in asked:
        direct, remembered = np.empty((2, RESULTS, 3))
        remembered_moments(*asked[0], memory, remembered)
        remembered_moments(*one, memory, remembered)
        crossbar_moments(*one, direct)
        np.testing.assert_array_equal(remembered, direct)
        seen.append(direct.tobytes())
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(("many", "kept"), [(30, True), (50, False)])
def test_more_parts_than_are_remembered(many, kept):
    groups, parts = arrays([(2, 3, [(1.0, k / many, 0.0) for k in range(1, many + 1)])])
    given_ = Rows(8, 4, 0.5, 1, 0.0, 0.0), groups, parts, np.array([0.5])
    memory = make_memory(1, 7)
    direct, remembered = np.empty((2, RESULTS, 3))
    crossbar_moments(*given_, direct)
    for _ in range(2):
        remembered_moments(*given_, memory, remembered)
        np.testing.assert_array_equal(remembered, direct)
    assert memory.known.any() == kept


@pytest.mark.parametrize("rows", [700, 2_000, 9_000])
def test_rows_of_which_more_is_to_be_known_than_is_remembered(rows):
    """Of the smallest all is remembered, of the next not what rows share, of the last no part."""
    groups, parts = arrays([(2, 3, [(1.0, 0.3, 0.0)]), (1, 2, [(1.0, 0.1, 0.0)])])
    given_ = Rows(rows, 128, 1.0, 1, 0.0, 0.0), groups, parts, np.linspace(0.1, 0.9, 17)
    memory = make_memory(1, 7)
    direct, remembered = np.empty((2, RESULTS, 3))
    crossbar_moments(*given_, direct)
    for _ in range(2):
        memory.known[:] = 0  # what crossbars come to is forgotten, what they are made of is not
        remembered_moments(*given_, memory, remembered)
        np.testing.assert_array_equal(remembered, direct)
    assert memory.rows.any() == (rows == 700)
    assert memory.parts.any() == (rows < 9_000)
