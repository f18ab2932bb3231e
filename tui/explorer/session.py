"""Where the person was: written down when they leave, and now and then before. No Textual."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from convscope.core.ascent.recipes import (
    DEFAULT_PRESET,
    PRESETS,
    Recipe,
    check_seed,
    checked,
    renamed,
)
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.weights import EMBEDDED, Weights
from convscope.core.system.errors import UserError
from convscope.core.system.files import write_note

NAME = "explorer.json"
VERSION = 1
EVERY = 5.0
"""Seconds between two writings: what a killed explorer forgets at most."""
MAX_BYTES = 64 * 1024
"""A larger file is none of ours."""

ScreenName = Literal["explore", "queue", "gallery"]


class Asked(msgspec.Struct, frozen=True):
    """A batch that was queued."""

    batch: int
    name: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What an explorer opens with again."""

    version: int = VERSION
    model: str
    weights: Weights = EMBEDDED
    normalization: str = ""
    labels: str = ""
    classes: int = 0
    """These five are the :class:`Subject`."""
    recent: list[Subject] = []
    """What was looked into last, the newest first."""
    layer: str
    """Name of the chosen layer."""
    channels: list[int]
    """The chosen channel of each layer, from the input upwards."""
    recipe: Recipe
    seed: int = 0
    edited: list[Recipe] = []
    """Recipes with numbers of a person's own, the newest first."""
    screen: ScreenName = "explore"
    source: str = ""
    """What the tiles showed, by its name."""
    order: str = ""
    """What they were sorted by."""
    is_list: bool = False
    """Whether channels were shown as a list."""
    photos: list[bytes] = []
    """Paths of the photos that were looked at, the last one first."""
    index: str = ""
    """The index of photos that was opened last."""
    asked: Asked | None = None
    """What was queued last."""

    @property
    def subject(self) -> Subject:
        """What was looked into."""
        return Subject(self.model, self.weights, self.normalization, self.labels, self.classes)


def load_session(state: Path) -> Session | None:
    """Return the last session; ``None`` where there is none that can be gone on with."""
    try:
        with (state / NAME).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            return None
        return _judged(msgspec.json.decode(content, type=Session))
    except (OSError, ValueError, RecursionError, UserError):
        return None  # nobody wants to hear of it: the explorer just opens as it does at first


def save_session(state: Path, session: Session) -> None:
    """Replace the file; another explorer reads the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    write_note(state / NAME, msgspec.json.encode(session))


class SessionKeeper:
    """Writes a session down as it changes, not more often than needed.

    A session that cannot be written is lost, which is no reason to disturb anybody.

    Args:
        state: the state folder.
        clock: tells seconds.
    """

    def __init__(self, state: Path, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._written: Session | None = None
        self._written_at = clock()

    def note(self, session: Session) -> None:
        """Write it, if it is another one than before and the last writing is a while ago."""
        if session != self._written and self._clock() - self._written_at >= EVERY:
            self._write(session)

    def close(self, session: Session) -> None:
        """Write it whatever it is: of several explorers the last one to leave is gone on with."""
        self._write(session)

    def _write(self, session: Session) -> None:
        self._written, self._written_at = session, self._clock()
        with contextlib.suppress(OSError):
            save_session(self._state, session)


def _judged(session: Session) -> Session:
    """Return a session that can be gone on with.

    Raises:
        UserError: it is of a later version, or something in it is not there any more.
    """
    if session.version != VERSION:
        raise UserError("The session is of another version.")
    layers = [layer.name for layer in session.subject.layers]
    if session.layer not in layers or len(session.channels) != len(layers):
        raise UserError("The session's layers are not those of the model.")
    if session.recipe.preset not in PRESETS:
        raise UserError("The session's preset is not there any more.")
    checked(session.recipe)
    check_seed(session.seed)
    recipe = renamed(session.recipe)
    if recipe != session.recipe and recipe in PRESETS.values():
        recipe = PRESETS[DEFAULT_PRESET]  # it was the default of its time, and never chosen
    edited = [each for each in session.edited if _can_be_used(each)]
    return msgspec.structs.replace(session, recipe=recipe, edited=edited)


def _can_be_used(recipe: Recipe) -> bool:
    try:
        return checked(recipe).preset in PRESETS
    except UserError:
        return False
