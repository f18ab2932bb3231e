"""Where each picture lies. Needs no imaging library, so that listings start fast."""

import os
import re
from pathlib import Path

import msgspec

from core.ascent.recipes import FORMER_NAMES
from core.gallery.records import Record
from core.jobs.specs import JobSpec


def picture_path(gallery: Path, spec: JobSpec) -> Path:
    """Where the picture of a job lies: ``MODEL-WEIGHTS/LAYER/LAYER-0025-PRESET-128px-s0-HASH.png``.

    The channel is padded to four digits so that a listing sorts as people count. A picture that is
    there under the former name of its preset stays where it is.
    """
    folder = gallery / f"{_plain(spec.model)}-{spec.weights.label}" / _plain(spec.layer)
    path = folder / _name(spec, spec.recipe.preset)
    if former := FORMER_NAMES.get(spec.recipe.preset):
        earlier = folder / _name(spec, former)
        # Not Path.exists: that raises where a folder may not be read.
        return earlier if os.path.exists(earlier) else path  # noqa: PTH110
    return path


def _name(spec: JobSpec, preset: str) -> str:
    variant = f"v{spec.variant}" if spec.recipe.variants > 1 else ""
    return (
        f"{_plain(spec.layer)}-{spec.channel:04d}-{_plain(preset)}-{spec.recipe.resolution}px"
        f"-s{spec.seed}{variant}-{spec.digest}.png"
    )


def asked_for(record: Record, gallery: Path, path: Path) -> JobSpec:
    """Return the job that a picture came from.

    A record tells the precision that was used; the file's name, whether it was asked for or came
    with the device.
    """
    told = record.spec()
    automatic = msgspec.structs.replace(told, precision="auto")
    return automatic if picture_path(gallery, automatic).name == path.name else told


def _plain(name: str) -> str:
    """Keep a name from a foreign record inside the gallery."""
    return re.sub(r"[^A-Za-z0-9._]+", "_", name)[:40].strip("._") or "_"
