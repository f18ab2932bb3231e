"""What a network's layers are, as the catalogue holds them: names, kinds, geometry, memory."""

from collections.abc import Iterator, Mapping
from math import ceil

import torch
from torch import Size, fx, nn

from convscope.core.catalog.networks import Branch, Kind, Layer
from convscope.core.networks.fields import Shapes, fields, is_activation, name_of
from convscope.core.networks.graph import (
    layer_nodes,
    merge_kind,
    module_of,
    scope,
    upstream,
)
from convscope.core.networks.tracing import trace

_VIEWS = {
    *("view", "reshape", "transpose", "permute", "chunk", "getitem", "flatten", "size", "getattr"),
    *("stochastic_depth", "dropout"),
}
_FREE_MODULES = (nn.Identity, nn.Dropout, nn.Flatten)


def describe(network: nn.Module, side: int) -> tuple[Layer, ...]:
    """Return a network's layers from the input upwards.

    Left out are the gates of squeeze and excitation, which have one value for each channel.

    Args:
        network: it may be on the ``meta`` device, where this takes no time to speak of.
        side: of the square image that it is looked at with, in pixels.
    """
    graph, modules = trace(network), dict(network.named_modules())
    shapes = _shapes(network, graph, side)
    seen = fields(graph, network, shapes)
    order = {node: number for number, node in enumerate(graph.nodes)}
    last_map = max((order[node] for node, shape in shapes.items() if is_map(shape)), default=-1)
    found = {
        name: (node, kind)
        for name, node in layer_nodes(graph, network).items()
        if node in seen
        and (kind := _kind(node, network, shapes[node], is_last=order[node] > last_map))
    }
    names = {node: name for name, (node, _) in found.items()}
    return tuple(
        Layer(
            name=name,
            module="",
            kind=kind,
            channels=shapes[node][3 if kind == "pointwise" else 1],
            stride=seen[node].rows.stride,
            field=seen[node].side,
            reach=seen[node].reach,
            is_activated=any(is_activation(user, network) for user in node.users),
            memory=_memory(node, network, shapes, side),
            depth=block_depth(name, modules, found),
            branches=tuple(_branches(node, names, shapes)) if kind == "concat" else (),
        )
        for name, (node, kind) in found.items()
    )


def _shapes(network: nn.Module, graph: fx.Graph, side: int) -> dict[fx.Node, Size]:
    device = next((each.device for each in network.parameters()), None)
    running = Shapes(network, graph)
    with torch.no_grad():
        running.run(torch.zeros(1, 3, side, side, device=device))
    return running.shapes


def is_map(shape: Size) -> bool:
    """Whether a tensor of such a shape has a value for each place in the image."""
    return len(shape) == 4 and shape[2:] != (1, 1)


def _kind(node: fx.Node, network: nn.Module, shape: Size, *, is_last: bool) -> Kind | None:
    """Return what kind of layer a node is; ``None`` for a gate, and for sums of other things."""
    if kind := merge_kind(node):
        return kind if is_map(shape) and not _is_channels_last(node, network) else None
    module = module_of(node, network)
    if isinstance(module, nn.BatchNorm2d):
        module = module_of(node.all_input_nodes[0], network)
    return kind_of(module, shape, is_last=is_last)


def _is_channels_last(node: fx.Node, network: nn.Module) -> bool:
    """Whether maps that are merged come from linear layers, which take the channels last."""
    for first in (node.all_input_nodes[0], node.all_input_nodes[-1]):
        given = first
        while given.all_input_nodes and name_of(given) not in ("permute", "transpose"):
            module = module_of(given, network)
            if isinstance(module, nn.Linear | nn.LayerNorm):
                return True
            if isinstance(module, nn.Conv2d):
                break
            given = given.all_input_nodes[-1]
    return False


def kind_of(module: nn.Module | None, shape: Size, *, is_last: bool) -> Kind | None:
    """Return what kind of layer a convolution or linear layer is; ``None`` for a gate.

    Args:
        module: the layer.
        shape: of what it puts out.
        is_last: whether it comes after all maps.
    """
    if not is_map(shape):
        return "fc" if is_last and len(shape) != 3 else None  # tokens have three
    if not isinstance(module, nn.Conv2d):
        return "pointwise"
    if module.groups == 1:
        return "conv"
    return "depthwise" if module.groups == module.in_channels else "grouped"


def block_depth(name: str, modules: Mapping[str, nn.Module], layers: Mapping[str, object]) -> int:
    """Return how many parts of a layer's name are the path of its block; 0 where it is in none.

    That is the innermost module with a sum or concatenation of its own, else the innermost with
    several layers that is more than a sequence of modules.

    Args:
        name: the layer's.
        modules: all of the network's, by their paths.
        layers: all of the network's, by their names.
    """
    parts = name.split(".")
    paths = {count: ".".join(parts[:count]) for count in range(len(parts), 0, -1)}
    inside = {
        count: sum(layer.startswith(f"{path}.") for layer in layers)
        for count, path in paths.items()
        if path in modules
    }
    for count, number in inside.items():
        if paths[count] in layers and number:
            return count
    for count, number in inside.items():
        if number > 1 and not isinstance(modules[paths[count]], nn.Sequential):
            return count
    return 0


def _branches(
    node: fx.Node, names: Mapping[fx.Node, str], shapes: Mapping[fx.Node, Size]
) -> Iterator[Branch]:
    """Yield from which layers the channels of a concatenation come, and how many from each."""
    for given in node.all_input_nodes:
        source = given
        while source not in names and name_of(source) != "cat" and source.all_input_nodes:
            source = source.all_input_nodes[0]
        if name_of(source) == "cat" and source not in names:
            yield from _branches(source, names, shapes)
        else:
            name = names.get(source, "")
            yield name.removeprefix(f"{scope(node)}."), shapes[given][1]


def _memory(node: fx.Node, network: nn.Module, shapes: Mapping[fx.Node, Size], side: int) -> int:
    """Return what is kept for the way back from a layer and what is made on it, in values a pixel.

    Every operation keeps what it was given or what it made of it; the gradients come beside the two
    largest, and a max pooling keeps where its maxima were, in 8 bytes each. A layer with weights of
    its own makes but the channels that were asked for.
    """
    made = [each for each in upstream(node) if each in shapes and not _is_free(each, network)]
    if merge_kind(node):
        made.append(node)
    sizes = [shapes[each].numel() for each in made]
    pooled = sum(shapes[each].numel() for each in made if _is_max_pooling(each, network))
    return ceil((sum(sizes) + 3 * max(sizes) + 4 * pooled) / side**2)


def _is_free(node: fx.Node, network: nn.Module) -> bool:
    """Whether a node makes no tensor of its own."""
    module = module_of(node, network)
    if isinstance(module, nn.BatchNorm2d):  # it is folded into the convolution
        return isinstance(module_of(node.all_input_nodes[0], network), nn.Conv2d)
    if isinstance(module, nn.ReLU):
        return module.inplace  # not so ReLU6, whose way back needs what it was given
    if name_of(node) == "relu":
        return bool(node.kwargs.get("inplace"))
    return node.op == "get_attr" or isinstance(module, _FREE_MODULES) or name_of(node) in _VIEWS


def _is_max_pooling(node: fx.Node, network: nn.Module) -> bool:
    is_module = isinstance(module_of(node, network), nn.MaxPool2d)
    return is_module or "max_pool2d" in name_of(node)
