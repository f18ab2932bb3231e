"""Tables: what fits, what is left out, and how it is cut."""

import pytest
from rich.cells import cell_len

from convscope.core.jobs.rows import Batch
from convscope.tui.explorer.marks import Mark
from convscope.tui.explorer.queue_words import bar
from convscope.tui.explorer.tables import Cell, Column, fitted, marked, path_cell, plain, row

COLUMNS = (
    Column(20, 5, greed=1), Column(11, 1, greed=2), Column(9, 9, rank=2), Column(30, 8, rank=1),
)  # fmt: skip


def text(cell, column, width):
    return "".join(piece for piece, _ in row([cell], [column], [width]))


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (76, [20, 11, 9, 30]),
        (60, [20, 11, 9, 14]),
        (40, [6, 11, 9, 8]),
        (30, [5, 2, 9, 8]),
        (20, [5, 3, 0, 8]),
        (10, [5, 3, 0, 0]),
        (1, [5, 1, 0, 0]),
    ],
)
def test_columns_share_the_room(room, widths):
    assert fitted(COLUMNS, room) == widths


def test_an_empty_column_takes_no_gap():
    assert fitted([Column(4, 4), Column(0, 0), Column(5, 5)], 11) == [4, 0, 5]


def test_cells_are_as_wide_as_their_columns():
    pieces = row(
        [plain("a"), plain("名前名前"), plain("7")],
        [Column(3, 3), Column(5, 5), Column(4, 4, right=True)],
        [3, 5, 4],
    )
    assert "".join(piece for piece, _ in pieces) == "a    名前…     7"
    assert sum(cell_len(piece) for piece, _ in pieces) == 3 + 2 + 5 + 2 + 4


def test_what_is_cut_keeps_what_tells_most():
    column = Column(9, 9)
    assert text(plain("a long name"), column, 9) == "a long n…"
    assert text(path_cell("/some/where/7.png"), column, 9) == "…re/7.png"
    assert text(path_cell("/名前名前/7.png"), column, 9) == "…前/7.png"
    assert text(marked(Mark("!", "cancelled", "muted")), column, 9) == "!        "


def test_the_tones_of_a_cut_cell_stay():
    cell = Cell((("ab", "success"), ("cdef", "error")))
    assert row([cell], [Column(4, 4)], [4]) == [("ab", "success"), ("c…", "error")]


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [
        ({"done": 10}, "━━━━━━━━━━"),
        ({"done": 999, "queued": 1}, "━━━━━━━━━─"),
        ({"done": 5, "failed": 1, "cancelled": 2, "queued": 2}, "━━━━━╳╌╌──"),
        ({"queued": 3}, "──────────"),
        ({"running": 1, "begun": 0.31}, "━━━───────"),
        ({"running": 1, "begun": 0.99}, "━━━━━━━━━─"),
        ({"done": 5, "running": 2, "begun": 1.5, "queued": 3}, "━━━━━━────"),
        ({}, ""),
    ],
)
def test_a_bar_is_full_only_when_all_has_ended(counts, drawn):
    cell = bar(Batch(1, "name", 0.0, False, **counts), 10)
    assert "".join(piece for piece, _ in cell.pieces) == drawn
