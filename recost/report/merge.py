"""The files of a sweep's shards as one file, the same bytes as a run without shards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.report.stream import ROW_GROUP, SUFFIXES, _pyarrow


def companion(path: Path) -> Path:
    """The file beside a sweep that says what it was made from."""
    return path.with_suffix(".meta.json")


def merge(paths: Sequence[Path], output: Path) -> dict[str, Any]:
    """Join shards in their order, whatever the order of `paths`; what the whole was made from.

    Raises
    ------
    InputError
        A file that is no shard, shards of different sweeps, a shard that is missing or there
        twice, formats that differ.
    """
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"write {', '.join(SUFFIXES)}", path=str(output))
    shards = _in_order(paths, suffix)
    fresh = output.with_name(output.name + ".new")
    try:
        {".csv": _csv, ".parquet": _parquet, ".npz": _npz}[suffix](shards, fresh)
        fresh.replace(output)
    finally:
        with suppress(OSError):
            fresh.unlink()
    whole = json.loads(companion(shards[0]).read_text(encoding="utf-8"))
    each = [json.loads(companion(path).read_text(encoding="utf-8")) for path in shards]
    whole["shard"] = None
    whole["rows"] = sum(one["rows"] for one in each)
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
            number, count = said["shard"]
            identity = said["identity"]
        except (OSError, ValueError, KeyError, TypeError):
            message = f"is no shard of a sweep: {companion(path).name} does not say which"
            faults.append(Fault(message, path=str(path)))
            continue
        first = first or {"identity": identity, "count": count}
        if path.suffix.lower() != suffix:
            faults.append(Fault(f"is not {suffix}, as the output is", path=str(path)))
        elif (identity, count) != (first["identity"], first["count"]):
            faults.append(Fault(f"is of another sweep than {paths[0]}", path=str(path)))
        elif number in found:
            faults.append(Fault(f"is shard {number} again, as {found[number]}", path=str(path)))
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
    pa = _pyarrow()
    files = [pa.parquet.ParquetFile(path) for path in shards]
    schema = files[0].schema_arrow
    waiting: list[Any] = []
    rows = 0
    with pa.parquet.ParquetWriter(output, schema, compression="zstd") as writer:
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
    import zipfile

    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        with np.load(shards[0]) as first:
            names = list(first.files)
        for name in names:
            parts = []
            for path in shards[:1] if name.endswith(".words") else shards:
                with np.load(path) as file:
                    parts.append(file[name])
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            with archive.open(entry, "w", force_zip64=True) as out:
                np.lib.format.write_array(out, np.concatenate(parts), allow_pickle=False)
