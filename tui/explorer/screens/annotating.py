"""The keys that note something of a channel, on any screen whose items are of channels."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Generic

from textual import work

from convscope.core.gallery.annotation_index import Annotations
from convscope.core.gallery.annotations import Annotation, Channel, annotate
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.grid import Item
from convscope.tui.explorer.model.items import Detail, GridItem, annotation_facts
from convscope.tui.explorer.screens.base import FullScreen, kept

NO_CHANNEL = "this is not a picture of one channel"
TARGET_LIMIT = 80


class Annotating(FullScreen, Generic[Item]):
    """Reads what is noted, shows it with the items, and changes it; files are opened in threads."""

    annotations: Annotations
    """What was read."""
    looks_for_annotations = False
    """Whether something is still to be read."""
    _looks_again = False

    @abstractmethod
    def annotation(self, of: Item) -> Annotation:
        """Return what is noted of an item's channel, as far as it was read."""

    @abstractmethod
    def annotated_folders(self) -> Iterable[str]:
        """Return the folders in which something may be noted of what is shown."""

    @abstractmethod
    def chosen_channel(self) -> Channel | None:
        """Return the channel of the chosen item; ``None`` where it is of none."""

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

    """Whether something is still to be read."""

    # ---- changing --------------------------------------------------------------------------

    def action_favourite(self) -> None:
        """Make the chosen channel a favourite, or not."""
        of = self.chosen_channel()
        if of is None:
            self.toasts.tell(NO_CHANNEL)
            return
        name = printable(of.target, TARGET_LIMIT)
        self._annotate(
            of,
            lambda known: known.starred(not known.favourite),
            lambda noted: f"{name} is {'a' if noted.favourite else 'no longer a'} favourite",
        )

    def action_annotate(self) -> None:
        """Edit tags and note of the chosen channel."""
        from convscope.tui.explorer.screens.annotation_form import (  # noqa: PLC0415  not for the first frame
            AnnotationEdit,
            AnnotationScreen,
        )

        of = self.chosen_channel()
        if of is None:
            self.toasts.tell(NO_CHANNEL)
            return
        channel, name = of, str(of.target)

        def use(edit: AnnotationEdit | None) -> None:
            if edit is not None:
                said = f"noted of {printable(name, TARGET_LIMIT)}"
                self._annotate(channel, edit.change, lambda _: said)

        folder = str(of.path(self.feed.gallery).parent)
        known = self.annotations.find(folder, of.layer, of.channel)
        kept(self.app, "annotation", AnnotationScreen).open(name, known, use)

    @work(group="annotate")
    async def _annotate(
        self,
        of: Channel,
        change: Callable[[Annotation], Annotation],
        phrase: Callable[[Annotation], str],
    ) -> None:
        try:
            noted = await asyncio.to_thread(annotate, self.feed.gallery, of, change)
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.look_for_annotations()
        self.toasts.tell(phrase(noted))
