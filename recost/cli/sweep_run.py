"""How sweeps and searches go through their points and give their rows away."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from recost.cli.output import Output, tell_compiling, terminal_width
from recost.cli.progress import INTERRUPTED, Counter
from recost.errors import InputError
from recost.report.write import Format

if TYPE_CHECKING:
    from recost.report.layout import Layout
    from recost.study.caution import Cautions
    from recost.study.pieces import Pieces
    from recost.study.selection import Selection, Table
    from recost.study.sweep import Study

#: Rows that a screen or a JSON file takes at most.
MOST_SHOWN = 100_000
# A front of fewer points is seen from its table; the columns of a plot, and what stands beside it.
_FEWEST_PLOTTED, _PLOT, _MARGIN = 3, 60, 14


@dataclass(frozen=True)
class Target:
    """Where rows go."""

    path: Path | None
    output_format: Format | None
    force: bool
    quiet: bool

    def __post_init__(self) -> None:
        """Refuse a suffix that is no format, or not the one that is asked for."""
        from recost.report.stream import SUFFIXES
        from recost.report.write import check_suffix

        if self.path is not None and str(self.path) != "-":
            check_suffix(self.path, self.output_format, SUFFIXES)

    @property
    def streams(self) -> bool:
        """Whether it is a file that takes rows as they are made."""
        from recost.report.stream import SUFFIXES

        return self.path is not None and self.path.suffix.lower() in SUFFIXES

    @property
    def is_table(self) -> bool:
        """Whether standard output is for people to read."""
        return self.output_format in (None, Format.TABLE)

    def note(self, text: str) -> None:
        """Say something on standard error."""
        if not self.quiet:
            typer.echo(f"note: {text}", file=sys.stderr)

    def warn(self, text: str) -> None:
        """Say what the user has to know, on standard error."""
        typer.echo(f"warning: {text}", err=True)


def _none_yet() -> Cautions:
    from recost.study.caution import Cautions

    return Cautions()


@dataclass(frozen=True)
class Run:
    """A study, the rows that are wanted of it, and where they go.

    Attributes
    ----------
    names : the columns
    pieces : makes the rows of points start..stop, on a cluster; None does it here
    shard : part i of n
    said : what the file's companion says beside what the study knows
    cautions : what there is to warn of in the rows of the answer
    """

    study: Study
    selection: Selection
    names: tuple[str, ...]
    target: Target
    pieces: Callable[[Study, Selection, int, int], Pieces] | None = None
    resume: bool = False
    shard: tuple[int, int] | None = None
    said: dict[str, Any] = field(default_factory=dict)
    cautions: Cautions = field(default_factory=_none_yet)

    @property
    def bounds(self) -> tuple[int, int]:
        """The first point, and the one after the last."""
        number, count = self.shard or (1, 1)
        return self.study.size * (number - 1) // count, self.study.size * number // count

    @property
    def identity(self) -> str:
        """What the rows are made from; the same for all shards of one sweep."""
        conditions = [str(condition) for condition in self.selection.where]
        goals = [[goal.column, goal.larger] for goal in self.selection.goals]
        asked = [self.names, conditions, goals, self.selection.top]
        return json.dumps([self.study.fingerprint, *asked])

    def layout(self, names: tuple[str, ...]) -> Layout:
        """The columns of a file with these names."""
        from recost.report.layout import Layout

        study = self.study
        words = {name: study.words[name] for name in names if name in study.words}
        whole = frozenset(study.whole & set(names))
        return Layout(names, words, whole, frozenset(study.gapped & set(names)))

    def to_file(self) -> None:
        """Write the rows to a file that takes them as they are made, and its companion."""
        from recost.report.files import write_files
        from recost.report.merge import companion, digest
        from recost.report.stream import Stream, check_new

        path = self.target.path
        assert path is not None
        if self.resume and not self.target.force and self._is_complete(path):
            self.target.note(f"{path} is complete: there is nothing to go on with")
            return
        check_new([path], force=self.target.force)
        start, stop = self.bounds
        identity = f"{self.identity}{start}-{stop}{path.suffix.lower()}"
        stream = Stream(path, self.layout(self.names), identity)
        with _written(path, stream.part.name if self.selection.streams else f"{path.name}.kept"):
            if self.selection.streams:
                self._stream(stream)
            else:
                self._best(stream, identity)
        self.finish(stream.impossible, stop - start)
        if not stream.rows and self.shard is None:
            self.target.note(self.nothing())
        self._warn()
        about = {"kind": "sweep", **self.said, "shard": self.shard, "identity": self.identity}
        about |= {"rows": stream.rows, "impossible": stream.impossible}
        about |= {"columns": list(self.names), "top": self.selection.top}
        about["goals"] = [[goal.column, goal.larger] for goal in self.selection.goals]
        about["provenance"] = self.study.provenance()
        about["sha256"] = digest(path)  # by which others know that it is whole
        write_files({companion(path): as_json(about)})

    def _is_complete(self, path: Path) -> bool:
        """Whether a file is what this run would write, whole, as its companion says."""
        from recost.report.merge import companion, digest

        try:
            about = json.loads(companion(path).read_text(encoding="utf-8"))
            said = about["identity"], about["shard"], about["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        shard = list(self.shard) if self.shard else None
        return path.is_file() and said == (self.identity, shard, digest(path))

    def _stream(self, stream: Any) -> None:
        """Every row, as it is made."""
        from recost.report.stream import check_new

        if not self.resume and not self.target.force:
            check_new([stream.part], force=False, resume=True)
        start, stop = self.bounds
        try:
            stream.begin(start, resume=self.resume)
            with self._progress(stream.next_point) as seen:
                for done, table, lost in self._pieces(stream.next_point, stop):
                    stream.append(table, done, lost)
                    self.cautions.add(table)
                    seen(done)
            self._end(stream)
        finally:
            stream.close()

    def _best(self, stream: Any, identity: str) -> None:
        """The best rows, once all have been seen."""
        import numpy as np

        from recost.report.keep import Keep
        from recost.report.stream import check_new
        from recost.study.selection import NOTES, best, join, rows_of

        path = self.target.path
        assert path is not None
        keep = Keep(path, self.layout(self.study.columns), identity)
        if not self.resume and not self.target.force:
            # The rows at the end go through the part that other sweeps go through.
            check_new([keep.file, stream.part], force=False, resume=True)
        start, stop = self.bounds
        kept = keep.begin(start, resume=self.resume)
        kept[NOTES] = np.full(rows_of(kept), None, object)  # which the state does not hold
        with self._progress(keep.next_point) as seen:
            for done, table, lost in self._pieces(keep.next_point, stop):
                kept = best(join([kept, table]), self.selection)
                keep.update(kept, done, lost)
                seen(done)
        try:
            stream.begin(start, resume=False)
            stream.append(kept, stop, keep.impossible)
            self._end(stream)
        finally:
            stream.close()
        keep.finish()
        self.cautions.add(kept)

    def _end(self, stream: Any) -> None:
        """Give a file its name, or leave nothing where no point can be built."""
        start, stop = self.bounds
        if self._hopeless(stream.impossible, stop - start):
            stream.drop()
        else:
            stream.finish()

    def _hopeless(self, impossible: int, points: int) -> bool:
        """Whether no point of the whole space can be built; a shard of such is one like others."""
        return self.shard is None and impossible == points

    def to_table(self, limit: int | None = None) -> Table:
        """The rows that are wanted, in memory; raises InputError if they are more than `limit`."""
        from recost.study.pieces import select

        with self._progress(0) as seen:
            pieces = self._pieces(0, self.study.size)
            table, impossible = select(self.study, self.selection, seen, limit, pieces)
        self.finish(impossible, self.study.size)
        return table

    def _pieces(self, start: int, stop: int) -> Pieces:
        from recost.study.pieces import chunks

        return (self.pieces or chunks)(self.study, self.selection, start, stop)

    @contextmanager
    def _progress(self, done: int) -> Iterator[Callable[[int], None]]:
        start, stop = self.bounds
        counter = Counter(stop - start, "points", done=done - start, quiet=self.target.quiet)
        try:
            yield lambda point: counter.update(point - start)
        finally:
            counter.end()

    def announce(self) -> None:
        """Say what is known of the networks, and what takes long."""
        for text in dict.fromkeys(self.study.notes):
            self.target.note(text)
        tell_compiling(self.target.note)
        slow = self.study.one_by_one
        if slow:
            self.target.note(
                f"{', '.join(dict.fromkeys(slow))}: points are worked out one by one, some hundred"
                " a second; kernels of a sweep are for inference on crossbars"
            )

    def finish(self, impossible: int, points: int) -> None:
        """Say which points have no row, and which values there are not."""
        if self.study.pricing.draws:
            from recost.study.uncertainty import uncertainty_notes

            for text in uncertainty_notes(self.study.machines, self.study.pricing.draws):
                self.target.note(text)
        if self.study.missing:
            self.target.note(f"not known everywhere: {self.study.missing}")
        if not impossible:
            return
        refused = self.study.refused
        if self._hopeless(impossible, points):
            raise InputError(f"no point of the space can be built: {refused}", key="--vary")
        reason = f" ({refused})" if refused else ""
        text = f"{impossible:,} of {points:,} points cannot be built{reason}; they have no row"
        self.target.note(text)

    def nothing(self, tried: bool = False) -> str:
        """That no row is left, and what each condition alone leaves of points gone through."""
        where = self.selection.where
        why = f" ({self.study.missing})" if self.study.missing else ""
        if where and not tried:
            from recost.study.unmet import unmet

            why = f"{why}: {unmet(self.study, where)}"
        return f"no design of the space meets the conditions{why}"

    def _warn(self) -> None:
        """Say what there is to warn of in the rows of the answer."""
        since = " since --resume" if self.resume else ""
        for text in self.cautions.lines(since):
            self.target.warn(text)

    def show(self, table: Table, most: int | None = None) -> None:
        """Put a small answer on the screen, of its rows at most so many, or into a file."""
        from recost.report.stream import Stream, check_new
        from recost.study.sweep import as_result

        path = self.target.path
        self.cautions.add(table)
        front, table = table, {name: table[name] for name in self.names}
        rows = len(table[self.names[0]])
        if not rows:
            self.target.note(self.nothing())
        if most and rows > most and path is None and self.target.is_table:
            table = {name: column[:most] for name, column in table.items()}
            self.target.note(f"{rows:,} designs, of which {most} are shown; -f csv has all")
        if path is not None and str(path) != "-":
            check_new([path], force=self.target.force)
        if path is not None and path.suffix.lower() in (".parquet", ".npz"):
            stream = Stream(path, self.layout(self.names), "")
            try:
                stream.begin(0, resume=False)
                stream.append(table, 0, 0)
                stream.finish()
            finally:
                stream.close()
            self._warn()
            return
        out = Output(output_format=self.target.output_format, path=path, quiet=self.target.quiet)
        asked = [goal.column for goal in self.selection.goals]
        asked += [condition.column for condition in self.selection.where]
        asked += self.names if self.names != self.study.columns else ()
        out.show(as_result(self.study, table, "sweep", asked), **self.said)
        self._warn()
        if path is None and self.target.is_table and len(self.selection.goals) == 2:
            _plot(front, (self.selection.goals[0].column, self.selection.goals[1].column))


def _plot(front: Table, names: tuple[str, str]) -> None:
    """A front of two goals below its table, on standard output."""
    from recost.report.scatter import scatter

    points = list(zip(*(front[name].tolist() for name in names), strict=True))
    if len(points) < _FEWEST_PLOTTED:
        return
    width = min(_PLOT, (terminal_width() or _PLOT + _MARGIN) - _MARGIN)
    typer.echo()
    typer.echo(scatter(names, points, front["hardware"].tolist(), size=(max(width, 20), 16)))


@contextmanager
def _written(path: Path, kept: str) -> Iterator[None]:
    """Say of a file that is not finished what is left of it, in the file `kept` beside it."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"interrupted: {kept} keeps what is known; --resume goes on with it", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        reason = f"cannot be written: {error.strerror or error}"
        if path.with_name(kept).exists():
            reason += f"; what is there is kept in {kept}, and --resume goes on with it"
        raise InputError(reason, path=str(path)) from error


def as_json(said: dict[str, Any]) -> bytes:
    """What a companion says."""
    return (json.dumps(said, indent=2, ensure_ascii=False, default=str) + "\n").encode("utf-8")
