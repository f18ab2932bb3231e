"""What a page's script reads, as JSON: all that is not in the page's own text."""

from collections.abc import Sequence

import msgspec

from convscope.core.gallery.annotations import Annotation


class MapData(msgspec.Struct, omit_defaults=True):
    """A channel's map over a photo."""

    image: str
    """WebP in base64, as all images here."""
    peak: float
    frame: tuple[float, float, float, float]
    """What the peak looks at: left, top, right, bottom, as shares of the photo."""
    usual: float | None = None
    """What 95% of an index's photos stay below."""


class ExemplarData(msgspec.Struct, omit_defaults=True):
    """What excites a channel in a photo of an index."""

    crop: int
    """Which of the page's crops."""
    photo: int
    """Which of the page's names."""
    value: float
    is_border: bool = False


class ChannelData(msgspec.Struct, omit_defaults=True):
    """A channel."""

    number: int
    name: str = ""
    """Of the class that it stands for."""
    activation: float | None = None
    verdict: str = ""
    preset: str = ""
    size: int = 0
    """Side of its picture, in pixels, as it was made."""
    seed: int | None = None
    is_from_atlas: bool = False
    """Whether its picture is one of those that are part of convscope."""
    record: Sequence[int] = ()
    """Which of the page's lines."""
    command: str = ""
    """What makes the picture again."""
    favourite: bool = False
    """Whether it is one of whoever made the page, who noted the two below as well."""
    tags: Sequence[str] = ()
    note: str = ""
    maps: Sequence[MapData] = ()
    """One for each of the layer's photos."""
    exemplars: Sequence[ExemplarData] = ()

    @property
    def noted(self) -> Annotation:
        """What a person noted of it."""
        return Annotation(self.favourite, tuple(self.tags), self.note)


class PhotoData(msgspec.Struct):
    """A photo with maps of a layer."""

    name: str
    style: str
    """The class that shows it."""
    brightest: float
    """The value of the brightest colour."""


class LayerData(msgspec.Struct, omit_defaults=True):
    """A layer."""

    name: str
    channels: Sequence[ChannelData]
    photos: Sequence[PhotoData] = ()
    index: str = ""
    """Of the photos that excite its channels; '' without."""
    indexed: int = 0
    """How many photos that has."""


class PageData(msgspec.Struct, omit_defaults=True):
    """A page."""

    network: str
    layers: Sequence[LayerData]
    lines: Sequence[tuple[str, str]] = ()
    """Of records, each once: a label and a text."""
    crops: Sequence[str] = ()
    names: Sequence[str] = ()
    """Of photos."""


def as_script(data: PageData) -> str:
    """Write data so that it can stand inside of a ``<script>``, whatever texts are in it."""
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")
