"""Loading VGG16's weights: embedded, torchvision's, or a file; checked before they reach a network.

Nothing is unpickled: safetensors holds only tensors, and of other files :mod:`weights_file` takes
nothing but tensors.
"""

import warnings
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from convscope.core.catalog.weights import (
    EMBEDDED_FILE,
    EMBEDDED_NAME,
    EMBEDDED_SHA256,
    TORCHVISION_SHA256,
    Weights,
    WeightsFacts,
    parse_weights,
)
from convscope.core.networks.doubt import doubt
from convscope.core.networks.state_dicts import PREFIX, vgg16_parameters
from convscope.core.networks.weights_file import Content, read_weights_file
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

Parameters = Mapping[str, Tensor]
"""Of ``features``, by the keys of ``nn.Sequential``: ``0.weight`` …; float32."""


def load_weights(weights: Weights) -> Parameters:
    """Load VGG16's convolutional parameters.

    Raises:
        UserError: the file is missing, changed, damaged or not VGG16's; the download failed.
    """
    if weights.name == EMBEDDED_NAME:
        return _embedded()
    if weights.is_file:
        path = Path(weights.name)
        if parse_weights(weights.name).sha256 != weights.sha256:
            raise UserError(
                f"The weights file {printable(path)} has changed since this was asked for; ask "
                "again with the file as it is now."
            )
        return vgg16_parameters(read_weights_file(path), path)
    return _from_torchvision(weights.name)


def facts_of(weights: Weights, parameters: Parameters) -> WeightsFacts:
    """Find out what input VGG16's weights expect, as far as that can be known."""
    known = _known(weights, parameters)
    if known:
        return WeightsFacts(known)
    found = doubt(parameters["0.weight"], _embedded()["0.weight"])
    return WeightsFacts(fitting=found.fitting, weaker=found.weaker) if found else WeightsFacts()


def _known(weights: Weights, parameters: Parameters) -> str:
    """Return the normalisation that weights are known to expect; '' where it is not known."""
    if not weights.is_file or weights.sha256 == EMBEDDED_SHA256:
        return weights.usual_normalization
    for name, digest in TORCHVISION_SHA256.items():
        if weights.sha256.startswith(digest):
            return Weights(name).usual_normalization
    return "caffe" if _is_embedded(parameters) else ""


def _is_embedded(parameters: Parameters) -> bool:
    """Whether tensors are the embedded ones, in any precision.

    Those are float16, so finer copies and the release itself are rounded before they are compared.
    """
    embedded = _embedded()
    return all(
        torch.equal(parameters[key].half(), tensor.half()) for key, tensor in embedded.items()
    ) or all(
        torch.equal(parameters[key], tensor.bfloat16().float()) for key, tensor in embedded.items()
    )


def _embedded() -> Parameters:
    with as_file(files("convscope.core.networks") / "data" / EMBEDDED_FILE) as path:
        return {key.removeprefix(PREFIX): each.float() for key, each in load_file(path).items()}


def _from_torchvision(name: str) -> Parameters:
    """Load from torchvision's cache, or download with its progress bar."""
    from torchvision.models import VGG16_Weights  # noqa: PLC0415  slower to import than torch

    try:
        with warnings.catch_warnings(action="ignore"):  # of files that are refused anyway
            state = VGG16_Weights[name].get_state_dict(
                progress=True, check_hash=True, map_location="cpu", weights_only=True
            )
    except Exception as error:
        raise UserError(
            f"torchvision's weights {name} could not be downloaded or read "
            f"({printable(error, 120)}); copy them into {torch.hub.get_dir()}/checkpoints, or "
            "use the embedded ones with --weights embedded.",
            about="weights",
        ) from error
    return vgg16_parameters(Content(state), name)
