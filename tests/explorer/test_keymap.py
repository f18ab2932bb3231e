"""The key map: sound, complete, and the only place where keys stand."""

import dataclasses

import pytest

from convscope.tui.explorer.keymap import FULL, KEYS, Pane, bindings, collisions, hints, symbol


def test_no_key_means_two_things_in_one_pane():
    assert collisions() == []


def test_a_collision_is_found_and_named():
    quit_row = next(row for row in KEYS if row.id == "quit")
    twin = dataclasses.replace(quit_row, id="other", pane=Pane.LAYERS)
    assert collisions((quit_row, twin)) == ["q in layers is both quit and other"]
    assert "the id quit stands twice" in collisions((quit_row, quit_row))


@pytest.mark.parametrize("pane", FULL)
def test_help_and_quit_end_every_footer(pane):
    assert [hint.label for hint in hints(pane)[-2:]] == ["help", "quit"]


def test_rows_with_one_label_share_an_entry():
    assert hints(Pane.CHANNELS)[0].keys == "hjkl"


def test_keys_are_written_as_people_write_them():
    assert [symbol(key) for key in ("ctrl+d", "question_mark", "G")] == ["^d", "?", "G"]


def test_escape_closes_what_lies_on_top_or_clears_what_can_be_brought_back():
    escaping = {row.id for row in KEYS if "escape" in row.keys}
    closing = {"zoom.close", "form.close", "help.close"}
    assert escaping - closing == {"explore.escape", "gallery.escape", "queue.clear"}


def test_what_a_key_does_is_said_in_a_line_of_the_palette():
    assert [row.id for row in KEYS if len(row.help) > 48] == []


def test_no_row_needs_keys_that_terminals_do_not_send():
    keys = [key for row in KEYS for key in row.keys]
    refused = ("ctrl+enter", "ctrl+j", "alt+", "f1", "f2")
    assert not [key for key in keys if key.startswith(refused)]


def test_bindings_carry_the_ids_of_the_table():
    assert [binding.id for binding in bindings(Pane.EVERYWHERE)] == [
        row.id for row in KEYS if row.pane is Pane.EVERYWHERE
    ]
