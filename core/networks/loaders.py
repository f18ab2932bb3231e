"""How a network is built, from which weights, and which probe reads it."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.catalog.own import OwnNetwork, own_network
from convscope.core.catalog.published import published_as, published_with
from convscope.core.catalog.weights import BUILTIN_NAME, EMBEDDED_NAME, Weights, WeightsFacts
from convscope.core.networks.architectures import is_torchvisions, torchvision_network
from convscope.core.networks.doubt import doubt
from convscope.core.networks.filling import Build, LoadedNetwork, filled, frozen
from convscope.core.networks.graph_probe import GraphProbe
from convscope.core.networks.hook_probe import HookProbe
from convscope.core.networks.own_code import build_own, own_normalization
from convscope.core.networks.plain import PlainProbe
from convscope.core.networks.probe import Probe
from convscope.core.networks.state_dicts import StateDict, holds
from convscope.core.networks.vgg16 import vgg16, vgg16_on_meta
from convscope.core.networks.weights import embedded_weights, read_weights
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

FAMILIES: Mapping[
    str, Callable[[nn.Module, Layer, Normalization, torch.device, torch.dtype], Probe]
] = {"plain": PlainProbe, "graph": GraphProbe, "hooks": HookProbe}
"""Which probe reads a layer, by its family in the catalogue."""


_VGG16_HEAD = frozenset(f"classifier.{position}" for position in (0, 3, 6))


def load_network(model: str, weights: Weights, *, whole: bool | None = False) -> LoadedNetwork:
    """Build a network and fill it with weights; it is frozen, in float32, on the CPU.

    Args:
        model: a name of torchvision's, or one of :class:`OwnNetwork`.
        weights: embedded, torchvision's by name, a file, or those that its own code gives it.
        whole: whether to load VGG16 with its head, which takes 500 MB and imports torchvision;
            ``None`` for where the weights have one.

    Raises:
        UserError: the weights are missing, changed, damaged or not this network's; the download or
            the network's own code failed.
    """
    if weights.name == EMBEDDED_NAME and model == "vgg16":
        return LoadedNetwork(frozen(vgg16(embedded_weights())), _VGG16_HEAD)
    if weights.name == EMBEDDED_NAME:
        raise UserError(f"The embedded weights are vgg16's, not {printable(model)}'s.")
    own = own_network(model)
    if own is not None and weights.name == BUILTIN_NAME:
        return LoadedNetwork(frozen(build_own(own, with_weights=True)))
    content, source = read_weights(model, weights)
    if whole is None:
        whole = holds(content, "classifier.6.weight")
    if model == "vgg16" and not whole:
        network = filled(model, lambda _: vgg16_on_meta(), content, source)
        return LoadedNetwork(network.module, _VGG16_HEAD)
    return filled(model, _build(model, own), content, source)


def facts_of(model: str, weights: Weights, network: LoadedNetwork) -> WeightsFacts:
    """Find out what input weights expect, as far as that can be known, and their classes."""
    known = _known(model, weights, network.module)
    found = None
    if not known:
        found = doubt(network.module, lambda: embedded_weights()["features.0.weight"])
    return WeightsFacts(
        known,
        fitting=found.fitting if found else "",
        weaker=found.weaker if found else 1.0,
        classes=network.classes,
        missing=tuple(sorted(network.missing)),
    )


def examine(model: str, weights: Weights) -> WeightsFacts:
    """Find out what input weights expect, as far as that can be known, and that they can be used.

    Raises:
        UserError: see :func:`load_network`.
    """
    own = own_network(model)
    if own is not None and not own.path and weights.name == BUILTIN_NAME:
        network = LoadedNetwork(build_own(own))  # timm says it without a download
        return WeightsFacts(own_normalization(network.module), classes=network.classes)
    return facts_of(model, weights, load_network(model, weights, whole=None))


def _build(model: str, own: OwnNetwork | None) -> Build:
    if own is not None:
        return partial(build_own, own)
    if is_torchvisions(model):
        return partial(torchvision_network, model)
    raise UserError(f"There is no model {printable(model)}.")


def _known(model: str, weights: Weights, network: nn.Module) -> str:
    """Return the normalisation that weights are known to expect; '' where it is not known."""
    if weights.name == EMBEDDED_NAME:
        return weights.usual_normalization
    if weights.name == BUILTIN_NAME:
        return own_normalization(network)
    if weights.is_file:
        published = published_with(model, weights.sha256)
        if published is None and model == "vgg16" and _is_embedded(network.state_dict()):
            return "caffe"
    else:
        published = published_as(model, weights.name)
    return published.normalization if published else ""


def _is_embedded(parameters: StateDict) -> bool:
    """Whether tensors are the embedded ones, in any precision.

    Those are float16, so finer copies and the release itself are rounded before they are compared.
    """
    embedded = embedded_weights()
    return all(
        torch.equal(parameters[key].half(), tensor.half()) for key, tensor in embedded.items()
    ) or all(
        torch.equal(parameters[key], tensor.bfloat16().float()) for key, tensor in embedded.items()
    )
