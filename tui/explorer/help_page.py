"""All keys as a page of blocks in columns, with the signs above them. No Textual app.

In a block, moves come last: people guess them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from textual.content import Content

from convscope.tui.explorer.keymap import AROUND, FULL, KEYS, Key, Pane, Table, moves, rows
from convscope.tui.explorer.marks import (
    ANIMATION,
    ANNOTATED,
    ATLAS,
    CANCELLED,
    DRAFT,
    FAVOURITE,
    MARKED,
    PAUSED,
    QUIET,
    SHEET,
    VERDICTS,
    Mark,
    Stage,
    ink,
)

KEYS_WIDTH = 16
"""Cells of the keys beside what they do."""
COLUMN_WIDTH = 54
"""Cells of a column, at least, before there is another one."""
NARROW = 36
"""Cells below which what keys do stands below them."""
GAP = 2
"""Cells between two columns."""
_TITLE, _KEYS = "$text-primary bold", "bold"
TITLES = {
    Pane.LAYERS: "layers",
    Pane.CHANNELS: "channels",
    Pane.PICTURE: "the picture",
    Pane.MAP: "the map",
    Pane.EXPLORE: "explore",
    Pane.BATCHES: "batches",
    Pane.JOBS: "jobs of a batch",
    Pane.QUEUE: "queue",
    Pane.GALLERY: "gallery",
    Pane.ZOOM: "full-screen picture",
    Pane.COMPARE: "comparison",
    Pane.FORM: "forms",
    Pane.HELP: "help",
    Pane.EVERYWHERE: "everywhere",
    Pane.ALWAYS: "always",
}


@dataclass(frozen=True)
class Block:
    """The keys of a pane."""

    title: str
    rows: Sequence[Key]

    def lines(self, width: int) -> list[Content]:
        """Write it into so many cells."""
        return [
            Content.styled(self.title, _TITLE),
            *(line for row in self.rows for line in _written(row, width)),
            Content(""),
        ]


def help_page(pane: Pane, width: int, table: Table = KEYS, words: str = "") -> Content:
    """Write the whole page: the signs, the keys of a pane, then all others.

    Args:
        pane: the pane whose keys come first.
        width: cells.
        table: the rows as the user has them.
        words: parts of what is looked for; '' shows everything.
    """
    around = [AROUND[pane]] if pane in AROUND else []
    here = [pane, *around, *([Pane.EVERYWHERE] if pane in FULL else []), Pane.ALWAYS]
    found = _matching(blocks(table, here), words.lower().split())
    if not found:
        return Content.styled("no matches", QUIET)
    signs = [] if words.strip() else [*_signs(width), Content("")]
    return Content("\n").join([*signs, *_columns(found, width)])


def blocks(table: Table, first: Sequence[Pane] = ()) -> list[Block]:
    """Return the keys of each pane, those of ``first`` before all others."""
    last = moves()
    return [
        Block(TITLES[each], sorted(rows(each, table), key=lambda row: row.id in last))
        for each in dict.fromkeys((*first, *TITLES))
    ]


def _matching(found: Sequence[Block], words: Sequence[str]) -> list[Block]:
    """Keep the rows that have all the words, in keys, help, name, or the title above them."""
    kept = [
        Block(block.title, [row for row in block.rows if _has(row, block.title, words)])
        for block in found
    ]
    return [block for block in kept if block.rows]


def _has(row: Key, title: str, words: Sequence[str]) -> bool:
    text = f"{title} {row.help} {row.label} {row.id}".lower()
    return all(word in text or word in row.written for word in words)


# ---- columns -----------------------------------------------------------------------------------


def _columns(found: Sequence[Block], width: int) -> list[Content]:
    """Lay blocks out side by side, each below the shortest column: the first ones are on top."""
    count = max(1, min(len(found), (width + GAP) // (COLUMN_WIDTH + GAP)))
    room = (width - GAP * (count - 1)) // count
    columns: list[list[Content]] = [[] for _ in range(count)]
    for block in found:
        min(columns, key=len).extend(block.lines(room))
    height = max(map(len, columns))
    return [_beside([column[at : at + 1] for column in columns], room) for at in range(height)]


def _beside(cells: Sequence[Sequence[Content]], width: int) -> Content:
    """Join what stands in a line of each column."""
    texts = [cell[0] if cell else Content("") for cell in cells]
    padded = [text + Content(" " * (width - text.cell_length)) for text in texts[:-1]]
    return Content(" " * GAP).join([*padded, texts[-1]])


def _written(row: Key, width: int) -> list[Content]:
    keys = " ".join(row.written)
    if width < NARROW:
        below = [f"  {line}" for line in wrap(row.help, max(8, width - 2))]
        return [Content.styled(keys, _KEYS), *(Content.styled(line, QUIET) for line in below)]
    first, *others = wrap(row.help, width - KEYS_WIDTH)
    return [
        Content.assemble((keys.ljust(KEYS_WIDTH), _KEYS), (first, QUIET)),
        *(Content.styled(" " * KEYS_WIDTH + line, QUIET) for line in others),
    ]


def _signs(width: int) -> list[Content]:
    """Explain the signs in as few lines as they take."""
    stages = [stage.value for stage in Stage if stage is not Stage.NONE]
    files = (DRAFT, SHEET, ANIMATION)
    jobs = (*stages, CANCELLED, PAUSED)
    lines, room = [Content("")], 0
    for mark in (*files, ATLAS, *jobs, *VERDICTS.values(), FAVOURITE, ANNOTATED, MARKED):
        sign = _sign(mark)
        if room < sign.cell_length:
            lines, room = [*lines, Content("")], width
        lines[-1] += sign
        room -= sign.cell_length
    return [Content.styled("signs", _TITLE), *lines[1:]]


def _sign(mark: Mark) -> Content:
    return Content.assemble((mark.sign, f"{ink(mark.tone)} bold"), (f" {mark.word}   ", QUIET))
