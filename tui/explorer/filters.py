"""The filter of channels: what is typed behind ``/``, and which channels it keeps. Plain."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.targets import parse_channels
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable
from convscope.tui.explorer.marks import VERDICTS, Stage

STAGES = {
    "queued": Stage.QUEUED,
    "running": Stage.MAKING,
    "done": Stage.SAVED,
    "failed": Stage.FAILED,
}
MARKED = "marked"
DRAWN = "drawn"

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_ACTIVATION = re.compile(r"activation(>=|<=|>|<)(-?\d+(?:\.\d+)?)")
_CHANNELS = re.compile(r"[\d,*-]+")
_PART = r"(?:\*|\d+(?:-\d+)?)"
_CHANNEL_LIST = re.compile(rf"{_PART}(?:,{_PART})*")


@dataclass(frozen=True)
class Known:
    """What a filter may ask about a channel."""

    channel: int
    verdict: str = ""
    """Empty while it has no picture."""
    activation: float | None = None
    stage: Stage = Stage.NONE
    is_marked: bool = False


Test = Callable[[Known], bool]


@dataclass(frozen=True)
class Filter:
    """Words that must all hold; without any, all channels are kept."""

    text: str = ""
    tests: tuple[Test, ...] = ()
    asks_pictures: bool = False
    """Whether it depends on what pictures came to, and not on the channel's number alone."""

    def __bool__(self) -> bool:
        """Whether it leaves out anything at all."""
        return bool(self.tests)

    def keeps(self, known: Known) -> bool:
        """Whether a channel is shown."""
        return all(test(known) for test in self.tests)


def parse_filter(text: str, layer: Layer) -> Filter:
    """Read words such as ``20-40``, ``verdict:silent``, ``done``, ``marked``, ``activation>500``.

    Args:
        text: words with spaces between them; ``or`` is a comma within channels only.
        layer: whose channels are meant.

    Raises:
        UserError: a word is none of these; the sentence names the nearest, or the range. It fits
            beside what is typed in 80 columns.
    """
    words = text.split()
    tests = tuple(_test(word, layer) for word in words)
    asks = any(not _CHANNELS.fullmatch(word) for word in words)
    return Filter(" ".join(words), tests, asks)


def _test(word: str, layer: Layer) -> Test:
    if _CHANNELS.fullmatch(word):
        if not _CHANNEL_LIST.fullmatch(word):
            raise UserError("Channels are numbers and ranges, such as 25 or 20-40.")
        channels = frozenset(parse_channels(word, layer))
        return lambda known: known.channel in channels
    comparison = _ACTIVATION.fullmatch(word)
    if comparison is not None:
        compare, limit = _COMPARISONS[comparison[1]], float(comparison[2])
        return lambda known: known.activation is not None and compare(known.activation, limit)
    if word == MARKED:
        return lambda known: known.is_marked
    if word == DRAWN:
        return lambda known: bool(known.verdict)
    if word in STAGES:
        stage = STAGES[word]
        return lambda known: known.stage is stage
    verdict = word.removeprefix("verdict:")
    if verdict in VERDICTS:
        return lambda known: known.verdict == verdict
    choices = [*STAGES, MARKED, DRAWN, *(f"verdict:{name}" for name in VERDICTS), "activation>500"]
    alike = nearest(word, choices, 1) or "20-40, done, verdict:silent"
    raise UserError(f"{printable(word, 16)} is no filter; try {alike}.")
