"""Receptive fields, by a walk over the graph from the input to its end.

See Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks" (Distill 2019).
"""

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

from torch import Size, Tensor, fx, nn

from convscope.core.catalog.geometry import Field, Reach, Window
from convscope.core.networks.graph import module_of

_POOLINGS = {"max_pool2d", "_max_pool2d", "avg_pool2d"}
_POOLING_ARGUMENTS = ("kernel_size", "stride", "padding")
ACTIVATIONS = {
    *("relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "mish"),
    *("hardswish", "hardsigmoid", "hardtanh", "sigmoid", "tanh", "softplus"),
}
"""Functions and methods, in place or not, by name."""
_PLACEWISE = {
    *ACTIVATIONS,
    *(
        "concat",
        "concatenate",
        "add",
        "iadd",
        "sub",
        "mul",
        "imul",
        "truediv",
        "neg",
        "cat",
        "chunk",
        "split",
        "getitem",
    ),
    *("view", "reshape", "transpose", "permute", "contiguous", "clone", "flatten", "unsqueeze"),
    *("layer_norm", "dropout", "stochastic_depth"),
}
_PLACEWISE_MODULES = (nn.BatchNorm2d, nn.LayerNorm, nn.Linear, nn.Dropout, nn.Identity)
_NORMS_OVER_MAPS = (nn.GroupNorm, nn.InstanceNorm2d)


class Shapes(fx.Interpreter):
    """Runs a graph and keeps the shape of every tensor in it, or of the first of several."""

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        super().__init__(network, graph=graph)
        self.shapes: dict[fx.Node, Size] = {}

    def run_node(self, n: fx.Node) -> Any:  # noqa: ANN401  torch's own signature
        """Run an operation."""
        value = super().run_node(n)
        first = value[0] if isinstance(value, tuple | list) and value else value
        if isinstance(first, Tensor) and n.op != "output":
            self.shapes[n] = first.shape
        return value


def is_activation(node: fx.Node, network: nn.Module) -> bool:
    """Whether a node is an activation function."""
    module = module_of(node, network)
    if module is None:
        return name_of(node) in ACTIVATIONS
    is_one = type(module).__module__ == "torch.nn.modules.activation"
    return is_one and not isinstance(module, nn.MultiheadAttention)


def name_of(node: fx.Node) -> str:
    """Return the name of a function or method, as if it did not work in place."""
    return str(getattr(node.target, "__name__", node.target)).rstrip("_")


def fields(
    graph: fx.Graph, network: nn.Module, shapes: Mapping[fx.Node, Size]
) -> dict[fx.Node, Field]:
    """Return the field of each node that depends on the image.

    Args:
        graph: what was traced.
        network: what it was traced from.
        shapes: of all nodes that are tensors.
    """
    found: dict[fx.Node, Field] = {}
    for node in graph.nodes:
        if node.op == "placeholder" and node in shapes:
            found[node] = Field(Window(1, 0, 0), Window(1, 0, 0), "exact")
            size = shapes[node][-2:]
            continue
        inputs = {each: found[each] for each in node.all_input_nodes if each in found}
        if node in shapes and inputs:
            found[node] = _field(node, network, inputs, shapes, size)
    return found


def _field(
    node: fx.Node,
    network: nn.Module,
    inputs: dict[fx.Node, Field],
    shapes: Mapping[fx.Node, Size],
    size: Size,
) -> Field:
    module = module_of(node, network)
    local = [each for each in inputs if not _is_gate(shapes[each], shapes[node])]
    merged = _merged([inputs[each] for each in local or inputs])
    windows = _windows(node, module)
    if windows:
        rows, columns = windows
        return Field(merged.rows.through(*rows), merged.columns.through(*columns), merged.reach)
    if len(local) < len(inputs) or isinstance(module, _NORMS_OVER_MAPS):
        merged = merged._replace(reach=max(merged.reach, "gated", key=_REACHES.index))
    elif not _is_placewise(node, network) or not _keep_places(shapes, node, local):
        larger = _enlargement(shapes[node], [shapes[each] for each in local])
        down, across = (
            Window(max(1, window.stride // larger), 0, side - 1)
            for window, side in zip(merged[:2], size, strict=True)
        )
        return Field(down, across, "whole")
    return merged


_REACHES: tuple[Reach, ...] = ("exact", "gated", "whole")


def _merged(inputs: Iterable[Field]) -> Field:
    rows, columns, reaches = zip(*inputs, strict=True)
    return Field(_hull(rows), _hull(columns), max(reaches, key=_REACHES.index))


def _hull(windows: Sequence[Window]) -> Window:
    strides, first, last = zip(*windows, strict=True)
    return Window(max(strides), min(first), max(last))


def _enlargement(shape: Size, given: list[Size]) -> int:
    """Return how many times as many rows a map has as the largest it is made of; 1 for fewer."""
    rows = max((each[2] for each in given if len(each) == len(shape) == 4), default=0)
    return max(1, shape[2] // rows) if rows else 1


def _is_gate(given: Size, result: Size) -> bool:
    """Whether one value for each channel meets whole maps."""
    return len(given) == 4 and given[2:] == (1, 1) and len(result) == 4 and result[2:] != (1, 1)


def _is_placewise(node: fx.Node, network: nn.Module) -> bool:
    if node.op == "call_module":
        module = module_of(node, network)
        return isinstance(module, _PLACEWISE_MODULES) or is_activation(node, network)
    return name_of(node) in _PLACEWISE


def _keep_places(shapes: Mapping[fx.Node, Size], node: fx.Node, inputs: list[fx.Node]) -> bool:
    """Whether each value still belongs to a place in the image, wherever its axes have gone."""
    shape = shapes[node]
    return len(shape) >= 4 and all(
        shape[2:] == given[2:] or shape[1:3] == given[1:3] or prod(shape) == prod(given)
        for given in map(shapes.__getitem__, inputs)
    )


Windowing = tuple[int, int, int, int]
"""Kernel, stride, padding and dilation along one axis."""


def _windows(node: fx.Node, module: nn.Module | None) -> tuple[Windowing, Windowing] | None:
    """Return the windows of a convolution or pooling along rows and columns."""
    if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        given: dict[str, Any] = vars(module)
    elif name_of(node) in _POOLINGS:
        given = {**dict(zip(_POOLING_ARGUMENTS, node.args[1:], strict=False)), **node.kwargs}
    else:
        return None
    kernel = _pair(given["kernel_size"])
    stride = _pair(given.get("stride") or kernel)
    dilation = _pair(given.get("dilation", 1))
    padding = given.get("padding", 0)
    if isinstance(padding, str):
        same = (step * (side - 1) // 2 for step, side in zip(dilation, kernel, strict=True))
        padding = tuple(same) if padding == "same" else 0
    rows, columns = zip(kernel, stride, _pair(padding), dilation, strict=True)
    return rows, columns


def _pair(value: Any) -> tuple[int, int]:  # noqa: ANN401  a number or a tuple of some
    return tuple(value) if isinstance(value, tuple | list) else (value, value)
