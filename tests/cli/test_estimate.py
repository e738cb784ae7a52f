"""`recost estimate`: in total, by layer, by component; and `recost explain`, term by term."""

from __future__ import annotations

import math

import pytest

SRE = ("estimate", "-H", "sre", "-W", "lenet5")


def test_layers_add_up_to_the_total(rows):
    [total] = rows(*SRE)
    *layers, last = rows(*SRE, "--per", "layer")
    assert [row["layer"] for row in layers] == ["conv1", "conv2", "fc1", "fc2"]
    assert (last["row"], last["layer"]) == ("total", "total")
    for name in ("energy_j", "latency_s", "ou_activations", "adc_conversions", "crossbars"):
        assert last[name] == total[name]
        assert math.fsum(row[name] for row in layers) == pytest.approx(total[name], rel=1e-12)


def test_components_add_up_to_the_total(rows):
    [total] = rows(*SRE)
    *components, last = rows(*SRE, "--per", "component")
    assert last["energy_j"] == total["energy_j"]
    assert math.fsum(row["energy_j"] for row in components) == pytest.approx(
        total["energy_j"], rel=1e-12
    )
    for row in components:
        assert row["energy_j"] == row["count"] * row["price_j"]


def test_every_hardware_with_every_network(rows):
    table = rows("estimate", "-H", "sre", "-H", "ou-dense", "-W", "lenet5", "-W", "caffenet-ssl")
    assert [(row["hardware"], row["workload"]) for row in table] == [
        ("sre", "lenet5"),
        ("sre", "caffenet-ssl"),
        ("ou-dense", "lenet5"),
        ("ou-dense", "caffenet-ssl"),
    ]


def test_a_network_without_a_profile_says_so(invoke):
    result = invoke("estimate", "-H", "sre", "-W", "caffenet", "-f", "csv", "--columns", "profile")
    assert result.stdout == "profile\nnone\n"
    assert "note: caffenet has no profile: all densities and all bits are 1" in result.stderr


def test_a_layers_terms_add_up_to_its_row(rows):
    terms = rows("explain", "-H", "sre", "-W", "lenet5", "--layer", "conv2")
    [layer] = [row for row in rows(*SRE, "--per", "layer") if row["layer"] == "conv2"]
    [total] = [row["value"] for row in terms if row["step"] == "total"]
    assert total == pytest.approx(layer["energy_j"], rel=1e-12)
    [activations] = [row["value"] for row in terms if row["term"] == "ou_activations"]
    assert activations == layer["ou_activations"]


def test_every_price_of_an_explanation_has_a_source(rows):
    for row in rows("explain", "-H", "sre", "-W", "lenet5", "--layer", "conv2"):
        if row["step"] == "price" and row["value"]:
            assert row["source"], row


def test_verbose_names_the_files(invoke):
    said = invoke(*SRE, "--verbose").stderr.splitlines()
    assert said[0].startswith("note: sre is ")
    assert said[0].endswith("hw/sre.toml")
    assert said[1].endswith("workloads/lenet5.toml")
    assert said[-1].endswith(" s")
