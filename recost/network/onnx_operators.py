"""What the operators of ONNX that are no matrices cost: how many vector operations."""

from __future__ import annotations

#: Operators that a word of the specification names.
WORDS = {
    "Relu": "relu", "Sigmoid": "sigmoid", "HardSigmoid": "hard-sigmoid", "Tanh": "tanh",
    "Gelu": "gelu", "HardSwish": "hard-swish", "LeakyRelu": "leaky-relu", "Elu": "elu",
    "Softmax": "softmax", "Swish": "silu",
}  # fmt: skip
#: One operation a value produced: functions, normalisations, interpolation.
UNARY = frozenset({
    "Abs", "BatchNormalization", "BiasGelu", "Ceil", "Celu", "Clip", "Cos", "CumSum",
    "DequantizeLinear", "DynamicQuantizeLinear", "Erf", "Exp", "FastGelu", "Floor",
    "GroupNormalization", "Hardmax", "InstanceNormalization", "LRN", "LayerNormalization",
    "Log", "LogSoftmax", "LpNormalization", "MeanVarianceNormalization", "Mish", "Neg", "Not",
    "PRelu", "QuantizeLinear", "QuickGelu", "RMSNormalization", "Reciprocal", "Resize", "Round",
    "Selu", "Sign", "SimplifiedLayerNormalization", "Sin", "SkipLayerNormalization", "Softplus",
    "Softsign", "Sqrt", "ThresholdedRelu", "Upsample", *WORDS,
})  # fmt: skip
#: One operation for each operand but the first, and value produced.
BINARY = frozenset({
    "Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max",
    "Mean", "Min", "Mod", "Mul", "Or", "Pow", "QLinearAdd", "QLinearMul", "Sub", "Sum", "Where",
    "Xor",
})  # fmt: skip
#: One operation a value read.
REDUCING = frozenset({
    "ArgMax", "ArgMin", "GlobalLpPool", "QLinearGlobalAveragePool", "ReduceL1", "ReduceL2",
    "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
    "ReduceSum", "ReduceSumSquare", "TopK",
})  # fmt: skip
POOLS = {"MaxPool": "max", "AveragePool": "average"}
GLOBAL_POOLS = {"GlobalMaxPool": "max", "GlobalAveragePool": "average"}
#: Operators that move or copy values and compute none.
MOVING = frozenset({
    "Cast", "CastLike", "Compress", "Concat", "ConstantOfShape", "DepthToSpace", "Dropout",
    "Expand", "EyeLike", "Flatten", "Gather", "GatherElements", "GatherND", "Identity",
    "NonZero", "OneHot", "Pad", "QLinearConcat", "Range", "Reshape", "ReverseSequence",
    "ScatterElements", "ScatterND", "Shape", "Size", "Slice", "SpaceToDepth", "Split",
    "Squeeze", "Tile", "Transpose", "Trilu", "Unsqueeze",
})  # fmt: skip
