"""How feature maps are made: from a photo to the values of a layer. Importing it imports torch."""

import os
import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.catalog.networks import network
from convscope.core.gallery.maps_files import encoded_maps
from convscope.core.gallery.outputs import Artifact, Encode
from convscope.core.gallery.records import MapsRecord
from convscope.core.networks.memory import image_bytes
from convscope.core.system.errors import UserError
from convscope.core.system.photos import MAX_RATIO, Framing, read_photo
from convscope.core.system.text import printable
from convscope.core.tasks.feature_maps import FeatureMaps

if TYPE_CHECKING:
    from convscope.core.runner.rendering import Renderer

STRONG = 0.999
"""The quantile of a layer's values up to which colours go."""


def make(
    renderer: "Renderer", tasks: Sequence[FeatureMaps], checkpoints: Sequence[bytes]
) -> Generator[AttemptStep, None, list[Encode]]:
    """Look at a photo; yields before that, when it may be given up.

    Args:
        renderer: where.
        tasks: what; one by one.
        checkpoints: none.

    Raises:
        UserError: the photo is not there any more, or is another one; the weights cannot be used.
    """
    results: list[Encode] = []
    for number, task in enumerate(tasks):
        yield AttemptStep(number, len(tasks), number / len(tasks))
        record, values = look(renderer, task, _image(renderer, task))
        results.append(partial(_encoded, values, record))
    return results


def look(
    renderer: "Renderer", task: FeatureMaps, photo: Image.Image
) -> tuple[MapsRecord, NDArray[np.float32]]:
    """Return the maps of a layer over a photo, ``(channels, h, w)`` before the activation.

    Args:
        renderer: where they are computed.
        task: which network and layer; its photo is not read.
        photo: RGB.

    Raises:
        UserError: the weights cannot be used; values are not finite.
    """
    begun = time.monotonic()
    side, cut = network(task.model).input_size, renderer.maps(task)
    framing = Framing.of(photo.size, side, MAX_RATIO if cut.takes_oblongs(side) else 1.0)
    values = cut.run(_rgb(framing.image(photo)))[task.layer][0].cpu().numpy()
    if not np.isfinite(values).all():
        raise UserError(
            f"The maps of {printable(task.layer)} hold numbers that are not finite; choose other "
            "weights, or another normalisation."
        )
    field = cut.fields(framing.height, framing.width)[task.layer]
    record = MapsRecord(
        photo=task.sha256,
        model=task.model,
        weights=task.weights.name,
        weights_sha256=task.weights.sha256,
        normalization=task.input_normalization,
        layer=task.layer,
        framing=framing,
        field=field,
        strong=quantile(values),
        extreme=quantile(np.abs(values)),
        seconds=round(time.monotonic() - begun, 3),
        device=renderer.info.name,
    )
    return record, values


def quantile(values: NDArray[np.float32], share: float = STRONG) -> float:
    """Return the value that a share of all values do not exceed."""
    flat = values.ravel()
    at = min(len(flat) - 1, round(share * (len(flat) - 1)))
    return float(np.partition(flat, at)[at])


def task_bytes(_: "Renderer", task: FeatureMaps) -> int:
    """Estimate the memory that a photo takes on a device, in bytes."""
    known = network(task.model)
    return image_bytes(known, task.layer, known.input_size, torch.float32)


def too_large(task: FeatureMaps) -> tuple[str, str]:
    """Say what of a task does not fit into memory, and what to choose instead."""
    return f"the maps of {task.layer}", "a layer with smaller maps"


def _encoded(values: NDArray[np.float32], record: MapsRecord) -> Artifact:
    return Artifact(record, encoded_maps(values, record))


def _image(renderer: "Renderer", task: FeatureMaps) -> Image.Image:
    """Return the photo of a task; of the same one, another layer is looked at next."""
    known = renderer.photos.get(task.sha256)
    if known is None:
        path = Path(os.fsdecode(task.photo))
        photo = read_photo(path)
        if photo.digest != task.sha256:
            raise UserError(f"The photo {printable(path)} was changed; open it again.")
        known = photo.image
        renderer.photos.put(task.sha256, known)
    return known


def _rgb(image: Image.Image) -> Tensor:
    pixels = torch.from_numpy(np.asarray(image).astype(np.float32) / 255)
    return pixels.permute(2, 0, 1)[None]
