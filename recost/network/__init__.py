"""Networks: from a TOML or ONNX file to a layer table with a profile."""

from recost.network.layers import LAYER_DTYPE, LayerTable, Recipe
from recost.network.load import load_network
from recost.network.profile import ActivationProfile, HalfNormal, LayerProfile, WeightProfile

__all__ = [
    "LAYER_DTYPE",
    "ActivationProfile",
    "HalfNormal",
    "LayerProfile",
    "LayerTable",
    "Recipe",
    "WeightProfile",
    "load_network",
]
