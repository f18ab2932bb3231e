"""Where each picture lies. Needs no imaging library, so that listings start fast."""

import os
import re
from pathlib import Path
from typing import Protocol

import msgspec

from convscope.core.ascent.recipes import FORMER_NAMES
from convscope.core.catalog.weights import Weights
from convscope.core.exemplars.facts import INDEX_FILE
from convscope.core.gallery.records import Record
from convscope.core.tasks.kinds import Task
from convscope.core.tasks.survey import Survey
from convscope.core.tasks.visualize import Visualize


class OfLayer(Protocol):
    """Whatever belongs to a layer of a network."""

    @property
    def model(self) -> str:
        """Name of the network."""

    @property
    def weights(self) -> Weights:
        """Its weights."""

    @property
    def layer(self) -> str:
        """Name of the layer."""


def result_path(gallery: Path, task: Task) -> Path:
    """Where the result of a job lies: a picture, or the whole index that it is a part of."""
    if isinstance(task, Survey):
        return gallery / INDEX_FILE
    return picture_path(gallery, task)


def picture_path(gallery: Path, task: Visualize) -> Path:
    """Where the picture of a job lies, or is to lie.

    One that exists under the former name of its preset stays where it is.
    """
    folder = picture_folder(gallery, task)
    today, *former = (folder / name for name in picture_names(task))
    # Not Path.exists: that raises where a folder may not be read.
    return next((path for path in former if os.path.exists(path)), today)  # noqa: PTH110


def picture_folder(gallery: Path, of: OfLayer) -> Path:
    """Where the pictures of a layer lie: ``MODEL-WEIGHTS/LAYER``."""
    return gallery / f"{plain(of.model)}-{of.weights.label}" / plain(of.layer)


def picture_names(task: Visualize) -> list[str]:
    """Return what the file of a job's picture is called: ``LAYER-0025-PRESET-128px-s0-HASH.png``.

    Those of animations end in ``-animation.webp``, or what else they are.

    The channel is padded to four digits so that a listing sorts as people count. Today's name
    comes first, then the one with the former name of the preset, if it has one.
    """
    preset = task.recipe.preset
    presets = [preset, FORMER_NAMES[preset]] if preset in FORMER_NAMES else [preset]
    variant = f"v{task.variant}" if task.recipe.variants > 1 else ""
    size, digest = task.recipe.resolution, task.digest
    return [
        f"{plain(task.layer)}-{task.channel:04d}-{plain(name)}-{size}px"
        f"-s{task.seed}{variant}-{digest}{task.suffix}"
        for name in presets
    ]


def asked_for(record: Record, path: Path) -> Visualize:
    """Return the job that a picture came from.

    A record holds the precision that was used; the digest in the file's name shows whether it was
    asked for or chosen for the device.
    """
    recorded = record.task()
    automatic = msgspec.structs.replace(recorded, precision="auto")
    return automatic if path.stem.rpartition("-")[2] == automatic.digest else recorded


def plain(name: str) -> str:
    """Return a name as files have it, which keeps one from a foreign record in the gallery."""
    return re.sub(r"[^A-Za-z0-9._]+", "_", name)[:40].strip("._") or "_"
