"""Files of a sweep: whole numbers that some rows lack, and the best rows between two runs."""

import itertools
import json

import numpy as np
import pytest

from recost.errors import InputError
from recost.report import parquet
from recost.report.keep import Keep
from recost.report.layout import Blocks, Layout
from recost.report.stream import Stream, csv_lines

LAYOUT = Layout(
    ("hardware", "crossbars", "chips", "energy_j"),
    {"hardware": ("sre", "gpu", "")},
    frozenset({"crossbars", "chips"}),
    frozenset({"crossbars"}),
)
TABLE = {
    "hardware": np.array(["sre", "gpu", ""], object),
    "crossbars": np.array([7.0, np.nan, 2.0**52]),
    "chips": np.array([1, 2, 3]),
    "energy_j": np.array([0.1, np.nan, 3.0]),
}


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        if one[name].dtype == object:
            assert one[name].tolist() == other[name].tolist()
        else:
            assert np.array_equal(one[name], other[name], equal_nan=True)


def packed(table):
    return b"".join(LAYOUT.pack(LAYOUT.coded(table)))


def test_a_block_is_the_table_again():
    same(LAYOUT.unpack(packed(TABLE)), TABLE)
    same(LAYOUT.unpack(b""), {name: column[:0] for name, column in TABLE.items()})


def test_rows_of_blocks_however_they_are_cut(tmp_path):
    """Blocks of any number of rows, in which columns are alike or not."""
    rng, path = np.random.default_rng(0), tmp_path / "blocks"
    chosen = rng.integers(0, 3, 60)
    chosen[10:20] = chosen[20]
    ends = [0, 0, 1, 10, 20, 20, 33, 60]
    whole = {name: column[chosen] for name, column in TABLE.items()}
    with path.open("wb") as file:
        for low, high in itertools.pairwise(ends):
            part = {name: column[low:high] for name, column in whole.items()}
            if (low, high) == (10, 20):
                part = {n: np.broadcast_to(c[10], 10) for n, c in whole.items()}
            file.write(packed(part) if low < high else b"")
    with Blocks(path, LAYOUT, 60) as blocks:
        assert list(blocks.spans(25)) == [(0, 25), (25, 50), (50, 60)]
        for low, high in [(0, 60), (0, 0), (60, 60), *np.sort(rng.integers(0, 61, (50, 2)))]:
            for name, column in whole.items():
                found = blocks.column(name, low, high)
                if name in LAYOUT.words:
                    found = np.array(LAYOUT.words[name], object)[found]
                same({name: found}, {name: column[low:high]})


def test_rows_that_are_all_alike_take_no_room(tmp_path):
    path = tmp_path / "blocks"
    path.write_bytes(packed({n: np.broadcast_to(c[0], 10**6) for n, c in TABLE.items()}))
    assert path.stat().st_size == 8 * (1 + 2 * len(LAYOUT.columns))
    with Blocks(path, LAYOUT, 10**6) as blocks:
        assert (blocks.column("energy_j", 999_990, 10**6) == np.full(10, 0.1)).all()


@pytest.mark.parametrize("wrong", ["shorter", "longer", "garbage", "rows"])
def test_blocks_that_are_not_whole_are_not_read(tmp_path, wrong):
    path, content = tmp_path / "blocks", packed(TABLE) * 2
    path.write_bytes({"shorter": content[:-8], "longer": content + b"x" * 8,
                      "garbage": content[:-8] + b"\xff" * 64}.get(wrong, content))  # fmt: skip
    with pytest.raises(InputError, match="does not hold the rows"):
        Blocks(path, LAYOUT, 7 if wrong == "rows" else 6)


def test_whole_numbers_with_gaps_in_csv():
    assert csv_lines(TABLE, LAYOUT) == "sre,7,1,0.1\ngpu,,2,\n,4503599627370496,3,3.0\n"


@pytest.mark.parametrize("alike", [(), ("hardware",), ("chips", "energy_j"), LAYOUT.columns])
@pytest.mark.parametrize("rows", [0, 1, 5000])
def test_columns_that_take_no_room_are_written_like_others(alike, rows):
    whole = {name: np.resize(TABLE[name], rows) for name in LAYOUT.columns}
    table = dict(whole)
    for name in alike:
        table[name] = np.broadcast_to(TABLE[name][0], rows)
        whole[name] = table[name].copy()
    assert csv_lines(table, LAYOUT) == csv_lines(whole, LAYOUT)
    assert csv_lines(table, LAYOUT).count("\n") == rows
    same(LAYOUT.unpack(packed(table)), whole)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("rows", [0, 1, 6, 7, 8, 50])
def test_files_of_several_row_groups(tmp_path, monkeypatch, suffix, rows):
    """Resumed in the middle, too."""
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(parquet, "ROW_GROUP", 7)
    table = {name: np.resize(TABLE[name], rows) for name in LAYOUT.columns}
    path = tmp_path / f"x{suffix}"
    for part in (slice(0, rows // 3), slice(rows // 3, None)):
        stream = Stream(path, LAYOUT, "mine")
        stream.begin(0, resume=True)
        stream.append({name: column[part] for name, column in table.items()}, part.stop or 0, 0)
        if part.stop is not None:
            stream.close()
            assert {found.name[len(path.name):] for found in tmp_path.iterdir()} == {
                ".part", ".part.json"
            }  # fmt: skip
    stream.finish()
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    if suffix == ".parquet":
        pq = pytest.importorskip("pyarrow.parquet")
        assert pq.ParquetFile(path).num_row_groups == -(-rows // 7)
        assert pq.read_table(path)["energy_j"].to_pylist() == [
            None if np.isnan(value) else value for value in table["energy_j"]
        ]
        return
    with np.load(path) as found:
        words = found["hardware.words"][found["hardware"]].tolist()
        assert words == table["hardware"].tolist()
        for name in LAYOUT.columns[1:]:
            np.testing.assert_array_equal(found[name], table[name])


def test_whole_numbers_with_gaps_in_parquet(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "x.parquet"
    stream = Stream(path, LAYOUT, "")
    stream.begin(0, resume=False)
    stream.append(TABLE, 3, 0)
    stream.finish()
    found = pq.read_table(path)
    assert str(found.schema.field("crossbars").type) == "int64"
    assert found["crossbars"].to_pylist() == [7, None, 2**52]
    assert found["energy_j"].to_pylist() == [0.1, None, 3.0]


def test_the_best_rows_so_far_are_there_again(tmp_path):
    path = tmp_path / "front.csv"
    keep = Keep(path, LAYOUT, "mine")
    assert len(keep.begin(5, resume=True)["energy_j"]) == 0
    assert keep.next_point == 5
    keep.update(TABLE, 64, 3)
    again = Keep(path, LAYOUT, "mine")
    same(again.begin(5, resume=True), TABLE)
    assert (again.next_point, again.impossible) == (64, 3)
    assert Keep(path, LAYOUT, "mine").begin(5, resume=False)["chips"].size == 0
    with pytest.raises(InputError, match="of another run"):
        Keep(path, LAYOUT, "yours").begin(5, resume=True)
    again.finish()
    assert not again.file.exists()
    again.file.write_text("nonsense")
    with pytest.raises(InputError, match="no state of a run"):
        Keep(path, LAYOUT, "mine").begin(5, resume=True)


@pytest.mark.parametrize("missing", ["size", "rows", "next_point", "impossible"])
def test_a_state_that_lacks_a_number_is_not_gone_on_with(tmp_path, missing):
    path, layout = tmp_path / "x.csv", Layout(("a",), {}, frozenset())
    stream = Stream(path, layout, "mine")
    stream.begin(0, resume=False)
    stream.append({"a": np.array([1.0, 2.0])}, 2, 0)
    stream.close()
    state = json.loads(stream.state.read_text())
    del state[missing]
    stream.state.write_text(json.dumps(state))
    with pytest.raises(InputError, match=r"does not say how far x.csv.part reaches"):
        Stream(path, layout, "mine").begin(0, resume=True)
