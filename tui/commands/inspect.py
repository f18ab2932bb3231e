"""``convscope inspect``: the record that a picture carries."""

import json
from pathlib import Path

import click

from convscope.core.catalog.classes import class_names
from convscope.core.catalog.networks import networks
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.pictures import NoRecordError, find_original, read_record
from convscope.core.gallery.record_words import record_lines
from convscope.core.gallery.records import Record, encode
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import (
    TypedFile,
    gallery_option,
    json_option,
    labels_option,
)

original_option = gallery_option(
    "Where to look for the original, if the file is a copy that has lost its record."
)


@click.command()
@click.argument("file", metavar="FILE", type=TypedFile("The picture"))
@json_option
@original_option
@labels_option
def inspect(file: Path, as_json: bool, gallery: str | None, labels: Path | None) -> None:
    """Show how a picture, or an animation, was made.

    If another program has removed the record, that of a picture with the same pixels is shown, from
    the same folder or from the gallery.
    """
    record = traced_record(file, gallery)
    if as_json:
        say_json(json.loads(encode(record)))
        return
    lines = record_lines(record, _class_name(record, labels))
    rows = [(name, printable(value)) for name, value in lines]
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
