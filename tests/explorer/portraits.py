"""The pictures of the explorer in ``assets``: ``python -m tests.explorer.portraits``.

The app runs on the real runner and the real network, in a size of terminal and by keys; what it
draws is painted cell by cell, since other programs' renderings of an exported screen do not know
how wide a cell is. Takes some minutes and a monospaced font.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Set
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.color import Color
from rich.color_triplet import ColorTriplet
from textual import constants
from textual.pilot import Pilot

from convscope.core.gallery.atlas.reader import Atlas
from convscope.core.runner.client import stop_runner
from convscope.core.runner.keeper import WorkerKeeper
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.local import LocalFeed
from tests.conftest import ROOT
from tests.explorer.driving import explore, paste

FONT = "DejaVuSansMono.ttf"
CELL = (8, 16)
SIZE = (150, 42)
ATLAS_SIZE = (120, 36)
LOOK_SECONDS = 0.05
"""Between two looks at a picture that grows; each change is a frame."""
FRAME_SECONDS = 0.25
HELD = {0: 1.5, -1: 3.0}
"""Seconds that the first and the last frame of a moving picture stay."""
LONGEST = 240.0
HOME = Path(tempfile.gettempdir(), "ada")
"""A folder of a short name, since the screens show paths; it must not exist."""

GROWING, EXPLORER, QUEUE, GALLERY = "growing.webp", "explorer.png", "queue.png", "gallery.png"
PHOTO, ATLAS = "photo.png", "atlas.png"
PORTRAITS = frozenset({GROWING, EXPLORER, QUEUE, GALLERY, PHOTO, ATLAS})

Rectangle = tuple[float, float, float, float]
BLOCKS: dict[str, Rectangle] = {
    "▀": (0, 0, 1, 1 / 2),
    "█": (0, 0, 1, 1),
    "▌": (0, 0, 1 / 2, 1),
    "▐": (1 / 2, 0, 1, 1),
    **{char: (0, 1 - eighths / 8, 1, 1) for eighths, char in enumerate("▁▂▃▄▅▆▇", 1)},
}
"""The part of a cell that a character fills: left, top, right and bottom, in 0..1."""


class Painter:
    """Paints what a screen shows."""

    def __init__(self) -> None:
        self._plain = ImageFont.truetype(FONT, 13)
        self._bold = ImageFont.truetype(FONT.replace(".ttf", "-Bold.ttf"), 13)

    def paint(self, app: ExplorerApp) -> Image.Image:
        """Return the screen on top as an image."""
        width, height = CELL
        image = Image.new("RGB", (app.size.width * width, app.size.height * height))
        draw = ImageDraw.Draw(image)
        for y, strip in enumerate(app.screen._compositor.render_strips()):
            x = 0
            for text, style, _ in strip:
                ink, ground = _colours(style.color, style.bgcolor, reverse=bool(style.reverse))
                if style.dim:
                    ink = tuple((a + b) // 2 for a, b in zip(ink, ground, strict=True))
                for char in text:
                    at = (x * width, y * height)
                    self._cell(draw, at, char, ink, ground, bold=bool(style.bold))
                    x += 1
        return image

    def _cell(self, draw, at, char, ink, ground, *, bold) -> None:  # type: ignore[no-untyped-def]
        width, height = CELL
        draw.rectangle((*at, at[0] + width - 1, at[1] + height - 1), fill=ground)
        if char in BLOCKS:
            left, top, right, bottom = BLOCKS[char]
            draw.rectangle(
                (
                    at[0] + round(left * width),
                    at[1] + round(top * height),
                    at[0] + round(right * width) - 1,
                    at[1] + round(bottom * height) - 1,
                ),
                fill=ink,
            )
        elif char != " ":
            font = self._bold if bold else self._plain
            draw.text((at[0], at[1] + height - 4.5), char, font=font, fill=ink, anchor="ls")


def _colours(ink: Color | None, ground: Color | None, *, reverse: bool) -> tuple[ColorTriplet, ...]:
    pair = (
        ink.get_truecolor() if ink else ColorTriplet(220, 220, 220),
        (ground.get_truecolor(foreground=False) if ground else ColorTriplet(18, 18, 18)),
    )
    return pair[::-1] if reverse else pair


async def until(pilot: Pilot[None], look: Callable[[], object]) -> None:
    """Wait for something that takes a while."""
    deadline = time.monotonic() + LONGEST
    while not look():
        assert time.monotonic() < deadline
        await pilot.pause(0.1)


async def open_layer(pilot: Pilot[None], name: str) -> None:
    """Go to a layer."""
    await pilot.press("h", "g", "h", "g")
    while explore(pilot).selection.layer.name != name:
        await pilot.press("j")
    await pilot.press("l")


async def tour(
    app: ExplorerApp, feed: LocalFeed, assets: Path, names: Set[str] = PORTRAITS
) -> None:
    """Make the pictures of these names."""
    painter = Painter()

    def save(name: str) -> None:
        if name in names:
            painter.paint(app).save(assets / name, optimize=True)

    async with app.run_test(size=SIZE) as pilot:
        if PHOTO in names:
            await portray_photo(pilot)
            save(PHOTO)
            await pilot.press("S", "i")  # all sources are sorted alike
        if names == {PHOTO}:
            return
        await open_layer(pilot, "conv5_1")
        await pilot.press("slash", *"26-55", "enter")
        channels = explore(pilot).channels
        await until(
            pilot, lambda: all(channels.known(each).verdict for each in explore(pilot).in_view)
        )
        await pilot.press("g", "enter")  # to be watched
        frames = [painter.paint(app)]
        while not (path := explore(pilot).path) or "crisp" not in path.name:
            await pilot.pause(LOOK_SECONDS)
            explore(pilot).poll()
            if (frame := painter.paint(app)) != frames[-1]:
                frames.append(frame)
        await pilot.pause(1)
        frames.append(painter.paint(app))
        if GROWING in names:
            save_moving(frames, assets / GROWING)
        save(EXPLORER)
        if names.isdisjoint({QUEUE, GALLERY}):
            return
        await pilot.press("g", *["space"] * 5, "a")
        await open_layer(pilot, "conv2_1")
        await pilot.press("A")
        await open_layer(pilot, "conv1_2")
        await pilot.press("p", "A", "2", "k")  # it opens on the newest batch, which is the last
        await until(pilot, lambda: feed.counts.done >= 12 and is_halfway(feed, "conv2_1"))
        await pilot.press("l", *"jjjjjj")  # one with something to be seen
        await pilot.pause(1)
        save(QUEUE)
        await pilot.press("ctrl+s", "3")
        await until(pilot, lambda: not feed.counts.running)
        await pilot.press("slash", *"conv5_1", "enter")
        await pilot.pause(1)
        await pilot.press("g", "space", "space", "l")
        await pilot.pause(3)
        save(GALLERY)


async def portray_photo(pilot: Pilot[None]) -> None:
    """Show what conv5_1 sees in a photo, the strongest first, and go to one that sees eyes."""
    photo = shutil.copy(ROOT / "tests/photos/cat.jpg", HOME)
    await open_layer(pilot, "conv5_1")
    await pilot.press("I")
    await paste(pilot, photo)
    await pilot.press("enter")
    screen = explore(pilot)
    await until(pilot, lambda: screen.sources.photo and screen.sources.photo.look)
    await pilot.press("S", "g", "l", "tab")
    await pilot.pause(1)


async def portray_atlas(app: ExplorerApp, assets: Path) -> None:
    """Show what is there at the first start, with the strongest channels first."""
    async with app.run_test(size=ATLAS_SIZE) as pilot:
        await pilot.press("S", "g")
        await until(pilot, lambda: not explore(pilot).busy)
        await pilot.pause(6)  # until nothing is told any more
        Painter().paint(app).save(assets / ATLAS, optimize=True)


def is_halfway(feed: LocalFeed, layer: str) -> bool:
    """Whether pictures of a layer are well on their way, and not about to be saved."""
    live = feed.live
    return live.layer == layer and 0.2 * live.steps < live.step < 0.7 * live.steps


def save_moving(frames: list[Image.Image], path: Path) -> None:
    """Save frames as an animated WebP."""
    seconds = [FRAME_SECONDS] * len(frames)
    for at, held in HELD.items():
        seconds[at] = held
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=[round(each * 1000) for each in seconds],
        loop=0,
        quality=80,
        method=4,
    )


def portray(assets: Path, names: Set[str] = PORTRAITS, device: str = "cpu") -> None:
    """Make the pictures of these names, with a gallery and a worker of their own."""
    constants.COLOR_SYSTEM = "truecolor"
    HOME.mkdir(mode=0o700)
    try:
        state, gallery = HOME / "state", HOME / "convscope-gallery"
        state.mkdir(mode=0o700)
        keeper = WorkerKeeper(state, device, time.monotonic)
        feed = LocalFeed(state, gallery, keeper, time.monotonic)
        try:
            if ATLAS in names:
                feed.atlas = Atlas()
                asyncio.run(portray_atlas(ExplorerApp(feed), assets))
                feed.atlas = None  # the others show drafts in the making
            if names != {ATLAS}:
                asyncio.run(tour(ExplorerApp(feed), feed, assets, names))
        finally:
            feed.close()
            stop_runner(state, at_once=True)
    finally:
        shutil.rmtree(HOME)


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("assets"))
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    portray(options.into, device=options.device)


if __name__ == "__main__":
    main()
