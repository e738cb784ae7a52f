"""The layer table: one record a layer, with what a crossbar and its counts need to know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from recost.errors import InputError
from recost.network.profile import LayerProfile

if TYPE_CHECKING:
    from recost.network.document import Document

#: The largest count that a record may hold; sums over a table then still fit 64 bits.
LARGEST_COUNT = 2**53

#: One layer.  Its weights are `groups` matrices of `rows` x `columns`; each of them multiplies
#: `vectors` input vectors an image, so ``macs = groups * rows * columns * vectors`` and
#: ``weights = groups * rows * columns``.
LAYER_DTYPE = np.dtype(
    [
        ("groups", np.int64),  # independent matrices of the layer
        ("rows", np.int64),  # inputs of one matrix: C_in / groups * kernel_rows
        ("columns", np.int64),  # outputs (filters) of one matrix
        ("vectors", np.int64),  # input vectors of one matrix and image (output pixels, tokens)
        ("kernel_rows", np.int64),  # rows of one input channel: kh * kw, 1 for a linear layer
        ("inputs", np.int64),  # distinct activation values read per image
        ("outputs", np.int64),  # distinct activation values produced per image
        ("macs", np.int64),  # multiply-accumulates per image
        ("weights", np.int64),  # weights of all groups, no bias
        ("vector_operations", np.int64),  # activation, pooling, addition, normalisation
        ("row_density", np.float64),  # share of matrix rows that are not zero as a whole
        ("filter_density", np.float64),  # share of filters that are not zero as a whole
        ("kernel_density", np.float64),  # share of live kernels inside live rows and filters
        ("element_density", np.float64),  # share of non-zero weights inside what is live
        ("weight_correlation", np.float64),  # mean correlation of a zero over pairs of rows
        ("positive_share", np.float64),  # share of the non-zero weights that are positive
        ("nonzero", np.float64),  # share of the input activations that are not zero
        ("activation_correlation", np.float64),  # mean correlation over pairs of inputs
        ("signed", np.bool_),  # the input activations can be negative
        ("filter_zeros", np.int64),  # `vocabulary.FilterZeros`
    ]
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A training recipe: `epochs` passes over `images` examples in batches of `batch`."""

    images: int
    epochs: int
    batch: int
    source: str = ""

    @property
    def steps_per_epoch(self) -> int:
        """Weight updates an epoch: ``ceil(images / batch)``; the last batch may be smaller."""
        return -(-self.images // self.batch)

    @property
    def steps(self) -> int:
        """Weight updates of the whole training."""
        return self.epochs * self.steps_per_epoch


@dataclass(frozen=True, eq=False, repr=False)
class LayerTable:
    """A network as its layers: shapes and densities in `records`, bit profiles in `profiles`.

    Parameters
    ----------
    name, title : str
        The network's name in tables, and what it is in one line.
    records : array of LAYER_DTYPE
        One record a layer in the order of the specification; read-only.
    names, kinds : tuple of str
        Each layer's name, and `conv`, `linear` or another word of the specification.
    profiles : tuple of LayerProfile
        Each layer's densities of weights, activations and their bits.
    recipe : Recipe or None
        How the network is trained, where that is known.
    profile_source : str
        Where the profile comes from; ``"none"`` where there is none and all densities are 1.
    unmodelled_macs : int
        Multiply-accumulates per image that have no layer: products of two activations.
    path : str or None
        The file that the table was read from.
    content_hash : str
        SHA-256 over everything that the table was made from, `extends` and settings included.
    notes : tuple of str
        Assumptions that a reader of results should know.
    """

    name: str
    records: np.ndarray[Any, np.dtype[np.void]]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    profiles: tuple[LayerProfile, ...]
    recipe: Recipe | None = None
    profile_source: str = "none"
    unmodelled_macs: int = 0
    path: str | None = None
    content_hash: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()
    document: Document | None = field(default=None)

    def __repr__(self) -> str:
        return f"LayerTable({self.name!r}, {len(self)} layers)"

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[tuple[str, np.void]]:
        return zip(self.names, self.records, strict=True)

    @property
    def macs(self) -> int:
        """Multiply-accumulates per image of all layers."""
        return int(self.records["macs"].sum())

    @property
    def unmodelled_percent(self) -> float:
        """The share of all multiply-accumulates that have no layer, in percent."""
        return 100.0 * self.unmodelled_macs / (self.macs + self.unmodelled_macs)

    @property
    def weights(self) -> int:
        """Weights of all layers, no bias."""
        return int(self.records["weights"].sum())

    @property
    def profiled(self) -> bool:
        """Whether the densities come from somewhere; without a profile they are all 1."""
        return self.profile_source != "none"

    def index(self, layer: str) -> int:
        """The position of the layer called `layer`; InputError with a suggestion if none is."""
        from recost.errors import suggestion

        if layer in self.names:
            return self.names.index(layer)
        raise InputError(
            f"{self.name} has no layer '{layer}'{suggestion(layer, self.names)}", path=self.path
        )

    def replace(self, settings: Mapping[str, str]) -> LayerTable:
        """The same network with some keys of its file set: `{"recipe.batch": "64"}`.

        Keys are those of the file, dotted; `profile.LAYER.` reaches one layer and `profile.*.`
        every layer by itself.  InputError if a key or value does not fit.
        """
        from recost.network.load import build_table

        if self.document is None:
            raise InputError(f"{self.name} was not read from a file; it cannot be re-read")
        return build_table(self.document.with_settings(settings))
