"""The record of a picture that a person names, also where another program left it out."""

from pathlib import Path

import click

from convscope.core.gallery.originals import find_original
from convscope.core.gallery.pictures import NoRecordError, read_record
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.tui.commands.completion.words import complete_folders
from convscope.tui.commands.output import note

gallery_option = click.option(
    "--gallery",
    metavar="DIR",
    help="Where to look for the original, if FILE.png is a copy that lost its record.",
    shell_complete=complete_folders,
)


def traced_record(file: Path, gallery: str | None) -> Record:
    """Read a picture's record, or that of the picture with the same pixels, and say so.

    Args:
        file: the picture.
        gallery: where to look for the other one, as typed.

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
