"""The task of looking at some photos of an index: what each excites, and where."""

import os
from typing import Self

import msgspec

from convscope.core.catalog.networks import network
from convscope.core.catalog.normalization import parse_normalization
from convscope.core.system.errors import UserError
from convscope.core.tasks.base import NetworkTask, Place


class Survey(NetworkTask, frozen=True, kw_only=True, tag="survey", tag_field="task"):
    """Those rows of an index that are still to be filled, of some consecutive ones."""

    index: bytes
    """Absolute path of the index's folder, as the system has it."""
    key: str
    """The index's own, so that another one of the same name is left alone."""
    layers: tuple[str, ...]
    first: int = 0
    """The first row."""
    rows: int = 1

    @property
    def title(self) -> str:
        """What the queue's listings call it. Not safe to print."""
        return f"{os.path.basename(os.fsdecode(self.index))}: {self.brief}"  # noqa: PTH119

    @property
    def brief(self) -> str:
        """The rows as people count them."""
        return f"photos {self.first + 1}-{self.first + self.rows}"

    @property
    def depth(self) -> str:
        """All layers that are looked at."""
        return " ".join(self.layers)

    @property
    def effort(self) -> float:
        """Photos."""
        return float(self.rows)

    @property
    def pack_kind(self) -> Self:
        """This task without its first row."""
        return msgspec.structs.replace(self, first=0)

    @property
    def place(self) -> Place:
        """The first row, where other tasks have a channel."""
        return Place(self.first)

    def at(self, place: Place) -> Self:
        """Return the task of this kind that begins at another row."""
        return msgspec.structs.replace(self, first=place.channel)

    def check(self) -> None:
        """Find out whether it can be done.

        Raises:
            UserError: network, layers, normalisation or rows are none.
        """
        known = network(self.model)
        for layer in self.layers:
            known.layer(layer)
        parse_normalization(self.input_normalization)
        if self.first < 0 or self.rows < 1:
            raise UserError(f"There are no rows {self.first} and {self.rows} more of an index.")
