"""Building a page: all its pictures are encoded once, and joined with what is known of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from convscope.core.catalog.weights import Weights
from convscope.core.exemplars.reader import Exemplar
from convscope.core.gallery.annotations import LONGEST_NOTE, LONGEST_TAG, NOTHING
from convscope.core.gallery.atlas.reader import Tile
from convscope.core.gallery.best_pictures import ChannelPicture, read_first
from convscope.core.gallery.page.contents import LayerContents, PageContents, PhotoMaps
from convscope.core.gallery.page.data import (
    ChannelData,
    ExemplarData,
    LayerData,
    MapData,
    PageData,
    PhotoData,
)
from convscope.core.gallery.page.document import PhotoStyle, document
from convscope.core.gallery.page.encoding import (
    VEIL_QUALITY,
    Fidelity,
    crops_of,
    shrunk,
    suitable_fidelity,
    webp,
)
from convscope.core.gallery.record_words import record_lines
from convscope.core.gallery.records import Record
from convscope.core.gallery.reproducing import render_command
from convscope.core.system.text import printable

PHOTO_QUALITY = 75
NAME_LIMIT = 80

Report = Callable[[str, float], object]
"""Told what is being done, and the share that is done."""
T = TypeVar("T")


@dataclass(frozen=True)
class BuiltPage:
    """A page, and what it came to."""

    html: bytes
    data: PageData


def build_page(contents: PageContents, report: Report = lambda _, __: None) -> BuiltPage:
    """Build a page; it is made of its contents alone, so the same ones give the same bytes.

    Args:
        contents: what it shows.
        report: called often.
    """
    report("choosing the quality", 0.0)
    return _Building(contents, suitable_fidelity(contents), report).build()


class _Numbered(Generic[T]):
    """Distinct things, numbered in the order in which they came."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, thing: T) -> int:
        """Return the number of a thing."""
        return self._numbers.setdefault(thing, len(self._numbers))

    def all(self) -> list[T]:
        """Return all things, in order."""
        return list(self._numbers)


@dataclass
class _Building:
    contents: PageContents
    fidelity: Fidelity
    report: Report
    lines: _Numbered[tuple[str, str]] = field(default_factory=_Numbered)
    names: _Numbered[str] = field(default_factory=_Numbered)
    styles: dict[str, PhotoStyle] = field(default_factory=dict)
    crops: list[str] = field(default_factory=list)
    crop_of: dict[tuple[Path, object], int] = field(default_factory=dict)
    made: list[list[str]] = field(default_factory=list)
    done: int = 0

    def build(self) -> BuiltPage:
        self._encode_crops()
        layers = [self._layer(each) for each in self.contents.layers]
        data = PageData(
            network=printable(self.contents.subject.model),
            layers=layers,
            lines=self.lines.all(),
            crops=self.crops,
            names=self.names.all(),
        )
        html = document(self.contents, data, self.made, list(self.styles.values()))
        return BuiltPage(html.encode(), data)

    def _step(self, what: str) -> None:
        self.done += 1
        channels = sum(len(each.channels) for each in self.contents.layers)
        self.report(what, self.done / (channels + len(self.contents.exemplars)))

    def _encode_crops(self) -> None:
        for each, image in crops_of(self.contents.exemplars, self.fidelity.crop_side):
            self.crop_of[each.path, each.crop] = len(self.crops)
            self.crops.append(webp(image, self.fidelity.crop_quality))
            self._step("cutting out of photos")

    def _layer(self, contents: LayerContents) -> LayerData:
        self.made.append([])
        found = contents.exemplars
        return LayerData(
            name=printable(contents.layer.name),
            channels=[self._channel(contents, channel) for channel in contents.channels],
            photos=[self._photo(maps) for maps in contents.maps],
            index=printable(found.index) if found else "",
            indexed=found.photos if found else 0,
        )

    def _channel(self, contents: LayerContents, channel: int) -> ChannelData:
        self._step(contents.layer.name)
        name = contents.name_of(channel)
        noted = contents.noted.get(channel, NOTHING)
        known = ChannelData(
            number=channel,
            name=printable(name, NAME_LIMIT),
            favourite=noted.favourite,
            tags=[printable(tag, LONGEST_TAG) for tag in noted.tags],
            note=printable(noted.note, LONGEST_NOTE),
            maps=[_map(maps, channel, contents) for maps in contents.maps],
            exemplars=list(self._exemplars(contents.exemplars_of(channel))),
        )
        picture = read_first(contents.pictures.get(channel, ()))
        if picture is None:
            self.made[-1].append("")
            return known
        found, image = picture
        small = shrunk(image, self.fidelity.side)
        self.made[-1].append(webp(small, self.fidelity.quality))
        return self._with_record(known, found, name)

    def _with_record(self, known: ChannelData, found: ChannelPicture, name: str) -> ChannelData:
        record = _without_folders(found.record)
        return msgspec.structs.replace(
            known,
            activation=record.activation,
            verdict=record.verdict,
            preset=record.recipe.preset,
            size=record.recipe.resolution,
            seed=record.seed,
            is_from_atlas=isinstance(found, Tile),
            record=[
                self.lines.number((label, printable(text)))
                for label, text in record_lines(record, name)
            ],
            command=printable(render_command(record), 2000),
        )

    def _exemplars(self, found: Sequence[Exemplar]) -> Iterator[ExemplarData]:
        for each in found:
            crop = self.crop_of.get((each.path, each.crop))
            if crop is not None:  # the photo is still there
                name = printable(each.path.name, NAME_LIMIT)
                value = round(each.value, 3)
                yield ExemplarData(crop, self.names.number(name), value, each.is_at_border)

    def _photo(self, maps: PhotoMaps) -> PhotoData:
        image = webp(maps.photo, PHOTO_QUALITY)
        new = PhotoStyle(f"photo-{len(self.styles)}", image, *maps.photo.size)
        style = self.styles.setdefault(image, new)
        is_tall = style.height > style.width
        return PhotoData(
            name=printable(maps.name, NAME_LIMIT),
            style=f"{style.name} tall" if is_tall else style.name,
            brightest=round(maps.brightest, 3),
        )


def _map(maps: PhotoMaps, channel: int, contents: LayerContents) -> MapData:
    usual = None if contents.exemplars is None else float(contents.exemplars.usual[channel])
    return MapData(
        image=webp(maps.veil(channel), VEIL_QUALITY),
        peak=round(maps.peak(channel), 3),
        frame=tuple(round(share, 4) for share in maps.frame(channel)),  # type: ignore[arg-type]
        usual=None if usual is None else round(usual, 3),
    )


def _without_folders(record: Record) -> Record:
    """Return a record that says nothing of the folders of whoever made the picture."""
    if not Weights(record.weights, record.weights_sha256).is_file:
        return record
    return msgspec.structs.replace(record, weights=Path(record.weights).name)
