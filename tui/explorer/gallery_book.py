"""What is known of the gallery's pictures, and which of them a filter keeps. No Textual."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from convscope.core.system.recent import Recent
from convscope.tui.explorer.gallery_briefs import Brief, brief_of_record
from convscope.tui.explorer.gallery_files import Listing, PictureFile
from convscope.tui.explorer.gallery_filter import Filter
from convscope.tui.explorer.gallery_picks import Picks
from convscope.tui.explorer.gallery_reader import DAMAGED, LARGE_SIDE, THUMBNAIL_SIDE, Seen, Wanted
from convscope.tui.explorer.gallery_words import caption

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

THUMBNAILS_KEPT = 2048
"""About 3 KB each."""
LARGE_KEPT = 12
"""Up to 600 KB each; four times as much where the terminal shows pixels."""
READ_AT_ONCE = 256
"""Files that are named for one round of reading; what is wanted may be other ones by the next."""


@dataclass(frozen=True)
class PictureTile:
    """One picture in the grid. Tiles that are equal look alike."""

    caption: str
    """Safe to print."""
    picture: object = None
    """Names the image: tiles with the same name show the same pixels. ``None`` until it is read."""
    image: "Image | None" = field(default=None, compare=False)
    verdict: str = ""
    is_damaged: bool = False
    is_marked: bool = False


class GalleryBook:
    """Opens no file: it names those that are wanted, and is told what was found in them.

    Args:
        large_side: pixels that are wanted of a large picture.
    """

    def __init__(self, large_side: int = LARGE_SIDE) -> None:
        self._large_side = large_side
        self.listing = Listing()
        self.filter = Filter()
        self.picks = Picks()
        self._briefs: dict[PictureFile, Brief] = {}
        """Of the files that were read; of the others their names tell."""
        self._kept: dict[PictureFile, bool | None] = {}
        """What the filter says of each, in their order; ``None`` where it waits for the record."""
        self._stale = False
        """Whether more are kept than are shown."""
        self._undecided: dict[PictureFile, None] = {}
        self._thumbnails: Recent[PictureFile, Seen] = Recent(THUMBNAILS_KEPT)
        self._large: Recent[PictureFile, Seen] = Recent(LARGE_KEPT)

    # ---- what is there ---------------------------------------------------------------------

    def take(self, listing: Listing) -> bool:
        """Take over a new listing; returns whether it has other pictures."""
        changed = listing.files is not self.listing.files
        self.listing = listing
        if changed:
            known = self._briefs
            self._briefs = {file: known[file] for file in listing.files if file in known}
            self.picks.forget(listing.files)
            self._sift()
        return changed

    def keep_only(self, wanted: Filter) -> None:
        """Show what a filter keeps; pictures that only their records can tell of come later."""
        if wanted.text != self.filter.text:
            self.filter = wanted
            self._sift()

    @property
    def undecided(self) -> int:
        """Pictures whose records must be read before the filter can tell."""
        return len(self._undecided)

    def tile(self, position: int) -> PictureTile:
        """Return what is known of a picture that is shown, without opening files."""
        file = self.picks.shown[position]
        seen, brief = self._thumbnails.get(file), self.brief(file)
        is_marked = self.picks.is_marked(position)
        said = caption(file, brief)
        if seen is None:
            return PictureTile(said, verdict=brief.verdict, is_marked=is_marked)
        return PictureTile(said, file, seen.image, brief.verdict, seen.kind == DAMAGED, is_marked)

    def brief(self, file: PictureFile) -> Brief:
        """Return what is known of a picture so far."""
        return self._briefs.get(file) or file.told

    def large(self, file: PictureFile) -> Seen | None:
        """Return a large picture with its record, if it is in memory."""
        return self._large.get(file)

    # ---- what is to be read ----------------------------------------------------------------

    def wanted(self, visible: Iterable[int], large: Iterable[PictureFile]) -> list[Wanted]:
        """Name the files to be read next: large pictures, then visible ones, then records.

        Args:
            visible: positions on the screen.
            large: pictures to be shown in large.
        """
        return list(islice(self._missing(visible, large), READ_AT_ONCE))

    def note(self, seen: Iterable[Seen]) -> None:
        """Take over what was found in files; what a filter keeps by it is shown by `settle`."""
        for each in seen:
            file = each.file
            if each.side == self._large_side:
                self._large.put(file, each)
            elif each.side == THUMBNAIL_SIDE:
                self._thumbnails.put(file, each)
            self._briefs[file] = (
                brief_of_record(each.record) if each.record else replace(file.told, whole=True)
            )
            if file in self._undecided:
                del self._undecided[file]
                self._kept[file] = self.filter.decide(file.name, self.brief(file))
                self._stale |= bool(self._kept[file])

    def settle(self) -> bool:
        """Show what was found to be kept since the last time; returns whether there was any."""
        stale, self._stale = self._stale, False
        if stale:
            self._show()
        return stale

    def _missing(self, visible: Iterable[int], large: Iterable[PictureFile]) -> Iterator[Wanted]:
        for file in large:
            if self._large.get(file) is None:
                yield Wanted(file, self._large_side)
        shown = self.picks.shown
        for position in islice(visible, THUMBNAILS_KEPT):  # else they would push each other out
            if position < len(shown) and self._thumbnails.get(shown[position]) is None:
                yield Wanted(shown[position], THUMBNAIL_SIDE)
        for file in self._undecided:
            yield Wanted(file)

    # ---- the filter ------------------------------------------------------------------------

    def _sift(self) -> None:
        """Ask the filter anew of each picture."""
        decide, brief = self.filter.decide, self.brief
        self._kept = {file: decide(file.name, brief(file)) for file in self.listing.files}
        self._undecided = {file: None for file, kept in self._kept.items() if kept is None}
        self._show()

    def _show(self) -> None:
        self.picks.show([file for file, kept in self._kept.items() if kept])
