"""One hardware and one network of a sweep: the part of a space that concerns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.models.designs import Designs
from recost.models.one_by_one import OneByOne
from recost.models.sweep import Sweep
from recost.models.uncertainty import FIGURES, interval
from recost.network import LayerTable
from recost.study.extras import Extras
from recost.study.pricing import Pricing
from recost.study.ratios import COMPARED, UNCERTAIN_RATIOS, ratios
from recost.study.selection import NOTES, Table, repeated
from recost.study.space import WORKLOAD, Axis, Space

Array = np.ndarray[Any, Any]

# Networks of a space whose baseline is kept.
_KEPT = 10_000


class Reference:
    """The baseline of a network, as its file says at every point: only the network varies.

    Each network of the space is worked out once for all points that have it.

    Attributes
    ----------
    missing : why there is nothing to compare with, where there is not
    """

    def __init__(
        self, baseline: Hardware, network: LayerTable, axes: Sequence[Axis], pricing: Pricing
    ) -> None:
        self._matter = [a for a, axis in enumerate(axes) if axis.target == WORKLOAD]
        own = [axes[a] for a in self._matter]
        self.model = pricing.model(baseline, network, own, lambda _: False)
        self._known: dict[bytes, tuple[Array, Array]] = {}
        self._name, self.missing = baseline.name, ""

    def at(self, places: Array, values: Array) -> tuple[Table, Table]:
        """The numbers of `COMPARED` at points, and the draws of `FIGURES` [points, draws]."""
        places, values = places[:, self._matter], values[:, self._matter]
        # With a column of zeros, since NumPy finds no unique rows of nothing.
        raw = np.concatenate([np.zeros((len(places), 1)), places, values], axis=1)
        _, first, inverse = np.unique(raw, axis=0, return_index=True, return_inverse=True)
        found = [self._of(raw[i].tobytes(), places[i], values[i]) for i in first.tolist()]
        if not found:
            return {name: np.zeros(0) for name in COMPARED}, {}
        at = inverse.ravel()
        numbers = np.stack([one[0] for one in found])[at]
        samples = np.stack([one[1] for one in found])[at]
        return (
            dict(zip(COMPARED, numbers.T, strict=True)),
            dict(zip(FIGURES, samples.swapaxes(0, 1), strict=False)),
        )

    def _of(self, key: bytes, places: Array, values: Array) -> tuple[Array, Array]:
        """Numbers of `COMPARED` and draws of one network; NaN where the baseline cannot run it."""
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            evaluated = self.model.evaluate(places[None], values[None])
            if evaluated.refused and not self.missing:
                self.missing = f"ratios to {self._name}: {evaluated.refused}"
            samples = evaluated.samples
            drawn = np.zeros((0, 0)) if samples is None else samples[0]
            numbers = np.array([evaluated.numbers[name][0] for name in COMPARED])
            found = self._known[key] = (numbers, drawn)
        return found


@dataclass(frozen=True)
class Pair:
    """One hardware and one network, their space, and what their rows say in words.

    Attributes
    ----------
    model : what answers for points
    space : the axes that concern the two
    words : columns with the same word in every row
    columns : of the axes: where each stands in the space
    extras : what is worked out beside the cost
    reference : the baseline, if there is one
    """

    model: Sweep | OneByOne
    space: Space
    words: Mapping[str, str]
    columns: Mapping[str, int]
    extras: Extras
    reference: Reference | None = None

    @property
    def slow(self) -> bool:
        """Whether the interpreter does most of the work: threads gain nothing, and it takes long.

        So it does where the machine or the baseline has no kernel, or one is made for every point.
        """
        kernels = [self.model, *([self.reference.model] if self.reference else [])]
        return any(isinstance(one, OneByOne) or one.builds_each for one in kernels)

    def shown(self, name: str) -> list[Any]:
        """Values that the column of an axis may show."""
        i = self.columns[name]
        own, others = self.model.split
        if i in others:
            return self.model.densities.column(others.index(i)) or [0.5]
        return list(self.model.levels[own.index(i)].shown)

    def axis_column(self, name: str, places: Array, values: Array) -> Array:
        """What the column of an axis shows at points."""
        i = self.columns[name]
        own, others = self.model.split
        places, values = places[:, i], values[:, i]
        if i in own:
            return self.model.levels[own.index(i)].column(places, values)
        shown = np.array(self.model.densities.column(others.index(i)))
        return shown[places] if len(shown) else values

    def table(self, places: Array, values: Array) -> tuple[Table, Array, str | None]:
        """Columns at possible points, which points are possible, why the first other is not."""
        evaluated = self.model.evaluate(places, values)
        table: Table = dict(evaluated.numbers)
        kept: Array | slice = slice(None)
        if not evaluated.possible.all():
            kept = np.flatnonzero(evaluated.possible)
            table = {name: numbers[kept] for name, numbers in table.items()}
            places, values = places[kept], values[kept]
        drawn: Table = {}
        if evaluated.samples is not None:
            drawn = dict(zip(FIGURES, evaluated.samples[kept].swapaxes(0, 1), strict=True))
        if self.reference is not None:
            compared, samples = self.reference.at(places, values)
            table |= ratios(table, compared)
            if drawn and samples:
                unlike = {"ou_activations": table["ou_activations"][:, None]}
                both = ratios(unlike | drawn, {**unlike, **samples})
                drawn |= {name: both[name] for name in UNCERTAIN_RATIOS}
        for name, worlds in drawn.items():
            table[f"{name}_low"], table[f"{name}_high"] = interval(worlds)
        for name, word in self.words.items():
            table[name] = repeated(word, len(places))
        for name, i in self.columns.items():
            if (at_hand := evaluated.prices.get(i)) is not None:
                table[name] = at_hand[kept]
            else:
                table[name] = self.axis_column(name, places, values)
        table[NOTES] = evaluated.notes[kept]
        table |= self.extras.columns(places, values)
        return table, evaluated.possible, evaluated.refused


def make_pair(
    machine: Hardware,
    network: LayerTable,
    space: Space,
    pricing: Pricing,
    extras: tuple[str, ...] = (),
    baseline: Hardware | None = None,
    designs: Designs | None = None,
) -> Pair:
    """The pair of a hardware and a network; raises InputError for keys that they do not have.

    `designs` are those of the hardware in the space, if another network has them already.
    """
    axes = tuple(axis for axis in space.axes if axis.target in ("", WORKLOAD, machine.name))
    model = pricing.model(machine, network, axes, lambda axis: axis.target != WORKLOAD, designs)
    words = {
        "row": "result",
        "hardware": machine.name,
        "workload": network.name,
        "phase": pricing.phase,
        "work": pricing.unit,
        "profile": network.profile_source,
    }
    columns = {_column_name(axis, model, i): i for i, axis in enumerate(axes)}
    own = Space(axes, space.samples, space.seed)
    if isinstance(model, Sweep):
        model.counting.expect(own.size)
        model.run = own.run(model.prices)
    reference = Reference(baseline, network, axes, pricing) if baseline else None
    beside = Extras(machine, network, axes, extras, pricing.duty)
    return Pair(model, own, words, columns, beside, reference)


def _column_name(axis: Axis, model: Sweep | OneByOne, i: int) -> str:
    """The key with its unit: ``adc.energy_j``."""
    if axis.target == WORKLOAD:
        return axis.key
    key = model.levels[model.split[0].index(i)].key
    return (f"{axis.target}:" if axis.target else "") + f"{key.section}.{key.attribute}"
