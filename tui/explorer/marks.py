"""Signs for verdicts and stages: told apart by shape, so that colour is only a help."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Tone = Literal["muted", "accent", "success", "warning", "error"]

QUIET = "$foreground 70%"
"""For labels: 4.5 to 1 on every ground of our themes. ``$text-muted`` says it in style sheets, but
takes its colour from the ground there, which a text by itself does not know."""


@dataclass(frozen=True)
class Mark:
    """A sign of one cell, its meaning in a word or two, and what its colour should tell."""

    sign: str
    word: str
    tone: Tone


class Stage(Enum):
    """How far the picture of a channel is, with the recipe in use."""

    NONE = Mark(" ", "", "muted")
    QUEUED = Mark("+", "queued", "muted")
    MAKING = Mark("▸", "rendering", "accent")
    SAVED = Mark("✓", "saved in full", "success")
    FAILED = Mark("!", "failed", "error")


VERDICTS: dict[str, Mark] = {
    "excited": Mark("●", "excited", "success"),
    "weak": Mark("◐", "weak", "warning"),
    "silent": Mark("○", "silent", "muted"),
    "diverged": Mark("×", "diverged", "error"),
}
CANCELLED = Mark("–", "cancelled", "muted")
PAUSED = Mark("‖", "paused", "warning")
DAMAGED = Mark("!", "damaged", "error")
"""In the place of a verdict, where the file cannot be read."""
DRAFT = Mark("~", "draft", "muted")
SHEET = Mark("▦", "contact sheet", "muted")
ANIMATION = Mark("»", "animation", "muted")
"""These three begin the caption of a file."""
ATLAS = Mark("□", "from the atlas", "muted")
FAVOURITE = Mark("★", "favourite", "warning")
ANNOTATED = Mark("#", "tag or note", "accent")
MARKED = Mark("◆", "marked", "accent")
BLANK = Mark(" ", "", "muted")


def verdict_mark(verdict: str) -> Mark:
    """Return the mark of a verdict or of damage; a blank one where there is none yet."""
    return DAMAGED if verdict == DAMAGED.word else VERDICTS.get(verdict, BLANK)


def ink(tone: Tone | None) -> str:
    """Return the style of a tone for Textual's content."""
    if tone is None:
        return ""
    return QUIET if tone == "muted" else f"$text-{tone}"
