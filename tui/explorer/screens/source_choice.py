"""What the tiles show: which source, which photo, in which order; and what all sources make of one.

A source is a line in :data:`SOURCES`.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.source import Order, Source
from convscope.tui.explorer.session import Session

if TYPE_CHECKING:
    from convscope.tui.explorer.model.exemplars import ExemplarSource
    from convscope.tui.explorer.model.opened_photo import OpenedPhoto
    from convscope.tui.explorer.model.photo_maps import PhotoSource

RECENT = 12
"""Photos that are remembered."""


class SourceName(NamedTuple):
    """A source as the table has it."""

    name: str
    """In the session, and on sheets."""
    get: Callable[["SourceChoice"], Source[int] | None]
    """Returns it; ``None`` where there is nothing for it to show, or it is not prepared yet."""
    pane: Pane = Pane.PICTURE
    """The pane of its pictures in large."""


SYNTHETIC, PHOTO, EXEMPLARS = "synthetic", "photo", "exemplars"
SOURCES: Sequence[SourceName] = (
    SourceName(SYNTHETIC, lambda choice: choice.channels),
    SourceName(PHOTO, lambda choice: choice.photo, Pane.MAP),
    SourceName(EXEMPLARS, lambda choice: choice.exemplars),
)
"""In the order in which one goes through them."""


@dataclass
class SourceChoice:
    """Which source is shown, and what the others have of the same channels.

    Args:
        feed: the door to the world.
        channels: the source that is always there.
    """

    feed: Feed
    channels: ChannelSource

    def __post_init__(self) -> None:
        self.chosen = SOURCES[0]
        self.order = Order.NUMBER
        self.photo: PhotoSource | None = None
        self.exemplars: ExemplarSource | None = None
        self.recent: list[Path] = []
        """Photos that were looked at, the last one first."""
        self.index = ""
        """The index whose photos are shown before those of others; '' for none."""
        self.left = self.chosen.name
        """The source that was shown when the person left."""

    @property
    def source(self) -> Source[int]:
        """The one that is shown."""
        return self.chosen.get(self) or self.channels

    @property
    def there(self) -> list[tuple[SourceName, Source[int]]]:
        """All that have something to show."""
        found = ((each, each.get(self)) for each in SOURCES)
        return [(each, source) for each, source in found if source is not None]

    def notes(self) -> list[str]:
        """Say what is shown and how it is sorted, as far as that is not plain."""
        notes = [self.source.note_on_items] if self.source.note_on_items else []
        by = self.order_shown
        return notes if by is Order.NUMBER else [*notes, f"by {by}"]

    def noted(self, session: Session) -> Session:
        """Return a session in which the source stands, too."""
        photos = [bytes(path) for path in self.recent]
        return msgspec.structs.replace(
            session, source=self.chosen.name, order=self.order, photos=photos, index=self.index
        )

    def restore(self, session: Session) -> None:
        """Remember what was looked at."""
        self.recent = [Path(os.fsdecode(path)) for path in session.photos]
        self.left, self.index = session.source, session.index
        self.order = Order.noted(session.order)

    def named(self, name: str) -> SourceName:
        """Return a source of the table; the first where there is none of that name."""
        return next((each for each in SOURCES if each.name == name), SOURCES[0])

    @property
    def are_others(self) -> bool:
        """Whether there is another source than the one that is always there."""
        return len(self.there) > 1 or self.feed.photo_indexes() is not None

    def after(self) -> SourceName:
        """Return the next source that has something to show; see :meth:`prepare`."""
        names = [each for each, _ in self.there]
        return names[(names.index(self.chosen) + 1) % len(names)]

    @property
    def is_prepared(self) -> bool:
        """Whether all sources are there that can be."""
        return self.exemplars is not None or self.feed.photo_indexes() is None

    async def prefer(self, index: str) -> None:
        """Show the photos of an index before those of others; see :meth:`prepare`."""
        self.index = index
        if self.exemplars is not None:
            self.exemplars.prefer(index)
        await self.prepare()

    async def prepare(self) -> None:
        """Have the photos of an index ready where there is one, and what it says of the layer."""
        state = self.feed.photo_indexes()
        if state is None:
            if self.chosen.name != EXEMPLARS:  # which says that there is none any more
                self.exemplars = None
            return
        if self.exemplars is None:
            self.exemplars = await asyncio.to_thread(_exemplars, self.channels, state)
            self.exemplars.prefer(self.index)
        exemplars = self.exemplars
        for picture in await asyncio.to_thread(exemplars.read, exemplars.layer_wanted(), 0.0):
            exemplars.note(picture)

    async def open(self, path: Path) -> None:
        """Open a photo.

        Raises:
            UserError: it is none.
        """
        photo = await asyncio.to_thread(_opened, path)
        if self.photo is None:
            from convscope.tui.explorer.model.photo_maps import PhotoSource  # noqa: PLC0415  NumPy

            self.photo = PhotoSource(self.feed, self.channels.tasks, photo)
        else:
            self.photo.use(photo)
        self.recent = list(dict.fromkeys([photo.path.absolute(), *self.recent]))[:RECENT]

    def next_order(self) -> str:
        """Sort by what comes next; returns a sentence about it."""
        orders = self.source.ORDERS
        at = orders.index(self.order) if self.order in orders else 0
        skipped = ""
        for step in range(1, len(orders) + 1):
            order = orders[(at + step) % len(orders)]
            why = self.source.why_not(order)
            if not why:
                self.order = order
                break
            skipped = f" ({why})"
        return self._sorted_phrase(skipped)

    def sort_by(self, order: Order) -> str:
        """Sort by something, if that can be; returns a sentence about it."""
        why = self.source.why_not(order)
        if not why:
            self.order = order
        return self._sorted_phrase(f" ({why})" if why else "")

    def _sorted_phrase(self, skipped: str) -> str:
        note = self.source.note_on(self.order)
        return f"sorted by {self.order}{skipped}{f'; {note}' if note else ''}"

    @property
    def order_shown(self) -> Order:
        """What the channels are sorted by now."""
        return Order.NUMBER if self.ranked() is None else self.order

    def ranked(self) -> Sequence[int] | None:
        """Return the channels in the order that is chosen; ``None`` for that of their numbers."""
        return self.source.ranked(self.order) if self.order in self.source.ORDERS else None


def _exemplars(channels: ChannelSource, state: Path) -> "ExemplarSource":
    from convscope.tui.explorer.model.exemplars import ExemplarSource  # noqa: PLC0415  NumPy

    return ExemplarSource(channels, state)


def _opened(path: Path) -> "OpenedPhoto":
    # In the thread as well: together these imports take a quarter of a second.
    import convscope.tui.explorer.model.photo_maps  # noqa: F401, PLC0415
    from convscope.tui.explorer.model.opened_photo import open_photo  # noqa: PLC0415

    return open_photo(path)
