"""The options that commands share: how they are spelt, and the inputs they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recost.errors import Fault, InputError, suggestion

if TYPE_CHECKING:
    from recost.hardware import Hardware
    from recost.network import LayerTable

#: The prefix of `--set` that means the networks.
WORKLOAD = "workload"


class Phase(Enum):
    """What the network does on the hardware."""

    INFERENCE = "inference"
    TRAINING = "training"


class Work(Enum):
    """How much training a number is for."""

    STEP = "step"
    EPOCH = "epoch"
    RUN = "run"


def _complete(kind: str) -> Callable[[str], list[str]]:
    """Names that the shell offers for a half-written -H or -W."""

    def names(incomplete: str) -> list[str]:
        from recost.locate import list_available

        return [name for name in list_available(kind) if name.startswith(incomplete)]

    return names


HardwareNames = Annotated[
    list[str],
    typer.Option(
        "-H",
        "--hardware",
        metavar="NAME",
        help="Hardware: a shipped name, a name in ./hw or RECOST_PATH, or a file. Repeats.",
        autocompletion=_complete("hardware"),
    ),
]
WorkloadNames = Annotated[
    list[str],
    typer.Option(
        "-W",
        "--workload",
        metavar="NAME",
        help="Network: a shipped name, a name in ./workloads or RECOST_PATH, or a file. Repeats.",
        autocompletion=_complete("workload"),
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="[NAME:]KEY=VALUE",
        help="Change a key of all hardware, of hardware NAME, or of the networks "
        "(workload:KEY=VALUE). Repeats.",
    ),
]
PhaseOption = Annotated[Phase, typer.Option("--phase", help="What the network does.")]
WorkOption = Annotated[
    Work | None,
    typer.Option("--work", help="Training: energy and time of this much, not of one example."),
]


@dataclass(frozen=True)
class Changes:
    """The `--set` options by what they change.

    A key set for one hardware beats the same key set for all; of two settings of one key the
    later counts.
    """

    everywhere: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, dict[str, str]] = field(default_factory=dict)
    workload: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, texts: Iterable[str], hardware: Sequence[str]) -> Changes:
        """Sort ``[NAME:]KEY=VALUE`` texts; NAME must be one of `hardware` (or a file's stem).

        Raises
        ------
        InputError
            For every text without a key or an equals sign and every NAME that is not in use.
        """
        changes = cls()
        known = {alias: name for name in hardware for alias in (name, short_name(name))}
        faults = []
        for text in texts:
            target, equals, value = text.partition("=")
            prefix, colon, key = target.rpartition(":")
            prefix, key = prefix.strip(), key.strip()
            if not equals or not key:
                faults.append(Fault("is not [NAME:]KEY=VALUE", key=f"--set {text}"))
            elif not colon and not hardware:
                faults.append(
                    Fault(
                        f"there is no -H to change; the networks take {WORKLOAD}:KEY=VALUE",
                        key=f"--set {text}",
                    )
                )
            elif not colon:
                changes.everywhere[key] = value.strip()
            elif prefix == WORKLOAD:
                changes.workload[key] = value.strip()
            elif prefix in known:
                changes.by_name.setdefault(known[prefix], {})[key] = value.strip()
            else:
                names = [short_name(name) for name in hardware] + [WORKLOAD]
                hint = suggestion(prefix, names) or f"; there are {', '.join(names)}"
                faults.append(Fault(f"unknown hardware '{prefix}'{hint}", key=f"--set {text}"))
        if faults:
            raise InputError(faults)
        return changes

    def of(self, hardware: str) -> dict[str, str]:
        """What is changed in the hardware called `hardware` on the command line."""
        return self.everywhere | self.by_name.get(hardware, {})


@dataclass(frozen=True)
class Inputs:
    """What a command works on, loaded and checked."""

    hardware: tuple[Hardware, ...]
    networks: tuple[LayerTable, ...]
    baseline: Hardware | None
    settings: tuple[str, ...]


def load_inputs(
    hardware: Sequence[str],
    workloads: Sequence[str],
    settings: Sequence[str] | None,
    baseline: str | None = None,
) -> Inputs:
    """Load all that -H, -W, --baseline and --set name; the faults of all files come together."""
    from recost.hardware import load_hardware
    from recost.network import load_network

    names = [*hardware, *([baseline] if baseline else [])]
    changes = Changes.parse(settings or (), names)
    faults: list[Fault] = []
    designs: list[Hardware] = []
    networks: list[LayerTable] = []
    for name in names:
        with _collecting(faults):
            designs.append(load_hardware(name, changes.of(name)))
    for name in workloads:
        with _collecting(faults):
            networks.append(load_network(name, changes.workload))
    if faults:
        raise InputError(faults)
    chosen = tuple(designs[: len(hardware)])
    divisor = designs[-1] if baseline else None
    return Inputs(chosen, tuple(networks), divisor, tuple(settings or ()))


@contextmanager
def _collecting(faults: list[Fault]) -> Iterator[None]:
    """Keep the faults of one file and go on to the next."""
    try:
        yield
    except InputError as error:
        faults.extend(fault for fault in error.faults if fault not in faults)


def short_name(name: str) -> str:
    """What a name or path given to -H is called in tables and in `--set`: a file's stem."""
    return Path(name).stem if name.endswith(".toml") else Path(name).name


def at_most_one(option: str, names: Sequence[str]) -> None:
    """Refuse a second -H or -W where the command takes one, instead of forgetting the first."""
    if len(names) > 1:
        raise InputError(f"takes one here, not {len(names)}: {', '.join(names)}", key=option)
