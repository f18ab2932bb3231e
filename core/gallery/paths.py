"""Where each picture lies. Needs no imaging library, so that listings start fast."""

import re
from pathlib import Path

import msgspec

from core.gallery.records import Record
from core.jobs.specs import JobSpec


def picture_path(gallery: Path, spec: JobSpec) -> Path:
    """Where the picture of a job lies: ``MODEL-WEIGHTS/LAYER/LAYER-0025-PRESET-128px-s0-HASH.png``.

    The channel is padded to four digits so that a listing sorts as people count.
    """
    layer, preset = _plain(spec.layer), _plain(spec.recipe.preset)
    variant = f"v{spec.variant}" if spec.recipe.variants > 1 else ""
    name = (
        f"{layer}-{spec.channel:04d}-{preset}-{spec.recipe.resolution}px"
        f"-s{spec.seed}{variant}-{spec.digest}.png"
    )
    return gallery / f"{_plain(spec.model)}-{spec.weights.label}" / layer / name


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
