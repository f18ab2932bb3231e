"""The layers of a network as rows: block by block, and blocks can be folded. Plain; no Textual."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from convscope.core.catalog.networks import Layer

LONG = 24
"""From so many layers on, blocks are folded at first."""


@dataclass(frozen=True)
class LayerRow:
    """A layer, or a block."""

    text: str
    channels: int
    """How many the layer has, or the last layer of the block."""
    layer: int | None = None
    """Which layer is chosen with it; ``None`` for the heading of a block that is unfolded."""
    is_folded: bool = False
    """Whether it is a block that stands for its layers."""
    is_inside: bool = False
    """Whether it stands below a heading."""


class LayerRows:
    """Rows from the input upwards; a folded block stands for its last layer.

    So there is a chosen layer whatever is folded, and moves go over what can be seen.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self._blocks = [
            (name, [index for index, _ in members])
            for name, members in groupby(enumerate(layers), key=lambda each: each[1].block)
        ]
        self._folded = {name for name, _ in self._blocks if name} if len(layers) >= LONG else set()
        self._rows: tuple[LayerRow, ...] = ()
        self._arrange()

    @property
    def rows(self) -> Sequence[LayerRow]:
        """All that are to be seen."""
        return self._rows

    @property
    def has_blocks(self) -> bool:
        """Whether anything can be folded."""
        return any(self._is_block(name, members) for name, members in self._blocks)

    def row_of(self, layer: int) -> int:
        """Return which row a layer is in: its own, or that of its folded block."""
        for at, row in enumerate(self._rows):
            if row.layer is not None and row.layer >= layer:
                return at
        return len(self._rows) - 1

    def layers_of(self, row: int) -> range:
        """Return the layers that a row stands for: one, those of a folded block, or none."""
        layer = self._rows[row].layer
        if layer is None:
            return range(0)
        before = [each.layer for each in self._rows[:row] if each.layer is not None]
        return range(before[-1] + 1 if before else 0, layer + 1)

    def shown(self, layer: int) -> int:
        """Return the layer that stands for a layer: itself, or the last of its folded block."""
        row = self._rows[self.row_of(layer)]
        return layer if row.layer is None else row.layer

    def step(self, layer: int, by: int) -> int:
        """Return the layer so many rows further on, headings left out; the last one at the ends."""
        found = [row.layer for row in self._rows if row.layer is not None]
        at = found.index(self.shown(layer)) + by
        return found[max(0, min(at, len(found) - 1))]

    def fold(self, layer: int) -> int:
        """Fold or unfold the block of a layer; returns the layer that is chosen then."""
        name, members = next(each for each in self._blocks if layer in each[1])
        if not self._is_block(name, members):
            return layer
        self._folded ^= {name}
        self._arrange()
        return self.shown(layer)

    @property
    def folded(self) -> frozenset[str]:
        """The blocks that are folded."""
        return frozenset(self._folded)

    @folded.setter
    def folded(self, names: frozenset[str]) -> None:
        self._folded = set(names)
        self._arrange()

    def reveal(self, layer: int) -> None:
        """Have a layer in sight: its block is unfolded where it stands for another one."""
        if self.shown(layer) != layer:
            self.folded -= {self._layers[layer].block}

    def fold_all(self, layer: int) -> int:
        """Fold all blocks, or unfold all where all are; returns the layer that is chosen then."""
        names = {name for name, members in self._blocks if self._is_block(name, members)}
        self._folded = set() if names <= self._folded else names
        self._arrange()
        return self.shown(layer)

    def find(self, text: str, start: int, by: int = 1) -> int | None:
        """Return the next layer with some words in its name; behind the last comes the first.

        Args:
            text: words with spaces between them, in any order.
            start: where to begin; that layer counts as well.
            by: 1 or -1, the way.
        """
        words = text.lower().split()
        count = len(self._layers)
        order = [(start + by * offset) % count for offset in range(count)]
        names = {index: self._layers[index].name.lower() for index in order}
        return next(
            (at for at in order if words and all(word in names[at] for word in words)), None
        )

    @staticmethod
    def _is_block(name: str, members: Sequence[int]) -> bool:
        return bool(name) and len(members) > 1

    def _arrange(self) -> None:
        rows: list[LayerRow] = []
        for name, members in self._blocks:
            if not self._is_block(name, members):
                rows += [self._row(index, "") for index in members]
            elif name in self._folded:
                last = members[-1]
                rows.append(LayerRow(name, self._layers[last].channels, last, is_folded=True))
            else:
                rows.append(LayerRow(name, len(members)))
                rows += [self._row(index, name) for index in members]
        self._rows = tuple(rows)

    def _row(self, index: int, block: str) -> LayerRow:
        layer = self._layers[index]
        inside = layer.name.removeprefix(block).lstrip(".") if block else layer.name
        return LayerRow(inside or layer.name, layer.channels, index, is_inside=bool(block))
