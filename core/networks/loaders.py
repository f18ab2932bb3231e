"""How each network of the catalogue is built, from which weights, and which probe reads it.

A network is an entry in ``networks.json`` and a line in ``LOADERS``; tests compare the two.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.catalog.weights import Weights, WeightsFacts
from convscope.core.networks.graph_probe import GraphProbe
from convscope.core.networks.plain import PlainProbe
from convscope.core.networks.probe import Probe
from convscope.core.networks.vgg16 import vgg16
from convscope.core.networks.weights import Parameters, facts_of, load_weights


@dataclass(frozen=True)
class Loader:
    """How a network is loaded."""

    load: Callable[[Weights], Parameters]
    """Reads its parameters; raises :class:`UserError` where they cannot be used."""
    build: Callable[[Parameters], nn.Module]
    """Returns the network whose modules the catalogue's layers name."""
    facts: Callable[[Weights, Parameters], WeightsFacts]
    """Finds out what input the weights expect, as far as that can be known."""


LOADERS: Mapping[str, Loader] = {"vgg16": Loader(load_weights, vgg16, facts_of)}
"""By the network's name."""

FAMILIES: Mapping[
    str, Callable[[nn.Module, Layer, Normalization, torch.device, torch.dtype], Probe]
] = {"plain": PlainProbe, "graph": GraphProbe}
"""Which probe reads a layer, by its family in the catalogue."""


def examine(model: str, weights: Weights) -> WeightsFacts:
    """Find out what input weights expect, as far as that can be known, and that they can be used.

    Raises:
        UserError: the file is missing, changed, damaged or not this network's.
    """
    loader = LOADERS[model]
    return loader.facts(weights, loader.load(weights))
