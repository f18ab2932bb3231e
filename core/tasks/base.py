"""What every kind of task has in common. Plain values; no torch."""

from functools import cache
from typing import Any, NamedTuple, Self

import msgspec

from convscope.core.catalog.weights import EMBEDDED, Weights

UNTAGGED = "visualize"
"""The kind that is stored without its name: there was none when the first galleries were made."""


class Place(NamedTuple):
    """What tells a task from its pack-mates, kept beside what they share; all a number or two."""

    channel: int = 0
    seed: int = 0
    variant: int = 0
    direction: tuple[float, ...] = ()


class BaseTask(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be asked; equal tasks have equal results on one device.

    A kind of task is a subclass and a line in :data:`~convscope.core.tasks.kinds.KINDS`. What is
    here suits tasks that are done one by one; those that share a tensor tell what they share.
    """

    @property
    def pack_kind(self) -> Self:
        """This task without what may differ between the tasks of one pack."""
        return self

    @property
    def place(self) -> Place:
        """What :attr:`pack_kind` leaves out."""
        return Place()

    def at(self, place: Place) -> Self:
        """Return the task of this kind at another place."""
        return self

    @property
    def title(self) -> str:
        """What the queue's listings call it. Not safe to print."""
        return str(self.__struct_config__.tag)

    @property
    def brief(self) -> str:
        """The same where what it is about is known. Not safe to print."""
        return self.title

    @property
    def group_size(self) -> int:
        """How many tasks of one pack are to stay together, as they are made against each other."""
        return 1

    @property
    def group(self) -> Self:
        """What the tasks share that are to stay together."""
        return self

    @property
    def depth(self) -> str:
        """Up to which part of its network it goes; those that go equally far cost alike."""
        return ""

    @property
    def effort(self) -> float:
        """How much work it is beside others of its network and depth; of no unit."""
        return 1.0

    def check(self) -> None:
        """Find out whether it can be done, as far as that shows without doing it.

        Raises:
            UserError: it cannot; the sentence says why.
        """

    def packs_with(self, other: "BaseTask") -> bool:
        """Whether both can be done in one tensor."""
        return self.pack_kind == other.pack_kind

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that differ for different tasks; they stand in file names."""
        import hashlib  # noqa: PLC0415  a twentieth of the time of queue list

        return hashlib.sha256(self.encoded()).hexdigest()[:8]

    def encoded(self) -> bytes:
        """Write it as JSON that is equal for equal tasks.

        What has its default is left out, so that a field added later changes nothing.
        """
        told = _without_defaults(self)
        config = self.__struct_config__
        if config.tag != UNTAGGED and config.tag_field is not None:
            told[config.tag_field] = config.tag
        return msgspec.json.encode(told, order="sorted")


class NetworkTask(BaseTask, frozen=True, kw_only=True):
    """One that is done with a network."""

    model: str
    weights: Weights = EMBEDDED
    normalization: str = ""
    """What the weights expect of an image, as ``--normalize`` has it; '' where it is their
    ``usual_normalization``."""

    @property
    def input_normalization(self) -> str:
        """What the network is given, by its name or as numbers."""
        return self.normalization or self.weights.usual_normalization


def _without_defaults(struct: msgspec.Struct) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for field in _fields(type(struct)):
        value = getattr(struct, field.name)
        if value != field.default:
            is_struct = isinstance(value, msgspec.Struct)
            told[field.encode_name] = _without_defaults(value) if is_struct else value
    return told


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a struct; msgspec evaluates all annotations to tell them."""
    return msgspec.structs.fields(kind)
