"""The words that TOML files, columns and kernels share, each with its integer code.

A kernel compares codes; a file spells the member's name in lower case with hyphens
(`WeightSparsity.OU_ROW` is ``"ou-row"``).  This module imports nothing heavy, so the
command line can offer the words without loading a kernel.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Word(IntEnum):
    """An enumeration whose members are spelt in files as lower-case words with hyphens."""

    @property
    def text(self) -> str:
        """The word as files spell it."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def words(cls) -> tuple[str, ...]:
        """Every word of the enumeration, in order of its code."""
        return tuple(member.text for member in cls)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The member spelt `text`; ``KeyError`` if there is none."""
        return cls[text.upper().replace("-", "_")]


class WeightSparsity(Word):
    """Which zero weights a design skips (`sparsity.weights`)."""

    NONE = 0
    MATRIX = 1
    CROSSBAR_ROW = 2
    OU_ROW = 3
    OU_COLUMN = 4


class ActivationSparsity(Word):
    """Which zero activations a design skips (`sparsity.activations`)."""

    NONE = 0
    VALUE = 1
    BIT = 2


class WeightEncoding(Word):
    """How signed weights become non-negative cell values (`mapping.encoding`)."""

    DIFFERENTIAL = 0
    MAGNITUDE = 1
    OFFSET = 2


class InputEncoding(Word):
    """How signed activations are streamed (`precision.input_encoding`)."""

    UNSIGNED = 0
    SIGN_MAGNITUDE = 1
    TWOS_COMPLEMENT = 2


class Compaction(Word):
    """Over which height the kept rows of a column group are pushed together."""

    CROSSBAR = 0
    LAYER = 1


class Sync(Word):
    """When the crossbars of a layer wait for the slowest of them (`mapping.sync`)."""

    VECTOR = 0
    LAYER = 1


class Replication(Word):
    """How spare crossbars are spent on copies of slow layers (`mapping.replication`)."""

    NONE = 0
    BALANCED = 1
    LIST = 2


class AdcScaling(Word):
    """How ADC energy and power follow the resolution (`adc.scaling`)."""

    NONE = 0
    LINEAR = 1
    EXPONENTIAL = 2


class Overflow(Word):
    """What happens to a network that is larger than `budget.chips`."""

    ERROR = 0
    RELOAD = 1


class FilterZeros(Word):
    """Whether a dead filter is dead in all rows at once (`profile.*.weights.filter_zeros`).

    ``mixture``: a filter is live or dead as a whole, so a column group is a mixture of live
    and dead.  ``independent``: every (row, filter) pair is live by itself, the simplification
    that makes a column group's rows independent.
    """

    MIXTURE = 0
    INDEPENDENT = 1


class HardwareKind(Word):
    """What sort of machine a hardware file describes (`kind`)."""

    RERAM = 0
    DIGITAL = 1
    GPU = 2


class Magnitude(Word):
    """The family of the absolute value of a gradient or of a weight's update."""

    GAUSSIAN = 0
    LAPLACE = 1
    LOGNORMAL = 2
    RECORDED = 3


class UpdatePolicy(Word):
    """Which gradient updates are written (`writes.policy`)."""

    SGD = 0
    THRESHOLD = 1
    STOCHASTIC = 2
    STRUCTURED = 3
    ENDURANCE_AWARE = 4


class Granularity(Word):
    """The set of cells that is written or left alone as one (`writes.structure`, `.eliminate`)."""

    NONE = 0
    ELEMENT = 1
    ROW = 2
    COLUMN = 3
    OPERATION_UNIT = 4
    CROSSBAR = 5


class Rounding(Word):
    """How an update becomes a whole number of weight steps (`writes.rounding`)."""

    NEAREST = 0
    STOCHASTIC = 1


class Levelling(Word):
    """How writes are spread over cells that wear unequally (`writes.levelling`)."""

    NONE = 0
    ROTATE_SLICES = 1
    ROTATE_ROWS = 2
    ROTATE_ARRAYS = 3
    START_GAP = 4
    IDEAL = 5


class EnduranceDistribution(Word):
    """The distribution of the writes that a cell survives (`cell.endurance.distribution`)."""

    FIXED = 0
    LOGNORMAL = 1
    WEIBULL = 2
    NORMAL = 3


class SensingReferences(Word):
    """Which currents a sense amplifier compares a bitline with (`sensing.references`).

    ``mean``: the mean currents of the sums.  ``nominal``: the currents of cells with the
    states' own resistances, which lie below the means of lognormal cells.
    """

    MEAN = 0
    NOMINAL = 1


class SensingThresholds(Word):
    """How a current between two references is read (`sensing.thresholds`).

    ``dual-reference``: as the lower sum if it is nearer to that reference by the guard band.
    ``mid-point``: by the half-way current; within the guard band of it, by chance.
    """

    DUAL_REFERENCE = 0
    MID_POINT = 1


class NarrowAdc(Word):
    """What a converter does whose codes are fewer than the sums (`sensing.narrow_adc`).

    ``saturate``: sums above the largest code read as that code.  ``scale``: a code stands for
    several sums.
    """

    SATURATE = 0
    SCALE = 1


class Count(IntEnum):
    """What a model counts for one layer and one unit of work; a price belongs to each action.

    Actions come first (`ACTIONS` of them); the rest describes the layer and costs nothing by
    itself.
    """

    ADC_CONVERSIONS = 0
    WORDLINE_DRIVES = 1
    CELL_READS = 2
    SAMPLES = 3
    SHIFT_ADDS = 4
    INPUT_REGISTER_BITS = 5
    OUTPUT_REGISTER_WRITES = 6
    INDEX_DECODES = 7
    INDEX_BITS_READ = 8
    MEMORY_BITS_READ = 9
    MEMORY_BITS_WRITTEN = 10
    BUS_BITS = 11
    NETWORK_BIT_HOPS = 12
    OFF_CHIP_BITS = 13
    VECTOR_OPERATIONS = 14
    CELL_WRITES = 15
    CYCLES = 16
    OU_ACTIVATIONS = 17
    CROSSBARS = 18
    CELLS_USED = 19
    INDEX_BITS_STORED = 20


ACTIONS = int(Count.CYCLES)
COUNTS = len(Count)


class Component(IntEnum):
    """The parts among which energy is divided; column `energy_NAME_j` is the member's share."""

    ADC = 0
    DAC = 1
    CELL = 2
    SAMPLE_HOLD = 3
    SHIFT_ADD = 4
    INPUT_REGISTER = 5
    OUTPUT_REGISTER = 6
    INDEX_DECODER = 7
    MEMORY = 8
    BUS = 9
    NETWORK_ON_CHIP = 10
    OFF_CHIP = 11
    VECTOR = 12
    WRITE = 13
    CONTROL = 14
    LEAKAGE = 15


COMPONENTS = len(Component)

# The component that pays for each action, in the order of `Count`.
PAYER: tuple[Component, ...] = (
    Component.ADC,
    Component.DAC,
    Component.CELL,
    Component.SAMPLE_HOLD,
    Component.SHIFT_ADD,
    Component.INPUT_REGISTER,
    Component.OUTPUT_REGISTER,
    Component.INDEX_DECODER,
    Component.INDEX_DECODER,
    Component.MEMORY,
    Component.MEMORY,
    Component.BUS,
    Component.NETWORK_ON_CHIP,
    Component.OFF_CHIP,
    Component.VECTOR,
    Component.WRITE,
)


class Total(IntEnum):
    """What an estimate says of a whole network, after the energy of each `Component`."""

    LATENCY = COMPONENTS
    INTERVAL = COMPONENTS + 1
    CYCLES = COMPONENTS + 2
    OU_ACTIVATIONS = COMPONENTS + 3
    ADC_CONVERSIONS = COMPONENTS + 4
    CROSSBARS = COMPONENTS + 5
    CHIPS = COMPONENTS + 6
    AREA = COMPONENTS + 7
    ENERGY = COMPONENTS + 8
    THROUGHPUT = COMPONENTS + 9
    POWER = COMPONENTS + 10


TOTALS = COMPONENTS + len(Total)


class WriteScope(Word):
    """What `cell.write_energy` is the energy of (`writes.energy_scope`)."""

    CELL = 0
    ROW = 1
    ARRAY = 2


class EliminationTest(Word):
    """What an insignificant write is judged by (`writes.eliminate_on`)."""

    VALUE = 0
    CHANGE = 1


class TrainingUpdate(Word):
    """How the weight gradient is computed and the weights are changed (`training.update`).

    ``digital``: weights in SRAM, everything in digital units.  ``serial``: products on crossbars,
    the gradient in digital units, then serial reads and writes.  ``mvm``: the gradient by
    products with errors that are written into crossbars, then serial reads and writes.
    ``outer-product``: the gradient is added in place, a slice at a time.
    """

    DIGITAL = 0
    SERIAL = 1
    MVM = 2
    OUTER_PRODUCT = 3


class TrainingAction(IntEnum):
    """What a training step counts beside the data movement of `Count`, for one layer and example.

    A matrix is the block of weights that one crossbar column of slices holds, 128 x 128 weights;
    an access is one slice (or pair of slices) of it for one streamed bit.
    """

    FORWARD_ACCESSES = 0
    BACKWARD_ACCESSES = 1
    GRADIENT_ACCESSES = 2
    OUTER_PRODUCT_ACCESSES = 3
    SERIAL_READS = 4
    SERIAL_WRITES = 5
    STORED_WRITES = 6


TRAINING_ACTIONS = len(TrainingAction)


class SkippedComputing(Word):
    """What computing saves on values that were not written (`writes.skip_computing`)."""

    NONE = 0
    ENERGY = 1
    BOTH = 2
