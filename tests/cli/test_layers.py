"""`recost layers`: the table of a network, and where a hardware puts it."""

from __future__ import annotations

COLUMNS = ["workload", "layer", "kind", "groups", "rows", "columns", "vectors", "macs", "weights"]


def test_the_layers_of_caffenet(rows):
    table = rows("layers", "-W", "caffenet")
    assert list(table[0])[:9] == COLUMNS
    first = table[0]
    # 3 channels of 11 x 11 in a 227 x 227 image at stride 4: 55 x 55 vectors of 363 rows.
    assert (first["rows"], first["columns"], first["vectors"]) == (3 * 11 * 11, 96, 55 * 55)
    for row in table:
        matrix = row["groups"] * row["rows"] * row["columns"]
        assert (row["weights"], row["macs"]) == (matrix, matrix * row["vectors"])


def test_with_hardware_the_crossbars(rows):
    plain = rows("layers", "-W", "caffenet")
    placed = rows("layers", "-W", "caffenet", "-H", "isaac")
    assert [row["macs"] for row in placed] == [row["macs"] for row in plain]
    for row in placed:
        assert row["hardware"] == "isaac"
        assert row["crossbars"] == (
            row["groups"] * row["sets"] * row["row_chunks"] * row["column_chunks"]
        )
        assert 0 < row["utilisation_percent"] <= 100


def test_without_hardware_there_are_no_crossbars(rows):
    assert "crossbars" not in rows("layers", "-W", "lenet5")[0]


def test_several_networks_in_one_table(rows):
    names = [row["workload"] for row in rows("layers", "-W", "lenet5", "-W", "caffenet")]
    assert names == ["lenet5"] * 4 + ["caffenet"] * 8


def test_only_one_hardware(invoke):
    result = invoke("layers", "-W", "lenet5", "-H", "sre", "-H", "isaac")
    assert result.exit_code == 2
    assert result.stderr == "error: -H: takes one here, not 2: sre, isaac\n"
