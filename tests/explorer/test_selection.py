"""Moving the cursor: what a person may rely on at every edge."""

import pytest

from convscope.tui.explorer.selection import Edge, Selection
from tests.samples import VGG16


@pytest.fixture
def selection() -> Selection:
    """512 channels in rows of five: the last row holds two."""
    selection = Selection(VGG16)
    selection.columns = 5
    return selection


def test_opens_on_the_deepest_layer(selection):
    assert (selection.layer.name, selection.channel) == ("conv5_3", 0)


def test_moves_within_a_row_and_stops_at_its_edges(selection):
    assert selection.move_columns(-1) is Edge.LEFT
    assert selection.channel == 0
    for _ in range(4):
        assert selection.move_columns(1) is None
    assert selection.channel == 4
    assert selection.move_columns(1) is Edge.RIGHT
    assert selection.channel == 4


def test_the_last_channel_is_an_edge_in_a_short_row(selection):
    selection.select_channel(511)
    assert selection.move_columns(1) is Edge.RIGHT
    assert selection.channel == 511


def test_rows_keep_the_column_and_clamp_at_both_ends(selection):
    selection.select_channel(8)
    selection.move_rows(1)
    assert selection.channel == 13
    selection.move_rows(-100)
    assert selection.channel == 3
    selection.move_rows(1000)
    assert selection.channel == 511  # the last row has no fourth channel


def test_steps_go_over_the_ends_of_rows(selection):
    selection.select_channel(4)
    selection.step(1)
    assert selection.channel == 5
    selection.step(-99)
    assert selection.channel == 0


def test_each_layer_remembers_its_channel(selection):
    selection.select_channel(25)
    selection.move_layer(-1)
    selection.select_channel(7)
    selection.move_layer(1)
    assert selection.channel == 25
    selection.move_layer(-1)
    assert selection.channel == 7


def test_layers_clamp(selection):
    selection.move_layer(99)
    assert selection.layer.name == "conv5_3"
    selection.move_layer(-99)
    assert selection.layer.name == "conv1_1"
    selection.select_channel(500)
    assert selection.channel == 63
    assert len(selection.shown) == 64


# ---- a filter, and marks ---------------------------------------------------------------------


def test_moves_go_over_what_is_shown(selection):
    selection.show([3, 10, 20, 30, 40, 50, 60])
    assert selection.channel == 3
    selection.step(1)
    assert (selection.channel, selection.position) == (10, 1)
    selection.move_rows(1)
    assert selection.channel == 60
    assert selection.move_columns(1) is Edge.RIGHT
    selection.step(99)
    assert selection.channel == 60
    selection.select_channel(33)
    assert selection.channel == 30


def test_what_is_chosen_stays_chosen_where_it_is_shown(selection):
    selection.select_channel(20)
    selection.show([10, 20])
    assert selection.channel == 20
    selection.show([])
    selection.step(1)
    assert (selection.channel, selection.position) == (20, 0)
    selection.select_layer(selection.layer_index)
    assert len(selection.shown) == 512


def test_marks_belong_to_their_layer(selection):
    selection.toggle_mark()
    selection.step(4)
    selection.toggle_mark()
    assert selection.marked == [0, 4]
    selection.toggle_mark()
    assert selection.marked == [0]
    selection.move_layer(-1)
    assert selection.marked == []
    selection.move_layer(1)
    assert selection.is_marked(0)
    selection.unmark()
    assert selection.marked == []


def test_a_range_grows_with_the_cursor_and_is_kept_at_its_end(selection):
    selection.select_channel(20)
    selection.toggle_range()
    assert selection.marks_a_range
    selection.step(3)
    assert selection.marked == [20, 21, 22, 23]
    selection.step(-5)
    assert selection.marked == [18, 19, 20]
    selection.toggle_range()
    selection.step(50)
    assert (selection.marked, selection.marks_a_range) == ([18, 19, 20], False)


def test_a_range_marks_only_what_is_shown_and_can_be_given_up(selection):
    selection.show([1, 5, 9, 40])
    selection.toggle_range()
    selection.step(2)
    assert selection.marked == [1, 5, 9]
    selection.unmark()
    assert selection.marked == []
    assert not selection.marks_a_range


def test_marks_that_are_not_shown_stay_and_are_counted(selection):
    selection.mark([1, 5, 9])
    selection.show([5, 6])
    assert (selection.marked, selection.hidden) == ([1, 5, 9], 2)
    selection.show(range(512))
    assert selection.hidden == 0


def test_a_position_is_one_among_those_shown(selection):
    selection.show([1, 5, 9, 40])
    selection.select(2)
    assert selection.channel == 9
    selection.select(99)
    assert selection.channel == 40
