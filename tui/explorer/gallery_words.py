"""Pictures of the gallery in words: captions, titles and the facts of a record. Plain.

All that is returned is safe to print: names of files and texts of records are somebody else's.
"""

from datetime import UTC, datetime

from convscope.core.catalog.weights import EMBEDDED
from convscope.core.gallery.records import Record
from convscope.core.system.text import printable
from convscope.tui.batch_words import duration
from convscope.tui.explorer.describe import PATH_LIMIT, Fact, number
from convscope.tui.explorer.gallery_briefs import Brief, is_sheet
from convscope.tui.explorer.gallery_files import PictureFile
from convscope.tui.explorer.gallery_reader import DAMAGED, SHEET, TOO_LARGE, Seen
from convscope.tui.explorer.marks import Stage, verdict_mark

LIMIT = 120
"""Characters of one fact."""
SHEET_SIGN = "▦"
_SPACE = "\u00a0"
"""Where a line is not to break."""


def caption(file: PictureFile, brief: Brief) -> str:
    """Name a picture in about a dozen characters."""
    if is_sheet(file.name):
        return f"{SHEET_SIGN} {printable(brief.layer or file.path.stem, LIMIT)}"
    return printable(brief.title or file.path.stem, LIMIT)


def title(file: PictureFile, brief: Brief) -> str:
    """Name a picture in a few words."""
    if is_sheet(file.name) and brief.layer:
        return f"sheet of {printable(brief.layer, LIMIT)}"
    return printable(brief.title or file.name, LIMIT)


def line(file: PictureFile, brief: Brief, seen: Seen | None) -> str:
    """Say the most important of a picture in one line."""
    record = seen.record if seen is not None else None
    if record is None:
        return title(file, brief)
    recipe = f"{record.recipe.preset} {record.recipe.resolution} px"
    return _joined(title(file, brief), _activation(record), recipe, f"seed {_seed(record)}")


def facts(seen: Seen) -> list[Fact]:
    """Return all that is known of a picture, in a fixed order."""
    record = seen.record
    found = _told(record) if record is not None else _without_record(seen)
    return [*found, Fact("file", printable(seen.file.path, PATH_LIMIT), long=True)]


def note(seen: Seen) -> str:
    """Say why there is no picture, in the few words that fit in its place."""
    return "too large to show" if seen.kind == TOO_LARGE else "damaged"


def _told(record: Record) -> list[Fact]:
    found = [
        Fact("target", printable(record.target, LIMIT)),
        Fact("activation", _activation(record), verdict_mark(record.verdict).tone),
        Fact("recipe", _recipe(record)),
        Fact("seed", _seed(record)),
        Fact("device", _device(record)),
        Fact("made", _moment(record.created)),
    ]
    if normalization := record.task().normalization:
        found.insert(1, Fact("normalize", printable(normalization, LIMIT)))
    if record.weights_sha256 != EMBEDDED.sha256:
        found.insert(1, Fact("weights", printable(record.weights, LIMIT)))
    return found


def _activation(record: Record) -> str:
    mark = verdict_mark(record.verdict)
    return f"{printable(number(record.activation), 24)} {mark.sign}{_SPACE}{mark.word}"


def _recipe(record: Record) -> str:
    recipe = record.recipe
    said = [recipe.preset, f"{recipe.resolution} px", f"{recipe.steps} steps"]
    said.append(f"rate {recipe.lr:g}")
    if recipe.objective != "channel":
        said.append(recipe.objective)
    return _joined(*said)


def _seed(record: Record) -> str:
    of = record.recipe.variants
    variant = [f"variant {record.variant + 1} of {of}"] if of > 1 else []
    return _joined(str(record.seed), *variant)


def _device(record: Record) -> str:
    return _joined(record.device, record.precision, duration(record.seconds))


def _joined(*said: str) -> str:
    """Write several things on a line, which may break between them only."""
    safe = (printable(each, LIMIT).replace(" ", _SPACE) for each in said)
    return f"{_SPACE}· ".join(safe)


def _moment(created: str) -> str:
    """Write a record's moment the short way, or as it stands where it is none."""
    try:
        moment = datetime.fromisoformat(created).astimezone(UTC)
    except (ValueError, OverflowError):
        return printable(created, 40)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _without_record(seen: Seen) -> list[Fact]:
    width, height = seen.size
    size = f"{_SPACE}· {width}{_SPACE}×{_SPACE}{height}{_SPACE}px" if width else ""
    sign = Stage.FAILED.value.sign
    if seen.kind == DAMAGED:
        state = Fact("state", f"{sign} damaged: this file cannot be read{size}", "error")
    elif seen.kind == TOO_LARGE:
        state = Fact("state", f"too large to show here{size}", "warning")
    elif seen.kind == SHEET:
        state = Fact("state", f"contact sheet{size}")
    else:
        state = Fact("state", f"not made by convscope, or its record is lost{size}", "warning")
    return [state, Fact("changed", _changed(seen.file.changed))]


def _changed(nanoseconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(nanoseconds / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):  # no calendar goes that far
        return "–"
