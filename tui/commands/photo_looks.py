"""What the maps of photos become: pictures, sheets, numbers. Importing it imports NumPy, Pillow."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.core.catalog.geometry import Box
from convscope.core.gallery.annotations import NOTHING, Annotation
from convscope.core.gallery.colormaps import Tap
from convscope.core.gallery.map_pictures import layer_scale, map_picture, squared
from convscope.core.gallery.paths import picture_folder
from convscope.core.gallery.records import MapsRecord
from convscope.core.gallery.saving import ensure_savable
from convscope.core.gallery.sheets import Grid, compose, near_square, write_sheet
from convscope.core.runner.local_maps import LocalMaps
from convscope.core.system.errors import UserError
from convscope.core.system.files import replace_file
from convscope.core.system.photos import Framing
from convscope.core.system.text import printable, reason
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.tui.commands.bar import Bar
from convscope.tui.commands.documents import annotation_document
from convscope.tui.commands.photos import TypedPhotos


@dataclass(frozen=True)
class PhotoLook:
    """What came of a photo."""

    name: str
    """The photo's. Not safe to print."""
    task: FeatureMaps
    record: MapsRecord
    values: NDArray[np.float32]
    """``(channels, h, w)``, before the activation."""
    image: Image.Image
    """What the network was given."""

    def strongest(self, count: int) -> list[int]:
        """Return the channels with the highest peaks, the highest first."""
        peaks = self.values.max(axis=(1, 2))
        return [int(channel) for channel in np.argsort(-peaks, kind="stable")[:count]]

    def place_of_peak(self, channel: int) -> tuple[int, int]:
        """Return row and column of a channel's highest value."""
        row, column = divmod(int(self.values[channel].argmax()), self.values.shape[2])
        return row, column


class PhotoLooks:
    """Looks at photos one after the other, each time that it is iterated over."""

    def __init__(self, photos: TypedPhotos, task: FeatureMaps, device: str) -> None:
        self._photos = list(photos) if photos.text == "-" else photos  # it comes once
        self._task = task
        self._maps = LocalMaps(device)

    def __iter__(self) -> Iterator[PhotoLook]:
        """Yield what came of each photo.

        Raises:
            UserError: there is none; the weights or the device cannot be used.
        """
        with Bar() as bar:
            for name, photo in self._photos:
                bar.show(printable(name, 40), f"looking with {self._task.layer}")
                task = msgspec.structs.replace(self._task, sha256=photo.digest)
                record, values = self._maps.look(task, photo.image)
                framed = Framing(*record.framing).image(photo.image)
                with bar.aside():
                    yield PhotoLook(name, task, record, values, framed)

    def largest(self, tap: Tap) -> float:
        """Return the scale under which all photos can be compared."""
        return max(layer_scale(look.record, tap) for look in self)


@dataclass
class Drawing:
    """Draws maps into a gallery.

    Args:
        gallery: its folder.
        tap: what is drawn.
        per_channel: whether each channel is scaled by its own peak.
        scale: of all photos; 0 for that of each photo's layer.
    """

    gallery: Path
    tap: Tap
    per_channel: bool = False
    scale: float = 0.0

    def pictures(self, look: PhotoLook, channels: Sequence[int]) -> list[Path]:
        """Save a picture of each channel's map, as large as what the network was given.

        Raises:
            UserError: the gallery cannot be written.
        """
        paths = [self._path(look, f"{channel:04d}") for channel in channels]
        ensure_savable(paths)
        for path, channel in zip(paths, channels, strict=True):
            write_sheet(path, self._picture(look, channel))
        return paths

    def sheet(self, look: PhotoLook, channels: Sequence[int]) -> list[Path]:
        """Save a sheet, or several of very many channels; the first picture is the photo.

        Raises:
            UserError: the gallery cannot be written.
        """
        side = max(look.image.size)
        grid = near_square(len(channels) + 1, side)
        room = grid.cells - 1
        parts = [channels[first : first + room] for first in range(0, len(channels), room)]
        paths = [
            self._path(look, f"{min(part)}-{max(part)}_of_{len(part)}", "-sheet") for part in parts
        ]
        ensure_savable(paths)
        for path, part in zip(paths, parts, strict=True):
            pictures: list[tuple[int | str, Image.Image]] = [("photo", squared(look.image))]
            pictures += [(channel, squared(self._picture(look, channel))) for channel in part]
            title = f"{look.task.layer} · {printable(look.name, 60)}"
            write_sheet(path, compose(title, pictures, _fitting(grid, len(pictures))))
        return paths

    def _picture(self, look: PhotoLook, channel: int) -> Image.Image:
        values = look.values[channel]
        scale = self.scale or layer_scale(look.record, self.tap)
        if self.per_channel:
            scale = float((values if self.tap == "post" else np.abs(values)).max())
        return map_picture(values, look.record, scale, self.tap)

    def _path(self, look: PhotoLook, what: str, suffix: str = "") -> Path:
        folder = picture_folder(self.gallery, look.task)
        told = f"{look.task.digest} {self.tap} {self.per_channel} {self.scale:.6g} {what}"
        digest = hashlib.sha256(told.encode()).hexdigest()[:8]
        photo = re.sub(r"[^A-Za-z0-9._]+", "_", Path(look.name).stem)[:40].strip("._") or "photo"
        return folder / f"{folder.name}-{what}-map-{photo}-{digest}{suffix}.png"


def _fitting(grid: Grid, count: int) -> Grid:
    """Return a grid without the rows that would stay empty."""
    return Grid(-(-count // grid.columns), grid.columns)


def save_numbers(path: Path, look: PhotoLook, channels: Sequence[int], tap: Tap) -> Path:
    """Save maps as NumPy's archive, with what they are of; returns the path.

    Raises:
        UserError: the file cannot be written.
    """
    chosen = list(channels) or list(range(len(look.values)))
    record, values = look.record, look.values[chosen]
    rows, columns, reach = record.field
    if not path.absolute().parent.is_dir():
        raise UserError(f"There is no folder {printable(path.absolute().parent)}; make it first.")
    try:
        replace_file(
            path.absolute(),
            lambda file: np.savez(
                file,
                maps=np.maximum(values, 0) if tap == "post" else values,
                channels=np.array(chosen),
                model=record.model,
                weights=record.weights,
                layer=record.layer,
                tap=tap,
                normalization=record.normalization,
                photo_sha256=record.photo,
                framing=np.array(record.framing),
                field_rows=np.array(rows),
                field_columns=np.array(columns),
                field_reach=reach,
            ),
        )
    except OSError as error:
        raise UserError(
            f"{printable(path)} cannot be written{reason(error)}; choose another file."
        ) from error
    return path


def document(
    look: PhotoLook,
    channels: Sequence[int],
    paths: Sequence[Path],
    tap: Tap,
    noted: Mapping[int, Annotation],
    *,
    is_each: bool,
) -> dict[str, object]:
    """Return what came of a photo as JSON has it; boxes are in the photo's own pixels."""
    record = look.record
    framing = Framing(*record.framing)
    return {
        "photo": look.name,
        "sha256": record.photo,
        "model": record.model,
        "weights": record.weights,
        "layer": record.layer,
        "normalization": record.normalization,
        "tap": tap,
        "shape": list(look.values.shape),
        "framing": {"box": list(framing[:4]), "size": list(framing[4:])},
        "receptive_field": record.field.side,
        "field_status": record.field.reach,
        "quantile": round(layer_scale(record, tap), 4),
        "paths": [str(path) for path in paths],
        "channels": [
            {
                **_channel(look, framing, channel),
                **annotation_document(noted.get(channel, NOTHING)),
                **({"path": str(paths[number])} if is_each else {}),
            }
            for number, channel in enumerate(channels)
        ],
    }


def _channel(look: PhotoLook, framing: Framing, channel: int) -> dict[str, object]:
    row, column = look.place_of_peak(channel)
    crop: Box = look.record.field.crop(row, column, framing.width, framing.height)
    return {
        "channel": channel,
        "peak": round(float(look.values[channel, row, column]), 4),
        "mean": round(float(look.values[channel].mean()), 4),
        "at": [row, column],
        "crop": list(framing.on_photo(crop)),
    }
