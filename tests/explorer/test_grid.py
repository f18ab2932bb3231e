"""Moving the cursor: what a person may rely on at every edge."""

from collections.abc import Collection

import pytest

from convscope.core.catalog.subjects import Subject
from convscope.tui.explorer.model.filters import Filter, Known
from convscope.tui.explorer.model.grid import Edge
from convscope.tui.explorer.model.selection import Selection


@pytest.fixture
def selection() -> Selection:
    """512 channels in rows of five: the last row holds two."""
    selection = Selection(Subject())
    selection.items.columns = 5
    return selection


def show(selection: Selection, channels: Collection[int]) -> None:
    """Let a filter keep some channels."""
    wanted = Filter("x", (lambda known: known.channel in channels,))
    selection.items.sift(wanted, lambda channel: Known(channel=channel))


def move_layer(selection: Selection, by: int) -> None:
    """Move along the layers as the explorer does."""
    selection.select_layer(selection.rows.step(selection.layer_index, by))


def test_opens_on_the_deepest_layer(selection):
    assert (selection.layer.name, selection.channel) == ("conv5_3", 0)


def test_moves_within_a_row_and_stops_at_its_edges(selection):
    assert selection.items.move_columns(-1) is Edge.LEFT
    assert selection.channel == 0
    for _ in range(4):
        assert selection.items.move_columns(1) is None
    assert selection.channel == 4
    assert selection.items.move_columns(1) is Edge.RIGHT
    assert selection.channel == 4


def test_the_last_channel_is_an_edge_in_a_short_row(selection):
    selection.select_channel(511)
    assert selection.items.move_columns(1) is Edge.RIGHT
    assert selection.channel == 511


def test_rows_keep_the_column_and_clamp_at_both_ends(selection):
    selection.select_channel(8)
    selection.items.move_rows(1)
    assert selection.channel == 13
    selection.items.move_rows(-100)
    assert selection.channel == 3
    selection.items.move_rows(1000)
    assert selection.channel == 511  # the last row has no fourth channel


def test_steps_go_over_the_ends_of_rows(selection):
    selection.select_channel(4)
    selection.items.step(1)
    assert selection.channel == 5
    selection.items.step(-99)
    assert selection.channel == 0


def test_each_layer_remembers_its_channel(selection):
    selection.select_channel(25)
    move_layer(selection, -1)
    selection.select_channel(7)
    move_layer(selection, 1)
    assert selection.channel == 25
    move_layer(selection, -1)
    assert selection.channel == 7


def test_layers_clamp(selection):
    move_layer(selection, 99)
    assert selection.layer.name == "conv5_3"
    move_layer(selection, -99)
    assert selection.layer.name == "conv1_1"
    selection.select_channel(500)
    assert selection.channel == 63
    assert len(selection.items.shown) == 64


# ---- a filter, and marks ---------------------------------------------------------------------


def test_moves_go_over_what_is_shown(selection):
    show(selection, [3, 10, 20, 30, 40, 50, 60])
    assert selection.channel == 3
    selection.items.step(1)
    assert (selection.channel, selection.items.position) == (10, 1)
    selection.items.move_rows(1)
    assert selection.channel == 60
    assert selection.items.move_columns(1) is Edge.RIGHT
    selection.items.step(99)
    assert selection.channel == 60
    selection.select_channel(33)
    assert selection.channel == 30


def test_what_is_chosen_stays_chosen_where_it_is_shown(selection):
    selection.select_channel(20)
    show(selection, [10, 20])
    assert selection.channel == 20
    show(selection, [])
    selection.items.step(1)
    assert (selection.channel, selection.items.position) == (20, 0)
    selection.select_layer(selection.layer_index)
    assert len(selection.items.shown) == 512


def test_marks_belong_to_their_layer(selection):
    selection.items.toggle_mark()
    selection.items.step(4)
    selection.items.toggle_mark()
    assert selection.items.marked == [0, 4]
    selection.items.toggle_mark()
    assert selection.items.marked == [0]
    move_layer(selection, -1)
    assert selection.items.marked == []
    move_layer(selection, 1)
    assert selection.items.is_marked(0)
    selection.items.unmark()
    assert selection.items.marked == []


def test_a_range_grows_with_the_cursor_and_is_kept_at_its_end(selection):
    selection.select_channel(20)
    selection.items.toggle_range()
    assert selection.items.marks_a_range
    selection.items.step(3)
    assert selection.items.marked == [20, 21, 22, 23]
    selection.items.step(-5)
    assert selection.items.marked == [18, 19, 20]
    selection.items.toggle_range()
    selection.items.step(50)
    assert (selection.items.marked, selection.items.marks_a_range) == ([18, 19, 20], False)


def test_a_range_marks_only_what_is_shown_and_can_be_given_up(selection):
    show(selection, [1, 5, 9, 40])
    selection.items.toggle_range()
    selection.items.step(2)
    assert selection.items.marked == [1, 5, 9]
    selection.items.unmark()
    assert selection.items.marked == []
    assert not selection.items.marks_a_range


def test_marks_that_are_not_shown_stay_and_are_counted(selection):
    selection.items.mark([1, 5, 9])
    show(selection, [5, 6])
    assert (selection.items.marked, selection.items.hidden) == ([1, 5, 9], 2)
    show(selection, range(512))
    assert selection.items.hidden == 0


def test_a_position_is_one_among_those_shown(selection):
    show(selection, [1, 5, 9, 40])
    selection.items.select(2)
    assert selection.channel == 9
    selection.items.select(99)
    assert selection.channel == 40
