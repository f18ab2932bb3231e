"""The chosen channel in words: what the right pane says below its picture. Plain; no widgets."""

from dataclasses import dataclass

from convscope.core.ascent.recipes import DRAFT, Recipe, renamed
from convscope.core.gallery.records import Record
from convscope.core.runner.live import LiveFrame
from convscope.core.system.text import printable
from convscope.tui.batch_words import duration
from convscope.tui.explorer.book import STOPPED, Chosen
from convscope.tui.explorer.marks import Stage, Tone, verdict_mark

ERROR_LIMIT = 160
"""Characters of a failure's reason; the worker's log has all of it."""

PATH_LIMIT = 4096
"""Linux's longest path: one is always shown whole."""


@dataclass(frozen=True)
class Fact:
    """One labelled line, or several where the text is long."""

    label: str
    text: str
    tone: Tone | None = None
    long: bool = False
    """Takes the whole width from its second line on, as a path needs it."""


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
    mark = verdict_mark(record.verdict)
    return Fact(
        "activation", f"{number(record.activation)} {mark.sign}\u00a0{mark.word}", mark.tone
    )


def number(value: float) -> str:
    """Four digits that matter, thousands apart: ``4 561``, ``12.3``, ``-0.04``."""
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.3g}"
