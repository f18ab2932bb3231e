"""What is drawn of a picture that grows: whole frames would cost too much, four times a second.

As in a video, a frame draws anew what differs most from what is shown; the rest waits for the next
frame, and counts more the longer it waits. Where too much differs, blocks are of one colour first:
a blurred picture of now is better to look at than a sharp one with parts of the past in it.
No Textual.
"""

from collections.abc import Sequence

from PIL import ImageChops
from PIL.Image import Image, Resampling, frombytes

SHARP = 3
"""What it costs to draw a block sharply; to draw it in one colour is 1."""
_SIDE = 2
"""Pixels of a block, across and down: two cells."""
_VISIBLE = 3
"""Mean difference, of 255, from which on a block is drawn anew while the picture moves."""
_WAITED = 2
"""What a block's difference gains with each frame that it waits."""
_MEAN = (1 / 3, 1 / 3, 1 / 3, 0)
"""Of red, green and blue."""


class Growth:
    """What is shown of one picture, frame after frame."""

    def __init__(self) -> None:
        self._frame: Image | None = None
        self._shown: Image | None = None
        self._waited: Sequence[int] = ()
        """For each block, how many frames it has waited."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the last frame waits."""
        return self._shown == self._frame

    def show(self, frame: Image, budget: int) -> Image:
        """Return what is to be shown now.

        The first frame is shown whole, and the first of another size. One that comes again and
        again is shown whole, to the last shade, after a few times.

        Args:
            frame: RGB, an even number of pixels high.
            budget: the most that may be spent on blocks, see :data:`SHARP`.
        """
        moves, self._frame = frame != self._frame, frame
        if self._shown is None or self._shown.size != frame.size:
            self._shown = frame.copy()
            self._waited = [0] * len(_differences(frame, frame))
            return self._shown
        blurred = _enlarged(frame.reduce(_SIDE), frame.size)
        now, then = _differences(frame, self._shown), _differences(frame, blurred)
        plain, sharp = self._choice(now, then, budget, _VISIBLE if moves else 1)
        self._shown.paste(blurred, mask=_mask(plain, frame.size))
        self._shown.paste(frame, mask=_mask(sharp, frame.size))
        return self._shown

    def _choice(
        self, now: bytes, then: bytes, budget: int, least: int
    ) -> tuple[list[int], list[int]]:
        """Return which blocks to draw in one colour, and which sharply, even over those.

        Args:
            now: how much each block differs as it is shown.
            then: how much it would differ in one colour.
            budget: as of :meth:`show`.
            least: smaller differences do not count.
        """
        due = [at for at, difference in enumerate(now) if difference >= least]
        waited = [0] * len(now)
        ranked: list[tuple[int, int, int]] = []
        for at in due:
            waited[at] = self._waited[at] + 1
            gain, gain_plain = now[at], SHARP * (now[at] - then[at])  # for the same cost
            cost = SHARP if gain >= gain_plain else 1
            ranked.append((max(gain, gain_plain) + _WAITED * waited[at], at, cost))
        ranked.sort(reverse=True)
        plain: list[int] = []
        sharp: list[int] = []
        for _, at, cost in ranked:
            if cost <= budget:
                budget -= cost
                waited[at] = 0
                (plain if cost == 1 else sharp).append(at)
        self._waited = waited
        return plain, sharp + plain[: budget // (SHARP - 1)]


def _differences(one: Image, other: Image) -> bytes:
    """Return the mean difference of each block; 0 is none, if colours differ by 12 at least."""
    return ImageChops.difference(one, other).convert("L", _MEAN).reduce(_SIDE).tobytes()


def _enlarged(small: Image, size: tuple[int, int]) -> Image:
    """Return an image of which each pixel is a block."""
    large = small.resize((small.width * _SIDE, small.height * _SIDE), Resampling.NEAREST)
    return large.crop((0, 0, *size))


def _mask(blocks: list[int], size: tuple[int, int]) -> Image:
    width, height = -(-size[0] // _SIDE), size[1] // _SIDE
    chosen = bytearray(width * height)
    for at in blocks:
        chosen[at] = 255
    return _enlarged(frombytes("L", (width, height), bytes(chosen)), size)
