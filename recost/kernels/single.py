"""The kernels of a single estimate, which compiles no more than it must."""

from __future__ import annotations

from recost.kernels import counts, engine, prices
from recost.kernels._tiers import tiered

crossbar_figures = tiered(prices.crossbar_figures)
layer_placement = tiered(counts.layer_placement)
layer_counts = tiered(counts.layer_counts)
network_sums = tiered(engine.network_sums)
price_sums = tiered(engine.price_sums)
