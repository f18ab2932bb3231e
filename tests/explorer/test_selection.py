"""Moving the cursor: what a person may rely on at every edge."""

import pytest

from core.catalog.models import VGG16
from tui.explorer.selection import Edge, Selection


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
    assert len(selection.targets) == 64
