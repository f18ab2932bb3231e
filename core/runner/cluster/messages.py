"""What the coordinator and a remote worker tell each other. No torch, no Dask."""

import sys
from importlib.metadata import version
from typing import Literal

import msgspec

from convscope.core import __version__
from convscope.core.catalog.weights import EMBEDDED_SHA256
from convscope.core.runner.executor import Outcome, Pack

LIVE = "convscope-live"
"""Topic of what a remote worker shows of its work."""
LEAVING = "convscope-leaving"
"""Topic under which it says that it is about to end, which is no fault of what it makes."""


class PackOrder(msgspec.Struct, frozen=True):
    """A pack for a remote worker."""

    key: str
    """By which it can be stopped."""
    pack: Pack


class Answer(msgspec.Struct, frozen=True):
    """What came of an order."""

    outcome: Outcome | None = None
    """``None`` where an error ended the pack."""
    is_stopped: bool = False
    """Whether the pack ended early, since either side asked for it."""
    fits: int = 0
    """How many tasks like these fit into a pack, as far as is known by now."""
    error: str = ""
    kind: Literal["", "refused", "no room", "failed", "device lost"] = ""
    """Of error: a user's to mend, a neighbour's memory, anything else, the end of the device."""


class Hello(msgspec.Struct, frozen=True):
    """What a remote worker says of itself when it joins."""

    host: str
    device: str
    """As people speak of it."""
    pack: int
    """The most tasks that it takes at once."""
    versions: dict[str, str]
    """Of all that decides how a picture comes out, or whether both sides understand each other."""


def own_versions() -> dict[str, str]:
    """Return what has to be the same on both sides.

    A build for another CUDA is another torch in name only, so what follows the ``+`` is left out.
    """
    return {
        "convscope": __version__,
        "torch": version("torch").partition("+")[0],
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "distributed": version("distributed"),
        "weights": EMBEDDED_SHA256[:8],
    }


def difference(theirs: dict[str, str]) -> str:
    """Say which version of a remote worker is another than here; '' where none is."""
    for name, ours in own_versions().items():
        found = theirs.get(name, "unknown")
        if found != ours:
            return f"has {name} {found}, the coordinator {ours}; install the same on both"
    return ""
