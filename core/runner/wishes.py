"""Wishes: the drafts and feature maps that an explorer would like to see now. Not durable.

Each explorer keeps one small file of its own. The worker looks at it between two steps, so a wish
is heard at once and changing one's mind costs nothing. A wish file that is not refreshed is
forgotten after :data:`LIFETIME`; so a killed explorer leaves no work behind.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from convscope.core.runner.mailbox import Mailbox
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.visualize import Visualize

LIFETIME = 20.0
"""Seconds after which a wish that its explorer did not refresh counts no more."""


class Watched(msgspec.Struct, frozen=True, array_like=True):
    """Channels of a layer that somebody looks at."""

    model: str
    weights: str
    """Their label."""
    layer: str
    channels: tuple[int, ...]

    @classmethod
    def of(cls, task: Visualize, channels: Iterable[int] = ()) -> "Watched":
        """Return the channel of a task, or others of its layer."""
        chosen = tuple(sorted(set(channels))) or (task.channel,)
        return cls(task.model, task.weights.label, task.layer, chosen)

    def shows(self, task: Visualize) -> bool:
        """Whether a picture is one of these channels."""
        of = (task.model, task.weights.label, task.layer)
        return of == (self.model, self.weights, self.layer) and task.channel in self.channels


class Wishes(msgspec.Struct, frozen=True):
    """Peek and maps come before all other work; the others are filled in when nothing is queued."""

    gallery: bytes
    """Its path: in a text there is no room for bytes that are none."""
    peek: Visualize | None = None
    visible: list[Visualize] = []
    maps: FeatureMaps | None = None
    """Those of the layer that is looked at; earlier versions wish for none."""
    watched: list[Watched] | None = None
    """Whose pictures are seen as they grow; ``None`` where an earlier version does not tell, and
    all may be."""

    @property
    def has_any(self) -> bool:
        """Whether a worker is needed for them."""
        return bool(self.peek or self.visible or self.maps)

    @property
    def folder(self) -> Path:
        """The gallery."""
        return Path(os.fsdecode(self.gallery))


def wish_box(state: Path) -> Mailbox[Wishes]:
    """Return the mailbox of the explorers of a state folder.

    A wish is to be sent again within its lifetime, to keep it alive.
    """
    return Mailbox(state / "wishes", Wishes, LIFETIME)
