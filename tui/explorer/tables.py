"""Tables in a terminal: which columns fit into a width, and what stands in a cell. Plain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size

from convscope.tui.explorer.marks import Mark, Tone

GAP = 2
"""Blank cells between two columns."""
SORTED = "▾"
"""Behind the head of the column by which a table is sorted."""

Piece = tuple[str, Tone | None]
"""Some text and what its colour should tell."""


@dataclass(frozen=True)
class Column:
    """How wide a column is."""

    width: int
    """Cells that it can make use of."""
    least: int
    """Cells without which it is not worth having."""
    rank: int = 0
    """Where the room does not suffice, the columns of the highest rank are left out first; those
    of rank 0 stay."""
    greed: int = 0
    """What room is left over goes to the columns of the highest greed first."""
    right: bool = False
    """Whether its cells stand at its right edge, as numbers do."""
    head: str = ""
    """What stands above it."""
    gap: int = GAP
    """Blank cells between it and the next one."""


@dataclass(frozen=True)
class Cell:
    """What a row has in one column; safe to print."""

    pieces: tuple[Piece, ...]
    keeps: Literal["start", "end", "sign"] = "start"
    """What is left of it where it is too long: a path's end tells most of it, and a sign needs no
    word beside it."""

    @property
    def width(self) -> int:
        """Cells on a terminal."""
        return sum(cell_len(text) for text, _ in self.pieces)


def plain(text: str, tone: Tone | None = None) -> Cell:
    """Return a cell of one tone."""
    return Cell(((text, tone),))


def path_cell(text: str, tone: Tone | None = None) -> Cell:
    """Return a cell of a path."""
    return Cell(((text, tone),), "end")


def marked(mark: Mark) -> Cell:
    """Return a cell of a mark and its word."""
    return Cell(((f"{mark.sign} ", mark.tone), (mark.word, mark.tone)), "sign")


def fitted(columns: Sequence[Column], room: int) -> list[int]:
    """Return the width of each column, 0 for those that are left out.

    Each has its least; what is left over goes to the greediest, and among them to the first.
    """
    shown = [i for i, column in enumerate(columns) if column.width]

    def spare() -> int:
        gaps = sum(columns[i].gap for i in shown[:-1])
        return room - sum(columns[i].least for i in shown) - gaps

    for i in sorted(shown, key=lambda i: -columns[i].rank):
        if spare() < 0 and columns[i].rank:
            shown.remove(i)
    left = max(0, spare())
    widths = [0] * len(columns)
    for i in sorted(shown, key=lambda i: -columns[i].greed):
        more = max(0, min(left, columns[i].width - columns[i].least))
        widths[i] = columns[i].least + more
        left -= more
    return widths


def row(cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int]) -> list[Piece]:
    """Write the cells of a row side by side, each as wide as its column."""
    pieces: list[Piece] = []
    gap = 0
    for cell, column, width in zip(cells, columns, widths, strict=True):
        if not width:
            continue
        pieces.append((" " * gap, None))
        gap = column.gap
        shown = _cut(cell, width)
        blank = (" " * (width - sum(cell_len(text) for text, _ in shown)), None)
        pieces += [blank, *shown] if column.right else [*shown, blank]
    return [piece for piece in pieces if piece[0]]


def heads(columns: Sequence[Column], widths: Sequence[int], sorted_by: str) -> list[Piece]:
    """Write the heads of columns side by side; one that does not fit is left out."""

    def head(column: Column, width: int) -> Cell:
        marked_head = column.head + SORTED * bool(column.head == sorted_by)
        fitting = (text for text in (marked_head, column.head) if cell_len(text) <= width)
        return plain(next(fitting, ""))

    written = [head(column, width) for column, width in zip(columns, widths, strict=True)]
    return row(written, columns, widths)


def column_at(x: int, columns: Sequence[Column], widths: Sequence[int]) -> Column | None:
    """Return the column that a cell of a row is in; ``None`` between two, and behind the last."""
    left = 0
    for column, width in zip(columns, widths, strict=True):
        if width and left <= x < left + width:
            return column
        left += width + column.gap * bool(width)
    return None


def _cut(cell: Cell, width: int) -> list[Piece]:
    """Return the pieces of a cell that fit, with an ellipsis where some do not."""
    if cell.width <= width:
        return list(cell.pieces)
    if cell.keeps == "sign":
        return [(cell.pieces[0][0].strip(), cell.pieces[0][1])]
    if cell.keeps == "end":
        text = "".join(text for text, _ in cell.pieces)
        return [(ending(text, width), cell.pieces[0][1])]
    found: list[Piece] = []
    left = width - 1
    for text, tone in cell.pieces:
        if cell_len(text) > left:
            return [*found, (set_cell_size(text, left) + "…", tone)]
        found.append((text, tone))
        left -= cell_len(text)
    return found


def ending(text: str, width: int) -> str:
    """Return a text, or an ellipsis and as much of its end as fits into so many cells."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[max(1, len(text) - width) :]
    return f"…{text}"
