"""The user's config file, checked for the commands. No click: the explorer opens without it."""

import re
from collections.abc import Iterable, Iterator

from convscope.core.ascent.recipes import preset
from convscope.core.catalog.networks import DEFAULT_NETWORK, network, networks
from convscope.core.catalog.normalization import named
from convscope.core.catalog.weights import check_name
from convscope.core.system.config import Check, ConfigFile, Table, load_config
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.looks import GRAPHICS, Looks
from convscope.tui.sequences import NOTICES

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")

SENTENCES = 5
"""How many mistakes are named one by one before a command does its work."""


def read_settings() -> ConfigFile:
    """Read the config file, without what names a preset or the like that does not exist.

    Whether a device or a file of weights exists turns out when it is used.
    """
    return load_config(_checks)


def _checks(settings: Table) -> dict[str, Check]:
    model = settings.get("model")
    if not isinstance(model, str) or model not in networks():
        model = DEFAULT_NETWORK
    return {
        "preset": preset,
        "device": check_device,
        "model": network,
        "weights": lambda name: check_name(name, model),
        "normalize": named,
        "graphics": check_graphics,
        "notify": check_notify,
    }


def looks_of(file: ConfigFile, *, low_bandwidth: bool, graphics: str | None = None) -> Looks:
    """Return how the explorer is to look.

    Args:
        file: the config file.
        low_bandwidth: whether it was asked for by a flag.
        graphics: what was typed.
    """
    config = file.config
    theme = Looks.theme if config.theme is None else config.theme
    low = low_bandwidth or bool(config.low_bandwidth)
    how = graphics or config.graphics or Looks.graphics
    notify = config.notify or Looks.notify
    return Looks(theme, config.themes, low, how, config.atlas is not False, notify)


def mistakes(file: ConfigFile) -> Iterator[str]:
    """Yield a sentence for each mistake, or for the first few and how many more there are."""
    yield from map(str, file.problems[:SENTENCES])
    more = len(file.problems) - SENTENCES
    if more > 0:
        yield f"{file.where()}: {more:,} more like these; convscope doctor lists them."


def check_device(name: str) -> str:
    """Return ``name`` if it has the form of a device's; only torch knows whether there is one.

    Raises:
        UserError: it is none of ``auto``, ``cpu``, ``cuda``, ``cuda:N``, ``mps``.
    """
    if _DEVICE.fullmatch(name) is None:
        raise UserError(
            f"There is no device {printable(name)!r}; write auto, cpu, cuda, cuda:1 or mps."
        )
    return name


def check_graphics(name: str) -> str:
    """Return ``name`` if graphics are called so.

    Raises:
        UserError: it is none of :data:`~convscope.tui.looks.GRAPHICS`.
    """
    if name not in GRAPHICS:
        raise UserError(
            f"There are no graphics {printable(name, 80)!r}; write {' or '.join(GRAPHICS)}."
        )
    return name


def check_notify(name: str) -> str:
    """Return ``name`` if there is such a way to announce the end of a batch.

    Raises:
        UserError: it is none of :data:`~convscope.tui.sequences.NOTICES`.
    """
    if name not in NOTICES:
        raise UserError(
            f"{printable(name, 80)!r} is not a way to notify; write {_either(NOTICES)}."
        )
    return name


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
