"""The runs that a case may name: each hands its inputs to a study and gives back its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recost.errors import InputError
from recost.hardware import Hardware, load_hardware
from recost.locate import is_path, list_available
from recost.models.life import SECONDS_PER_YEAR
from recost.models.sensing import TRIALS
from recost.network import LayerTable, load_network
from recost.study.compare import compare
from recost.study.elimination import gains
from recost.study.estimate import estimate
from recost.study.life_case import Duty
from recost.study.lifetime import lifetime
from recost.study.montecarlo_sensing import Question, montecarlo_sensing
from recost.study.reproduction.files import FOLDER, SUFFIX, Case, Setting
from recost.study.result import Row
from recost.study.rollup import chip_rollup
from recost.study.sampling import Sampling
from recost.study.training_layers import block_operations, training_layers


@dataclass
class Loader:
    """Machines and networks with changed keys, each read and checked once.

    Paths are relative to `folder`, that of the study.  A name is one that `recost hardware list`
    or `recost workload list` has, else that of a file that only the shipped studies use, so that
    a study may be copied to any folder.
    """

    folder: Path
    _files: dict[tuple[str, str], Hardware | LayerTable] = field(default_factory=dict)
    _changed: dict[str, Hardware | LayerTable] = field(default_factory=dict)

    def hardware(self, name: str, settings: Mapping[str, Setting]) -> Hardware:
        """The machine of that name with `settings`."""
        found = self._load("hardware", name, settings, load_hardware)
        assert isinstance(found, Hardware)
        return found

    def network(self, name: str, settings: Mapping[str, Setting]) -> LayerTable:
        """The network of that name with `settings`."""
        texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in settings.items()}
        found = self._load("workload", name, texts, load_network)
        assert isinstance(found, LayerTable)
        return found

    def _load(
        self, kind: str, name: str, settings: Mapping[str, Any], load: Callable[[str], Any]
    ) -> Hardware | LayerTable:
        if (kind, name) not in self._files:
            self._files[kind, name] = load(self._place(kind, name))
        if not settings:
            return self._files[kind, name]
        key = json.dumps([kind, name, settings], sort_keys=True)
        if key not in self._changed:
            self._changed[key] = self._files[kind, name].replace(settings)
        return self._changed[key]

    def _place(self, kind: str, name: str) -> str:
        """The path or the name that `name` means in the study."""
        if is_path(name):
            return str(self.folder / name)
        own = FOLDER / _PARTS[kind] / (name + SUFFIX)
        return str(own) if name not in list_available(kind) and own.exists() else name


# Folders of the files that only the shipped studies use.
_PARTS = {"hardware": "hardware", "workload": "networks"}


@dataclass(frozen=True)
class Inputs:
    """A case with its machines and networks loaded."""

    case: Case
    machine: Hardware
    baseline: Hardware | None
    networks: tuple[LayerTable, ...]

    @property
    def batch(self) -> int:
        """Examples of a step."""
        if self.case.batch is None:
            raise InputError("a run of training needs its batch", key="batch")
        return self.case.batch


def load_inputs(case: Case, loader: Loader) -> Inputs:
    """The machines and networks of a case; InputError for settings of what it does not have."""
    if case.baseline_set and not case.baseline:
        raise InputError("there is no baseline to set this of", key="baseline_set")
    settings = dict(case.workload_set)
    if case.batch is not None and case.run != "training":
        settings["recipe.batch"] = case.batch
    return Inputs(
        case,
        loader.hardware(case.hardware, case.set),
        loader.hardware(case.baseline, case.baseline_set) if case.baseline else None,
        tuple(loader.network(name, settings) for name in case.workloads),
    )


def _compare(inputs: Inputs) -> Sequence[Row]:
    if inputs.baseline is None:
        raise InputError("a comparison needs its baseline", key="baseline")
    return compare(
        inputs.machine, inputs.networks, baseline=inputs.baseline, phase=inputs.case.phase
    ).rows


def _estimate(inputs: Inputs) -> Sequence[Row]:
    case = inputs.case
    return estimate(inputs.machine, inputs.networks, per=case.per, phase=case.phase).rows


def _training(inputs: Inputs) -> Sequence[Row]:
    rows: list[Row] = []
    for network in inputs.networks:
        rows += training_layers(inputs.machine, network, inputs.batch, inputs.baseline).rows
    return rows or block_operations(inputs.machine, inputs.baseline).rows


def _lifetime(inputs: Inputs) -> Sequence[Row]:
    rate = inputs.case.trainings_per_year
    duty = Duty(training_s=SECONDS_PER_YEAR / rate if rate else None)
    return lifetime(inputs.machine, inputs.networks, duty=duty).rows


def _sensing(inputs: Inputs) -> Sequence[Row]:
    question = Question(per="sum")
    return montecarlo_sensing([inputs.machine], Sampling(TRIALS), question).rows


_RUNS: dict[str, Callable[[Inputs], Sequence[Row]]] = {
    "compare": _compare,
    "estimate": _estimate,
    "rollup": lambda inputs: chip_rollup(inputs.machine).rows,
    "training": _training,
    "lifetime": _lifetime,
    "elimination": lambda inputs: gains(inputs.machine, inputs.networks).rows,
    "sensing": _sensing,
}


@dataclass
class Runner:
    """Runs cases; what several figures take from the same run is run once."""

    loader: Loader
    _rows: dict[str, Sequence[Row]] = field(default_factory=dict)

    def values(self, case: Case) -> list[float]:
        """The numbers that a case takes, a row each.

        Raises
        ------
        InputError
            A column that the run does not have, no row left by `where`, a row without the number.
        """
        named = [case.column] if isinstance(case.column, str) else case.column
        rows = [row for row in self._run(case) if _counts(row, case.where)]
        if not rows:
            raise InputError(f"no row of '{case.run}' has {_shown(case.where)}", key="where")
        found = []
        for row in rows:
            parts = [row.get(name) for name in named]
            if any(not isinstance(part, int | float) for part in parts):
                have = ", ".join(k for k, v in row.items() if isinstance(v, int | float))
                raise InputError(
                    f"no number in {', '.join(named)} of '{case.run}'; it has {have}", key="column"
                )
            found.append(float(sum(parts)))  # type: ignore[arg-type]
        return found

    def _run(self, case: Case) -> Sequence[Row]:
        key = case.model_dump_json(include=_ASKED)
        if key not in self._rows:
            self._rows[key] = _RUNS[case.run](load_inputs(case, self.loader))
        return self._rows[key]


# What the rows of a run depend on; what is taken of them does not matter.
_ASKED = {
    "run", "hardware", "baseline", "workloads", "phase", "per", "batch", "set", "baseline_set",
    "workload_set", "trainings_per_year",
}  # fmt: skip


def _counts(row: Row, where: Mapping[str, Any]) -> bool:
    return all(
        row.get(name) in (wanted if isinstance(wanted, list) else [wanted])
        for name, wanted in where.items()
    )


def _shown(where: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {wanted}" for name, wanted in where.items()) or "any number"
