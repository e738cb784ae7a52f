"""From the lists of a file to checked items: words recognised, blocks put in, keys validated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from recost.errors import Fault, suggestion
from recost.network.document import Document
from recost.network.faults import validation_faults
from recost.network.keys import WORDS, Branches, Item, Residual, Sequence, Use
from recost.toml_source import KeyPath

#: Layers of one network, all repetitions counted; far beyond any published one.
LARGEST_NETWORK = 100_000
#: How deep blocks may lie inside each other.
DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Node:
    """One checked item, where it stands in the file, and the lists of items inside it."""

    item: Item
    path: KeyPath
    inside: tuple[tuple[Node, ...], ...] = ()


@dataclass
class Reader:
    """Turns raw items into nodes and collects every fault on the way."""

    document: Document
    faults: list[Fault] = field(default_factory=list)
    _blocks: dict[str, Any] = field(init=False)
    _open: list[str] = field(default_factory=list)
    _seen: int = 0

    def __post_init__(self) -> None:
        blocks = self.document.data.get("blocks", {})
        self._blocks = blocks if isinstance(blocks, dict) else {}

    def read(self, items: Any, path: KeyPath) -> tuple[Node, ...]:
        """The nodes of a list of items that stands at `path`."""
        if not isinstance(items, list):
            self._fault("expected a list of layers", path)
            return ()
        if len(path) > 4 * DEEPEST:
            self._fault("blocks lie too deep inside each other", path)
            return ()
        nodes = []
        for index, raw in enumerate(items):
            node = self._node(raw, (*path, index))
            if node is not None:
                nodes.append(node)
        return tuple(nodes)

    def _fault(self, message: str, path: KeyPath) -> None:
        fault = self.document.fault(message, path)
        if fault not in self.faults:  # a block that is used twice is wrong once
            self.faults.append(fault)

    def _node(self, raw: Any, path: KeyPath) -> Node | None:
        self._seen += 1
        if self._seen > LARGEST_NETWORK:
            if self._seen == LARGEST_NETWORK + 1:
                self._fault(f"more than {LARGEST_NETWORK} items", path)
            return None
        if not isinstance(raw, dict):
            self._fault("expected a table such as {conv = 64, kernel = 3}", path)
            return None
        word = next((word for word in WORDS if word in raw), None)
        if word is None:
            near = next((hint for key in raw if (hint := suggestion(key, WORDS))), "")
            self._fault(f"no word says what this is{near or '; one of ' + ', '.join(WORDS)}", path)
            return None
        try:
            item = WORDS[word].model_validate(raw)
        except ValidationError as error:
            for fault in validation_faults(error, raw, path, self.document, WORDS[word]):
                if fault not in self.faults:
                    self.faults.append(fault)
            self._read_lists(raw, path)
            return None
        if isinstance(item, Use):
            return self._use(item, path)
        return Node(item, path, self._inside(item, path))

    def _read_lists(self, raw: Mapping[str, Any], path: KeyPath) -> None:
        """Look for faults in the lists of an item that is itself at fault."""
        for key in ("layers", "residual", "shortcut"):
            if isinstance(raw.get(key), list):
                self.read(raw[key], (*path, key))
        if isinstance(raw.get("branches"), list):
            for index, branch in enumerate(raw["branches"]):
                if isinstance(branch, list):
                    self.read(branch, (*path, "branches", index))

    def _inside(self, item: Item, path: KeyPath) -> tuple[tuple[Node, ...], ...]:
        if isinstance(item, Sequence):
            return (self.read(item.layers, (*path, "layers")),)
        if isinstance(item, Branches):
            return tuple(
                self.read(branch, (*path, "branches", index))
                for index, branch in enumerate(item.branches)
            )
        if isinstance(item, Residual):
            body = self.read(item.residual, (*path, "residual"))
            if isinstance(item.shortcut, str):
                return (body,)
            return (body, self.read(item.shortcut, (*path, "shortcut")))
        return ()

    def _use(self, item: Use, path: KeyPath) -> Node | None:
        block = self._blocks.get(item.block)
        if not isinstance(block, dict):
            hint = suggestion(item.block, self._blocks)
            self._fault(f"there is no [blocks.{item.block}]{hint}", (*path, "block"))
            return None
        if item.block in self._open or len(self._open) > DEEPEST:
            chain = " -> ".join([*self._open, item.block])
            self._fault(f"the block contains itself: {chain}", (*path, "block"))
            return None
        wanted = block.get("parameters", [])
        given = item.model_extra or {}
        if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
            return None  # reported with the block itself
        for name in given:
            if name not in wanted:
                hint = suggestion(name, [*wanted, *Item.model_fields])
                self._fault(f"block '{item.block}' has no parameter '{name}'{hint}", (*path, name))
        missing = [name for name in wanted if name not in given]
        if missing:
            self._fault(f"block '{item.block}' needs {', '.join(missing)}", path)
        if missing or any(name not in wanted for name in given):
            return None
        self._open.append(item.block)
        place = ("blocks", item.block, "layers")
        before = len(self.faults)
        filled = self._filled(block.get("layers", []), given, place)
        inside = self.read(filled, place) if len(self.faults) == before else ()
        self._open.pop()
        return Node(item, path, (inside,))

    def _filled(self, value: Any, given: Mapping[str, Any], path: KeyPath) -> Any:
        """A block's layers with every ``"$name"`` replaced by the parameter's value."""
        if isinstance(value, dict):
            return {key: self._filled(part, given, (*path, key)) for key, part in value.items()}
        if isinstance(value, list):
            return [self._filled(part, given, (*path, i)) for i, part in enumerate(value)]
        if isinstance(value, str) and (match := re.fullmatch(r"\$(\w+)", value)):
            if match[1] in given:
                return given[match[1]]
            self._fault(f"no parameter '{match[1]}'{suggestion(match[1], given)}", path)
        return value
