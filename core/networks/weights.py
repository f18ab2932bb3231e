"""Loading weights: embedded, torchvision's, or a file; checked before they reach a network.

Nothing is unpickled: safetensors holds only tensors, and ``.pth`` files are read with
``weights_only=True``.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from core.catalog.weights import EMBEDDED_NAME, EMBEDDED_SHA256, Weights, parse_weights
from core.errors import UserError
from core.networks.vgg16 import vgg16_features
from core.text import printable

PREFIX = "features."


@dataclass(frozen=True)
class Normalization:
    """What a network expects of RGB in 0..1: ``(rgb - mean) / std``."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


IMAGENET = Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""torchvision's convention, and the normalised RGB of the pixel parameterization."""

CAFFE = Normalization((0.48235, 0.45882, 0.40784), (1 / 255, 1 / 255, 1 / 255))
"""The Visual Geometry Group's own release: 0..255 minus the mean."""


@dataclass(frozen=True)
class LoadedWeights:
    """The parameters of ``features`` and the input they expect."""

    parameters: Mapping[str, Tensor]
    """Keys of ``nn.Sequential``: ``0.weight`` …; float32."""
    normalization: Normalization


def load_weights(weights: Weights) -> LoadedWeights:
    """Load VGG16's convolutional parameters.

    Files are taken to expect torchvision's ImageNet normalisation, as fine-tuned torchvision models
    do, unless they are the embedded file itself.

    Raises:
        UserError: the file is missing, changed, damaged or no state dict; the download failed.
    """
    if weights.name == EMBEDDED_NAME:
        with as_file(files("core.networks") / "data" / "vgg16-features.safetensors") as path:
            return LoadedWeights(_features(_read(path), path), CAFFE)
    if weights.is_file:
        path = Path(weights.name)
        if parse_weights(weights.name).sha256 != weights.sha256:
            raise UserError(
                f"The weights file {printable(path)} is not the one this was asked for: it has "
                "changed since; ask again with the file as it is now."
            )
        is_embedded = weights.sha256 == EMBEDDED_SHA256
        return LoadedWeights(_features(_read(path), path), CAFFE if is_embedded else IMAGENET)
    return _from_torchvision(weights.name)


def _from_torchvision(name: str) -> LoadedWeights:
    """Load from torchvision's cache, or download with its progress bar."""
    from torchvision.models import VGG16_Weights  # noqa: PLC0415  slower to import than torch

    normalization = CAFFE if name == "IMAGENET1K_FEATURES" else IMAGENET
    try:
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
    return LoadedWeights(_features(state, name), normalization)


def _read(path: Path) -> Mapping[str, Tensor]:
    name = printable(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"There is no weights file {name}; check the path.") from None
    except pickle.UnpicklingError as error:
        raise UserError(
            f"The weights file {name} is damaged or holds more than tensors, so it was not loaded; "
            "save it again as a plain state dict or as .safetensors."
        ) from error
    except Exception as error:  # damaged files bring out IndexError, struct.error and many more
        raise UserError(
            f"The weights file {name} is damaged or of another kind "
            f"({printable(error, 120)}); download or save it again."
        ) from error
    if not isinstance(state, Mapping):
        raise UserError(
            f"The weights file {name} holds a {type(state).__name__}, not a state dict; "
            "save model.state_dict() instead."
        )
    return state


def _features(state: Mapping[str, object], source: object) -> dict[str, Tensor]:
    """Pick the convolutional parameters and check them against VGG16's shapes."""
    parameters: dict[str, Tensor] = {}
    for key, like in vgg16_features().state_dict().items():
        found = state.get(PREFIX + key)
        if not isinstance(found, Tensor):
            raise UserError(
                f"The weights in {printable(source)} are not VGG16's: {PREFIX}{key} is missing; "
                "name a state dict of torchvision's vgg16."
            )
        if found.shape != like.shape:
            raise UserError(
                f"The weights in {printable(source)} are not VGG16's: {PREFIX}{key} has shape "
                f"{tuple(found.shape)} instead of {tuple(like.shape)}."
            )
        found = found.float()
        if not torch.isfinite(found).all():
            raise UserError(
                f"The weights in {printable(source)} are damaged: {PREFIX}{key} holds values that "
                "are not finite numbers; download or save them again."
            )
        parameters[key] = found
    return parameters
