"""A file of the gallery in words: captions, titles and the facts of its record. Plain.

All that is returned is safe to print: names of files and texts of records are somebody else's.
"""

from datetime import datetime

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.weights import EMBEDDED
from convscope.core.gallery.records import AnimationRecord, Record
from convscope.core.system.text import printable
from convscope.tui.batch_words import duration
from convscope.tui.explorer import marks
from convscope.tui.explorer.marks import Stage, verdict_mark
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.items import Detail, Fact
from convscope.tui.explorer.model.pictures import (
    DAMAGED,
    SHEET,
    TOO_LARGE,
    Picture,
    PictureFile,
    is_animation,
    is_sheet,
)
from convscope.tui.explorer.model.words import (
    LIMIT,
    NO_BREAK,
    PATH_LIMIT,
    joined,
    outcome,
    record_line,
    seed_words,
)
from convscope.tui.explorer.tables import ending

CAPTION = 11
"""Cells of a caption beside a verdict."""


def file_detail(file: PictureFile, known: Known, picture: Picture) -> Detail:
    """Say all about a file."""
    return Detail(
        title=file_title(file, known),
        picture=picture.file if picture.image is not None else None,
        image=picture.image,
        note=file_note(picture),
        facts=file_facts(picture),
        caption=file_line(file, known, picture.record),
        path=file.path,
    )


def file_caption(file: PictureFile, known: Known) -> str:
    """Name a picture in about a dozen characters."""
    title = ending(printable(known.title, LIMIT), CAPTION)  # where the channel stands
    if is_animation(file.name):
        return f"{marks.ANIMATION.sign} {ending(title, CAPTION - 2)}"
    if is_sheet(file.name):
        layer = ending(printable(known.layer, LIMIT), CAPTION - 2)
        return f"{marks.SHEET.sign} {layer or printable(file.path.stem, LIMIT)}"
    if known.preset == DRAFT.preset:
        return f"{marks.DRAFT.sign}{ending(title, CAPTION - 1)}"
    return title or printable(file.path.stem, LIMIT)


def file_title(file: PictureFile, known: Known) -> str:
    """Name a picture in a few words."""
    if is_sheet(file.name) and known.layer:
        return f"sheet of {printable(known.layer, LIMIT)}"
    if is_animation(file.name) and known.title:
        return f"animation of {printable(known.title, LIMIT)}"
    if known.preset == DRAFT.preset and known.title:
        return f"draft of {printable(known.title, LIMIT)}"
    return printable(known.title or file.name, LIMIT)


def file_line(file: PictureFile, known: Known, record: Record | None) -> str:
    """Say the most important of a picture in one line."""
    title = file_title(file, known)
    return title if record is None else record_line(title, record)


def file_facts(picture: Picture) -> list[Fact]:
    """Return all that is known of a picture, in a fixed order."""
    record = picture.record
    found = _record_facts(record) if record is not None else _without_record(picture)
    return [*found, Fact("file", printable(picture.file.path, PATH_LIMIT), long=True)]


def file_note(picture: Picture) -> str:
    """Say why there is no picture, in the few words that fit in its place."""
    return "too large to show" if picture.kind == TOO_LARGE else "damaged"


def _record_facts(record: Record) -> list[Fact]:
    found = [
        Fact("target", printable(record.target, LIMIT)),
        Fact("activation", outcome(record), verdict_mark(record.verdict).tone),
        Fact("recipe", _recipe(record)),
        Fact("seed", seed_words(record)),
        Fact("device", _device(record)),
        Fact("made", _made(record.created)),
    ]
    if normalization := record.task().normalization:
        found.insert(1, Fact("normalize", printable(normalization, LIMIT)))
    if record.weights_sha256 != EMBEDDED.sha256:
        found.insert(1, Fact("weights", printable(record.weights, LIMIT)))
    if (start := record.start_image) is not None:
        found.insert(1, Fact("photo", joined(start.name, f"keep {record.recipe.keep:g}")))
    return found


def _recipe(record: Record) -> str:
    recipe = record.recipe
    said = [recipe.preset, f"{recipe.resolution} px", f"{recipe.steps} steps"]
    said.append(f"rate {recipe.lr:g}")
    if recipe.objective != "channel":
        said.append(recipe.objective)
    if isinstance(record, AnimationRecord):
        said.append(f"{record.frames:,} frames")
    return joined(*said)


def _device(record: Record) -> str:
    # A line, so that the path below is read whole; its threads stand in the record.
    device = record.device.partition(",")[0]
    return joined(device, record.precision, duration(record.seconds))


def _made(created: str) -> str:
    """Write a record's moment as a clock here showed it, or as it stands where it is none."""
    try:
        return f"{datetime.fromisoformat(created).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return printable(created, 40)


def _without_record(picture: Picture) -> list[Fact]:
    width, height = picture.size
    size = f"{NO_BREAK}· {width}{NO_BREAK}×{NO_BREAK}{height}{NO_BREAK}px" if width else ""
    sign = Stage.FAILED.value.sign
    if picture.kind == DAMAGED:
        state = Fact("state", f"{sign} damaged: this file cannot be read{size}", "error")
    elif picture.kind == TOO_LARGE:
        state = Fact("state", f"too large to show here{size}", "warning")
    elif picture.kind == SHEET:
        state = Fact("state", f"contact sheet{size}")
    else:
        state = Fact("state", f"not made by convscope, or its record is lost{size}", "warning")
    return [state, Fact("changed", _changed(picture.file.changed))]


def _changed(nanoseconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(nanoseconds / 1e9):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):  # no calendar goes that far
        return "–"
