"""Which channels are excited most, by the pictures that are shown of them."""

import math
from collections.abc import Iterator

from convscope.core.ascent.recipes import DRAFT
from convscope.tui.explorer.model.channel_files import ChannelFiles
from convscope.tui.explorer.model.pictures import PictureFile, Pictures, Wanted


class ShownRanks:
    """Ranks the channels of a layer by the activations of their pictures, as far as they were read.

    Args:
        files: where the pictures are.
        pictures: those that were read.
    """

    def __init__(self, files: ChannelFiles, pictures: Pictures) -> None:
        self._files, self._pictures = files, pictures
        self._ranks: list[int] | None = None
        self._unread: list[PictureFile] = []

    def look_again(self) -> None:
        """Rank anew at the next question."""
        self._ranks = None

    def wanted(self) -> Iterator[Wanted]:
        """Ask for the pictures that were still to be read."""
        for file in self._unread:
            yield from self._pictures.want_small(file)

    def any(self, channels: range) -> bool:
        """Whether any of these channels has a picture."""
        return any(map(self._files.best, channels))

    def are_mixed(self, channels: range) -> bool:
        """Whether some are drafts and some are not, so that their activations compare less well."""
        found = filter(None, map(self._files.best, channels))
        return len({best.task.recipe.preset == DRAFT.preset for best in found}) > 1

    def ranked(self, channels: range) -> list[int]:
        """Return channels, the most excited first.

        Those of which it is not known yet, or that have no picture, come last.
        """
        if self._ranks is None:
            activations = self._activations(channels)
            self._ranks = sorted(channels, key=lambda each: -activations.get(each, -math.inf))
        return self._ranks

    def _activations(self, channels: range) -> dict[int, float]:
        self._unread.clear()
        found: dict[int, float] = {}
        for best in filter(None, map(self._files.best, channels)):
            picture = self._pictures.small(best.file)
            if picture is None:
                self._unread.append(best.file)
            elif picture.record is not None:
                found[best.task.channel] = picture.record.activation
        return found
