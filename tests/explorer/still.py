"""An explorer whose pictures are all finished, for tests in a real terminal. No torch.

``python -m tests.explorer.still GALLERY [GRAPHICS]`` draws them in half-blocks, or as is said.
"""

import sys
from pathlib import Path

from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.looks import HALF_BLOCKS, Looks
from tests.explorer.fakes import FakeFeed, save, task

CHANNELS = 8


def main() -> None:
    gallery, *graphics = sys.argv[1:]
    folder = Path(gallery)
    files = {task(channel): save(folder, task(channel)) for channel in range(CHANNELS)}
    looks = Looks(graphics=graphics[0] if graphics else HALF_BLOCKS)
    ExplorerApp(FakeFeed(gallery=folder, files=files), looks=looks).run()


if __name__ == "__main__":
    main()
