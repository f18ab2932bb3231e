"""An explorer whose chosen picture grows for ever, for tests in a real terminal. No torch.

``python -m tests.explorer.lively GALLERY [--low-bandwidth]`` shows a new frame at every look.
"""

import os
import sys
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

from PIL import Image

from convscope.core.runner.live import FRAME_LIMIT, Live, LiveFrame
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import News
from convscope.tui.looks import Looks
from tests.explorer.fakes import FakeFeed, task

STEPS = 4096


def smooth_noise(side: int) -> Image.Image:
    """Colours that change from pixel to pixel, as they do in pictures of channels."""
    coarse = Image.frombytes("RGB", (side // 6, side // 6), os.urandom(3 * (side // 6) ** 2))
    return coarse.resize((side, side), Image.Resampling.BICUBIC)


def growing(side: int) -> Iterator[Image.Image]:
    """Frames of a picture that grows out of grey, fast at first, as real ones do.

    A real one of conv5_1 changes by 23 of 255 from its first frame to its second, by 10 a little
    later, and then by 8 to 4; this one by about as much.
    """
    picture = grey = Image.new("RGB", (side, side), (128, 128, 128))
    for share in chain([0.3], repeat(0.1)):
        noise = Image.frombytes("RGB", (side, side), os.urandom(3 * side**2))
        goal = Image.blend(grey, Image.blend(smooth_noise(side), noise, 0.5), 2.0)
        for _ in range(8):
            yield picture
            picture = Image.blend(picture, goal, share)


class LivelyFeed(FakeFeed):
    """Makes the first channel's picture, a step at every poll."""

    def poll(self) -> News:
        of, step = task(0), self.live.step + 1
        frame = LiveFrame(
            key=of.digest, model=of.model, layer=of.layer, channel=0, preset="draft",
            curve=[float(n) for n in range(step)][-64:], size=FRAME_LIMIT,
            rgb=smooth_noise(FRAME_LIMIT).tobytes(),
        )  # fmt: skip
        self.live = Live(frames=[frame], step=step, steps=STEPS)
        return News(live=True)


def main() -> None:
    gallery, *flags = sys.argv[1:]
    looks = Looks(low_bandwidth="--low-bandwidth" in flags)
    ExplorerApp(LivelyFeed(gallery=Path(gallery)), looks=looks).run()


if __name__ == "__main__":
    main()
