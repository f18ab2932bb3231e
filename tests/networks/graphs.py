"""Networks of torchvision for tests of the graph probe, in which no map vanishes by chance."""

from functools import cache

import torch
from torch import Tensor, fx, nn
from torchvision.models import get_model

from convscope.core.catalog.networks import Layer, network
from convscope.core.catalog.normalization import IMAGENET
from convscope.core.networks.graph import layer_nodes
from convscope.core.networks.graph_probe import GraphProbe
from convscope.core.networks.tracing import trace


@cache
def random_network(name: str, side: int) -> nn.Module:
    """A network with random weights whose batch norms have seen images of a size.

    With the means and variances that they start from, maps fade to nothing layer by layer. What
    blocks add is kept small, or the deepest networks amplify rounding by millions.
    """
    torch.manual_seed(0)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = get_model(name, weights=None, **options).eval()
    norms = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    for norm in norms:
        norm.train().momentum = 1.0
        nn.init.constant_(norm.weight, 0.2)
    with torch.no_grad():
        model(normalized(torch.rand(4, 3, side, side)))
    return model.eval()


MEAN = torch.tensor(IMAGENET.mean).view(3, 1, 1)
STD = torch.tensor(IMAGENET.std).view(3, 1, 1)


def normalized(images: Tensor) -> Tensor:
    return (images - MEAN) / STD


def probe_into(model: nn.Module, layer: Layer) -> GraphProbe:
    return GraphProbe(model, layer, IMAGENET, torch.device("cpu"), torch.float32)


class _Values(fx.Interpreter):
    """Runs a graph and keeps what its nodes come to, before anything changes it in place."""

    def __init__(self, model: nn.Module, graph: fx.Graph) -> None:
        super().__init__(model, graph=graph)
        self.values: dict[fx.Node, Tensor] = {}

    def run_node(self, n: fx.Node) -> object:
        value = super().run_node(n)
        if isinstance(value, Tensor):
            self.values[n] = value.clone()
        return value


def whole_maps(model: nn.Module, images: Tensor, layers: list[Layer]) -> list[Tensor]:
    """Return the maps ``(B, C, h, w)`` of layers as the network itself computes them."""
    graph = trace(model)
    running = _Values(model, graph)
    with torch.no_grad():
        running.run(normalized(images))
    nodes = layer_nodes(graph, model)
    found = [running.values[nodes[layer.node]] for layer in layers]
    return [as_maps(maps, layer) for maps, layer in zip(found, layers, strict=True)]


def as_maps(value: Tensor, layer: Layer) -> Tensor:
    if layer.kind == "pointwise":
        return value.permute(0, 3, 1, 2)
    return value if value.dim() == 4 else value[:, :, None, None]


def of_each_kind(name: str, count: int) -> list[Layer]:
    """Return layers of different kinds, spread over the network; the rarest kinds first."""
    layers = network(name).layers
    kinds: dict[str, list[Layer]] = {}
    for layer in layers:
        kinds.setdefault(layer.kind, []).append(layer)
    rare = sorted(kinds.values(), key=len)[:count]
    found = [each[len(each) * 2 // 3] for each in rare]
    return found + [layers[len(layers) // 2 - i] for i in range(count - len(found))]
