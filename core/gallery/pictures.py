"""PNGs on disk: where each lies, written whole or not at all, read back with its record."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from PIL import Image, PngImagePlugin

from core.errors import UserError
from core.gallery.records import Record, decode, encode
from core.jobs.specs import JobSpec
from core.text import printable

CHUNK = "convscope"
"""Name of the iTXt chunk that holds the record."""


def picture_path(gallery: Path, spec: JobSpec) -> Path:
    """Where the picture of a job lies: ``MODEL-WEIGHTS/LAYER/LAYER-0025-PRESET-128px-s0-HASH.png``.

    The channel is padded to four digits so that a listing sorts as people count.
    """
    name = (
        f"{spec.layer}-{spec.channel:04d}-{spec.recipe.preset}-{spec.recipe.resolution}px"
        f"-s{spec.seed}-{spec.digest}.png"
    )
    return gallery / f"{spec.model}-{spec.weights.label}" / spec.layer / name


def write_picture(path: Path, image: Image.Image, record: Record) -> None:
    """Save an RGB image with its record; under ``path`` stands the whole picture or what was there.

    Raises:
        OSError: the disk is full or the folder cannot be written; nothing is left behind.
    """
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, encode(record))
    replace_file(path, lambda file: image.save(file, "PNG", pnginfo=chunks))


def replace_file(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside ``path``, sync it, move it there, and sync the folder.

    After a crash at any moment there is the old file, the new one, or none; never a torn one.

    Raises:
        OSError: it could not be written; the temporary is gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_record(path: Path) -> Record:
    """Read the record of a PNG without decoding its pixels.

    Raises:
        UserError: the file is missing, no PNG, or has no readable record.
    """
    try:
        with Image.open(path, formats=["PNG"]) as image:
            text = image.info.get(CHUNK)
    except FileNotFoundError:
        raise UserError(f"There is no file {printable(path)}; check the path.") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(
            f"{printable(path)} is not a readable PNG; name a picture that convscope saved."
        ) from error
    if not isinstance(text, str):
        raise UserError(
            f"{printable(path)} carries no convscope record; name a picture that convscope saved."
        )
    return decode(str(text), path)  # Pillow's own subclass of str, which msgspec refuses


def read_picture(path: Path) -> tuple[Image.Image, Record]:
    """Read a picture whole: its pixels as an RGB image, and its record.

    Raises:
        UserError: as :func:`read_record`, or the pixels are damaged.
    """
    record = read_record(path)
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return image.convert("RGB"), record
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(
            f"The picture in {printable(path)} is damaged; make it again with --force."
        ) from error
