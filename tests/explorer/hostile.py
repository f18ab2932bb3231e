"""A gallery that others filled: names that drive terminals, and things that are no pictures."""

import io
import os
import socket
from pathlib import Path

from PIL import Image

from tests.explorer.fakes import CRISP, image, record, task

NAMES: tuple[str, ...] = (
    "\x1b[31mred {}.png",
    "\x1b]0;title\x07{}.png",
    "\x9b31m{}.png",
    "\u202egnp.{}.png",
    "two\nlines {}.png",
    "tab\tand\rreturn {}.png",
    "[bold]{}.png",
    "[/]{}.png".replace("/", "\u2215"),
    "[@click=app.quit]{}.png",
    "名前 {}.png",
    "e\u0301\u0301\u0301{}.png",
    "%s%n{}.png",
    "conv5_3-{:04}-crisp-128px-s0-0123abcd.png",
    "holiday {}.PNG",
)
from tests.samples import write_picture

KINDS = 12
"""Kinds of content; all but the first few are nothing to look at."""


def fill(gallery: Path, count: int) -> int:
    """Fill a gallery with so many things; returns how many of them are files with a picture's name.

    Args:
        gallery: a folder that need not exist.
        count: how many things, at least a hundred.
    """
    folders = [gallery, gallery / "vgg16-embedded" / "conv5_3", gallery / "[" / "x] \x1b[7m"]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    ours, foreign = _ours(gallery), _foreign()
    contents = [ours, ours, ours, foreign, foreign[:60], ours[:200], b"", b"no picture " * 9]
    files = 0
    for number in range(count):
        path = folders[number % 3] / _name(number)
        kind = number % 97
        if kind >= KINDS:
            path.write_bytes(contents[number % len(contents)])
            files += 1
        elif kind % 4 == 0:
            path.mkdir()
        elif kind % 4 == 1:
            os.mkfifo(path)
        elif kind % 4 == 2:
            path.symlink_to(path.with_name("nothing"))
        else:
            path.symlink_to(path.name)  # to itself
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folders[0] / "socket.png"))
    return files


def _name(number: int) -> str:
    if number % 31 == 0:
        return f"{number:06}".rjust(246, "n") + ".png"
    if number % 37 == 0:
        return os.fsdecode(b"\xff\xfe\xc3" + str(number).encode() + b".png")
    return NAMES[number % len(NAMES)].format(number)


def _ours(gallery: Path) -> bytes:
    path = gallery / "one.png"
    of = task(3, CRISP)
    write_picture(path, image(3, 32), record(of))
    data = path.read_bytes()
    path.unlink()
    return data


def _foreign() -> bytes:
    data = io.BytesIO()
    Image.new("RGBA", (40, 20), (60, 90, 120, 99)).save(data, "PNG")
    return data.getvalue()
