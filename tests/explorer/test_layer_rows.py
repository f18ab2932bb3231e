"""The layer pane's rows: blocks that fold, moves over what is seen, and the search."""

import pytest

from convscope.core.catalog.networks import Layer
from convscope.tui.explorer.model.layer_rows import LONG, LayerRows
from tests.samples import VGG16


def layer(name, block=""):
    return Layer(name, "", "conv", 8, 1, 3, depth=block.count(".") + 1 if block else 0)


NAMES = ["conv1", "layer1.0", "layer1.1", "layer1.2", "layer2.0", "layer2.1", "fc"]
FEW = [layer(name, name.partition(".")[0] if "." in name else "") for name in NAMES]


@pytest.fixture
def rows():
    return LayerRows(FEW)


def texts(rows):
    return [row.text for row in rows.rows]


def test_a_network_without_blocks_is_a_plain_list():
    rows = LayerRows(VGG16.layers)
    assert texts(rows) == [each.name for each in VGG16.layers]
    assert not rows.has_blocks
    assert rows.fold(3) == 3
    assert [rows.step(3, by) for by in (1, -1, 99, -99)] == [4, 2, 12, 0]


def test_layers_stand_below_their_block(rows):
    assert texts(rows) == ["conv1", "layer1", "0", "1", "2", "layer2", "0", "1", "fc"]
    assert rows.row_of(2) == 3
    assert rows.step(0, 1) == 1, "over the heading"
    assert rows.step(3, 1) == 4


def test_a_folded_block_stands_for_its_last_layer(rows):
    assert rows.fold(1) == 3
    assert texts(rows) == ["conv1", "layer1", "layer2", "0", "1", "fc"]
    assert (rows.row_of(2), rows.shown(2)) == (1, 3)
    assert [rows.step(3, 1), rows.step(3, -1), rows.step(0, 1)] == [4, 0, 3]
    assert rows.fold(3) == 3
    assert texts(rows)[2] == "0"


def test_all_fold_and_unfold_at_once(rows):
    assert rows.fold_all(4) == 5
    assert texts(rows) == ["conv1", "layer1", "layer2", "fc"]
    assert rows.fold_all(5) == 5
    assert len(rows.rows) == 9


def test_a_search_goes_round_and_shows_what_it_finds(rows):
    rows.fold_all(0)
    assert rows.find("1.1", 0) == 2
    rows.reveal(2)
    assert texts(rows) == ["conv1", "layer1", "0", "1", "2", "layer2", "fc"]
    rows.reveal(5)
    assert texts(rows)[-2:] == ["layer2", "fc"], "the block stands for it"
    assert rows.find("layer .1", 3) == 5
    assert rows.find("layer .1", 6) == 2
    assert rows.find("layer .1", 1, -1) == 5
    assert rows.find("LAYER2", 0) == 4
    assert rows.find("nothing", 0) is None
    assert rows.find("", 0) is None


def test_long_networks_are_folded_at_first():
    many = [layer(f"layer{i // 6}.{i}", f"layer{i // 6}") for i in range(LONG)]
    assert all(row.is_folded for row in LayerRows(many).rows)
