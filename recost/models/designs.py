"""Points of a space of hardware as records: what kernels read, without a hardware for each.

Keys fall into three groups by what their value can reach.  A *free* key is read by no rule: its
value goes straight into one field of the structure record.  A *price* likewise goes into one
field of the technology record.  All others are *tied*: what follows from them is derived and
checked for each combination of their values, once, for many combinations at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.hardware.many import complete_many
from recost.hardware.provenance import Setting
from recost.hardware.rules import COMBINATIONS
from recost.kernels.pricing import Records
from recost.models.levels import Levels, Varied
from recost.models.machines import Kept, Tied
from recost.models.numbers import is_repeated, repeated_number

Array = np.ndarray[Any, Any]

# Hardware that is kept at once; a space turns its last key fastest, so they are soon used up.
_KEPT = 4_000
_COMBINED = frozenset(path for combination in COMBINATIONS for path in combination.keys)
# Structure that no rule derives anything from but the power of components ...
_FREE_SECTIONS = ("hierarchy", "network_on_chip", "vector")
_FREE = frozenset(
    {"operation_unit.fill_cycles", "operation_unit.gated", "mapping.sync", "budget.chips"}
)
# ... and structure from which power follows, which matters if leakage is a share of it.
_POWERFUL = "sparsity.index_bits"
_FREE_WITHOUT_LEAKAGE = frozenset(
    {_POWERFUL}
    | {
        f"{section}.per_crossbar"
        for section in ("shift_add", "input_register", "output_register", "index_decoder")
    }
)


def alike(names: Array) -> tuple[Array, Array]:
    """The first of each kind of point, and the kind of each point; `names` tells kinds apart.

    Both are the same array where each point is of a kind of its own, in order.
    """
    if len(names) and (is_repeated(names) or (names == names[0]).all()):
        # As where prices alone vary: all are alike, which takes no room.
        return np.zeros(1, np.int64), repeated_number(0, len(names))
    steps = names[1:] != names[:-1]
    if (names[1:] >= names[:-1]).all():  # as where keys of the structure turn slowly, or fastest
        if steps.all():
            return (every := np.arange(len(names))), every
        kind = np.zeros(len(names), np.int64)
        np.cumsum(steps, out=kind[1:])
        return np.concatenate([[0], np.flatnonzero(steps) + 1]), kind
    _, first, kind = np.unique(names, return_index=True, return_inverse=True)
    return first, kind.ravel()


def filled(records: Records, items: Array | slice = slice(None)) -> Array:
    """Records of some items, with what each has of its own."""
    made: Array = records.kept[records.at[items]]
    words = made.view(float).reshape(len(made), -1)
    words[:, records.words] = records.values[:, items].T
    return made


def field_of(records: Records, name: str) -> Array:
    """A field of the records of all items."""
    fields: Any = records.kept.dtype.fields
    kind, offset = fields[name]
    own = np.flatnonzero(records.words == offset // 8)
    found: Array = records.kept[name][records.at]
    return records.values[own[0]].view(kind) if len(own) else found


def values_in(records: Records, name: str) -> Array:
    """All that a field of the records holds, in no order."""
    fields: Any = records.kept.dtype.fields
    varies = (records.words == fields[name][1] // 8).any()
    found: Array = field_of(records, name) if varies else records.kept[name]
    return found


def _fault_of(make: Callable[[], Hardware]) -> str:
    """Why a machine cannot be made."""
    try:
        make()
    except InputError as error:
        return error.faults[0].message
    return "at the edge of what can be"  # powers may be off in the last bit


class Designs:
    """The points of the keys of one hardware.

    `axes` are keys of the hardware; the methods take the columns that belong to them.
    Raises InputError for unknown keys and values that cannot be, and if no point is possible.
    """

    def __init__(self, hardware: Hardware, axes: Sequence[Varied]) -> None:
        self.hardware = hardware
        faults: list[Fault] = []
        self.levels: list[Levels] = []
        for axis in axes:
            try:
                self.levels.append(Levels(hardware.kind, axis))
            except InputError as error:
                faults += error.faults
        if faults:
            raise InputError(faults)
        fraction = "leakage.fraction"
        varied = {axis.key for axis in axes}
        self._powered = fraction in varied or hardware.value(fraction) != 0.0
        self._sort_keys()
        if not self._powered and self._may_be_overpowered():
            self._powered = True
            self._sort_keys()
        self._families: dict[tuple[int, ...], int] = {}
        self._lock = threading.Lock()
        self._forget()

    def _sort_keys(self) -> None:
        """Put keys in their groups."""
        groups = [self._group(levels) for levels in self.levels]
        self.prices = [i for i, group in enumerate(groups) if group == "price"]
        self.free = [i for i, group in enumerate(groups) if group == "free"]
        self.tied = [i for i, group in enumerate(groups) if group == "tied"]

    def _may_be_overpowered(self) -> bool:
        """Whether the first machine cannot be for a power where prices ask for most of it.

        Then each price makes a machine of its own.  Where the first machine can be and another
        cannot, that one is refused at all prices.
        """
        lows = [one.axis.low if one.axis.continuous else 0.0 for one in self.levels]
        try:
            self._make(np.zeros((1, len(lows)), np.int64), np.array([lows]), 0)
        except InputError as error:
            return str(error.faults[0].key).endswith(".power")
        return False

    def _forget(self) -> None:
        """Start anew with nothing kept; others hold what was there."""
        self._place: dict[int, int] = {}
        self._refused: dict[int, Callable[[], Hardware]] = {}
        self._kept = Kept(self._families)

    def _group(self, levels: Levels) -> str:
        """Which of the three groups a key belongs to."""
        key = levels.key
        if levels.codes is None or key.path in _COMBINED:
            return "tied"
        if key.part == "technology" and (
            key.unit in ("mm2", "mm2/bit")
            or key.section == "control"
            or (not self._powered and key.unit in ("J", "J/bit"))
        ):
            return "price"
        if key.part == "structure" and (
            key.section in _FREE_SECTIONS
            or key.path in _FREE
            or (not self._powered and key.path in _FREE_WITHOUT_LEAKAGE)
        ):
            return "free"
        return "tied"

    def tie(self, places: Array, values: Array) -> Tied:
        """The hardware of points; threads may ask at the same time."""
        endless = [i for i in self.tied if self.levels[i].axis.continuous]
        radix = np.zeros(len(places), np.int64) if self.tied else repeated_number(0, len(places))
        for i in self.tied:
            radix = radix * max(1, len(self.levels[i].axis.texts)) + places[:, i]
        if endless:
            radix = np.arange(len(places))
        first, inverse = alike(radix)
        with self._lock:
            if endless or len(self._place) > _KEPT:
                self._forget()
            self._make_all(radix, first, places, values)
            names = radix[first].tolist()
            rows = np.array([self._place[name] for name in names], np.int64)
            lost = first[rows < 0]
            point = int(lost.min()) if len(lost) else -1
            refused = (point, _fault_of(self._refused[int(radix[point])])) if len(lost) else None
            every = repeated_number(rows[0], len(places)) if len(rows) == 1 else rows[inverse]
            return self._kept.tied(every, refused)

    def _make_all(self, radix: Array, first: Array, places: Array, values: Array) -> None:
        """Make what is not known yet of the points `first`, whose names are `radix`."""
        named = zip(first.tolist(), radix[first].tolist(), strict=True)
        missing = [point for point, name in named if name not in self._place]
        if not missing:
            return
        words = [self.levels[i].words(places[missing, i]).tolist() for i in self.tied]
        differ: dict[tuple[int, ...], list[int]] = {}  # in numbers alone
        for point, *chosen in zip(missing, *words, strict=True):
            differ.setdefault(tuple(chosen), []).append(point)
        for alike_words, points in differ.items():
            columns = [i for i, word in zip(self.tied, alike_words, strict=True) if word < 0]
            self._make_many(radix[points].tolist(), columns, places[points], values[points])

    def _make_many(
        self, names: Sequence[int], columns: Sequence[int], places: Array, values: Array
    ) -> None:
        """Make the machines of points that differ in the numbers of some keys alone."""
        settings = self._settings(places[0])
        for i in columns:
            levels = self.levels[i]
            numbers = levels.numbers(places[:, i], values[:, i])
            settings[levels.axis.key] = replace(levels.settings[0], value=numbers)
        hardware = self.hardware
        many = complete_many(hardware.kind, hardware.settings, settings, len(names))
        row = len(self._kept)
        for i, (name, possible) in enumerate(zip(names, many.possible.tolist(), strict=True)):
            self._place[name] = row if possible else -1
            row += possible
            if not possible:
                self._refused[name] = partial(self._make, places, values, i)
        self._kept.add(hardware.name, many, partial(self._make, places, values))

    def _hardest(self, i: int) -> int:
        """Which value of a price or of a free key asks for most power, if power follows from it.

        Where a machine has that power it can be with all other values too: powers are straight
        lines in energies, and fall with how many instances share the work.
        """
        key, codes = self.levels[i].key, self.levels[i].codes
        if i in self.tied or codes is None:
            return 0
        if key.path in _FREE_WITHOUT_LEAKAGE and key.name == "per_crossbar":
            return int(np.argmin(codes))
        return int(np.argmax(codes)) if key.part == "technology" or key.path == _POWERFUL else 0

    def _settings(self, places: Array) -> dict[str, Setting]:
        """The settings of a point, what is endless at its first value.

        What is free or a price is where it asks for most power.
        """
        settings = {
            levels.axis.key: levels.settings[self._hardest(i)]
            for i, levels in enumerate(self.levels)
        }
        for i in self.tied:
            levels = self.levels[i]
            if not levels.axis.continuous:
                settings[levels.axis.key] = levels.settings[int(places[i])]
        return settings

    def _make(self, places: Array, values: Array, point: int) -> Hardware:
        """The hardware of one of some points, free keys and prices as `_settings` has them."""
        settings = self._settings(places[point])
        for i in self.tied:
            levels = self.levels[i]
            if levels.axis.continuous:
                settings[levels.axis.key] = levels.between(float(values[point, i]))
        try:
            return self.hardware.replace_read(settings)
        except InputError as error:
            keys, fault = [self.levels[i].axis.key for i in self.tied], error.faults[0]
            chosen = [f"{key} = {settings[key].provenance.text}" for key in keys]
            why = fault.message
            if fault.key and fault.key not in settings:
                why = f"{fault.key}: {fault.message}"
                most = len(keys) < len(settings) and fault.key.endswith(".power")
                chosen += ["the largest prices"] if most else []
            said = f"{', '.join(chosen)}: {why}" if chosen else why
            raise InputError(said, key=fault.key) from None

    def structure_numbers(
        self, rows: Array, places: Array, apart: Collection[str] = ()
    ) -> Array | None:
        """A number for each point that is the same where the structure is; None if all differ.

        Free keys that go into the fields `apart` of the record make no difference.
        """
        free = [i for i in self.free if self.levels[i].key.record_field not in apart]
        if any(self.levels[i].axis.continuous for i in free):
            return None
        numbers = rows
        for i in free:
            numbers = numbers * len(self.levels[i].axis.texts) + places[:, i]
        return numbers

    def structure_of(self, tied: Tied, places: Array, values: Array) -> Records:
        """Structures of points."""
        return self._records((tied.structures, tied.rows), self.free, places, values)

    def technology_of(self, tied: Tied, places: Array, values: Array) -> Records:
        """The technology of points."""
        return self._records((tied.technologies, tied.rows), self.prices, places, values)

    def _records(
        self, kept: tuple[Array, Array], which: Sequence[int], places: Array, values: Array
    ) -> Records:
        """Records of points, the numbers of keys `which` beside those that they belong into."""
        fields: Any = kept[0].dtype.fields
        levels = [self.levels[i] for i in which]
        places_of = [fields[one.key.record_field] for one in levels]
        bits = np.empty((len(levels), len(places)))
        for row, i, one, (kind, _) in zip(bits, which, levels, places_of, strict=True):
            one.put(places[:, i], values[:, i], row.view(kind))
        words = np.array([offset // 8 for _, offset in places_of], np.int64)
        return Records(*kept, words, bits)

    def records_of(
        self, kept: tuple[Array, Array], at: Array, places: Array, values: Array
    ) -> tuple[Records, Records]:
        """Structures and technologies of points, each of which stands several times in a row.

        Item i has record `at[i]` of the two that are `kept`, but for free keys and prices.
        """
        times = len(at) // max(1, len(places))
        free = self._records((kept[0], at), self.free, places, values)
        prices = self._records((kept[1], at), self.prices, places, values)
        return (
            free._replace(values=free.values.repeat(times, axis=1)),
            prices._replace(values=prices.values.repeat(times, axis=1)),
        )
