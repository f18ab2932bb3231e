"""A gallery on disk with fixed times, and the gallery screen over it."""

import os
from pathlib import Path

from PIL import Image
from textual.pilot import Pilot
from textual.widget import Widget

from convscope.core.gallery.paths import picture_path
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.screens.gallery import GalleryScreen
from tests.explorer.driving import settle, until
from tests.explorer.fakes import CRISP, image, record, task
from tests.samples import write_picture

WIDE, FOLDED = (120, 36), (80, 24)

NEWEST = 1_767_225_600
"""Midnight of the first of January 2026, in UTC."""


def age(path: Path, seconds: int) -> Path:
    """Give a file a time so long before the newest."""
    os.utime(path, (NEWEST - seconds, NEWEST - seconds))
    return path


def shelve(
    gallery: Path,
    of: Visualize,
    seconds: int = 0,
    *,
    verdict: str = "excited",
    activation: float = 4561.2,
    name: str = "",
) -> Path:
    """Put a picture on the shelf, made so long ago."""
    path = picture_path(gallery, of)
    path = path.with_name(name) if name else path
    size = of.recipe.resolution
    write_picture(path, image(of.channel, size), record(of, verdict, activation))
    return age(path, seconds)


def shelve_foreign(gallery: Path, name: str, seconds: int = 0, size=(40, 20)) -> Path:
    """Put a PNG there that is none of ours."""
    path = gallery / "vgg16-embedded" / "conv5_3" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (60, 90, 120)).save(path, "PNG")
    return age(path, seconds)


def shelve_damaged(gallery: Path, name: str, seconds: int = 0) -> Path:
    """Put a file there that cannot be read."""
    path = gallery / "vgg16-embedded" / "conv5_3" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\nnothing of the kind")
    return age(path, seconds)


def fill(gallery: Path, count: int = 12, layer: str = "conv5_3") -> list[Path]:
    """Put pictures there; channel 0 is the newest."""
    return [shelve(gallery, task(i, CRISP, layer), i) for i in range(count)]


async def open_gallery(pilot: Pilot) -> GalleryScreen:
    """Show the gallery, and wait until all that is to be seen was read."""
    await settle(pilot)
    await pilot.press("3")
    screen = pilot.app.screen
    assert isinstance(screen, GalleryScreen)
    await read(pilot, screen)
    return screen


async def read(pilot: Pilot, screen: GalleryScreen) -> None:
    """Wait until all that is to be seen was read and drawn."""
    await until(pilot, lambda: not screen.busy or pilot.app.failure)
    assert pilot.app.failure is None, pilot.app.failure
    await pilot.pause()


def captions(screen: GalleryScreen) -> list[str]:
    """What is shown, as far as it is on the screen."""
    return [screen.tile(at).caption for at in screen.grid.in_view]


def numbers(screen: GalleryScreen) -> list[int | None]:
    """The channels that are shown."""
    return [screen.source.known(place).channel for place in screen.items.shown]


def marked(screen: GalleryScreen) -> list[int | None]:
    """The channels that are marked."""
    return [screen.source.known(place).channel for place in screen.items.marked]


def facts(screen: GalleryScreen) -> dict[str, str]:
    """What is said about the chosen picture."""
    return {fact.label: fact.text for fact in screen.picture._details._facts}


def title(widget: Widget) -> str:
    """What stands in a widget's upper border."""
    return widget._border_title.plain
