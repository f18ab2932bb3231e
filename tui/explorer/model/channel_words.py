"""A channel in words: what the right pane says below its picture. Plain; safe to print."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.ascent.recipes import DRAFT, renamed
from convscope.core.catalog.targets import Target
from convscope.core.gallery.records import Record
from convscope.core.jobs.rows import Job
from convscope.core.runner.live import LiveFrame
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import duration
from convscope.tui.explorer.marks import ATLAS, Stage, verdict_mark
from convscope.tui.explorer.model.items import Detail, Fact
from convscope.tui.explorer.model.words import (
    NO_BREAK,
    PATH_LIMIT,
    growing_line,
    number,
    outcome,
    record_line,
)

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

ERROR_LIMIT = 160
"""Characters of a failure's reason; the worker's log has all of it."""
STOPPED = "stopped"
"""The activity of a worker that somebody stopped."""


@dataclass(frozen=True)
class ChannelState:
    """All that is known of one channel."""

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
    from_atlas: bool = False
    """Whether the image is the atlas's."""
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


def channel_detail(chosen: ChannelState, of_class: str = "", branch: str = "") -> Detail:
    """Say all about a channel.

    Args:
        chosen: what is known of it.
        of_class: what the class is called that it stands for.
        branch: the layer that it comes from, in a layer that puts others side by side.
    """
    title = f"{chosen.target.layer}:{chosen.target.channel}"
    if of_class:
        title = f"{title} {printable(of_class, 60)}"
    return Detail(
        title=title,
        picture=chosen.picture,
        image=chosen.image,
        note=note(chosen),
        facts=[*facts(chosen), *([Fact("branch", printable(branch, 60))] if branch else [])],
        caption=caption(chosen, title),
        grows=chosen.frame.key if chosen.frame is not None else "",
        curve=chosen.curve,
        steps=chosen.steps or len(chosen.curve),
        path=chosen.path,
    )


def caption(chosen: ChannelState, title: str) -> str:
    """Say the most important in one line, as the gallery and the queue do of the same picture."""
    if chosen.frame is not None:
        return growing_line(title, chosen.frame.preset, chosen.step, chosen.steps)
    if chosen.record is None:
        return f"{title} · {note(chosen)}"
    line = record_line(title, chosen.record)
    return f"{line}{NO_BREAK}· {ATLAS.word}" if chosen.from_atlas else line


def facts(chosen: ChannelState) -> list[Fact]:
    """Return what is to be said, in a fixed order; every text is safe to print."""
    found = [_state(chosen)]
    if chosen.record is not None and not _is_asked(chosen, chosen.record):
        size = f"{chosen.record.recipe.resolution} px"
        found.append(Fact("shown", f"{preset_shown(chosen)} · {size}"))
    found.append(_activation(chosen))
    found.append(Fact("recipe", recipe_line(chosen.task)))
    if chosen.path is not None:
        found.append(Fact("file", printable(chosen.path, PATH_LIMIT), long=True))
    return found


def recipe_line(task: Visualize) -> str:
    """Write the numbers of a task's recipe that tell pictures apart, and what it starts from."""
    recipe, photo = task.recipe, task.start_image
    line = (
        f"{recipe.preset} · {recipe.resolution} px · {recipe.steps} steps"
        f" · rate {recipe.lr:g} · seed {task.seed}"
    )
    return line if photo is None else f"{line} · from {photo.name} · keep {recipe.keep:g}"


def preset_shown(chosen: ChannelState) -> str:
    """Name the preset of the picture that is seen, or else of the one that would be made."""
    if chosen.frame is not None:
        return printable(chosen.frame.preset, 24)
    recipe = chosen.task.recipe if chosen.record is None else renamed(chosen.record.recipe)
    return f"{printable(recipe.preset, 24)}{' of the atlas' if chosen.from_atlas else ''}"


def note(chosen: ChannelState) -> str:
    """Say why there is no picture, in the few words that fit in its place."""
    if chosen.damaged:
        return "damaged"
    if chosen.activity in ("", "idle"):
        return "no picture yet"
    if chosen.activity == STOPPED:
        return "the worker is stopped"
    return f"{printable(chosen.activity, 24)} …"


def _state(chosen: ChannelState) -> Fact:
    if chosen.frame is not None and not chosen.waits:
        return _growing(chosen, chosen.frame)
    if chosen.record is not None and _is_asked(chosen, chosen.record):
        return Fact("state", _marked(Stage.SAVED), "success")
    return _asked(chosen)


def _growing(chosen: ChannelState, frame: LiveFrame) -> Fact:
    what = "draft" if frame.preset == DRAFT.preset else "rendering"
    other = "" if frame.preset in (DRAFT.preset, chosen.task.recipe.preset) else frame.preset
    name = f"{printable(other, 24)}: " if other else ""
    if not chosen.steps:
        return Fact(what, f"{name}starting", "accent")
    left = f" · {duration(chosen.seconds_left)} left" if chosen.seconds_left else ""
    return Fact(what, f"{name}step {chosen.step} / {chosen.steps}{left}", "accent")


def _asked(chosen: ChannelState) -> Fact:
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
        return Fact(
            "state", f"{Stage.FAILED.value.sign} damaged; press enter to render it again", "error"
        )
    return Fact("state", f"{_draft(chosen)}; press enter to render in full", "muted")


def _draft(chosen: ChannelState) -> str:
    """Say whether there is a draft, or one comes."""
    if chosen.record is not None:
        return "draft"
    if chosen.activity == STOPPED:
        return "no draft, the worker is stopped"
    return "no draft" if chosen.draft_trouble else "a draft is on its way"


def _is_asked(chosen: ChannelState, record: Record) -> bool:
    """Whether the picture shown is the one that the recipe in use makes."""
    return (renamed(record.recipe), record.seed) == (chosen.task.recipe, chosen.task.seed)


def _marked(stage: Stage) -> str:
    return f"{stage.value.sign} {stage.value.word}"


def _activation(chosen: ChannelState) -> Fact:
    if chosen.frame is not None:
        if not chosen.curve:
            return Fact("activation", "–", "muted")
        return Fact("activation", number(chosen.curve[-1]))
    record: Record | None = chosen.record
    if record is None:
        return Fact("activation", "–", "muted")
    return Fact("activation", outcome(record), verdict_mark(record.verdict).tone)
