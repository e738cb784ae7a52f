"""The files of a sweep's shards as one file, the same bytes as a run without shards."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.report.npz import write_npz
from recost.report.parquet import ROW_GROUP, parquet_writer, pyarrow
from recost.report.stream import SUFFIXES
from recost.study.conditions import Goal
from recost.study.selection import NETWORK, Selection, best_rows

Array = np.ndarray[Any, Any]


def companion(path: Path) -> Path:
    """The file beside a sweep that says what it was made from: one for each, of whatever format."""
    if path.suffix.lower() == ".csv":
        return path.with_suffix(".meta.json")
    return path.with_name(f"{path.name}.meta.json")


def digest(path: Path) -> str:
    """A hash of a file, by which its companion knows it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def merge(paths: Sequence[Path], output: Path) -> dict[str, Any]:
    """Join shards in their order, whatever the order of `paths`; what the whole was made from.

    Of the best rows of shards (a front, a top) the best of all are kept: nothing that is not
    among the best of its shard can be among those of the whole.

    Raises
    ------
    InputError
        A file that is no shard or no longer what it was, shards of different sweeps, a shard that
        is missing or there twice, formats that differ.
    """
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"write {', '.join(SUFFIXES)}", path=str(output))
    shards = _in_order(paths, suffix)
    each = [json.loads(companion(path).read_text(encoding="utf-8")) for path in shards]
    whole = each[0]
    goals = tuple(Goal(column, larger) for column, larger in whole.get("goals", ()))
    selection = Selection((), goals, whole.get("top", 0))
    rows = sum(one["rows"] for one in each)
    fresh = output.with_name(output.name + ".new")
    try:
        if goals:
            rows = {".csv": _best_csv, ".parquet": _best_parquet, ".npz": _best_npz}[suffix](
                shards, fresh, selection
            )
        else:
            {".csv": _csv, ".parquet": _parquet, ".npz": _npz}[suffix](shards, fresh)
        fresh.replace(output)
    finally:
        with suppress(OSError):
            fresh.unlink()
    whole["sha256"] = digest(output)
    whole["shard"] = None
    whole["rows"] = rows
    whole["impossible"] = sum(one["impossible"] for one in each)
    return dict(whole)


def _in_order(paths: Sequence[Path], suffix: str) -> list[Path]:
    """The shards 1 to n, or every fault that they have."""
    faults: list[Fault] = []
    found: dict[int, Path] = {}
    first: dict[str, Any] | None = None
    for path in paths:
        try:
            said = json.loads(companion(path).read_text(encoding="utf-8"))
            number, count = map(int, said["shard"])
            identity, file_hash = said["identity"], said["sha256"]
            int(said["rows"]), int(said["impossible"])
        except (OSError, ValueError, KeyError, TypeError):
            beside = companion(path).name
            message = f"is no shard of a sweep: {beside} does not say which, or lacks its hash"
            faults.append(Fault(message, path=str(path)))
            continue
        first = first or {"identity": identity, "count": count}
        if path.suffix.lower() != suffix:
            faults.append(Fault(f"is not {suffix}, as the output is", path=str(path)))
        elif (identity, count) != (first["identity"], first["count"]):
            faults.append(Fault(f"is of another sweep than {paths[0]}", path=str(path)))
        elif number in found:
            faults.append(Fault(f"is shard {number} again, as {found[number]}", path=str(path)))
        elif not path.is_file():
            faults.append(Fault("there is no such file", path=str(path)))
        elif digest(path) != file_hash:
            again = f"--shard {number}/{count} makes it again"
            faults.append(Fault(f"has changed since it was written; {again}", path=str(path)))
        else:
            found[number] = path
    if not faults and first:
        missing = [str(i) for i in range(1, first["count"] + 1) if i not in found]
        if missing:
            faults.append(
                Fault(f"of {first['count']} shards these are missing: {', '.join(missing)}")
            )
    if faults:
        raise InputError(faults)
    return [found[number] for number in sorted(found)]


def _csv(shards: Sequence[Path], output: Path) -> None:
    with output.open("wb") as out:
        for i, path in enumerate(shards):
            with path.open("rb") as file:
                heading = file.readline()
                if i == 0:
                    out.write(heading)
                shutil.copyfileobj(file, out, 1 << 20)


def _parquet(shards: Sequence[Path], output: Path) -> None:
    pa = pyarrow()
    files = [pa.parquet.ParquetFile(path) for path in shards]
    schema = files[0].schema_arrow
    waiting: list[Any] = []
    rows = 0
    with parquet_writer(output, schema) as writer:
        for file in files:
            for batch in file.iter_batches(batch_size=ROW_GROUP):
                waiting.append(batch)
                rows += batch.num_rows
                while rows >= ROW_GROUP:
                    table = pa.Table.from_batches(waiting, schema)
                    writer.write_table(table.slice(0, ROW_GROUP).combine_chunks(), ROW_GROUP)
                    waiting = table.slice(ROW_GROUP).to_batches()
                    rows -= ROW_GROUP
        if rows:
            writer.write_table(pa.Table.from_batches(waiting, schema).combine_chunks(), ROW_GROUP)


def _npz(shards: Sequence[Path], output: Path) -> None:
    with np.load(shards[0]) as first:
        names = list(first.files)
    write_npz(output, (_whole(name, _joined(shards, name)) for name in names))


def _whole(name: str, array: Array) -> tuple[str, Iterator[Array], int]:
    """An array as `write_npz` takes it, in one piece."""
    return name, iter([array]), len(array)


def _joined(shards: Sequence[Path], name: str) -> Array:
    """An array of all shards; the words that codes stand for are the same in all of them."""
    parts = []
    for path in shards[:1] if name.endswith(".words") else shards:
        with np.load(path) as file:
            parts.append(file[name])
    return np.concatenate(parts)


def _best_csv(shards: Sequence[Path], output: Path, selection: Selection) -> int:
    """The best lines, as they are in the shards."""
    lines: list[str] = []
    for path in shards:
        with path.open(encoding="utf-8", newline="") as file:
            heading = file.readline()
            lines += file
    names = next(csv.reader([heading]))
    at = {goal.column: names.index(goal.column) for goal in selection.goals}
    texts, costs, networks = [], [], []
    reader = csv.reader(lines)
    start = 0
    for row in reader:  # which may take several lines, where a word has them
        texts.append("".join(lines[start : reader.line_num]))
        start = reader.line_num
        costs.append([float(row[a]) if row[a] else np.nan for a in at.values()])
        networks += [row[names.index(NETWORK)]] if NETWORK in names else []
    columns = np.array(costs, float).reshape(-1, len(at)).T
    table = dict(zip(at, columns, strict=True))
    table |= {NETWORK: np.array(networks, object)} if networks else {}
    kept = best_rows(table, selection)
    output.write_bytes((heading + "".join(texts[row] for row in kept)).encode("utf-8"))
    return len(kept)


def _best_parquet(shards: Sequence[Path], output: Path, selection: Selection) -> int:
    pa = pyarrow()
    whole = pa.concat_tables([pa.parquet.read_table(path) for path in shards])
    table = {
        goal.column: whole[goal.column].cast(pa.float64()).to_numpy() for goal in selection.goals
    }
    if NETWORK in whole.column_names:
        table[NETWORK] = np.array(whole[NETWORK].to_pylist(), object)
    kept = best_rows(table, selection)
    with parquet_writer(output, whole.schema) as writer:
        if len(kept):
            writer.write_table(whole.take(pa.array(kept)).combine_chunks(), ROW_GROUP)
    return len(kept)


def _best_npz(shards: Sequence[Path], output: Path, selection: Selection) -> int:
    with np.load(shards[0]) as first:
        names = list(first.files)
    needed = [goal.column for goal in selection.goals] + [NETWORK] * (NETWORK in names)
    kept = best_rows({name: _joined(shards, name) for name in needed}, selection)
    joined = ((name, _joined(shards, name)) for name in names)
    chosen = ((n, array if n.endswith(".words") else array[kept]) for n, array in joined)
    write_npz(output, (_whole(*one) for one in chosen))
    return len(kept)
