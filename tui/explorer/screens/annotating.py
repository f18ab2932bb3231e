"""The keys that note something of a channel, on any screen whose items are of channels."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Generic

from textual import work

from convscope.core.gallery.annotation_index import Annotations
from convscope.core.gallery.annotations import (
    Annotation,
    Channel,
    annotate,
    common,
    read_annotation,
)
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.model.favourites import TARGET_LIMIT, Favourites
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.grid import Item
from convscope.tui.explorer.model.items import Detail, GridItem, annotation_facts
from convscope.tui.explorer.screens.base import kept
from convscope.tui.explorer.screens.filtering import Filtering

MeantChannels = Callable[[], Sequence[Channel]]
"""Returns channels, none twice; may open files."""
NO_CHANNEL = "this is not a picture of one channel"


class Annotating(Filtering[Item], Generic[Item]):
    """Reads what is noted, shows it with the items, and changes it; files are opened in threads."""

    annotations: Annotations
    """What was read."""
    looks_for_annotations = False
    """Whether something is still to be read."""
    _looks_again = False

    def __init__(self, feed: Feed, subject: str) -> None:
        super().__init__(feed, subject)
        self.annotations = Annotations()
        self._favourites = Favourites(feed.gallery)

    @abstractmethod
    def annotation(self, of: Item) -> Annotation:
        """Return what is noted of an item's channel, as far as it was read."""

    @abstractmethod
    def annotated_folders(self) -> Iterable[str]:
        """Return the folders in which something may be noted of what is shown."""

    @abstractmethod
    def meant_channels(self) -> MeantChannels:
        """Return what tells the channels of the marked items, or else that of the chosen one."""

    @abstractmethod
    def show_annotations(self) -> None:
        """Show what is noted otherwise than before."""

    # ---- showing ---------------------------------------------------------------------------

    def noted_item(self, of: Item, item: GridItem) -> GridItem:
        """Return an item with what is noted of its channel."""
        noted = self.annotation(of)
        return replace(item, annotation=noted) if noted else item

    def noted_known(self, of: Item, known: Known) -> Known:
        """Return likewise what a filter may ask."""
        noted = self.annotation(of)
        return replace(known, annotation=noted) if noted else known

    def noted_detail(self, of: Item, detail: Detail) -> Detail:
        """Return likewise all that is said of it: what is long stays last."""
        noted = self.annotation(of)
        if not noted:
            return detail
        long = [fact for fact in detail.facts if fact.long]
        others = [fact for fact in detail.facts if not fact.long]
        return replace(detail, facts=[*others, *annotation_facts(noted), *long])

    # ---- reading ---------------------------------------------------------------------------

    def look_for_annotations(self) -> None:
        """Read what is noted by now, and show it."""
        self._looks_again = True
        if not self.looks_for_annotations:
            self.looks_for_annotations = True
            self._look_for_annotations()

    @work(group="annotations")
    async def _look_for_annotations(self) -> None:
        try:
            while self._looks_again:
                self._looks_again = False
                folders = list(self.annotated_folders())
                if await asyncio.to_thread(self.annotations.look, folders):
                    self.show_annotations()
        finally:
            self.looks_for_annotations = False

    # ---- changing --------------------------------------------------------------------------

    def action_favourite(self) -> None:
        """Make all marked channels favourites, or the chosen one where none is marked, or not."""
        self._favour(self.meant_channels())

    @work(group="annotate")
    async def _favour(self, meant: MeantChannels) -> None:
        key = self._keys.favourite

        def toggle() -> str:
            channels = meant()
            return self._favourites.toggle(channels, key) if channels else NO_CHANNEL

        await self._change(toggle)

    def action_annotate(self) -> None:
        """Edit tags and note of all marked channels, or of the chosen one where none is marked."""
        from convscope.tui.explorer.screens.annotation_form import (  # noqa: PLC0415  not for the first frame
            AnnotationEdit,
            AnnotationScreen,
        )

        channels = self.meant_channels()()  # at once: the keys typed next are for the form
        if not channels:
            self.toasts.tell(NO_CHANNEL)
            return
        name = _named(channels)

        def use(edit: AnnotationEdit | None) -> None:
            if edit is not None:
                self._note(channels, edit.change)

        try:
            known = self._known(channels)
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        kept(self.app, "annotation", AnnotationScreen).open(name, known, use)

    def _known(self, channels: Sequence[Channel]) -> Annotation:
        """Return what is noted of all of them; those of other layers were not read yet."""
        if len(channels) > 1:
            return common(read_annotation(self.feed.gallery, each) for each in channels)
        (of,) = channels
        folder = str(of.path(self.feed.gallery).parent)
        return self.annotations.find(folder, of.layer, of.channel)

    @work(group="annotate")
    async def _note(
        self, channels: Sequence[Channel], change: Callable[[Annotation], Annotation]
    ) -> None:
        def note() -> str:
            for each in channels:
                annotate(self.feed.gallery, each, change)
            back = f"; {self._keys.annotate} edits it again" if len(channels) > 1 else ""
            return f"noted of {printable(_named(channels), TARGET_LIMIT)}{back}"

        await self._change(note)

    async def _change(self, change: Callable[[], str]) -> None:
        """Change files in a thread, say what came of it, and show what is noted then."""
        try:
            said = await asyncio.to_thread(change)
        except UserError as error:
            self.toasts.wrong(str(error))
        else:
            self.toasts.tell(said)
        self.look_for_annotations()


def _named(channels: Sequence[Channel]) -> str:
    return str(channels[0].target) if len(channels) == 1 else f"{len(channels):,} marked channels"
