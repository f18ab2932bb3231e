"""The gallery's filter: words that must all hold, as one types them. Plain.

A word is a layer (``conv5_1``), channels of one (``conv5_1:20-40``), a preset (``crisp``),
``verdict:silent``, ``seed:3`` or ``activation>500``. Any other is looked for in the file's name.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar, get_args

from convscope.core.ascent.recipes import PRESETS
from convscope.core.ascent.verdicts import Verdict
from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, Network, networks
from convscope.core.catalog.targets import parse_channels
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable
from convscope.tui.explorer.gallery_briefs import Brief

_Value = TypeVar("_Value")
Test = Callable[[str, Brief], bool | None]
"""Given a file's name and what is known of it, whether a word holds; ``None`` where only the
record can tell."""

_COMPARISONS = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_COMPARED = re.compile(r"activation(<=|>=|<|>)(.*)", re.IGNORECASE)
_VERDICTS = get_args(Verdict)
_EXAMPLES = {"verdict": "verdict:silent", "seed": "seed:3", "activation": "activation>500"}
_BEGUN = 2
"""Letters from which on such a word is taken as begun, rather than as part of a file's name."""


@dataclass(frozen=True)
class Filter:
    """Words that must all hold; without any, everything does."""

    text: str = ""
    """The words that were understood, as typed."""
    tests: tuple[Test, ...] = ()
    trouble: str = ""
    """What is wrong with the first word that was not; a sentence that is safe to print."""

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.tests)

    def decide(self, name: str, brief: Brief) -> bool | None:
        """Whether a picture is to be shown; ``None`` where only its record can tell."""
        open_question = False
        for test in self.tests:
            held = test(name, brief)
            if held is False:
                return False
            open_question |= held is None
        return None if open_question else True


def parse_filter(text: str) -> Filter:
    """Read a filter, as far as it can be understood: it is read while it is typed."""
    words: list[str] = []
    tests: list[Test] = []
    troubles: list[str] = []
    for word in text.split():
        try:
            tests.append(_test(word))
            words.append(word)
        except UserError as error:
            troubles.append(str(error))
    return Filter(" ".join(words), tuple(tests), troubles[0] if troubles else "")


def _test(word: str) -> Test:
    key, colon, value = word.partition(":")
    if colon:
        return _pair(word, key.lower(), value)
    if word.lower().startswith("activation"):
        return _activation(word)
    if word in _layers(_network("")):
        return _asks(lambda brief: brief.layer or None, lambda layer: layer == word)
    if word in PRESETS:
        return _asks(lambda brief: brief.preset or None, lambda preset: preset == word)
    for name, example in _EXAMPLES.items():
        if len(word) >= _BEGUN and name.startswith(word.lower()):
            raise UserError(f"Write {example}.")
    folded = word.casefold()
    return lambda name, brief: folded in name.casefold()


def _pair(word: str, key: str, value: str) -> Test:
    if key == "verdict":
        return _verdict(value.lower())
    if key == "seed":
        return _seed(value)
    model, _, name = word.partition(":")[0].rpartition("/")  # vgg16/conv5_1, as in targets
    found = _network(model)
    if name not in _layers(found):
        meant = nearest(name, [*_layers(found), "verdict", "seed"], 1)
        hint = f"; did you mean {meant}:?" if meant else ", nor verdict: or seed:."
        raise UserError(f"{printable(name, 20) or 'Nothing'}: is no layer{hint}")
    return _channels(found.layer(name), value)


def _network(name: str) -> Network:
    """Return the network of that name; the default one where there is none."""
    return networks().get(name) or networks()[DEFAULT_NETWORK]


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
        lambda brief: (brief.layer, brief.channel) if brief.layer else None,
        lambda channel: channel[0] == layer.name and channel[1] in channels,
    )


def _verdict(value: str) -> Test:
    if value not in _VERDICTS:
        raise UserError(f"A verdict is {_either(_VERDICTS)}.")
    return _asks(lambda brief: brief.verdict or None, lambda verdict: verdict == value)


def _seed(value: str) -> Test:
    if not re.fullmatch(r"[0-9]{1,10}", value):
        raise UserError("A seed is a whole number, such as seed:3.")
    return _asks(lambda brief: brief.seed, lambda seed: seed == int(value))


def _activation(word: str) -> Test:
    match = _COMPARED.fullmatch(word)
    if match is None:
        raise UserError("An activation is compared, as in activation>500.")
    compare, bound = _COMPARISONS[match[1]], _number(match[2])
    if not math.isfinite(bound):
        shown = printable(match[2], 20) or "nothing"
        raise UserError(f"After activation{match[1]} stands a number such as 500, not {shown}.")
    return _asks(lambda brief: brief.activation, lambda value: compare(value, bound))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _asks(value: Callable[[Brief], _Value | None], holds: Callable[[_Value], bool]) -> Test:
    """Return a test of a value, which may not be known yet, or never."""

    def test(name: str, brief: Brief) -> bool | None:
        known = value(brief)
        if known is None:
            return False if brief.whole else None
        return holds(known)

    return test


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}"
