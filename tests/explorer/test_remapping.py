"""The user's own keys: what is asked for, what counts of it, and what is said about the rest."""

import pytest

from convscope.core.system.config import load_config
from convscope.tui.commands.checks import check_config
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.help_page import help_page
from convscope.tui.explorer.keymap import KEYS, Pane, collisions, hints
from convscope.tui.explorer.remapping import remap, textual_keymap
from convscope.tui.start import key_table
from tests.explorer.driving import explore, settle, until


def keys_of(name, table):
    return next(row.keys for row in table if row.id == name)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("y", "y"), ("Y", "Y"), ("é", "é"), ("?", "question_mark"), (",", "comma"),
        ("comma", "comma"), ("Space", "space"), ("esc", "escape"), ("^d", "ctrl+d"),
        ("Ctrl+D", "ctrl+d"), ("←", "left"), ("pgdn", "pagedown"), ("ctrl+\\", "ctrl+backslash"),
        ("shift+tab", "shift+tab"), ("ctrl+up", "ctrl+up"), ("return", "enter"),
    ],
)  # fmt: skip
def test_keys_are_known_however_they_are_written(written, key):
    alone = tuple(row for row in KEYS if row.id == "help.close")
    remapped = remap({"help.close": written}, table=alone)
    assert (keys_of("help.close", remapped.table), remapped.problems) == ((key,), ())


def test_a_row_gets_other_keys_and_all_others_keep_theirs():
    remapped = remap({"preset.next": ["w", "ctrl+w", "w"]})
    assert keys_of("preset.next", remapped.table) == ("w", "ctrl+w")
    assert textual_keymap(remapped.table) == {"preset.next": "w,ctrl+w"}
    assert [row.id for row in remapped.table] == [row.id for row in KEYS]


def test_two_rows_change_places():
    remapped = remap({"queue.channel": "A", "queue.layer": "a"})
    assert remapped.problems == ()
    assert keys_of("queue.layer", remapped.table) == ("a",)
    assert collisions(remapped.table) == []


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            {"chanels.make": "w"},
            "keys.chanels.make is ignored: the explorer has no command of that name; "
            "did you mean channels.make?",
        ),
        (
            {"zzz": "w"},
            "keys.zzz is ignored: the explorer has no command of that name; "
            "convscope keys lists all names.",
        ),
        ({"quit": []}, "keys.quit is ignored: it has no key; write one, such as q."),
        ({"quit": "spce"}, "keys.quit is ignored: there is no key spce; did you mean space?"),
        (
            {"quit": "blorp"},
            "keys.quit is ignored: there is no key blorp; "
            "write a letter, or a name such as space or ctrl+d.",
        ),
        (
            {"quit": ["w", "ctrl+enter"]},
            "keys.quit is ignored: not every terminal sends ctrl+enter; "
            "choose a letter, a sign, or one of them with ctrl.",
        ),
        (
            {"quit": "ctrl+j"},
            "keys.quit is ignored: terminals send ctrl+j as enter; write enter, or choose another.",
        ),
        (
            {"quit": "shift+q"},
            "keys.quit is ignored: terminals do not send shift+q; write it Q.",
        ),
        (
            {"help": "ctrl+q"},
            "keys.help is ignored: ctrl+q is taken: it always quits; choose another key.",
        ),
        (
            {"quit": "escape"},
            "keys.quit is ignored: a slow line can split an arrow key into escape and letters, "
            "so escape only cancels; choose another key.",
        ),
        (
            {"form.next": "j"},
            "keys.form.next is ignored: j is for typing in forms; choose another key.",
        ),
        (
            {"channels.make": "A"},
            "keys.channels.make is ignored: A in channels would be both channels.make and "
            "queue.layer; choose another key, or give queue.layer another one too.",
        ),
        (
            {"quit": "P"},
            "keys.quit is ignored: P in batches would be both quit and batch.pause; "
            "choose another key, or give batch.pause another one too.",
        ),
    ],
)
def test_what_cannot_be_is_told_and_the_row_keeps_its_keys(keys, sentence):
    remapped = remap(keys)
    assert remapped.table == KEYS
    (problem,) = remapped.problems
    assert f"{problem.what}; {problem.remedy}" + "." * (problem.remedy[-1] != "?") == sentence


@pytest.mark.parametrize("key", ["alt+x", "f1", "F12", "super+a", "ctrl+5", "ctrl+shift+a"])
def test_keys_that_terminals_do_not_send_are_refused(key):
    assert remap({"quit": key}).table == KEYS


def test_a_row_that_gets_its_keys_back_may_take_them_from_another():
    """Layer was to go to h, which is taken; so its A is not free for channel either."""
    remapped = remap({"queue.channel": "A", "queue.layer": "h", "quit": "Q"})
    assert textual_keymap(remapped.table) == {"quit": "Q"}
    first, second = remapped.problems
    assert "h in layers would be both" in first.what
    assert "A in layers would be both queue.channel and queue.layer" in second.what


def test_whatever_is_asked_for_the_table_is_sound():
    asked = {row.id: ["x", row.keys[0]] for row in KEYS}
    assert collisions(remap(asked).table) == []


def test_the_sentences_name_the_line(tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    monkeypatch.setenv("CONVSCOPE_CONFIG", str(file))
    file.write_text('[keys]\n"filter.next" = "alt+n"\nchannels.make = "f5"\nquit = "Q"\n')
    table, found = key_table(load_config())
    assert keys_of("quit", table) == ("Q",)
    assert [problem.where for problem in found.problems] == [f"{file}, line 2", f"{file}, line 3"]
    assert [finding.state for finding in check_config(found)] == ["advice", "advice"]


def test_footer_and_help_show_the_keys_there_are():
    table = remap({"help": "w", "zoom.help": "w", "help.close": ["w", "escape"]}).table
    assert hints(Pane.CHANNELS, table)[-2].keys == "w"
    page = help_page(Pane.CHANNELS, 80, table).plain
    assert "w               help: all keys" in page
    assert "?" not in page


async def test_the_app_goes_by_the_table(feed):
    """Swapped rows, rows of several keys, and keys that come and go with them."""
    asked = {
        "queue.channel": "w",
        "channels.right": ["d", "h"],
        "channels.left": ["a", "l"],
        "help": "ctrl+w",
    }
    remapped = remap(asked)
    assert remapped.problems == ()
    app = ExplorerApp(feed, remapped.table)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("d", "h", "d", "right")
        assert explore(pilot).selection.channel == 3
        await pilot.press("a", "l")
        assert explore(pilot).selection.channel == 1
        await pilot.press("w")
        assert len(feed.requests) == 1
        await pilot.press("question_mark")
        assert app.screen is explore(pilot)
        await pilot.press("ctrl+w")
        assert app.screen is not explore(pilot)
        await pilot.press("escape")
        assert app.screen is explore(pilot)


async def test_mistakes_are_told_where_the_person_looks(feed):
    app = ExplorerApp(feed, mistakes=["keys.[b] is ignored", "another"])
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await until(pilot, lambda: app._notifications)
        (toast,) = app._notifications
        assert toast.message == "keys.[b] is ignored (convscope doctor lists all)"
