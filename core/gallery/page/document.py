"""The HTML of a page: text, style, script and pictures in one file that loads nothing.

Names of layers, classes, photos and files are somebody else's words. They come through
:func:`printable` and are escaped here; a policy in the page forbids all that is not in it.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

from convscope.core import __version__
from convscope.core.gallery.page.contents import LayerContents, PageContents
from convscope.core.gallery.page.data import ChannelData, PageData, as_script
from convscope.core.system.text import printable

SCRIPTS = ("cards.js", "filter.js", "zoom.js", "keys.js")
"""One module, in this order: the last one begins."""
ATLAS = "□"
"""The sign of pictures of the atlas."""
FAVOURITE = "★"
NAMED_LAYERS = 3
"""Layers that the title names; of more it tells the number."""
FILTERS = (
    ("20-40,104", "channels by their numbers"),
    ("activation>500", "by the activation"),
    ("verdict:silent", "by verdict: excited, weak, silent, diverged"),
    ("draft", "by the preset, as draft or crisp"),
    ("atlas", "those with a picture of the atlas"),
)


@dataclass(frozen=True)
class PhotoStyle:
    """How a photo is shown under maps, by a class of the style sheet."""

    name: str
    image: str
    """WebP in base64."""
    width: int
    height: int

    @property
    def rule(self) -> str:
        """Its rule."""
        return (
            f".{self.name}{{aspect-ratio:{self.width}/{self.height};"
            f'background-image:url("{data_uri(self.image)}")}}'
        )


def data_uri(webp: str) -> str:
    """Return a WebP in base64 as an address."""
    return f"data:image/webp;base64,{webp}"


def document(
    contents: PageContents,
    data: PageData,
    pictures: Sequence[Sequence[str]],
    photos: Sequence[PhotoStyle],
) -> str:
    """Return a page.

    Args:
        contents: what it is about.
        data: what its script reads; also of what is in the text.
        pictures: what was made for the channels of each layer, WebP in base64; '' where nothing.
        photos: those of the maps.
    """
    script = "\n\n".join(map(_asset, SCRIPTS))
    style = "\n".join([_asset("page.css"), *(photo.rule for photo in photos)])
    first = next((picture for layer in pictures for picture in layer if picture), "")
    return Template(_asset("page.html")).substitute(
        policy=_policy(style, script),
        generator=f"convscope {__version__}",
        icon=data_uri(first) if first else "data:,",
        title=_escaped(f"{_heading(contents)} · {contents.subject.model}"),
        style=style,
        eyebrow=_escaped(contents.subject.title),
        heading=_escaped(_heading(contents)),
        facts=_all_facts(contents, data),
        reading=_reading(contents, data),
        contents=_contents(contents.layers),
        placeholder=_placeholder(contents),
        sections="\n".join(
            _section(layer, known.channels, made, is_alone=len(contents.layers) == 1)
            for layer, known, made in zip(contents.layers, data.layers, pictures, strict=True)
        ),
        filters=_filters(contents, data),
        data=as_script(data),
        script=script,
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").strip()


def _policy(style: str, script: str) -> str:
    """Return what the page may do: show what is in it, in its own style, by its own script."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _escaped(text: object, limit: int = 400) -> str:
    return escape(printable(text, limit))


# ---- what is above the channels ------------------------------------------------------------------


def _heading(contents: PageContents) -> str:
    names = [each.layer.name for each in contents.layers]
    return ", ".join(names) if len(names) <= NAMED_LAYERS else f"{len(names)} layers"


def _reading(contents: PageContents, data: PageData) -> str:
    """Say how to read the page, for those who see such pictures for the first time."""
    photos = list(dict.fromkeys(each.name for layer in contents.layers for each in layer.maps))
    indexed = max((each.exemplars.photos for each in contents.layers if each.exemplars), default=0)
    sentences = [
        "Each picture was grown from noise until it excited one channel as much as possible: it "
        "shows what the channel looks for. Below it are the channel’s number and its mean "
        "activation on the picture."
    ]
    if any(each.is_from_atlas for layer in data.layers for each in layer.channels):
        sentences.append(f"{ATLAS} marks small pictures from the atlas that comes with convscope.")
    if photos:
        named = " and ".join(_escaped(name, 60) for name in photos)
        sentences.append(f"Maps show where the channels respond in {named}.")
    if indexed:
        sentences.append(f"Photos are the ones out of {indexed:,} that excite each channel most.")
    return " ".join(sentences)


def _all_facts(contents: PageContents, data: PageData) -> str:
    if len(contents.layers) == 1:
        return _facts(contents.layers[0], data.layers[0].channels)
    channels = sum(len(each.channels) for each in data.layers)
    return f"{_counted(channels, 'channel')} of {len(contents.layers)} layers"


def _facts(contents: LayerContents, channels: Sequence[ChannelData]) -> str:
    """Say in a line what a layer is, and which pictures of it there are."""
    layer = contents.layer
    facts = [_counted(len(channels), "channel")]
    if len(channels) != layer.channels and not contents.names:
        facts[0] = f"{len(channels):,} of {layer.channels:,} channels"
    facts.append(
        "receptive field: the whole image"
        if layer.reach == "whole"
        else f"receptive field {layer.field} px, stride {layer.stride} px"
    )
    return _escaped(" · ".join([*facts, *_pictures(channels)]))


def _pictures(channels: Sequence[ChannelData]) -> Iterator[str]:
    kinds = Counter(_kind(each) for each in channels if each.verdict)
    for kind, number in kinds.items():
        yield f"{_counted(number, 'picture')} {kind}"
    if missing := sum(not each.verdict for each in channels):
        yield f"{missing:,} without a picture"


def _kind(channel: ChannelData) -> str:
    where = "of the atlas" if channel.is_from_atlas else f"by {channel.preset}"
    return f"{where} at {channel.size} px"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _contents(layers: Sequence[LayerContents]) -> str:
    """Link to the layers, where there are several."""
    if len(layers) == 1:
        return ""
    names = [_escaped(each.layer.name) for each in layers]
    links = "\n".join(f'<a href="#{name}">{name}</a>' for name in names)
    return f'<nav class="contents" aria-label="Layers">\n{links}\n</nav>'


def _placeholder(contents: PageContents) -> str:
    has_names = any(each.exemplars or each.names for each in contents.layers)
    return _escaped(", ".join(["20-40", *(["dog"] if has_names else []), "activation>500"]))


def _filters(contents: PageContents, data: PageData) -> str:
    rows = list(FILTERS)
    if len(contents.layers) > 1:
        name = contents.layers[0].layer.name
        rows.append((f"{name} {name}:20-40", "by the layer"))
    if any(each.names for each in contents.layers):
        rows.append(("dog", "by what the class is called"))
    if any(each.exemplars for each in contents.layers):
        rows.append(("cat", "by what the strongest photos are called"))
    channels = [each for layer in data.layers for each in layer.channels]
    if any(each.favourite for each in channels):
        rows.append(("favourite", f"the favourites, {FAVOURITE}"))
    if tags := [each.tags[0] for each in channels if each.tags]:
        rows.append((f"tag:{tags[0]}", "by a tag"))
    if any(each.note for each in channels):
        rows.append(("note", "those with a note"))
    return "\n".join(
        f"<dt><kbd>{_escaped(word)}</kbd></dt><dd>{_escaped(what)}</dd>" for word, what in rows
    )


# ---- the channels --------------------------------------------------------------------------------


def _section(
    contents: LayerContents, channels: Sequence[ChannelData], made: Sequence[str], *, is_alone: bool
) -> str:
    name = _escaped(contents.layer.name)
    facts = _facts(contents, channels)
    header = f'<header><h2>{name}</h2><p class="facts">{facts}</p></header>\n'
    label = ' aria-label="Channels"' if is_alone else f' aria-label="{name}"'
    cards = "\n".join(_cards(contents.layer.name, channels, made))
    return (
        f'<section id="{name}"{label}>\n{"" if is_alone else header}'
        f'<ol class="grid">\n{cards}\n</ol>\n</section>'
    )


def _cards(layer: str, channels: Iterable[ChannelData], made: Sequence[str]) -> Iterator[str]:
    for channel, picture in zip(channels, made, strict=True):
        yield _card(layer, channel, picture)


def _card(layer: str, channel: ChannelData, picture: str) -> str:
    """Return a channel as it is seen without a script, too."""
    place = _escaped(f"{layer}:{channel.number}")
    shown = "no picture"
    if picture:
        shown = f'<img src="{data_uri(picture)}" alt="{_described(channel)}" decoding="async">'
    name = _escaped(channel.name, 80)
    named = f'<span class="class" aria-hidden="true" title="{name}">{name}</span>' if name else ""
    label = "" if picture else f' aria-label="{_described(channel)}"'
    star = f" {FAVOURITE}" if channel.favourite else ""
    words = f"<b>{channel.number}{star}</b>{_outcome(channel)}"
    return (
        f'<li class="card" id="{place}"><a href="#{place}"{label}>'
        f'<span class="thumb">{shown}</span>'
        f'<span class="caption" aria-hidden="true">{words}</span>'
        f"{named}</a></li>"
    )


def _described(channel: ChannelData) -> str:
    """Say in words what a card shows."""
    words = [f"Channel {channel.number}"]
    if channel.name:
        words.append(printable(channel.name, 80))
    if channel.activation is None:
        words.append("no picture")
    else:
        words += [f"activation {_number(channel.activation)}", channel.verdict]
    if channel.is_from_atlas:
        words.append("from the atlas")
    if channel.favourite:
        words.append("favourite")
    return _escaped(", ".join(words))


def _outcome(channel: ChannelData) -> str:
    if channel.activation is None:
        return ""
    number = _number(channel.activation)
    if channel.is_from_atlas:
        number = f"{number} {ATLAS}"
    if channel.verdict == "excited":
        return f"<span>{number}</span>"
    return f'<span class="{channel.verdict}">{number} {channel.verdict}</span>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
