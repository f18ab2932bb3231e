"""Networks of a person's own, described when they are first named. No torch until it is needed."""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from convscope.core.catalog.networks import Description, Network, description
from convscope.core.catalog.own import OwnNetwork, description_path, remember
from convscope.core.runner.apart import NoAnswerError, answer, ask_apart
from convscope.core.runner.torch_room import importing_torch
from convscope.core.system.errors import UserError
from convscope.core.system.files import write_note
from convscope.core.system.text import reason

PATIENCE = 600.0
"""Seconds for torch to come and the network to be built, traced and run."""


def describe_own(
    own: OwnNetwork, *, here: bool, warn: Callable[[str], object] = lambda _: None
) -> Network:
    """Return a network, after remembering where its code is and finding out its layers.

    They are found out once, and again where a file has changed that its code imported.

    Args:
        own: the network.
        here: whether to do it in this process, which imports torch; another does it otherwise.
        warn: told, when they are found out, why not all of them could be.

    Raises:
        UserError: the network cannot be looked into: see
            :func:`convscope.core.networks.describe_own.described`; or nothing can be kept.
    """
    try:
        remember(own)
        found = description(own.name)
        if found is None or not _is_of_today(found, own):
            found = (_describe_here if here else _describe_apart)(own)
            write_note(description_path(own.name), msgspec.json.encode(found))
            if found.untraced:
                warn(found.untraced)
    except OSError as error:
        raise UserError(f"What {own.name} is cannot be kept{reason(error)}.") from error
    return found.network


def _is_of_today(found: Description, own: OwnNetwork) -> bool:
    """Whether files are as they were; equal ones in different folders have the same name."""
    with contextlib.suppress(OSError):
        return own.path in (found.sources or ("",)) and all(
            Path(path).stat().st_mtime_ns == modified for path, modified in found.sources.items()
        )
    return False


def _describe_here(own: OwnNetwork) -> Description:
    with importing_torch():
        from convscope.core.networks.describe_own import described  # noqa: PLC0415  torch, for own networks only

    return described(own)


def _describe_apart(own: OwnNetwork) -> Description:
    asked = msgspec.json.encode(own).decode()
    try:
        return ask_apart(__name__, asked, kind=Description, patience=PATIENCE)
    except NoAnswerError as error:
        raise UserError(f"{own.name} could not be looked into ({error}).", about="model") from error


if __name__ == "__main__":
    answer(lambda: _describe_here(msgspec.json.decode(sys.argv[1], type=OwnNetwork)))
