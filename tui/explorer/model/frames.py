"""Live frames of channels, and the last ones of what the worker is not at any more. No Textual."""

import zlib
from typing import TYPE_CHECKING

from convscope.core.runner.live import LiveFrame
from convscope.core.system.recent import Recent
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

FRAMES_KEPT = 512
"""Last frames that are kept, 12 KB each; more than there are tiles on a screen."""


class Frames:
    """Remembers the last frame of each channel's picture of each preset.

    A worker shows only what it is at. What it was at before is to be seen until it goes on with it.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._last: Recent[tuple[str, str, str, int, str], LiveFrame] = Recent(FRAMES_KEPT)
        self._growing: set[int] = set()

    def note(self) -> set[int]:
        """Remember the frames of this moment.

        Returns:
            The numbers of the channels, of whatever layer, that have a frame or had one before.
        """
        before, self._growing = self._growing, {each.channel for each in self._feed.live.frames}
        for frame in self._feed.live.frames:
            self._last.put((*_channel_of(frame), frame.preset), frame)
        return before | self._growing

    def last(self, task: Visualize) -> LiveFrame | None:
        """Return the last frame of a picture."""
        frame = self._last.get((*_channel_of_task(task), task.recipe.preset))
        return frame if frame is not None and frame.key == task.digest else None

    def live(self, task: Visualize, but: Visualize | None = None) -> LiveFrame | None:
        """Return the frame of a picture that grows now, or else of another of its channel.

        Args:
            task: the picture.
            but: one that is not to be seen growing.
        """
        channel = _channel_of_task(task)
        here = [
            frame
            for frame in self._feed.live.frames
            if _channel_of(frame) == channel and (but is None or frame.key != but.digest)
        ]
        return next(
            (frame for frame in here if frame.key == task.digest), here[0] if here else None
        )

    def is_live(self, frame: LiveFrame) -> bool:
        """Whether a frame is of something that grows now."""
        return any(frame is each for each in self._feed.live.frames)


def name_of(frame: LiveFrame) -> tuple[object, ...]:
    """Name a frame: those with the same name show the same pixels."""
    # The curve begins anew at each attempt, so its length alone would name two pictures.
    return (frame.key, len(frame.curve), zlib.crc32(frame.rgb))


def image_of(frame: LiveFrame) -> "Image":
    """Return a frame as an RGB image."""
    from PIL.Image import frombytes  # noqa: PLC0415  see above

    return frombytes("RGB", (frame.size, frame.size), frame.rgb)


_Channel = tuple[str, str, str, int]
"""A channel of a network with weights."""


def _channel_of(frame: LiveFrame) -> _Channel:
    return frame.model, frame.weights, frame.layer, frame.channel


def _channel_of_task(task: Visualize) -> _Channel:
    return task.model, task.weights.label, task.layer, task.channel
