"""A network as the graph of its operations, with the layers among them.

Operations that work in place stay so, which halves the memory of a step: a graph that ends at a
layer does not run what would overwrite the layer's map.
"""

import operator
from collections import Counter, defaultdict
from collections.abc import Iterator

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from convscope.core.catalog.networks import Kind, Layer
from convscope.core.networks.linear_layer import is_standard
from convscope.core.system.errors import UserError

_ADDITIONS = (operator.add, operator.iadd, torch.add, "add", "add_")
_CONCATENATIONS = (torch.cat, torch.concat, torch.concatenate)
_MERGES = ("sum", "concat")
_REARRANGING = (
    *(operator.getitem, operator.floordiv, getattr, torch.transpose, torch.permute, torch.reshape),
    *("size", "view", "reshape", "transpose", "permute", "contiguous"),
)


def cut(network: nn.Module, graph: fx.Graph, end: fx.Node | tuple[fx.Node, ...]) -> fx.GraphModule:
    """Turn a graph of a network into a module that ends at a node; parameters are shared.

    Args:
        network: what was traced.
        graph: its graph, which is changed.
        end: a node of the graph, whose value the module returns, or several.
    """
    ends = end if isinstance(end, tuple) else (end,)
    needed = {*ends}.union(*map(upstream, ends))
    for each in reversed(graph.nodes):
        if each not in needed and each.op != "placeholder":
            graph.erase_node(each)
        elif (each.op, each.target) == ("call_method", "view"):
            each.target = "reshape"  # maps are in channels_last order, which not all views take
    graph.output(end)
    return fx.GraphModule(network, graph)


def fold_batch_norms(network: nn.Module, graph: fx.Graph) -> None:
    """Fold each batch norm of a network into the convolution before it, where that is its only use.

    The network then computes the same with fewer operations. Doing it again changes nothing.

    Args:
        network: what was traced; its modules are exchanged.
        graph: its graph, which stays right.
    """
    calls = Counter(node.target for node in graph.nodes if node.op == "call_module")
    for node in graph.nodes:
        follower = _batch_norm(node, network)
        if not follower or max(calls[each.target] for each in (node, follower)) > 1:
            continue
        convolution, norm = module_of(node, network), module_of(follower, network)
        if is_standard(convolution, nn.Conv2d) and is_standard(norm, nn.BatchNorm2d):
            network.set_submodule(str(node.target), fuse_conv_bn_eval(convolution, norm))
            network.set_submodule(str(follower.target), nn.Identity())


def layer_nodes(graph: fx.Graph, network: nn.Module) -> dict[str, fx.Node]:
    """Return the nodes whose values are maps of layers, in the order in which they are computed.

    A convolution's map is taken after its batch norm and before its activation: without the norm,
    another value would be zero, and sometimes what excites would have the other sign. Concatenated
    are only the outputs of blocks, not what DenseNet's layers gather as their inputs.

    Returns:
        Nodes by the path of the module; for sums and concatenations, that of the block they are in.
        Where a block has several, the last has its name; the others have a number in theirs.
    """
    merges: dict[str, list[fx.Node]] = defaultdict(list)
    for node in graph.nodes:
        if merge_kind(node):
            merges[scope(node)].append(node)
    names: dict[fx.Node, str] = {}
    for path, nodes in merges.items():
        for number, node in enumerate(nodes, start=1):
            kind = merge_kind(node)
            names[node] = ".".join(filter(None, (path, f"{kind}{number}")))
        names[nodes[-1]] = path or names[nodes[-1]]
    found: dict[str, fx.Node] = {}
    for node in graph.nodes:
        if node in names:
            found[names[node]] = node
        elif isinstance(module_of(node, network), nn.Conv2d | nn.Linear):
            found.setdefault(node.target, _batch_norm(node, network) or node)
    return found


def as_maps(graph: fx.Graph, node: fx.Node, kind: Kind) -> fx.Node:
    """Add a node whose value is what a linear layer is given or puts out, as ``(B, C, h, w)``.

    Args:
        graph: where.
        node: what gives or puts it out.
        kind: of the layer.
    """
    with graph.inserting_after(node):
        if kind == "pointwise":
            return graph.call_method("permute", (node, 0, 3, 1, 2))
        return graph.call_method("unflatten", (node, 1, (-1, 1, 1)))


def require(network: nn.Module, layer: Layer) -> None:
    """Make sure that a network has a layer of the catalogue.

    Raises:
        UserError: it does not, as VGG16 without its classifier has no fc8.
    """
    if layer.kind not in _MERGES and layer.node not in dict(network.named_modules()):
        raise UserError(
            f"The weights that were chosen do not include {layer.name}; choose weights of the "
            "whole network with --weights."
        )


def module_of(node: fx.Node, network: nn.Module) -> nn.Module | None:
    """Return the module that a node runs; ``None`` where it is none."""
    return network.get_submodule(str(node.target)) if node.op == "call_module" else None


def scope(node: fx.Node) -> str:
    """Return the path of the innermost module that a node was recorded in; '' for the network."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    return str(stack[-1][0]) if stack else ""


def merge_kind(node: fx.Node) -> Kind | None:
    """Say whether a node adds two maps, or concatenates a block's output from several."""
    if node.op not in ("call_function", "call_method"):
        return None
    if node.target in _ADDITIONS and all(isinstance(each, fx.Node) for each in node.args[:2]):
        return "sum"
    if node.target in _CONCATENATIONS and len(node.all_input_nodes) > 1 and _dim(node) in (1, -3):
        return "concat" if _ends(node, scope(node)) else None
    return None


def _dim(node: fx.Node) -> object:
    return node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0)


def _ends(node: fx.Node, block: str) -> bool:
    """Whether a block does no more with a value than to rearrange it."""
    inside = (user for user in node.users if not block or f"{scope(user)}.".startswith(f"{block}."))
    return all(user.target in _REARRANGING and _ends(user, block) for user in inside)


def _batch_norm(node: fx.Node, network: nn.Module) -> fx.Node | None:
    """Return the batch norm of a convolution, where nothing else uses what it convolves."""
    if isinstance(module_of(node, network), nn.Conv2d) and len(node.users) == 1:
        (user,) = node.users
        norm = module_of(user, network)
        if isinstance(norm, nn.BatchNorm2d) and norm.track_running_stats:
            return user
    return None


def upstream(node: fx.Node) -> Iterator[fx.Node]:
    """Yield all nodes that a node is computed from, each once."""
    seen: set[fx.Node] = set()
    waiting = list(node.all_input_nodes)
    while waiting:
        found = waiting.pop()
        if found not in seen:
            seen.add(found)
            yield found
            waiting += found.all_input_nodes
