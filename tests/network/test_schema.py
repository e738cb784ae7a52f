"""Schema, reference and skeleton say what the validator does: all come from one table."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from recost.locate import shipped_folder
from recost.network import keys, load_network
from recost.network.reference import TABLES, key_reference, skeleton
from recost.network.schema import json_schema

SHIPPED = sorted(shipped_folder("workload").glob("*.toml"))
TYPES = {"integer": int, "number": (int, float), "string": str, "boolean": bool, "array": list,
         "object": dict}  # fmt: skip


def valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value satisfies the part of JSON Schema that the network schema uses."""
    if "$ref" in schema and not valid(value, root["$defs"][schema["$ref"].split("/")[-1]], root):
        return False
    if "anyOf" in schema and not any(valid(value, one, root) for one in schema["anyOf"]):
        return False
    words = [schema["const"]] if "const" in schema else schema.get("enum")
    if words is not None and value not in words:
        return False
    if "type" in schema:
        right = isinstance(value, TYPES[schema["type"]])
        if not right or (isinstance(value, bool) and schema["type"] != "boolean"):
            return False
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    if isinstance(value, int | float) and not (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
    ):
        return False
    if isinstance(value, list):
        return all(valid(part, schema.get("items", {}), root) for part in value)
    return not isinstance(value, dict) or valid_table(value, schema, root)


def valid_table(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any]) -> bool:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if any(key not in value for key in schema.get("required", [])):
        return False
    for key, part in value.items():
        if key in properties:
            if not valid(part, properties[key], root):
                return False
        elif others is False or (isinstance(others, dict) and not valid(part, others, root)):
            return False
    return True


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_networks_satisfy_the_schema(path):
    schema = json_schema()
    assert valid(tomllib.loads(path.read_text(encoding="utf-8")), schema, schema)


@pytest.mark.parametrize(
    "text",
    [
        "schema = 2",
        "schema = 1\nlayer = []",
        "schema = 1\nlayers = [{conv = 3}]",
        "schema = 1\nlayers = [{conv = 3, kernel = 0}]",
        "schema = 1\nlayers = [{conv = 3, kernel = '$k'}]",
        "schema = 1\nlayers = [{pool = 2, mode = 'mean'}]",
        "schema = 1\n[recipe]\nimages = 1",
        "schema = 1\n[profile]\nweights = {rows = 1.5}",
        "schema = 1\n[profile.conv1]\nweights = {row = 0.5}",
        "input = [3]",
    ],
)
def test_the_schema_refuses_what_the_validator_refuses(text):
    schema = json_schema()
    assert not valid(tomllib.loads(text), schema, schema)


def test_parameters_stand_inside_blocks():
    schema = json_schema()
    text = "schema = 1\n[blocks.b]\nparameters = ['k']\nlayers = [{conv = 3, kernel = '$k'}]"
    assert valid(tomllib.loads(text), schema, schema)


def test_every_reference_leads_somewhere():
    schema = json_schema()
    found = set(re.findall(r"#/\$defs/(\w+)", str(schema)))
    assert found <= set(schema["$defs"])
    assert "null" not in str(schema)


def test_every_key_is_described():
    for model in [*TABLES.values(), *keys.WORDS.values()]:
        assert model.__doc__
        for name, field in model.model_fields.items():
            assert field.description, (model, name)


def test_the_reference_has_every_key():
    text = key_reference()
    for model in [*TABLES.values(), *keys.WORDS.values()]:
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in text


def test_a_new_file_loads(tmp_path):
    path = tmp_path / "mynet.toml"
    path.write_text(skeleton("mynet"), encoding="utf-8")
    table = load_network(path)
    assert (table.name, len(table)) == ("mynet", 4)


def test_a_new_file_on_another_loads(tmp_path):
    path = tmp_path / "mynet.toml"
    path.write_text(skeleton("mynet", load_network("lenet5")), encoding="utf-8")
    assert load_network(path).macs == load_network("lenet5").macs
    assert "# Its layers: conv1, conv2, fc1, fc2." in path.read_text(encoding="utf-8")


def test_every_key_of_a_new_file_can_be_used(tmp_path):
    """Taking the # away from every line that is TOML gives a file that loads."""
    lines = [
        line.removeprefix("# ") if re.match(r"# (\[|\w+ = )", line) else line
        for line in skeleton("mynet").splitlines()
    ]
    path = tmp_path / "mynet.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    table = load_network(path)
    assert table.recipe is not None
    assert table.recipe.batch == 128
    assert table.records["element_density"].tolist() == [0.3, 0.12, 0.3, 0.3]
    assert table.profiles[0].errors == {"family": "gaussian", "sigma": 0.001}
    assert max(map(len, lines)) <= 100
