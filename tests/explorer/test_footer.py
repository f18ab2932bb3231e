"""Which keys the footer names where there is room for some only."""

import pytest

from convscope.tui.explorer.keymap import FULL, Pane, hints
from convscope.tui.explorer.widgets.footer import fitted
from tests.explorer.driving import explore, settle

STATUS = 14
"""Cells of what stands at the right, as in ``crisp 128 px``."""


def named(pane, columns):
    """Return the words of what is named, by its keys."""
    meant = [hint for hint in hints(pane) if hint.label != "go back"]  # there is nothing to go to
    return {hint.keys: hint.label for hint in fitted(meant, columns - STATUS)}


def keys(pane, columns):
    return list(named(pane, columns))


@pytest.mark.parametrize("pane", FULL)
def test_all_keys_are_named_where_they_fit(pane):
    assert fitted(hints(pane), 210) == hints(pane)


@pytest.mark.parametrize(
    ("pane", "wanted"),
    [
        (Pane.LAYERS, ["enter", "tab", "a", "/", "123", "?", "q"]),
        (Pane.CHANNELS, ["enter", "space", "tab", "a", "/", "123", "?", "q"]),
        (Pane.PICTURE, ["enter", "tab", "a", "/", "123", "?", "q"]),
        (Pane.BATCHES, ["P", "x", "R", "+", "tab", "123", "?", "q"]),
        (Pane.JOBS, ["P", "x", "R", "+", "tab", "123", "?", "q"]),
        (Pane.GALLERY, ["space", "c", "/", "123", "?", "q"]),
    ],
)
def test_80_columns_name_what_counts_most(pane, wanted):
    assert set(wanted) <= set(keys(pane, 80))


def test_what_can_be_done_to_pictures_is_named_before_moves_that_people_guess():
    assert {"s", "D", "z"} <= set(keys(Pane.GALLERY, 120))
    assert "S" in keys(Pane.LAYERS, 120)
    assert named(Pane.CHANNELS, 120)["tab"] == "pane", "what is left out leaves room for words"
    for pane in (Pane.LAYERS, Pane.CHANNELS, Pane.PICTURE):
        assert {"S", "z", "s"} <= set(keys(pane, 140))
        assert not {"hjkl", "jk"} & set(keys(pane, 140))


@pytest.mark.parametrize("pane", FULL)
@pytest.mark.parametrize("columns", range(40, 160, 7))
def test_what_is_named_fits_and_stands_in_the_order_of_the_table(pane, columns):
    shown = fitted(hints(pane), columns - STATUS)
    assert sum(len(f" {hint.keys} {hint.label} ") for hint in shown) <= columns
    order = [hint.keys for hint in hints(pane)]
    found = [hint.keys for hint in shown]
    assert found == [each for each in order if each in found]
    assert [hint.keys for hint in shown][-3:] == ["123", "?", "q"]


async def test_a_tiny_screen_names_help_and_quit(app):
    async with app.run_test(size=(20, 12)) as pilot:
        await settle(pilot)
        shown = explore(pilot).footer.render().plain
        assert shown.split() == ["123", "?", "help", "q", "quit"]
