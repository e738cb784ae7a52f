"""The key table of network files: every key, its type, range, default and meaning.

The models below are the one list of keys: the validator, the JSON Schema and the reference in
the README come from them.  Lists of layers are checked item by item in `spec`, which knows
where each of them stands, so their fields here only say that they are lists.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

#: Layers and their sizes are finite; a larger number is a slip of the keyboard.
LARGEST_SIZE = 2**31

Size = Annotated[int, Field(ge=1, le=LARGEST_SIZE)]
Sizes = Size | Annotated[list[Size], Field(min_length=1, max_length=3)]
Pad = Annotated[int, Field(ge=0, le=LARGEST_SIZE)]
Padding = Pad | Literal["same"] | Annotated[list[Pad], Field(min_length=1, max_length=6)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Shares = Annotated[list[Share], Field(min_length=1, max_length=64)]
# Squares of them and of their inverses are numbers.
Positive = Annotated[float, Field(ge=1e-100, le=1e100)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^.*\x00-\x1f]+$")]
Title = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]
Shape = Annotated[list[Size], Field(min_length=1, max_length=4)]
Layers = Annotated[
    list[Any],
    WithJsonSchema({"type": "array", "items": {"$ref": "#/$defs/Item"}}),
]
LayerLists = Annotated[
    list[list[Any]],
    WithJsonSchema(
        {"type": "array", "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}}}
    ),
]
#: Functions applied value by value to what a layer produces.
Activation = Literal[
    "relu", "relu6", "sigmoid", "softmax", "hard-sigmoid", "none",
    "tanh", "gelu", "silu", "hard-swish", "leaky-relu", "elu",
]  # fmt: skip
#: Those whose result is never negative.
NON_NEGATIVE = frozenset({"relu", "relu6", "sigmoid", "softmax", "hard-sigmoid"})


class Table(BaseModel):
    """A table of a file: known keys only, types as written, finite numbers."""

    # Validators are built on first use: most files use few of the words.
    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, frozen=True, defer_build=True
    )


class Item(Table):
    """What every item of a list of layers may carry."""

    name: Name | None = Field(None, description="name; a slash parts a block from its layers")
    repeat: int = Field(
        1,
        ge=1,
        le=10_000,
        description="how many of these follow each other; a number ends their name",
    )
    first: int = Field(1, ge=0, le=10_000, description="number of the first repetition in names")
    input: Shape | None = Field(
        None, description="shape of the input, where it is not what the item before produces"
    )
    signed: bool | None = Field(
        None, description="the input can be negative; follows from the item before if not given"
    )


class Matrix(Item):
    """An item that is a matrix of weights."""

    groups: Size = Field(1, description="independent matrices: groups of channels")
    times: Size = Field(1, description="runs per image with the same weights")
    activation: Activation = Field("relu", description="function applied to the outputs")


class Conv(Matrix):
    """A convolution with `conv` filters."""

    conv: Size | Literal["depthwise"] = Field(
        description="number of filters; depthwise: one group a channel"
    )
    kernel: Sizes = Field(description="kernel, one size or one for each axis")
    stride: Sizes = Field(1, description="stride, one size or one for each axis")
    padding: Padding = Field(
        0,
        description="zeros around the input: one size, one for each axis, all begins then all"
        " ends ([top, left, bottom, right]), or 'same': as many as keep ceil(size / stride)",
    )
    dilation: Sizes = Field(1, description="distance between kernel taps")
    multiplier: Size = Field(1, description="filters a channel of a depthwise convolution")
    transposed: bool = Field(False, description="transposed convolution (deconvolution)")
    output_padding: Pad | Annotated[list[Pad], Field(min_length=1, max_length=3)] = Field(
        0, description="rows added to the end of a transposed convolution's output"
    )


class Linear(Matrix):
    """A fully connected layer, applied to each token if the input has tokens."""

    linear: Size = Field(description="number of outputs")


class Attention(Item):
    """The linear layers of multi-head attention: query, key, value and output projection.

    The products of two activations, ``Q K^T`` and ``A V``, are counted in `unmodelled_macs`.
    """

    attention: Size = Field(description="number of heads")
    width: Size | None = Field(None, description="features of all query heads; default the input's")
    key_value_heads: Size | None = Field(None, description="heads of key and value; default all")
    context: Size | None = Field(
        None, description="tokens of the other sequence that keys and values come from"
    )
    fused: bool = Field(False, description="one matrix for query, key and value")


class Pool(Item):
    """Pooling over a window, or over the whole image."""

    pool: Sizes | Literal["global"] = Field(description="window, or 'global'")
    mode: Literal["max", "average"] | None = Field(
        None, description="what is taken; default max, average where global"
    )
    stride: Sizes | None = Field(None, description="stride; default the window")
    padding: Padding = Field(0, description="as for a convolution")
    dilation: Sizes = Field(1, description="distance between the window's taps")
    ceil: bool = Field(False, description="round the output size up, as Caffe does")


class Flatten(Item):
    """All values of the input as one vector."""

    flatten: Literal[True] = Field(description="always true")


class Activate(Item):
    """A function applied value by value, where it does not follow its layer directly."""

    activation: Activation = Field(description="the function")


class Norm(Item):
    """A normalisation that is computed at run time; batch normalisation is folded into weights."""

    norm: Literal["layer", "rms", "local-response", "instance", "group"] = Field(
        description="which normalisation"
    )


class Embedding(Item):
    """A table look-up for each token: no multiply-accumulate, no crossbar."""

    embedding: Size = Field(description="features of a token")


class Tokens(Item):
    """The pixels of an image as a sequence of tokens."""

    tokens: Literal[True] = Field(description="always true")
    extra: Pad = Field(0, description="tokens added in front, as a class token")


class Take(Item):
    """One token of a sequence, or the mean over all."""

    take: Literal["first", "mean"] = Field(description="which token goes on")


class Residual(Item):
    """Layers around which a shortcut leads; both are added."""

    residual: Layers = Field(description="the layers")
    shortcut: Layers | Literal["identity", "pad"] = Field(
        "identity",
        description="identity; layers; or pad: subsample and add zero channels (option A)",
    )
    activation: Activation = Field("relu", description="function applied to the sum")


class Branches(Item):
    """Layers side by side on the same input; an empty branch hands the input on."""

    branches: LayerLists = Field(description="one list of layers a branch")
    join: Literal["concatenate", "add", "multiply"] = Field(
        "concatenate", description="along channels; or value by value, one pixel for all"
    )


class Sequence(Item):
    """Layers one after the other, to be named or repeated together."""

    layers: Layers = Field(description="the layers")


class Use(Item):
    """A block of `[blocks]`; its parameters are further keys of the item."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False, frozen=True)
    block: str = Field(description="name of the block; its parameters are further keys")


class Vector(Item):
    """Work on single values that belongs to no word above."""

    vector: Annotated[int, Field(ge=0, le=2**53)] = Field(description="operations per image")


class Unmodelled(Item):
    """Multiply-accumulates per image that no crossbar can hold: products of activations."""

    unmodelled: Annotated[int, Field(ge=0, le=2**53)] = Field(description="MACs per image")


class Reshape(Item):
    """The same or other data in a new shape, where no word above says how."""

    shape: Shape = Field(description="the shape that follows")


#: The word that makes an item what it is, in the order in which they are looked for.
WORDS: dict[str, type[Item]] = {
    "conv": Conv,
    "linear": Linear,
    "pool": Pool,
    "flatten": Flatten,
    "attention": Attention,
    "embedding": Embedding,
    "tokens": Tokens,
    "take": Take,
    "norm": Norm,
    "residual": Residual,
    "branches": Branches,
    "layers": Sequence,
    "block": Use,
    "vector": Vector,
    "unmodelled": Unmodelled,
    "shape": Reshape,
    "activation": Activate,
}


class Family(Table):
    """Magnitudes floor(|N(0, 1)| * scale), clipped to 16 bits."""

    family: Literal["half-normal"] = Field(description="the distribution")
    scale: Positive | None = Field(None, description="scale in units of the last place")
    mean_density: Share | None = Field(
        None, description="mean of P(bit = 1) over 16 bits, zeros included; gives the scale"
    )
    nonzero_density: Share | None = Field(
        None, description="the same among the values that are not zero; gives the scale"
    )


class CellFamily(Table):
    """Magnitudes of the weights that are not zero: floor(|N(0, 1)| * scale), 16 bits."""

    family: Literal["half-normal"] = Field(description="the distribution")
    scale: Positive = Field(description="scale in units of the last place")


class Weights(Table):
    """The zeros of a weight matrix (`profile.weights`, `profile.LAYER.weights`)."""

    rows: Share | None = Field(None, description="share of matrix rows that are not zero; 1")
    filters: Share | None = Field(None, description="share of filters that are not zero; 1")
    kernels: Share | None = Field(
        None, description="share of kernels that are not zero, inside live rows and filters; 1"
    )
    elements: Share | None = Field(
        None, description="share of weights that are not zero, inside all that is live; 1"
    )
    cells: Shares | dict[str, Shares] | CellFamily | None = Field(
        None,
        description="P(cell non-zero | weight non-zero), most significant first; or by cell bits;"
        " or a family; all 1 if not given",
    )
    correlation: Share | None = Field(
        None, description="mean correlation of a zero over all pairs of rows; 0"
    )
    positive: Share | None = Field(None, description="share of non-zero weights above zero; 0.5")
    filter_zeros: Literal["mixture", "independent"] | None = Field(
        None,
        description="mixture: a dead filter is dead in all rows; independent: each pair of row"
        " and filter is live by itself; mixture",
    )


class Activations(Table):
    """The zeros of a layer's inputs (`profile.activations`, `profile.LAYER.activations`)."""

    nonzero: Share | None = Field(None, description="share of inputs that are not zero; 1")
    bits: Shares | Family | None = Field(
        None, description="P(bit = 1), zeros included, least significant first; or a family; all 1"
    )
    digits: dict[str, Shares] | None = Field(
        None, description="P(digit not zero) by bits a digit, least significant first"
    )
    scale: Positive | None = Field(
        None, description='the same as bits = {family = "half-normal", scale = ...}'
    )
    correlation: Share | None = Field(None, description="mean correlation over pairs of inputs; 0")
    signed: bool | None = Field(
        None, description="the inputs can be negative; follows from the layer before"
    )


class Histogram(Table):
    """A measured histogram: `counts[i]` values between `edges[i]` and `edges[i + 1]`."""

    edges: list[float] = Field(min_length=2, max_length=100_001, description="rising edges")
    counts: list[Annotated[float, Field(ge=0.0)]] = Field(
        min_length=1, max_length=100_000, description="one count less than there are edges"
    )


class Statistics(Table):
    """A distribution of weight gradients or errors, in units of the full scale."""

    family: Literal["gaussian", "lognormal", "laplace", "half-normal"] | None = Field(
        None, description="distribution of the values (lognormal: of their magnitudes)"
    )
    mu: float | None = Field(None, description="mean of the logarithm (lognormal)")
    sigma: Positive | None = Field(
        None, description="standard deviation (gaussian), of the logarithm (lognormal)"
    )
    scale: Positive | None = Field(None, description="scale (laplace, half-normal)")
    nonzero: Share | None = Field(None, description="share of values that are not zero; 1")
    histogram: Histogram | None = Field(None, description="instead of a family")
    source: str | None = Field(None, description="where the figures come from")


class LayerKeys(Table):
    """The profile of one layer (`[profile.LAYER]`)."""

    source: str | None = Field(None, description="where this layer's figures come from")
    weights: Weights | None = Field(None, description="zeros of the weights")
    activations: Activations | None = Field(None, description="zeros of the inputs")
    gradients: Statistics | None = Field(None, description="weight gradients")
    errors: Statistics | None = Field(None, description="errors handed back to the inputs")


class ProfileKeys(LayerKeys):
    """Defaults of all layers (`[profile]`); further tables are named after layers."""

    file: str | None = Field(None, description="an .npz with arrays LAYER.weights.rows and so on")


#: The keys of `[profile]`, which no layer can be called.
RESERVED = frozenset(ProfileKeys.model_fields)


class RecipeKeys(Table):
    """How the network is trained (`[recipe]`)."""

    images: Size = Field(description="examples an epoch")
    epochs: Size = Field(description="passes over the examples")
    batch: Size = Field(description="examples a weight update")
    source: str = Field("", description="where the recipe comes from")


class BlockKeys(Table):
    """A block for `{block = NAME}`; `"$width"` in its layers stands for the parameter width."""

    parameters: list[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]] = Field(
        default_factory=list, description="names of the parameters; `parameters` of an item"
    )
    layers: Layers = Field(description="the layers")


class NetworkKeys(Table):
    """The top level of a network file."""

    schema_: Literal[1] = Field(alias="schema", description="version of the format: 1")
    name: Title | None = Field(None, description="name in tables; default the file's")
    title: str = Field("", description="what it is, in one line")
    source: str = Field("", description="where the architecture comes from")
    extends: str | None = Field(None, description="a network that this one changes")
    input: Shape | None = Field(None, description="[channels, height, width], [tokens] or [values]")
    layers: Layers | None = Field(None, description="the layers, in order")
    blocks: dict[str, BlockKeys] = Field(default_factory=dict, description="blocks with parameters")
    notes: list[Title] = Field(
        default_factory=list, description="what readers of results should know; one line each"
    )
    recipe: RecipeKeys | None = Field(None, description="training")
    profile: dict[str, Any] | None = Field(None, description="densities and bits")
