"""The best design of a space too large to go through, by optuna: some points, nothing proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.study.conditions import Comparison, matching
from recost.study.selection import Selection, Table, best, choose, join, rows_of
from recost.study.space import Axis
from recost.study.sweep import Study

Array = np.ndarray[Any, Any]

#: Points that are tried by default.
TRIALS = 10_000
#: Points of a generation, which are worked out together.
POPULATION = 100
# What stands for a condition on a value that there is not.
_FAR_OFF = 1e9


class Optimiser:
    """Optuna's NSGA-II over the points of a study, for one goal or several, under conditions.

    Each network is gone about by itself: designs compete, and not networks.

    Parameters
    ----------
    study, selection : the space; the goals and the conditions
    seed : of the optimiser; the same points are tried again

    Attributes
    ----------
    method : what it does, in a word
    impossible : points that cannot be built

    Raises
    ------
    InputError
        Optuna is not installed.
    """

    method = "NSGA-II"

    def __init__(self, study: Study, selection: Selection, seed: int) -> None:
        try:
            import optuna
        except ModuleNotFoundError:
            raise InputError(
                "the space is too large to go through, and trying some of its points needs"
                " optuna: pip install 'recost[search]'; or vary fewer keys or values, or take a"
                " sample (--sample sobol N)",
                key="--vary",
            ) from None
        if not 0 <= seed < 2**32:
            raise InputError("optuna takes seeds from 0 to 4294967295", key="--seed")
        self._optuna: Any = optuna
        self._study, self._selection, self._seed = study, selection, seed
        self._met: set[tuple[int, bytes, bytes]] = set()
        self.impossible = 0

    def run(self, trials: int, seen: Callable[[int], None]) -> Table:
        """The best of `trials` points that meet the conditions; `seen` hears how many are done."""
        kept, begin = self._study.table(0, 0)[0], 0
        networks = self._study.by_network
        if trials < len(networks):
            raise InputError(f"write {len(networks)} or more: one a network", key="--trials")
        with self._quiet():
            for number, pairs in enumerate(networks, start=1):
                end = trials * number // len(networks)
                solver = self._solver()
                for done in range(begin, end, POPULATION):
                    asked = [solver.ask() for _ in range(min(POPULATION, end - done))]
                    for table in self._generation(solver, pairs, asked):
                        kept = best(join([kept, table]), self._selection)
                    seen(done + len(asked))
                begin = end
        return kept

    def _solver(self) -> Any:
        """An optimiser that has seen nothing yet."""
        sampler = self._optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=self._seed)
        directions = ["minimize"] * len(self._selection.goals)
        return self._optuna.create_study(directions=directions, sampler=sampler)

    def _generation(self, solver: Any, pairs: list[int], asked: list[Any]) -> Iterator[Table]:
        """Evaluate points of some pairs, tell the optimiser, give those that meet conditions."""
        chosen = [
            trial.suggest_categorical("pair", pairs) if len(pairs) > 1 else pairs[0]
            for trial in asked
        ]
        for pair in pairs:
            own = [trial for trial, number in zip(asked, chosen, strict=True) if number == pair]
            if not own:
                continue
            space = self._study.spaces[pair]
            places = np.zeros((len(own), len(space.axes)), np.int64)
            values = np.zeros((len(own), len(space.axes)))
            for t, trial in enumerate(own):
                for a, axis in enumerate(space.axes):
                    places[t, a], values[t, a] = _suggest(trial, axis)
            table, possible = self._study.rows(pair, places, values)
            self._tell(solver, own, table, possible)
            fresh = self._fresh(pair, places[possible], values[possible])
            fresh &= matching(self._selection.where, table, rows_of(table))
            yield choose(table, fresh)

    def _fresh(self, pair: int, places: Array, values: Array) -> Array:
        """Which points have not been met before: an optimiser comes back to good ones."""
        found = np.zeros(len(places), bool)
        for row in range(len(places)):
            point = (pair, places[row].tobytes(), values[row].tobytes())
            found[row] = point not in self._met
            self._met.add(point)
        return found

    def _tell(self, solver: Any, trials: list[Any], table: Table, possible: Array) -> None:
        """What came of the points; rows of the table are those of the possible ones."""
        failed = self._optuna.trial.TrialState.FAIL
        costs = np.stack([goal.cost(table) for goal in self._selection.goals], axis=1)
        off = {str(one): violation(one, table) for one in self._selection.where}
        row = np.cumsum(possible) - 1
        self.impossible += int(len(trials) - possible.sum())
        for t, trial in enumerate(trials):
            if not possible[t] or not np.isfinite(costs[row[t]]).all():
                solver.tell(trial, state=failed)
                continue
            for condition, apart in off.items():
                trial.set_constraint(condition, float(apart[row[t]]))
            solver.tell(trial, costs[row[t]].tolist())

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Without optuna's line a trial."""
        logging = self._optuna.logging
        before = logging.get_verbosity()
        logging.set_verbosity(logging.ERROR)
        try:
            yield
        finally:
            logging.set_verbosity(before)


def _suggest(trial: Any, axis: Axis) -> tuple[int, float]:
    """The place, or the value, that the optimiser chooses for an axis."""
    if axis.continuous:
        return 0, trial.suggest_float(axis.name, axis.low, axis.high, log=axis.logarithmic)
    return trial.suggest_int(axis.name, 0, len(axis.texts) - 1), 0.0


def violation(condition: Comparison, table: Table) -> Array:
    """How far rows are from a condition, as a share of its number; 0 or less where it holds."""
    holds = condition.holds(table)
    if isinstance(condition.value, str):
        return np.where(holds, 0.0, 1.0)
    values = table[condition.column].astype(float)
    apart = np.abs(values - condition.value) / max(abs(condition.value), 1e-300)
    return np.where(holds, 0.0, np.nan_to_num(apart, nan=_FAR_OFF, posinf=_FAR_OFF) + 1e-12)
