"""Training counted block by block, vector by vector, from the descriptions in PANTHER's paper.

A layer is (groups, rows, columns, vectors); blocks hold `side` x `side` weights.  Every list is
walked element by element; nothing is a formula of the layer's size.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    groups: int
    rows: int
    columns: int
    vectors: int
    inputs: int = 0


def blocks(layer: Layer, side: int) -> list[tuple[int, int, int]]:
    """(group, row chunk, column chunk) of every block that holds a weight."""
    found = {
        (g, i // side, j // side)
        for g in range(layer.groups)
        for i in range(layer.rows)
        for j in range(layer.columns)
    }
    return sorted(found)


def products_with_errors(layer: Layer, side: int, batch: int) -> int:
    """Products of a batch: every input row against every array of the batch's errors."""
    pixels = [(example, pixel) for example in range(batch) for pixel in range(layer.vectors)]
    arrays = {number // side for number, _ in enumerate(pixels)}
    columns = {j // side for j in range(layer.columns)}
    count = 0
    for _ in range(layer.groups):
        for _ in range(layer.rows):
            for _ in arrays:
                for _ in columns:
                    count += 1
    return count


def batch_actions(
    layer: Layer, update: str, copies: int, batch: int, *, first: bool, side: int
) -> Counter[str]:
    """Operations on blocks in one batch, carry resolution aside."""
    done: Counter[str] = Counter()
    for _ in blocks(layer, side):
        for _ in range(batch):
            for _ in range(layer.vectors):
                done["forward"] += 1
                if not first:
                    done["backward"] += 1
                if update == "outer-product":
                    # Both copies of variant 2 hold the weights, and nothing else updates them.
                    done["outer"] += 2 if copies == 2 else 1
                elif update in ("serial", "digital"):
                    done["outer"] += 1
        if update in ("serial", "mvm"):
            done["read"] += 1
            done["write"] += copies
        elif update == "outer-product" and copies == 3:
            done["read"] += 1
            done["write"] += 2
    if update == "mvm":
        done["gradient"] += products_with_errors(layer, side, batch)
    return done


def carry_actions(layer: Layer, copies: int, *, side: int) -> Counter[str]:
    """Operations of one carry resolution: read a copy, write all."""
    found = blocks(layer, side)
    return Counter(read=len(found), write=len(found) * copies)


def step_time(
    layers: list[tuple[float, float, float]], kind: str, batch: int, serial: float
) -> float:
    """Seconds of a step, example by example: a unit takes one after the other.

    `layers` are (forward, backward, gradient) seconds of one example.  Kinds: "in turn" (one unit
    for all three), "two copies, gradients at the end", "three units".
    """
    first = sum(f + b for f, b, _ in layers)
    if kind == "in turn":
        first += sum(g for _, _, g in layers)
        slowest = max(f + b + g for f, b, g in layers)
        end = 0.0
    elif kind == "two copies, gradients at the end":
        slowest = max(max(f, b) for f, b, _ in layers)
        end = max(sum(g for _ in range(batch)) for _, _, g in layers)
    else:
        first += layers[0][2]
        slowest = max(max(f, b, g) for f, b, g in layers)
        end = 0.0
    finished = first
    for _ in range(batch - 1):
        finished += slowest
    return finished + end + serial
