"""The networks that are loaded on a device, and the probes cut from them: a few of each."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from convscope.core.catalog.networks import network
from convscope.core.catalog.normalization import parse_normalization
from convscope.core.networks.filling import LoadedNetwork
from convscope.core.networks.loaders import FAMILIES, facts_of, load_network
from convscope.core.networks.maps import LayerMaps
from convscope.core.networks.probe import Probe
from convscope.core.system.recent import Recent
from convscope.core.tasks.base import NetworkTask
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.survey import Survey
from convscope.core.tasks.visualize import Visualize

NETWORKS = 3
"""Kept loaded: the least used of more is let go."""
PROBES = 16
"""Kept of each of them: of those that differ in layer or normalisation."""
MAPS = 4
"""Likewise, of those that return maps."""


@dataclass(frozen=True)
class _Loaded:
    """A network in one precision; its probes go with it, since they hold its parameters."""

    network: LoadedNetwork
    probes: Recent[tuple[str, str], Probe] = field(default_factory=lambda: Recent(PROBES))
    maps: Recent[tuple[tuple[str, ...], str], LayerMaps] = field(
        default_factory=lambda: Recent(MAPS)
    )


class LoadedNetworks:
    """Loads the networks of jobs when they are asked for."""

    def __init__(self, device: torch.device, warn: Callable[[str], None]) -> None:
        """Keep nothing yet.

        Args:
            device: where the networks run.
            warn: told what speaks against the normalisation of the weights of a job.
        """
        self._device, self._warn = device, warn
        self._networks: Recent[tuple[str, str, torch.dtype, bool], _Loaded] = Recent(NETWORKS)

    def forget(self) -> None:
        """Let all networks go."""
        self._networks = Recent(NETWORKS)

    def probe(self, task: Visualize, dtype: torch.dtype) -> Probe:
        """Return the network of a job in a precision, cut at its layer.

        Raises:
            UserError: the network or layer is not known; the weights cannot be used.
        """
        known = network(task.model)
        layer = known.layer(task.layer)
        loaded = self._loaded(task, dtype, whole=layer in known.head)
        key = (task.layer, task.input_normalization)
        probe = loaded.probes.get(key)
        if probe is None:
            loaded.network.require(layer.node)
            cut = FAMILIES[layer.family]
            normalization = parse_normalization(task.input_normalization)
            probe = cut(loaded.network.module, layer, normalization, self._device, dtype)
            loaded.probes.put(key, probe)
        return probe

    def maps(self, task: FeatureMaps | Survey) -> LayerMaps:
        """Return the network of a task in float32, cut behind its layers.

        Raises:
            UserError: the network or a layer is not known; the weights cannot be used.
        """
        known = network(task.model)
        layers = [known.layer(name) for name in task.layers]
        loaded = self._loaded(task, torch.float32, whole=any(each in known.head for each in layers))
        key = (task.layers, task.input_normalization)
        maps = loaded.maps.get(key)
        if maps is None:
            for layer in layers:
                loaded.network.require(layer.node)
            normalization = parse_normalization(task.input_normalization)
            maps = LayerMaps(
                loaded.network.module, layers, normalization, self._device, torch.float32
            )
            loaded.maps.put(key, maps)
        return maps

    def _loaded(self, task: NetworkTask, dtype: torch.dtype, *, whole: bool) -> _Loaded:
        """Return the network of a task; a file of weights counts by its content, wherever it is."""
        key = (task.model, task.weights.sha256 or task.weights.name, dtype, whole)
        loaded = self._networks.get(key)
        if loaded is None:
            loaded = _Loaded(self._load(task, whole=whole))
            self._networks.put(key, loaded)
        return loaded

    def _load(self, task: NetworkTask, *, whole: bool) -> LoadedNetwork:
        network = load_network(task.model, task.weights, whole=whole)
        if task.input_normalization == "imagenet":
            facts = facts_of(task.model, task.weights, network)
            if doubt := facts.doubt(task.weights):
                self._warn(doubt)
        return network
