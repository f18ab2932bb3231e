"""Reading weights: the embedded ones, a file, or torchvision's from its cache or server.

Nothing is unpickled: safetensors holds only tensors, and of other files :mod:`weights_file` takes
nothing but tensors.
"""

from http.client import HTTPException
from importlib.resources import as_file, files
from pathlib import Path

import torch
from safetensors.torch import load_file

from convscope.core.catalog.published import URL, PublishedWeights, published_as
from convscope.core.catalog.weights import EMBEDDED_FILE, Weights, parse_weights
from convscope.core.networks.state_dicts import StateDict
from convscope.core.networks.weights_file import Content, read_weights_file
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


def embedded_weights() -> StateDict:
    """Return the embedded weights of VGG16 by torchvision's keys, in float32."""
    with as_file(files("convscope.core.networks") / "data" / EMBEDDED_FILE) as path:
        return {key: each.float() for key, each in load_file(path).items()}


def read_weights(model: str, weights: Weights) -> tuple[Content, str]:
    """Read weights that are not embedded, and return them with a name for error messages.

    Raises:
        UserError: the file is missing, changed or damaged; the download failed.
    """
    if not weights.is_file:
        return _read_published(model, weights.name)
    path = Path(weights.name)
    if parse_weights(weights.name).sha256 != weights.sha256:
        raise UserError(
            f"The weights file {printable(path)} has changed since this was asked for; ask again "
            "with the file as it is now."
        )
    return read_weights_file(path), weights.name


def _read_published(model: str, name: str) -> tuple[Content, str]:
    """Read from torchvision's cache; download first, with a progress bar, if they are not there."""
    found = published_as(model, name)
    if found is None:
        raise UserError(f"There are no weights {printable(name)} of {model}.", about="weights")
    if not found.is_here:
        _download(model, found)
    try:
        return read_weights_file(found.path), f"{name} of {model}"
    except UserError as error:
        sentence = f"torchvision's weights {name} of {model} cannot be used: {error}"
        raise UserError(sentence, about="weights") from error


def _download(model: str, found: PublishedWeights) -> None:
    try:
        found.path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(
            URL + found.file, str(found.path), hash_prefix=found.sha256, progress=True
        )
    except (OSError, HTTPException, RuntimeError) as error:  # the last: another digest
        others = "or use others with --weights FILE"
        if model == "vgg16":
            others = "or use the embedded ones with --weights embedded"
        raise UserError(
            f"torchvision's weights {found.name} of {model} ({found.megabytes:,.0f} MB) could not "
            f"be downloaded ({printable(error, 120)}); put {found.file} into "
            f"{printable(found.path.parent)}, {others}.",
            about="weights",
        ) from error
