"""Everything that was made, as items: the files of the gallery, the newest first."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from convscope.tui.explorer.model.file_words import file_caption, file_detail
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.gallery_files import Listing, known_by_record
from convscope.tui.explorer.model.items import Detail, GridItem
from convscope.tui.explorer.model.pictures import (
    DAMAGED,
    SMALL_KEPT,
    Picture,
    PictureFile,
    Pictures,
    Place,
    Wanted,
)
from convscope.tui.explorer.model.source import Source

GONE = Detail(note="this file is gone")


class GallerySource(Source[Place]):
    """The gallery's pictures; items are the places of their files."""

    def __init__(self, pictures: Pictures) -> None:
        self.listing = Listing()
        self._pictures = pictures
        self._files: dict[Place, PictureFile] = {}
        self._known: dict[PictureFile, Known] = {}
        """Of the files that were read; of the others their names tell."""

    def take(self, listing: Listing) -> bool:
        """Take over a new listing; returns whether it has other pictures."""
        changed = listing.files is not self.listing.files
        self.listing = listing
        if changed:
            known = self._known
            self._files = {file.place: file for file in listing.files}
            self._known = {file: known[file] for file in listing.files if file in known}
        return changed

    @property
    def places(self) -> list[Place]:
        """Where all pictures lie, the newest first."""
        return list(self._files)

    def file(self, of: Place) -> PictureFile:
        """Return a picture's file."""
        return self._files[of]

    def item(self, of: Place) -> GridItem:
        """Return what is known of a picture without opening files."""
        file = self._files[of]
        known, picture = self.known(of), self._pictures.small(file)
        caption = file_caption(file, known)
        if picture is None:
            return GridItem(caption, verdict=known.verdict)
        verdict = DAMAGED if picture.kind == DAMAGED else known.verdict
        return GridItem(caption, picture.file, picture.image, verdict)

    def known(self, of: Place) -> Known:
        """Return what is known of a picture so far; nothing of one that is gone."""
        file = self._files.get(of)
        return Known() if file is None else self._known.get(file) or self._told(file)

    def _told(self, file: PictureFile) -> Known:
        """Return what its name tells, or its record where explore has read the file already."""
        picture = self._pictures.small(file)
        if picture is None or picture.file != file or picture.record is None:
            return file.told
        self._known[file] = known_by_record(picture.record, file.name)
        return self._known[file]

    def detail(self, of: Place) -> Detail | None:
        """Say all about a picture."""
        file = self._files.get(of)
        if file is None:
            return GONE
        picture = self._pictures.large(file)
        return file_detail(file, self.known(of), picture) if picture is not None else None

    def path(self, of: Place) -> Path | None:
        """Return where a picture lies."""
        return self._files[of].path

    def wanted(
        self, visible: Iterable[Place], large: Iterable[Place], undecided: Iterable[Place]
    ) -> Iterator[Wanted]:
        """Name files: large pictures, then visible ones, then records."""
        for place in large:
            if place in self._files:
                yield from self._pictures.want_large(self._files[place])
        for place in islice(visible, SMALL_KEPT):  # else they would push each other out
            if place in self._files:
                yield from self._pictures.want_small(self._files[place])
        for place in undecided:
            yield Wanted(self._files[place])

    def note(self, picture: Picture) -> Place | None:
        """Take over what was found in a file, if it is still as it was then."""
        file, record = picture.file, picture.record
        self._pictures.keep(picture)
        if self._files.get(file.place) != file:
            return None
        self._known[file] = (
            known_by_record(record, file.name) if record else replace(file.told, whole=True)
        )
        return file.place
