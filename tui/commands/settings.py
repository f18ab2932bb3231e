"""The user's config file as the commands judge it. No click here: the explorer opens without it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from convscope.core.system.config import ConfigFile, load_config
from convscope.tui.commands.devices import check_device

if TYPE_CHECKING:
    from convscope.tui.looks import Looks

SENTENCES = 5
"""So many mistakes are told one by one before a command does its work."""


def read_settings() -> ConfigFile:
    """Read the config file; what names a preset or the like that cannot be is left out of it.

    Whether a device or a file of weights is there turns out when it is used.
    """
    judges = {
        "preset": _check_preset,
        "device": check_device,
        "weights": _check_weights,
        "normalize": _check_normalize,
        "graphics": _check_graphics,
    }
    return load_config(judges)


def looks_of(file: ConfigFile, *, low_bandwidth: bool, graphics: str | None = None) -> "Looks":
    """Return how the explorer is to look.

    Args:
        file: the config file.
        low_bandwidth: whether it was asked for by a flag.
        graphics: what was typed.
    """
    from convscope.tui.looks import Looks  # noqa: PLC0415  for the explorer only

    config = file.config
    theme = Looks.theme if config.theme is None else config.theme
    low = low_bandwidth or bool(config.low_bandwidth)
    return Looks(theme, config.themes, low, graphics or config.graphics or Looks.graphics)


def mistakes(file: ConfigFile) -> Iterator[str]:
    """Yield a sentence for each mistake, or for the first few and how many more there are."""
    yield from map(str, file.problems[:SENTENCES])
    more = len(file.problems) - SENTENCES
    if more > 0:
        yield f"{file.where()}: {more:,} more like these; convscope doctor lists them."


def _check_preset(name: str) -> None:
    from convscope.core.ascent.recipes import preset  # noqa: PLC0415  only where the file names one

    preset(name)


def _check_graphics(name: str) -> None:
    from convscope.tui.commands.graphics import check_graphics  # noqa: PLC0415  only where the file names it

    check_graphics(name)


def _check_weights(name: str) -> None:
    from convscope.core.catalog.weights import check_name  # noqa: PLC0415  only where the file names them

    check_name(name)


def _check_normalize(text: str) -> None:
    from convscope.core.catalog.normalization import named  # noqa: PLC0415  only where the file has it

    named(text)
