"""The filter: what is typed behind ``/``, and which items it keeps. Plain; no Textual.

Words with spaces between them must all hold. A word is channels of the layer in view (``20-40``),
a network (``resnet50``), a layer (``conv5_1``), channels of one (``conv5_1:20-40``), a preset
(``crisp``), ``silent`` or ``verdict:silent``, ``seed:3``, ``activation>500``, how far a picture is
(``done``), ``atlas``, or what a person noted of it: ``favourite``, ``tag:eyes`` or ``#eyes``,
``note``. Where files are shown, ``photo:cat`` are those that started from such a photo; where files
or classes are, any other word is looked for in their names.
"""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from convscope.core.ascent.recipes import PRESETS
from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, Network, networks
from convscope.core.catalog.targets import parse_channels
from convscope.core.gallery.annotations import NOTHING, Annotation
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable
from convscope.tui.explorer.marks import ANNOTATED, VERDICTS, Stage

_Value = TypeVar("_Value")

_STAGES = {
    "queued": Stage.QUEUED,
    "running": Stage.MAKING,
    "done": Stage.SAVED,
    "failed": Stage.FAILED,
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_ACTIVATION = re.compile(r"activation(>=|<=|>|<)?(.*)", re.IGNORECASE)
_CHANNELS = re.compile(r"[\d,*-]+")
_PART = r"(?:\*|\d+(?:-\d+)?)"
_CHANNEL_LIST = re.compile(rf"{_PART}(?:,{_PART})*")
_EXAMPLES = ("verdict:silent", "seed:3", "activation>500", "favourite", "tag:eyes")
_FAVOURITE = ("favourite", "favorite", "fav")
_BEGUN = 2
"""Letters from which on such a word is taken as begun, rather than as part of a file's name."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a filter may ask of an item, as far as it is known."""

    layer: str = ""
    channel: int | None = None
    """``None`` for contact sheets, and while it is not known."""
    preset: str = ""
    seed: int | None = None
    activation: float | None = None
    verdict: str = ""
    """Empty while it has no picture."""
    stage: Stage = Stage.NONE
    is_marked: bool = False
    from_atlas: bool = False
    model: str = ""
    name: str = ""
    """The file's, or the one of the class."""
    photo: str = ""
    """Name of the photo that it started from; '' for noise, and while it is not known."""
    annotation: Annotation = NOTHING
    whole: bool = False
    """Whether there is no more to learn: the record was read, or there is none."""

    @property
    def title(self) -> str:
        """Its channel, or the layer of a sheet; '' where neither is known. Not safe to print."""
        return self.layer if self.channel is None else f"{self.layer}:{self.channel}"


Test = Callable[[Known], bool | None]
"""Whether a word holds for an item; ``None`` where too little is known."""


@dataclass(frozen=True)
class Filter:
    """Words that must all hold; without any, everything does."""

    text: str = ""
    """The words that were understood, as typed."""
    tests: tuple[Test, ...] = ()
    asks_pictures: bool = False
    """Whether it depends on what pictures came to, and not on channels' numbers alone."""
    trouble: str = ""
    """What is wrong with the first word that was not understood; safe to print. It fits beside
    what is typed in 80 columns."""

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.tests)

    def decide(self, known: Known) -> bool | None:
        """Whether an item is to be shown; ``None`` where too little is known of it."""
        is_open = False
        for test in self.tests:
            held = test(known)
            if held is False:
                return False
            is_open |= held is None
        return None if is_open else True


def parse_filter(text: str, layer: Layer | None = None) -> Filter:
    """Read a filter, as far as it can be understood: it is read while it is typed.

    Args:
        text: the words.
        layer: the one in view, whose channels numbers mean; ``None`` where files are shown.
    """
    words: list[str] = []
    tests: list[Test] = []
    troubles: list[str] = []
    for word in text.split():
        try:
            tests.append(_test(word, layer))
            words.append(word)
        except UserError as error:
            troubles.append(str(error))
    asks = any(not _CHANNELS.fullmatch(word) for word in words)
    return Filter(" ".join(words), tuple(tests), asks, troubles[0] if troubles else "")


def _test(word: str, layer: Layer | None) -> Test:
    for read in _KINDS:
        test = read(word, layer)
        if test is not None:
            return test
    raise UserError(_not_understood(word))


def _numbers(word: str, layer: Layer | None) -> Test | None:
    """Read channels of the layer in view."""
    if layer is None or not _CHANNELS.fullmatch(word):
        return None
    if not _CHANNEL_LIST.fullmatch(word):
        raise UserError("Channels are numbers and ranges, such as 25 or 20-40.")
    channels = frozenset(parse_channels(word, layer))
    return lambda known: known.channel in channels


def _pair(word: str, layer: Layer | None) -> Test | None:
    """Read a word with a colon."""
    key, colon, value = word.partition(":")
    if not colon:
        return None
    if read := _PAIRS.get(key.lower()):
        return read(value)
    if key.lower() == "photo" and layer is None:
        folded = value.casefold()
        return _asks(lambda known: known.photo or None, lambda name: folded in name.casefold())
    model, _slash, name = key.lower().rpartition("/")  # vgg16/conv5_1, as in targets
    found = [networks()[model]] if model in networks() else networks().values()
    named = [layer for each in found for layer in each.layers if layer.name == name]
    if not named:
        usual = networks().get(model) or networks()[DEFAULT_NETWORK]
        meant = nearest(name, [*_layers(usual), *_PAIRS], 1)
        hint = f"; did you mean {meant}:?" if meant else "; try verdict:, tag: or seed:"
        raise UserError(f"{printable(name, 20)}: is not a layer{hint}")
    # Networks that call a layer the same have different numbers of channels there.
    return _channels(max(named, key=lambda layer: layer.channels), value)


def _layers(of: Network) -> list[str]:
    return [layer.name for layer in of.layers]


def _channels(layer: Layer, text: str) -> Test:
    try:
        channels = frozenset(parse_channels(text, layer))
    except UserError:
        # Its own sentence is longer than the line in which one types.
        raise UserError(
            f"{layer.name} has channels 0 to {layer.channels - 1}, such as {layer.name}:20-40."
        ) from None
    return _asks(
        lambda known: (known.layer, known.channel) if known.layer else None,
        lambda channel: channel[0] == layer.name and channel[1] in channels,
    )


def _verdict(value: str) -> Test:
    value = value.lower()
    if value not in VERDICTS:
        meant = nearest(value, list(VERDICTS), 1) if value else ""
        raise UserError(
            f"Did you mean verdict:{meant}?" if meant
            else "A verdict is excited, weak, silent or diverged."
        )  # fmt: skip
    return _asks(lambda known: known.verdict or None, lambda verdict: verdict == value)


def _seed(value: str) -> Test:
    if not re.fullmatch(r"[0-9]{1,10}", value):
        raise UserError("A seed is a whole number, such as seed:3.")
    return _asks(lambda known: known.seed, lambda seed: seed == int(value))


def _tag(value: str) -> Test:
    return _asks_annotation(lambda noted: noted.has_tag(value) if value else bool(noted.tags))


def _note(value: str) -> Test:
    folded = value.casefold()
    return _asks_annotation(lambda noted: bool(noted.note) and folded in noted.note.casefold())


_PAIRS: dict[str, Callable[[str], Test]] = {
    "verdict": _verdict,
    "seed": _seed,
    "tag": _tag,
    "note": _note,
}
"""What may stand before a colon, besides layers."""


def _activation(word: str, _: Layer | None) -> Test | None:
    match = _ACTIVATION.fullmatch(word)
    if match is None:
        return None
    bound = _number(match[2])
    if match[1] is None or not math.isfinite(bound):
        raise UserError("Compare the activation with a number: activation>500.")
    compare = _COMPARISONS[match[1]]
    return _asks(lambda known: known.activation, lambda value: compare(value, bound))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _name(word: str, _: Layer | None) -> Test | None:
    """Read the name of a verdict, a network, a layer or a preset."""
    if word in VERDICTS:
        return _verdict(word)
    if word in networks():
        return _asks(lambda known: known.model or None, lambda model: model == word)
    if word in _layers(networks()[DEFAULT_NETWORK]):
        return _asks(lambda known: known.layer or None, lambda name: name == word)
    if word in PRESETS:
        return _asks(lambda known: known.preset or None, lambda preset: preset == word)
    return None


def _noted(word: str, _: Layer | None) -> Test | None:
    """Read what a person noted."""
    if word.lower() in _FAVOURITE:
        return _asks_annotation(lambda noted: noted.favourite)
    if word.lower() == "note":
        return _note("")
    if word.startswith(ANNOTATED.sign):
        return _tag(word.removeprefix(ANNOTATED.sign))
    return None


def _asks_annotation(holds: Callable[[Annotation], bool]) -> Test:
    # Of a file it may not be known yet which channel it is of.
    return _asks(
        lambda known: known.annotation if known.whole or known.channel is not None else None, holds
    )


def _progress(word: str, layer: Layer | None) -> Test | None:
    """Read how far a channel's picture is."""
    if layer is None:
        return None
    if word in _STAGES:
        stage = _STAGES[word]
        return lambda known: known.stage is stage
    if word == "marked":
        return lambda known: known.is_marked
    if word == "drawn":
        return _asks(lambda known: known.verdict or None, bool)
    if word == "atlas":
        return lambda known: known.from_atlas
    return None


def _part_of_name(word: str, layer: Layer | None) -> Test | None:
    """Read what is to be found in files' names, where files are shown."""
    begun = (example for example in _EXAMPLES if example.startswith(word.lower()))
    if (layer is not None and layer.kind != "fc") or (len(word) >= _BEGUN and any(begun)):
        return None
    folded = word.casefold()
    return lambda known: folded in known.name.casefold()


_KINDS: tuple[Callable[[str, Layer | None], Test | None], ...] = (
    _numbers,
    _noted,
    _pair,
    _activation,
    _name,
    _progress,
    _part_of_name,
)
"""What a word may be; each returns ``None`` for those that are none of its kind."""


def _not_understood(word: str) -> str:
    if len(word) >= _BEGUN:
        for example in _EXAMPLES:
            if example.startswith(word.lower()):
                return f"Did you mean {example}?"
    choices = [
        *_STAGES,
        "marked",
        "drawn",
        "atlas",
        *_EXAMPLES,
        *(f"verdict:{name}" for name in VERDICTS),
    ]
    alike = nearest(word, choices, 1) or "20-40, done, verdict:silent"
    return f"{printable(word, 16)} is not a filter; try {alike}."


def _asks(value: Callable[[Known], _Value | None], holds: Callable[[_Value], bool]) -> Test:
    """Return a test of a value, which may not be known yet, or never."""

    def test(known: Known) -> bool | None:
        found = value(known)
        if found is None:
            return False if known.whole else None
        return holds(found)

    return test
