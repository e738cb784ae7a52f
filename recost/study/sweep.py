"""Designs by the thousand: the rows of a space of hardware and networks, piece by piece."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import recost
from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.hardware.spreads import stated_spreads
from recost.models.sweep import BLOCK, Sweep
from recost.models.uncertainty import FIGURES
from recost.network import LayerTable
from recost.study.pair import Pair, make_pair
from recost.study.pricing import Pricing
from recost.study.ratios import RATIOS, UNCERTAIN_RATIOS
from recost.study.result import Result
from recost.study.rows import LAST_COLUMNS, WORD_COLUMNS, cost_columns
from recost.study.selection import NETWORK, NOTES, Table, as_whole, join, repeated, rows_of
from recost.study.space import Space, check_targets
from recost.study.stretches import Stretches
from recost.study.uncertainty import with_intervals

Array = np.ndarray[Any, Any]


#: Rows that are made at once; what they hold does not depend on it.
CHUNK = 32_768
# Points that all workers are at together, at most: where they are many, pieces are smaller.
_AT_WORK = 1 << 19
# Less of what is slow, so that a bar moves: machines one by one, structures that networks are to
# be counted on, other networks, and points times draws.
_SLOW_CHUNK = 64
_COUNTED_CHUNK = 1_024
_TABLES_CHUNK = 256
_DRAWN_CHUNK = 1 << 18
_WHOLE = ("crossbars", "chips")
_BEFORE = ("row", "hardware", "workload")


class Part(NamedTuple):
    """Rows, how many of their points are impossible, and why the first of those is."""

    table: Table
    impossible: int
    refused: str | None


class Study:
    """All rows of a sweep, numbered from 0: hardware by hardware, network by network.

    Parameters
    ----------
    hardware, networks, space : what varies
    pricing : the phase, the unit of work, the draws of uncertain prices
    extras : columns beside the cost (`recost.study.extras.EXTRAS`)
    baseline : hardware that every point is compared with, as its file says

    Attributes
    ----------
    size : number of points; a point that cannot be built has no row
    columns : names of the columns in order
    words : the columns that hold words, each with all that it may hold; others hold numbers
    whole : the columns that hold whole numbers
    gapped : those of them in which some rows have none

    Raises
    ------
    InputError
        Unknown keys, values that cannot be, a key that nobody has.
    """

    def __init__(
        self,
        hardware: Sequence[Hardware],
        networks: Sequence[LayerTable],
        space: Space,
        pricing: Pricing | None = None,
        extras: Sequence[str] = (),
        baseline: Hardware | None = None,
    ) -> None:
        self.baseline = baseline
        self.pricing = pricing or Pricing()
        self.inputs = (tuple(hardware), tuple(networks), space)
        self.extras = tuple(extras)
        check_targets(space.axes, [machine.name for machine in hardware])
        self._pairs: list[Pair] = []
        self._heard: tuple[str | None, str | None] = (None, None)
        faults: list[Fault] = []
        for machine in hardware:
            designs = None  # each machine of the space is made once, whatever runs on it
            for network in networks:
                try:
                    pair = make_pair(
                        machine, network, space, self.pricing, self.extras, baseline, designs
                    )
                    designs = pair.model.designs if isinstance(pair.model, Sweep) else None
                    self._pairs.append(pair)
                except InputError as error:
                    faults += [fault for fault in error.faults if fault not in faults]
        if faults:
            raise InputError(faults)
        # In Python's integers: a space that nobody goes through may have more than 2^63 points.
        self._ends: list[int] = []
        for pair in self._pairs:
            self._ends.append((self._ends[-1] if self._ends else 0) + pair.space.size)
        self.size = self._ends[-1]
        self._slow = any(pair.slow for pair in self._pairs)
        self.words: dict[str, tuple[str, ...]] = {}
        self.whole: set[str] = set(_WHOLE)
        self.gapped = set(_WHOLE if self.one_by_one else ())
        self._describe()
        axes = [name for pair in self._pairs for name in pair.columns]
        self._axes = tuple(dict.fromkeys(axes))
        others = [name for name in cost_columns(self.pricing.phase) if name not in _BEFORE]
        others += RATIOS if baseline else ()
        if self.pricing.draws:
            others = list(with_intervals(others, (*FIGURES, *UNCERTAIN_RATIOS)))
        self.columns = (*_BEFORE, *self._axes, *others, *self.extras, *LAST_COLUMNS)
        self._stretches = [self._stretches_of(*one) for one in enumerate(self._pairs)]

    @property
    def one_by_one(self) -> tuple[str, ...]:
        """Hardware whose points are worked out one by one, thousands of times slower."""
        hardware, _, space = self.inputs
        varied = {axis.key for axis in space.axes}
        return tuple(m.name for m in hardware if not self.pricing.compiled(m, varied))

    @property
    def machines(self) -> tuple[Hardware, ...]:
        """All hardware, the baseline last."""
        return (*self.inputs[0], *([self.baseline] if self.baseline else []))

    @property
    def alone(self) -> bool:
        """Whether one thread at a time works on its points: the interpreter does most of it."""
        return bool(self.extras) or self._slow

    def step(self, points: int, workers: int) -> int:
        """How many of so many points to work on at once.

        All workers have as many, where there are points enough for that.
        """
        least, most = self._sizes(workers)
        rounds = max(1, -(-points // (most * workers)))
        return min(most, max(least, -(-points // (rounds * workers))))

    def _sizes(self, workers: int) -> tuple[int, int]:
        """How many points to work on at once, at the least and at the most.

        With fewer, calls take longer than what they do.
        """
        if self._slow:
            return 1, _SLOW_CHUNK
        if draws := self.pricing.draws:
            return CHUNK // 16, min(CHUNK, max(1, _DRAWN_CHUNK // draws.count))
        kernels = [(p.model, p.space.size) for p in self._pairs if isinstance(p.model, Sweep)]
        alike = all(model.run == size for model, size in kernels)
        if alike and not all(self._stretches):  # prices alone differ, and follow no order
            return BLOCK // 2, min(BLOCK, max(CHUNK, _AT_WORK // workers))
        cached = [stretches.most for stretches in self._stretches if stretches]
        counted = [_COUNTED_CHUNK * max(1, size // model.countings) for model, size in kernels]
        tables = [(model.densities.tables, size) for model, size in kernels]
        counted += [_TABLES_CHUNK * max(1, size // many) for many, size in tables if many > 1]
        most = min([CHUNK, *cached, *counted])
        return CHUNK // 2 if alike else most // 16, most

    def spans(self, start: int, stop: int, workers: int) -> Iterator[tuple[int, int]]:
        """From where to where the pieces of points start..stop go, in order.

        Each is of one of the `Stretches`, where these are not short.
        """
        most, begin = self.step(stop - start, workers), 0
        for stretches, end in zip(self._stretches, self._ends, strict=True):
            run = stretches.run if stretches and stretches.run >= CHUNK // 4 else 0
            while start < min(stop, end):
                until = min(end, begin + ((start - begin) // run + 1) * run) if run else stop
                # Of a stretch, pieces of the same size.
                size = -(-(until - start) // -(-(until - start) // most)) if run else most
                yield start, (start := min(stop, until, start + size))
            begin = end

    def _describe(self) -> None:
        """Which columns hold words, and which whole numbers."""
        for name in WORD_COLUMNS:
            self.words[name] = tuple(dict.fromkeys(pair.words[name] for pair in self._pairs))
        names = {name for pair in self._pairs for name in pair.columns}
        for name in sorted(names):
            have = [pair for pair in self._pairs if name in pair.columns]
            gaps = len(have) < len(self._pairs)
            shown = [value for pair in have for value in pair.shown(name)]
            if any(isinstance(value, str) for value in shown):
                words = [""] if gaps else []
                self.words[name] = tuple(dict.fromkeys(words + [str(value) for value in shown]))
            elif all(type(value) is int for value in shown):
                self.whole.add(name)
                self.gapped |= {name} if gaps else set()

    @property
    def fingerprint(self) -> str:
        """A hash of all that the rows depend on."""
        hardware, networks, space = self.inputs
        draws = self.pricing.draws
        said = {
            "version": recost.__version__,
            "hardware": [[machine.name, machine.content_hash] for machine in hardware],
            "workloads": [[network.name, network.content_hash] for network in networks],
            "baseline": self.baseline.content_hash if self.baseline else None,
            "axes": [repr(axis) for axis in space.axes],
            "sample": [space.samples, space.seed],
            "pricing": [self.pricing.phase, self.pricing.work],
            "duty": repr(self.pricing.duty) if self.pricing.duty else None,
            "draws": [draws.count, draws.seed] if draws else None,
            "spreads": [
                [(s.identity, s.share) for s in stated_spreads(machine)]
                for machine in self.machines
            ]
            if draws
            else None,
        }
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def hear(self, refused: str | None, missing: str | None) -> None:
        """Note what is said of points, in their order."""
        self._heard = (self._heard[0] or refused, self._heard[1] or missing)

    @property
    def refused(self) -> str | None:
        """Why the first of the impossible points is impossible, if one was met."""
        return self._heard[0]

    @property
    def missing(self) -> str | None:
        """Why the first gap in extra columns or ratios is there, if one was met."""
        own = [pair.extras.missing for pair in self._pairs]
        own += [pair.reference.missing for pair in self._pairs if pair.reference]
        return next((why for why in (*own, self._heard[1]) if why), None)

    @property
    def spaces(self) -> list[Space]:
        """The space of each pair of hardware and network, in their order."""
        return [pair.space for pair in self._pairs]

    @property
    def notes(self) -> list[str]:
        """What there is to say of the networks."""
        said = [
            f"{pair.words[NETWORK]} has no profile: all densities and all bits are 1"
            for pair in self._pairs
            if not pair.model.densities.profiled
        ]
        return said + [note for pair in self._pairs for note in pair.model.densities.notes]

    @property
    def by_network(self) -> list[list[int]]:
        """The numbers of the pairs of each network, in their order."""
        found: dict[str, list[int]] = {}
        for number, pair in enumerate(self._pairs):
            found.setdefault(pair.words[NETWORK], []).append(number)
        return list(found.values())

    def table(self, start: int, stop: int) -> tuple[Table, int]:
        """The rows of points start..stop, and how many of the points are impossible."""
        table, impossible, refused = self.part(start, stop)
        self.hear(refused, None)
        return table, impossible

    def part(self, start: int, stop: int) -> Part:
        """`table`, by any thread: why the first impossible point is one is said, not noted."""
        parts: list[Table] = []
        impossible, why = 0, None
        begin = 0
        for number, end in enumerate(self._ends):
            low, high = max(start, begin) - begin, min(stop, end) - begin
            if low < high:
                rows, lost, refused = self._part(number, low, high)
                parts.append(rows)
                impossible, why = impossible + lost, why or refused
            begin = end
        if not parts:
            parts.append(self._rows(0, *self._pairs[0].space.points(0, 0))[0])
        return Part(parts[0] if len(parts) == 1 else join(parts), impossible, why)

    def _part(self, number: int, low: int, high: int) -> Part:
        """`part` of the points low..high of one pair."""
        stretches = self._stretches[number]
        if stretches is not None and (table := stretches.table(low, high)) is not None:
            return Part(table, 0, None)
        points = self._pairs[number].space.points(low, high)
        rows, possible, refused = self._rows(number, *points)
        return Part(rows, len(possible) - int(np.count_nonzero(possible)), refused)

    def _stretches_of(self, number: int, pair: Pair) -> Stretches | None:
        """The stretches of a pair where its rows are but what its model says."""
        model = pair.model
        more = pair.reference or self.extras or self.pricing.draws or pair.space.samples
        if more or not isinstance(model, Sweep) or not model.straight:
            return None
        space = pair.space

        def row_of(point: int) -> Table:
            return self._rows(number, *space.points(point, point + 1))[0]

        return Stretches(model, pair, row_of)

    def rows(self, number: int, places: Array, values: Array) -> tuple[Table, Array]:
        """The rows of points of one pair, and which of the points are possible."""
        table, possible, refused = self._rows(number, places, values)
        self.hear(refused, None)
        return table, possible

    def _rows(self, number: int, places: Array, values: Array) -> tuple[Table, Array, str | None]:
        have, possible, refused = self._pairs[number].table(places, values)
        count = rows_of(have)
        table: Table = {NOTES: have[NOTES]}
        for name in self.columns:
            if name in self.words:
                column = have[name] if name in have else repeated("", count)
                is_text = column.dtype == object
                table[name] = column if is_text else column.astype(str).astype(object)
            elif name in self.whole and name not in self.gapped:
                table[name] = as_whole(have[name])
            else:
                table[name] = (
                    have[name].astype(float, copy=False) if name in have else np.full(count, np.nan)
                )
        return table, possible, refused

    def provenance(self) -> dict[str, Any]:
        """Which files and which space the rows are made from."""
        _, networks, space = self.inputs
        draws = self.pricing.draws
        said: dict[str, Any] = {
            "hardware": {m.name: {"sha256": m.content_hash} for m in self.machines},
            "workloads": {n.name: {"sha256": n.content_hash} for n in networks},
            "baseline": self.baseline.name if self.baseline else None,
            "points": self.size,
            "sample": {"sobol": space.samples, "seed": space.seed} if space.samples else None,
            "fingerprint": self.fingerprint,
        }
        if draws:
            said["uncertainty"] = {
                "draws": draws.count,
                "seed": draws.seed,
                "spreads": {
                    m.name: {s.key.path: s.share for s in stated_spreads(m)} for m in self.machines
                },
            }
        return said


def _value(value: Any, is_whole: bool) -> Any:
    """None for what does not apply."""
    if value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    return int(value) if is_whole else value


def as_result(study: Study, table: Table, kind: str, asked: Sequence[str] = ()) -> Result:
    """A table as the result that reports take; `asked` are the columns that the question names."""
    names = [name for name in table if name != NOTES]
    lists = [[_value(v, name in study.whole) for v in table[name].tolist()] for name in names]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]
    return Result(columns=names, rows=rows, provenance=study.provenance(), kind=kind, asked=asked)
