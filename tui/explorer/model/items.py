"""What a grid knows of an item, and what the pane beside it says of the chosen one. Plain."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.gallery.annotations import NOTHING, Annotation
from convscope.core.system.text import printable
from convscope.tui.explorer.marks import (
    ANNOTATED,
    ATLAS,
    FAVOURITE,
    Mark,
    Stage,
    Tone,
    verdict_mark,
)

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image


@dataclass(frozen=True)
class GridItem:
    """One item as its tile or its line shows it. Items that are equal look alike."""

    caption: str
    """Safe to print."""
    picture: object = None
    """Names the image: items with the same name show the same pixels. ``None`` until it is read."""
    image: "Image | None" = field(default=None, compare=False)
    """RGB; ``None`` where it cannot be read."""
    verdict: str = ""
    stage: Stage = Stage.NONE
    activation: float | None = None
    grows: str = ""
    """Names what is growing, where the image is a frame that the next one replaces."""
    is_marked: bool = False
    from_atlas: bool = False
    annotation: Annotation = NOTHING

    @property
    def noted(self) -> Sequence[Mark]:
        """The sign of what a person noted, if anything."""
        if self.annotation.favourite:
            return (FAVOURITE,)
        return (ANNOTATED,) if self.annotation else ()

    @property
    def signs(self) -> Sequence[Mark]:
        """What stands at the end of the caption."""
        origin = (ATLAS,) if self.from_atlas else ()
        stage = () if self.stage is Stage.NONE else (self.stage.value,)
        return (*self.noted, *origin, *stage, verdict_mark(self.verdict))


@dataclass(frozen=True)
class Fact:
    """One labelled line, or several where the text is long."""

    label: str
    text: str
    tone: Tone | None = None
    long: bool = False
    """Takes the whole width from its second line on, as a path needs it."""


def annotation_facts(noted: Annotation) -> list[Fact]:
    """Say what a person noted of a channel; safe to print."""
    tags = ", ".join(printable(tag, 60) for tag in noted.tags)
    star = f"{FAVOURITE.sign} {FAVOURITE.word}" if noted.favourite else ""
    found = [Fact("tags", " · ".join(filter(None, (star, tags))))] if star or tags else []
    return [*found, *([Fact("note", printable(noted.note, 1000))] if noted.note else [])]


@dataclass(frozen=True)
class Detail:
    """All that is shown of one item in large; every text is safe to print."""

    title: str = ""
    picture: object = None
    """Names the image, as in :class:`GridItem`; ``None`` where there is none."""
    image: "Image | None" = field(default=None, compare=False)
    note: str = ""
    """A few words in the place of an image."""
    facts: Sequence[Fact] = ()
    caption: str = ""
    """The most important in one line."""
    grows: str = ""
    """Names the picture of which the image is a frame; '' where it is none."""
    curve: Sequence[float] = ()
    """The activation after each step so far."""
    steps: int = 0
    """How many the curve is to have."""
    path: Path | None = None
    """Where what is shown lies; ``None`` for what has no file of its own."""


WAITING = Detail(note="…")
"""In the place of a picture that is still to be read."""
