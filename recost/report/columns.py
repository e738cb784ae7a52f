"""What a column means: its unit, its heading, and how early a narrow terminal gives it up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cache


class Scaling(Enum):
    """How a table writes a column's numbers."""

    SI = "si"  # one SI prefix for the whole column, in front of its unit
    COUNT = "count"  # whole numbers as they are; a decimal prefix where they are large
    PLAIN = "plain"  # as it is: ratios, percentages, areas, sizes of a matrix


#: The rank of the parts that add up to another column.
SPLIT = 5


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result.

    `rank` orders what a narrow terminal keeps: 0 tells rows apart, 1 is the comparison, 2 the
    answer, 3 explains it, 4 is detail, 5 is the split of a total, 6 says how the question was put.
    """

    name: str
    unit: str = ""
    scaling: Scaling = Scaling.PLAIN
    rank: int = 4
    description: str = ""
    wraps: bool = False  # sentences, which a narrow terminal may break into lines

    @property
    def heading(self) -> str:
        """The name as a table shows it: words, without the unit."""
        stem, _ = _split_unit(self.name)
        return " ".join(_WORDS.get(word, word) for word in stem.split("_"))


# The unit that ends a column's name, longest ending first.
_UNITS: dict[str, tuple[str, Scaling]] = {
    "_bytes_per_s": ("B/s", Scaling.SI),
    "_per_mm2": ("/mm2", Scaling.PLAIN),
    "_per_s": ("/s", Scaling.SI),
    "_per_w": ("/W", Scaling.PLAIN),
    "_percent": ("%", Scaling.PLAIN),
    "_seconds": ("s", Scaling.SI),
    "_years": ("years", Scaling.PLAIN),
    "_bytes": ("B", Scaling.SI),
    "_bits": ("bit", Scaling.COUNT),
    "_ohm": ("ohm", Scaling.SI),
    "_mm2": ("mm2", Scaling.PLAIN),
    "_db": ("dB", Scaling.PLAIN),
    "_j": ("J", Scaling.SI),
    "_s": ("s", Scaling.SI),
    "_w": ("W", Scaling.SI),
    "_v": ("V", Scaling.SI),
    "_a": ("A", Scaling.SI),
}
# What may follow the unit: the ends of an interval and other statistics of the same quantity.
_ELASTICITY = "_elasticity"
_STATISTICS = (
    "_low", "_high", "_mean", "_median", "_minimum", "_maximum", "_deviation", _ELASTICITY,
)  # fmt: skip
_WORDS = {
    "adc": "ADC",
    "dac": "DAC",
    "edp": "EDP",
    "gpu": "GPU",
    "macs": "MACs",
    "mvm": "MVM",
    "noc": "NoC",
    "ou": "OU",
    "rms": "RMS",
    "snr": "SNR",
}

COLUMNS: tuple[Column, ...] = (
    Column("row", rank=0, description="what the row is: a result, a total or a mean"),
    Column("hardware", rank=0, description="name of the hardware"),
    Column("workload", rank=0, description="name of the network"),
    Column("layer", rank=0, description="name of the layer"),
    Column("component", rank=0, description="part of the hardware"),
    Column("kind", rank=2, description="kind of the layer, or of the published figure"),
    Column("phase", rank=6, description="inference or training"),
    Column("work", rank=6, description="the unit of work that energy and time are for"),
    Column(
        "profile", rank=6, description="where the densities of the network come from", wraps=True
    ),
    Column(
        "cycles",
        scaling=Scaling.COUNT,
        rank=3,
        description="critical path of one unit of work, in this hardware's own cycles",
    ),
    Column("cycle_time_s", "s", Scaling.SI, description="length of a cycle"),
    Column(
        "ou_activations",
        scaling=Scaling.COUNT,
        description="operation units read, over crossbars, input bits and vectors",
    ),
    Column("adc_conversions", scaling=Scaling.COUNT, description="analog values digitised"),
    Column(
        "latency_s",
        "s",
        Scaling.SI,
        2,
        "one unit of work: an input through all layers, one copy of the weights; in training an"
        " example's share of a step",
    ),
    Column(
        "throughput_per_s",
        "/s",
        Scaling.SI,
        3,
        "units of work a second in steady state, layers pipelined and replicated",
    ),
    Column("energy_j", "J", Scaling.SI, 2, "energy of one unit of work, leakage included"),
    Column("power_w", "W", Scaling.SI, 3, "energy times throughput"),
    Column("area_mm2", "mm2", rank=3, description="area of all chips in use"),
    Column("crossbars", scaling=Scaling.COUNT, rank=3, description="crossbars that hold weights"),
    Column("chips", scaling=Scaling.COUNT, description="chips that hold all weights"),
    Column("speedup", "x", rank=1, description="latency of the baseline over the own"),
    Column("throughput_speedup", "x", rank=3, description="throughput over that of the baseline"),
    Column(
        "work_reduction", "x", rank=3, description="OU activations of the baseline over the own"
    ),
    Column("energy_reduction", "x", rank=1, description="energy of the baseline over the own"),
    Column("energy_saving_percent", "%", description="100 (1 - energy over that of the baseline)"),
    Column(
        "unmodelled_macs_percent",
        "%",
        rank=6,
        description="share of the network's multiplications that the model leaves out",
    ),
    Column("groups", rank=3, description="independent matrices of the layer"),
    Column("rows", rank=2, description="rows of one group's matrix: inputs of a dot product"),
    Column("columns", rank=2, description="columns of one group's matrix: outputs"),
    Column("vectors", rank=2, description="input vectors an image puts through the matrix"),
    Column("macs", scaling=Scaling.COUNT, rank=2, description="multiplications of one image"),
    Column("weights", scaling=Scaling.COUNT, rank=2, description="weights of all groups"),
    Column("copies", scaling=Scaling.COUNT, description="copies of the weights, for throughput"),
    Column("weight_density_percent", "%", description="share of weights that are not 0"),
    Column("activation_density_percent", "%", description="share of inputs that are not 0"),
    Column("cells_per_weight", description="cells that hold one weight"),
    Column("row_chunks", description="crossbars below each other that hold the rows"),
    Column("column_chunks", description="crossbars side by side that hold the columns"),
    Column("sets", description="crossbars a sign: 2 for differential weights"),
    Column("action", rank=0, description="what is counted"),
    Column("count", scaling=Scaling.COUNT, rank=1, description="how often it happens"),
    Column("price_j", "J", Scaling.SI, 1, "energy of one action"),
    Column("share_percent", "%", rank=1, description="share of the total energy"),
    Column("step", rank=0, description="part of the arithmetic"),
    Column("term", rank=0, description="name of the number"),
    Column("value", rank=1, description="the number, in its unit"),
    Column("how", rank=2, description="how it comes about", wraps=True),
    Column("source", rank=3, description="where it is from", wraps=True),
    Column("key", rank=0, description="the key as files and --set spell it"),
    Column("title", rank=1, description="what it is", wraps=True),
    Column("layers", scaling=Scaling.COUNT, rank=2, description="layers with weights"),
    Column("path", description="the file"),
    Column("utilisation_percent", "%", rank=3, description="share of the crossbars' cells in use"),
    Column(
        "read_error_percent",
        "%",
        rank=1,
        description="sums of a full unit of random cells whose code is another one, closed form",
    ),
    Column("policy", rank=3, description="which updates are written"),
    Column(
        "updates_sgd", scaling=Scaling.COUNT, rank=3, description="updates of SGD in a training"
    ),
    Column("structures", scaling=Scaling.COUNT, description="what the policy decides on as one"),
    Column("mean_updates", scaling=Scaling.COUNT, rank=1, description="updates of a weight"),
    Column(
        "max_updates",
        scaling=Scaling.COUNT,
        rank=1,
        description="updates of the most written structure, in expectation",
    ),
    Column("mean_update_saving", "x", rank=2, description="updates of SGD over the mean"),
    Column("max_update_saving", "x", rank=3, description="updates of SGD over the maximum"),
    Column("gradient_bias_percent", "%", description="share of the gradient that is lost for good"),
    Column("gradient_noise", description="mean square of the policy's error over the gradient's"),
    Column("lifetime_trainings", rank=1, description="trainings until death, median"),
    Column("lifetime_trainings_low", rank=2, description="5 % of machines die earlier"),
    Column("lifetime_trainings_high", rank=2, description="5 % of machines live longer"),
    Column("lifetime_years", "years", rank=2, description="years until death, median"),
    Column("first_to_fail", rank=3, description="cells that are likeliest to end the life"),
    Column("cell_writes", scaling=Scaling.COUNT, description="cells written in a training"),
    Column("training_time_s", "s", Scaling.SI, description="time of a training"),
    Column("update_time_s", "s", Scaling.SI, description="time of writing one update"),
    Column("store_time_s", "s", Scaling.SI, description="time of storing one image's values"),
    Column("wear_max", scaling=Scaling.COUNT, description="writes of the most written slice"),
    Column("hazard_percent", "%", description="share of deaths, or of failed cells, that lie here"),
    Column("parameter", rank=0, description="the key that is changed"),
    Column("quantity", rank=0, description="what is compared"),
    Column("probability", rank=1, description="share of machines that die earlier"),
    Column("simulated", rank=1, description="by Monte Carlo"),
    Column("closed_form", rank=1, description="by formula"),
    Column("standard_errors", rank=2, description="how far the simulation lies from the formula"),
    Column("computing", rank=0, description="what happens to computing on what is left out"),
    Column("life", rank=0, description="what ends the life: the first cell, or all writes"),
    Column("satisfied", rank=1, description="whether some rates give all that is asked for"),
    Column("conflict", rank=1, description="what the others hold without"),
    Column("part", rank=0, description="what is written, or computing"),
    Column("gain", rank=0, description="what is gained"),
    Column("write_reduction", "x", rank=2, description="cells written, over those left"),
    Column("lifetime_gain", "x", rank=1, description="life over that without elimination"),
    Column("system", rank=3, description="the published work"),
    Column("figure", rank=0, description="name of the published figure"),
    Column("metric", rank=3, description="what the figure is of, and its unit"),
    Column("published", rank=1, description="as published; the lower end of a range"),
    Column("published_to", rank=1, description="the upper end of a published range"),
    Column("modelled", rank=1, description="at the shipped values; of a range the lowest"),
    Column("modelled_to", rank=1, description="the highest that is modelled"),
    Column("ratio", rank=2, description="modelled over published, at the end further off"),
    Column("reach_low", rank=2, description="lowest over what is not public, at that end"),
    Column("reach_high", rank=2, description="highest over what is not public, at that end"),
    Column("verdict", rank=1, description="what the rule makes of it"),
    Column("echo", rank=4, description="whether the figure restates an input"),
    Column("public", rank=4, description="what of the figure's set-up is public"),
    Column("unknowns", rank=3, description="what is not public and was varied", wraps=True),
    Column("calibrated_keys", rank=4, description="keys that were fitted to the figure"),
    Column("explanation", rank=3, description="why, with the reference", wraps=True),
    Column("fitted_to", rank=0, description="the figure that the key is fitted to instead"),
    Column("fitted_ratio", rank=3, description="what the other fit makes of its own figure"),
    Column("ratio_before", rank=1, description="modelled over published, as shipped"),
    Column("ratio_after", rank=1, description="modelled over published, after the other fit"),
    Column("agrees", rank=2, description="closed form within 1 % or 3 standard errors"),
    Column(
        "ou_activations_simulated",
        scaling=Scaling.COUNT,
        rank=3,
        description="mean over the trials",
    ),
    Column("ou_activations_simulated_low", scaling=Scaling.COUNT, description="95 % interval"),
    Column("ou_activations_simulated_high", scaling=Scaling.COUNT, description="95 % interval"),
    Column(
        "ou_activations_bias_percent",
        "%",
        rank=2,
        description="closed form over simulation, less one",
    ),
    Column("cycles_simulated", scaling=Scaling.COUNT, rank=3, description="mean over the trials"),
    Column("cycles_simulated_low", scaling=Scaling.COUNT, description="95 % interval"),
    Column("cycles_simulated_high", scaling=Scaling.COUNT, description="95 % interval"),
    Column("cycles_bias_percent", "%", rank=2, description="closed form over simulation, less one"),
    Column("vector_cycles_median", rank=5, description="of a vector's slowest crossbar"),
    Column("vector_cycles_p99", rank=5, description="99 of 100 vectors take no longer"),
    Column("vector_cycles_maximum", rank=5, description="the slowest vector that was drawn"),
    Column("active_wordlines", rank=1, description="wordlines that conduct"),
    Column("true_sum", rank=0, description="sum of the cells of a bitline"),
    Column("sensed_sum", rank=0, description="sum that the amplifier reads"),
    Column("error_percent", "%", rank=2, description="sums whose code is another one"),
    Column("error_percent_low", "%", rank=3, description="95 % interval"),
    Column("error_percent_high", "%", rank=3, description="95 % interval"),
    Column("noise_error_percent", "%", rank=3, description="with a code for every sum"),
    Column("closed_noise_error_percent", "%", rank=3, description="the same, Gaussian currents"),
    Column("zero_sum_error_percent", "%", description="sums of 0 that are read as more"),
    Column("mean_error", rank=5, description="code less true sum"),
    Column("rms_error", rank=5, description="root of the mean square of code less true sum"),
    Column("zero_sums_percent", "%", rank=5, description="reads of the layer whose sum is 0"),
    Column("dot_product_bias", rank=5, description="mean error, in units of the last place"),
    Column("dot_product_rms_error", rank=5, description="in units of the last place"),
    Column("snr_db", "dB", rank=3, description="dot products over their error, mean squares"),
    Column("closed_snr_db", "dB", description="the same, Gaussian currents"),
)
_BY_NAME = {column.name: column for column in COLUMNS}


@cache
def describe(name: str) -> Column:
    """The column of that name; one that is not listed has the unit that ends its name."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    for end in ("_low", "_high"):  # of an interval, as telling as what lies between
        if (stem := name.removesuffix(end)) in _BY_NAME and stem != name:
            return replace(_BY_NAME[stem], name=name, description=f"its interval's {end[1:]} end")
    if name.endswith(_ELASTICITY):
        return Column(name, rank=1, description="d ln(result) / d ln(key)")
    _, (unit, scaling) = _split_unit(name)
    if "." in name:  # a key that varies, which tells rows apart
        return Column(name, unit, scaling, rank=0)
    part_of_total = name.startswith("energy_") and unit == "J"
    return Column(name, unit, scaling, rank=SPLIT if part_of_total else 4)


def _split_unit(name: str) -> tuple[str, tuple[str, Scaling]]:
    """The name without the unit that ends it (statistics kept), and that unit."""
    statistic = next((end for end in _STATISTICS if name.endswith(end)), "")
    stem = name.removesuffix(statistic)
    for ending, unit in _UNITS.items():
        if stem.endswith(ending):
            return stem.removesuffix(ending) + statistic, unit
    return name, ("", Scaling.PLAIN)
