"""Making channels favourites, or no longer, one or many at once; done again, it is taken back."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from convscope.core.gallery.annotations import Channel, annotate, read_annotation
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

TARGET_LIMIT = 80


class Favourites:
    """Remembers what it changed last, so that the same channels can be as they were.

    Args:
        gallery: the folder of the pictures.
    """

    def __init__(self, gallery: Path) -> None:
        self._gallery = gallery
        self._before: Mapping[Channel, bool] = {}
        self._after: Mapping[Channel, bool] = {}

    def toggle(self, channels: Sequence[Channel], key: str) -> str:
        """Make all of them favourites; or none, where all are; or take that back.

        Opens a file of each.

        Args:
            channels: one at least.
            key: the key that does so.

        Returns:
            A sentence about it.

        Raises:
            UserError: the gallery cannot be written, or a file of it is damaged.
        """
        now = {each: self._is_favourite(each) for each in channels}
        is_taken_back = now == self._after
        wanted = self._before if is_taken_back else dict.fromkeys(now, not all(now.values()))
        self._before, self._after = now, wanted
        for channel, is_favourite in wanted.items():
            self._set(channel, is_favourite)
        return _phrase(wanted, key)

    def _is_favourite(self, channel: Channel) -> bool:
        try:
            return read_annotation(self._gallery, channel).favourite
        except UserError:  # to change it tells more
            return False

    def _set(self, channel: Channel, is_favourite: bool) -> None:
        annotate(self._gallery, channel, lambda known: known.starred(is_favourite))


def _phrase(wanted: Mapping[Channel, bool], key: str) -> str:
    count, stars = len(wanted), sum(wanted.values())
    if count == 1:
        (channel,) = wanted
        name = printable(channel.target, TARGET_LIMIT)
        return f"{name} is {'a' if stars else 'no longer a'} favourite"
    if 0 < stars < count:
        are = "is a favourite" if stars == 1 else "are favourites"
        return f"as before, {stars:,} of {count:,} channels {are}; {key} changes that back"
    are = "are" if stars else "are no longer"
    return f"{count:,} marked channels {are} favourites; {key} takes that back"
