"""Writing a page, and saying what is on it. Importing it imports NumPy and Pillow."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from convscope.core.gallery.page.building import build_page
from convscope.core.gallery.page.contents import PageContents
from convscope.core.gallery.page.data import LayerData, PageData
from convscope.core.system.errors import UserError
from convscope.core.system.files import replace_file
from convscope.core.system.text import printable, reason
from convscope.tui.batch_words import counted
from convscope.tui.commands.bar import Bar
from convscope.tui.commands.documents import annotation_document


@dataclass(frozen=True)
class WrittenPage:
    """A page that was saved."""

    path: Path
    size: int
    """Of the file, in bytes."""
    contents: PageContents
    data: PageData
    make: Sequence[str]
    """The words of the command that queues drafts of the layers that are named behind it."""

    def sentences(self) -> Iterator[str]:
        """Say how large it is, what is on it, and what is missing."""
        channels = sum(len(layer.channels) for layer in self.data.layers)
        yield f"{counted(channels, 'channel')} in {_megabytes(self.size)}{self._besides()}."
        crops = len(self.contents.exemplars)
        if gone := crops - len(self.data.crops):
            yield (
                f"{gone:,} of {crops:,} crops are left out: their photos are not where they were, "
                "or cannot be read."
            )
        if small := sum(map(_from_atlas, self.data.layers)):
            names = [layer.name for layer in self.data.layers if _from_atlas(layer)]
            targets = shlex.join(f"{name}:*" for name in names)
            yield (
                f"{counted(small, 'picture')} came from the atlas, in small; convscope queue add "
                f"{printable(targets, 1000)} renders them in full."
            )
        missing = [layer.name for layer in self.data.layers if _missing(layer)]
        number = sum(len(_missing(layer)) for layer in self.data.layers)
        if number:
            have = "has" if number == 1 else "have"
            yield (
                f"{counted(number, 'channel')} {have} no picture yet; "
                f"{making(self.make, missing)} queues drafts."
            )

    def _besides(self) -> str:
        photos = dict.fromkeys(photo.name for layer in self.data.layers for photo in layer.photos)
        indexes = dict.fromkeys(layer.index for layer in self.data.layers if layer.index)
        parts = [f"maps of {', '.join(photos)}"] if photos else []
        if indexes:
            parts.append(f"crops of photos (index {', '.join(indexes)}; --no-exemplars omits them)")
        return f", with {' and '.join(parts)}" if parts else ""

    def document(self) -> dict[str, object]:
        """Return the same as JSON has it."""
        return {
            "path": str(self.path),
            "bytes": self.size,
            "layers": [
                {
                    "layer": layer.name,
                    "channels": len(layer.channels),
                    "pictures": len(layer.channels) - len(_missing(layer)),
                    "from_atlas": _from_atlas(layer),
                    "missing": _missing(layer),
                    "noted": [
                        {
                            "channel": each.number,
                            **annotation_document(each.noted),
                        }
                        for each in layer.channels
                        if each.noted
                    ],
                    "photos": [photo.name for photo in layer.photos],
                    "index": layer.index or None,
                }
                for layer in self.data.layers
            ],
        }


def making(make: Sequence[str], layers: Sequence[str]) -> str:
    """Return the command that queues drafts of layers, safe to print."""
    return printable(shlex.join([*make, *layers]), 1000)


def write_page(path: Path, contents: PageContents, make: Sequence[str], bar: Bar) -> WrittenPage:
    """Build a page and save it; under ``path`` stands the whole of it or what was there.

    Args:
        path: the file.
        contents: what is on it.
        make: as of :class:`WrittenPage`.
        bar: shows how far it is.

    Raises:
        UserError: there is nothing to show, or the file cannot be written.
    """
    if contents.is_empty:
        names = [layer.layer.name for layer in contents.layers]
        raise UserError(
            f"The gallery has no picture of {printable(', '.join(names))} yet; "
            f"{making(make, names)} queues drafts."
        )
    built = build_page(contents, lambda what, share: bar.show(what, "", share))
    try:
        replace_file(path.absolute(), lambda file: file.write(built.html))
    except OSError as error:
        raise UserError(
            f"{printable(path)} cannot be written{reason(error)}; name another with --out."
        ) from error
    return WrittenPage(path, len(built.html), contents, built.data, make)


def _missing(layer: LayerData) -> list[int]:
    return [channel.number for channel in layer.channels if not channel.verdict]


def _from_atlas(layer: LayerData) -> int:
    return sum(channel.is_from_atlas for channel in layer.channels)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1000)):,} kB"
