"""Channels and pictures in words: captions, and what stands beside a large picture. Plain.

All that is returned is safe to print: names of files and texts of records are somebody else's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.ascent.recipes import DRAFT, Recipe, renamed
from convscope.core.catalog.targets import Target
from convscope.core.catalog.weights import EMBEDDED
from convscope.core.gallery.records import Record
from convscope.core.jobs.rows import Job
from convscope.core.runner.live import LiveFrame
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import duration
from convscope.tui.explorer.marks import Stage, verdict_mark
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.items import Detail, Fact
from convscope.tui.explorer.model.pictures import (
    DAMAGED,
    SHEET,
    TOO_LARGE,
    Picture,
    PictureFile,
    is_sheet,
)

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

ERROR_LIMIT = 160
"""Characters of a failure's reason; the worker's log has all of it."""

PATH_LIMIT = 4096
"""Linux's longest path: one is always shown whole."""


LIMIT = 120
"""Characters of one fact about a file."""
STOPPED = "stopped"
"""The activity of a worker that somebody stopped."""
SHEET_SIGN = "▦"
_SPACE = "\u00a0"
"""Where a line is not to break."""

# ---- a channel -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """All that is known of the chosen channel."""

    task: Visualize
    """The picture that ``enter`` would make."""
    job: Job | None = None
    """The newest job for exactly that picture."""
    picture: object = None
    """Names the image, as in :class:`GridItem`."""
    image: "Image | None" = field(default=None, compare=False)
    path: Path | None = None
    """The PNG of the image, when it is a saved one."""
    record: Record | None = None
    damaged: bool = False
    """The file of ``task`` is there and cannot be read."""
    frame: LiveFrame | None = None
    """The frame, while the image is one that is not whole."""
    waits: bool = False
    """Whether the frame is the last one of a picture that nothing is done for at this moment."""
    step: int = 0
    steps: int = 0
    seconds_left: float = 0.0
    curve: Sequence[float] = ()
    activity: str = ""
    """What the worker does when it makes no picture."""
    draft_trouble: str = ""
    """Why drafts cannot be made, if they cannot."""

    @property
    def target(self) -> Target:
        """The chosen channel."""
        return self.task.target


def channel_detail(chosen: Chosen) -> Detail:
    """Say all about a channel."""
    title = f"{chosen.target.layer}:{chosen.target.channel}"
    return Detail(
        title=title,
        picture=chosen.picture,
        image=chosen.image,
        note=note(chosen),
        facts=facts(chosen),
        caption=f"{title} · {preset_shown(chosen)}",
        grows=chosen.frame.key if chosen.frame is not None else "",
        curve=chosen.curve,
        steps=chosen.steps or len(chosen.curve),
    )


def facts(chosen: Chosen) -> list[Fact]:
    """Return what is to be said, in a fixed order; every text is safe to print."""
    found = [_state(chosen)]
    if chosen.record is not None and not _is_asked(chosen, chosen.record):
        found.append(Fact("shown", _shown(renamed(chosen.record.recipe))))
    found.append(_activation(chosen))
    found.append(Fact("recipe", recipe_line(chosen.task.recipe, chosen.task.seed)))
    if chosen.path is not None:
        found.append(Fact("file", printable(chosen.path, PATH_LIMIT), long=True))
    return found


def recipe_line(recipe: Recipe, seed: int) -> str:
    """Write the numbers of a recipe that tell pictures apart."""
    return (
        f"{recipe.preset} · {recipe.resolution} px · {recipe.steps} steps"
        f" · rate {recipe.lr:g} · seed {seed}"
    )


def preset_shown(chosen: Chosen) -> str:
    """Return the preset of the picture that is seen, or else of the one that would be made."""
    if chosen.frame is not None:
        return printable(chosen.frame.preset, 24)
    recipe = chosen.task.recipe if chosen.record is None else renamed(chosen.record.recipe)
    return printable(recipe.preset, 24)


def note(chosen: Chosen) -> str:
    """Say why there is no picture, in the few words that fit in its place."""
    if chosen.damaged:
        return "damaged"
    if chosen.activity in ("", "idle"):
        return "no picture yet"
    if chosen.activity == STOPPED:
        return "the worker is stopped"
    return f"{printable(chosen.activity, 24)} …"


def _state(chosen: Chosen) -> Fact:
    if chosen.frame is not None and not chosen.waits:
        return _growing(chosen, chosen.frame)
    if chosen.record is not None and _is_asked(chosen, chosen.record):
        return Fact("state", _marked(Stage.SAVED), "success")
    return _asked(chosen)


def _growing(chosen: Chosen, frame: LiveFrame) -> Fact:
    what = "draft" if frame.preset == DRAFT.preset else "making"
    other = "" if frame.preset in (DRAFT.preset, chosen.task.recipe.preset) else frame.preset
    name = f"{printable(other, 24)}: " if other else ""
    if not chosen.steps:
        return Fact(what, f"{name}starting", "accent")
    left = f" · {duration(chosen.seconds_left)} left" if chosen.seconds_left else ""
    return Fact(what, f"{name}step {chosen.step} / {chosen.steps}{left}", "accent")


def _asked(chosen: Chosen) -> Fact:
    """What is known of a picture that is neither there nor shown growing."""
    job = chosen.job
    if job is not None and job.state == "failed":
        reason = printable(job.error or "for no known reason", ERROR_LIMIT)
        return Fact("state", f"{_marked(Stage.FAILED)}: {reason}", "error")
    if job is not None and job.state == "queued":
        return Fact("state", _marked(Stage.QUEUED), "accent")
    if job is not None and job.state == "running":
        return Fact("state", _marked(Stage.MAKING), "accent")
    if chosen.damaged:
        return Fact("state", f"{Stage.FAILED.value.sign} damaged; enter makes it again", "error")
    if chosen.record is not None:
        return Fact("state", "draft; enter makes it in full", "muted")
    return Fact("state", f"{_draft(chosen)}; enter makes it in full", "muted")


def _draft(chosen: Chosen) -> str:
    """Say whether a draft comes."""
    if chosen.activity == STOPPED:
        return "no draft, the worker is stopped"
    return "no draft" if chosen.draft_trouble else "a draft comes by itself"


def _is_asked(chosen: Chosen, record: Record) -> bool:
    """Whether the picture shown is the one that the recipe in use makes."""
    return (renamed(record.recipe), record.seed) == (chosen.task.recipe, chosen.task.seed)


def _shown(recipe: Recipe) -> str:
    return f"{printable(recipe.preset, 24)} · {recipe.resolution} px"


def _marked(stage: Stage) -> str:
    return f"{stage.value.sign} {stage.value.word}"


def _activation(chosen: Chosen) -> Fact:
    if chosen.frame is not None:
        if not chosen.curve:
            return Fact("activation", "–", "muted")
        return Fact("activation", number(chosen.curve[-1]))
    record: Record | None = chosen.record
    if record is None:
        return Fact("activation", "–", "muted")
    return Fact("activation", _outcome(record), verdict_mark(record.verdict).tone)


def number(value: float) -> str:
    """Four digits that matter, thousands apart: ``4 561``, ``12.3``, ``-0.04``."""
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.3g}"


# ---- a file of the gallery -------------------------------------------------------------------


def file_detail(file: PictureFile, known: Known, picture: Picture) -> Detail:
    """Say all about a file."""
    return Detail(
        title=file_title(file, known),
        picture=picture.file if picture.image is not None else None,
        image=picture.image,
        note=file_note(picture),
        facts=file_facts(picture),
        caption=file_line(file, known, picture.record),
    )


def file_caption(file: PictureFile, known: Known) -> str:
    """Name a picture in about a dozen characters."""
    if is_sheet(file.name):
        return f"{SHEET_SIGN} {printable(known.layer or file.path.stem, LIMIT)}"
    return printable(known.title or file.path.stem, LIMIT)


def file_title(file: PictureFile, known: Known) -> str:
    """Name a picture in a few words."""
    if is_sheet(file.name) and known.layer:
        return f"sheet of {printable(known.layer, LIMIT)}"
    return printable(known.title or file.name, LIMIT)


def file_line(file: PictureFile, known: Known, record: Record | None) -> str:
    """Say the most important of a picture in one line."""
    if record is None:
        return file_title(file, known)
    recipe = f"{record.recipe.preset} {record.recipe.resolution} px"
    return _joined(file_title(file, known), _outcome(record), recipe, f"seed {_seed(record)}")


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
        Fact("activation", _outcome(record), verdict_mark(record.verdict).tone),
        Fact("recipe", _recipe_of(record)),
        Fact("seed", _seed(record)),
        Fact("device", _device(record)),
        Fact("made", _made(record.created)),
    ]
    if normalization := record.task().normalization:
        found.insert(1, Fact("normalize", printable(normalization, LIMIT)))
    if record.weights_sha256 != EMBEDDED.sha256:
        found.insert(1, Fact("weights", printable(record.weights, LIMIT)))
    return found


def _outcome(record: Record) -> str:
    mark = verdict_mark(record.verdict)
    return f"{printable(number(record.activation), 24)} {mark.sign}{_SPACE}{mark.word}"


def _recipe_of(record: Record) -> str:
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


def _made(created: str) -> str:
    """Write a record's moment the short way, or as it stands where it is none."""
    try:
        moment = datetime.fromisoformat(created).astimezone(UTC)
    except (ValueError, OverflowError):
        return printable(created, 40)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _without_record(picture: Picture) -> list[Fact]:
    width, height = picture.size
    size = f"{_SPACE}· {width}{_SPACE}×{_SPACE}{height}{_SPACE}px" if width else ""
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
        return f"{datetime.fromtimestamp(nanoseconds / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):  # no calendar goes that far
        return "–"
