"""``convscope inspect``: the record that a picture carries."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from convscope.core.ascent.recipes import Recipe
from convscope.core.catalog.classes import class_names
from convscope.core.catalog.networks import networks
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.pictures import NoRecordError, find_original, read_record
from convscope.core.gallery.records import AnimationRecord, Record, encode
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.core.tasks.start_image import StartImage
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import (
    TypedFile,
    gallery_option,
    json_option,
    labels_option,
)

original_option = gallery_option(
    "Where to look for the original, if the file is a copy that lost its record."
)


@click.command()
@click.argument("file", metavar="FILE", type=TypedFile("The picture"))
@json_option
@original_option
@labels_option
def inspect(file: Path, as_json: bool, gallery: str | None, labels: Path | None) -> None:
    """Show how a picture, or an animation, was made.

    If another program dropped the record, that of a picture with the same pixels is shown, from the
    same folder or from the gallery.
    """
    record = traced_record(file, gallery)
    if as_json:
        say_json(json.loads(encode(record)))
        return
    rows = [(name, printable(value)) for name, value in _lines(record, labels)]
    click.echo(table(rows, "ll"))


def traced_record(file: Path, gallery: str | None) -> Record:
    """Read a picture's record, or that of a picture with the same pixels, and say so.

    Args:
        file: the picture.
        gallery: where to look for the other picture, as typed.

    Raises:
        UserError: the file cannot be read, or there is no record for it.
    """
    try:
        return read_record(file)
    except NoRecordError:
        folder = gallery_folder(gallery)
        found = find_original(file, folder)
    if found is None:
        raise UserError(
            f"{printable(file)} carries no convscope record, and no picture beside it or in the "
            f"gallery {printable(folder)} has the same pixels; if it is a copy, name the gallery "
            "of its original with --gallery."
        )
    original, record = found
    note(
        f"{printable(file)} carries no convscope record; this is the record of "
        f"{printable(original)}, which has the same pixels."
    )
    return record


def _class_name(record: Record, labels: Path | None) -> str:
    """Return the name of the class that a picture is of; '' where it is of none, or not known."""
    found = networks().get(record.model)
    if found is None or not found.is_classifier(record.layer):
        return ""
    weights = Weights(record.weights, record.weights_sha256)
    names = class_names(record.model, weights, labels)
    return names[record.channel] if record.channel < len(names) else ""


def _lines(record: Record, labels: Path | None) -> Iterator[tuple[str, str]]:
    recipe = record.recipe
    yield "target", str(record.target)
    if name := _class_name(record, labels):
        yield "class", name
    if record.direction:
        yield "direction", f"a mixture of {len(record.direction)} channels, numbered by the target"
    if isinstance(record, AnimationRecord):
        below = ", above the curve of its activation" if record.curve else ""
        yield "animation", f"{record.frames:,} frames of its ascent{below}"
    yield "weights", f"{record.weights} {record.weights_sha256[:8]}".rstrip()
    yield "normalize", record.task().input_normalization
    yield "verdict", record.verdict
    yield "activation", f"{record.activation:,.1f} (from {record.start_activation:,.1f})"
    if record.peak is not None:
        yield "peak", f"{record.peak:,.1f} is the largest value of its map at any step"
    if len(record.attempts) > 1:
        yield "attempts", ", ".join(f"{activation:,.1f}" for activation in record.attempts)
    yield "preset", recipe.preset
    yield "objective", f"{recipe.objective}, {recipe.tap} ReLU"
    yield "image", f"{recipe.resolution} px, {recipe.parameterization}, {_start(record)}"
    if record.start_image is not None:
        yield "photo", f"{record.start_image.path} {record.start_image.sha256[:8]}"
        yield "crop", _crop(record.start_image)
        yield "keep", f"{recipe.keep:g}"
    yield (
        "optimizer",
        f"{recipe.optimizer}, rate {recipe.lr:g}{_decay(record)}, betas {_pair(recipe.betas)}",
    )
    yield "steps", f"{record.steps_run:,} run of {recipe.steps:,} a try"
    if not recipe.is_of_pixels:
        yield "spectrum", _spectrum(recipe)
    if recipe.transforms.any:
        moves = recipe.transforms
        yield (
            "transforms",
            f"jitter {moves.jitter:g} px, rotation {moves.rotation:g}°, scale {moves.scale:g}"
            f"{', one of the two at each step' if moves.exclusive else ''}"
            f"{f', none every {moves.identity_every} steps' if moves.identity_every else ''}",
        )
    if recipe.tv or recipe.l2:
        yield "penalties", f"total variation × {recipe.tv:g}, distance from grey × {recipe.l2:g}"
    if recipe.variants > 1:
        yield (
            "variant",
            f"{record.variant + 1} of {recipe.variants}, diversity × {recipe.diversity:g}",
        )
    yield "seed", str(record.seed)
    yield "device", f"{record.device}, {record.precision}"
    yield "seconds", f"{record.seconds:.2f}"
    yield "created", record.created
    yield "versions", ", ".join(f"{name} {number}" for name, number in record.versions.items())


def _start(record: Record) -> str:
    recipe = record.recipe
    if record.start_image is not None:
        return "from a photo"
    if recipe.is_of_pixels:
        return f"uniform start {_pair(recipe.start, ' to ')}"
    return f"noise {recipe.noise:g}, chroma {recipe.chroma:g}, {recipe.squash}"


def _crop(start: StartImage) -> str:
    if start.crop is None:
        return "the largest square in the middle"
    return f"{start.crop.side} px from {start.crop.left}, {start.crop.top}"


def _spectrum(recipe: Recipe) -> str:
    parts = [f"falls by 1/f^{recipe.falloff:g}"]
    if recipe.knee:
        parts.append(f"level below {recipe.knee:g} cycles a pixel at most")
    if recipe.blur:
        parts.append(f"blurred by {recipe.blur:g} px")
    if recipe.contrast:
        parts.append(f"contrast {recipe.contrast:g} at most")
    return ", ".join(parts)


def _decay(record: Record) -> str:
    end = record.recipe.lr_end
    held = record.recipe.lr_hold
    return "" if end == 1 or held == 1 else f" for {held:.0%} of the steps, then down to {end:.0%}"


def _pair(pair: tuple[float, float], between: str = ", ") -> str:
    return f"{pair[0]:g}{between}{pair[1]:g}"
