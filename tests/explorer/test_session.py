"""The session: what was left is found again, and nothing that is in the file does harm."""

import msgspec
import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.tui.explorer.session import (
    EVERY,
    NAME,
    Session,
    SessionKeeper,
    load_session,
    save_session,
)

LAYERS = 13


def session(**others):
    given = {
        "model": "vgg16",
        "layer": "conv5_1",
        "channels": [0] * LAYERS,
        "recipe": PRESETS["crisp"],
    }
    return Session(**(given | others))


LEFT = session(
    channels=list(range(LAYERS)),
    recipe=override(PRESETS["classic"], resolution=64, start=(-0.25, 0.25), restarts=3),
    seed=7,
    screen="gallery",
)


@pytest.fixture
def now():
    """A clock that stands still unless it is put forward."""
    return [0.0]


@pytest.fixture
def keeper(tmp_path, now):
    return SessionKeeper(tmp_path, lambda: now[0])


def test_what_was_left_is_found_again(tmp_path):
    save_session(tmp_path, LEFT)
    assert load_session(tmp_path) == LEFT
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ({}, PRESETS["crisp"]),  # whoever had the default has it again
        ({"resolution": 224}, override(PRESETS["vivid"], resolution=224)),
    ],
)
def test_the_former_crisp_is_told_from_todays(tmp_path, numbers, found):
    former = msgspec.structs.replace(PRESETS["vivid"], preset="crisp", **numbers)
    save_session(tmp_path, session(recipe=former))
    assert load_session(tmp_path).recipe == found


def test_at_first_there_is_none(tmp_path):
    assert load_session(tmp_path) is None


def changed(**others):
    """The file of a session with something else in it."""
    return msgspec.json.encode(msgspec.to_builtins(LEFT) | others)


def with_recipe(**numbers):
    return changed(recipe=msgspec.to_builtins(LEFT.recipe) | numbers)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"model": "vgg16"}',
        b" " * 100_000 + changed(),
        changed(version=2),
        changed(version="?"),
        changed(model="vgg99"),
        changed(layer="conv9_9"),
        changed(layer="features.24"),
        changed(channels=[1, 2]),
        changed(channels=["x"] * LAYERS),
        changed(screen="nowhere"),
        changed(seed=-1),
        changed(seed=2**40),
        with_recipe(steps=0),
        with_recipe(lr="fast"),
        with_recipe(preset="../../elsewhere"),
        with_recipe(objective="nothing"),
    ],
)
def test_a_damaged_or_newer_file_is_ignored(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    assert load_session(tmp_path) is None


def test_a_file_with_more_in_it_than_we_know_is_read(tmp_path):
    (tmp_path / NAME).write_bytes(changed(marks=[1, 2]))
    assert load_session(tmp_path) == LEFT


def test_a_folder_of_that_name_is_ignored(tmp_path, keeper):
    (tmp_path / NAME).mkdir()
    keeper.close(LEFT)
    assert load_session(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_changes_are_written_now_and_then(tmp_path, keeper, now):
    keeper.note(LEFT)
    assert load_session(tmp_path) is None
    now[0] += EVERY
    keeper.note(LEFT)
    assert load_session(tmp_path) == LEFT
    keeper.note(session())
    assert load_session(tmp_path) == LEFT
    now[0] += EVERY
    keeper.note(session())
    assert load_session(tmp_path) == session()


def test_what_did_not_change_is_not_written_again(tmp_path, keeper, now):
    now[0] += EVERY
    keeper.note(LEFT)
    (tmp_path / NAME).unlink()
    now[0] += EVERY
    keeper.note(session(**{name: getattr(LEFT, name) for name in LEFT.__struct_fields__}))
    assert load_session(tmp_path) is None


def test_the_last_one_to_leave_wins(tmp_path, keeper, now):
    other = SessionKeeper(tmp_path, lambda: now[0])
    now[0] += EVERY
    keeper.note(LEFT)
    other.close(session())
    assert load_session(tmp_path) == session()
    keeper.close(LEFT)
    assert load_session(tmp_path) == LEFT


def test_a_folder_that_cannot_be_written_disturbs_nobody(tmp_path, now):
    keeper = SessionKeeper(tmp_path / "gone", lambda: now[0])
    keeper.close(LEFT)
    assert load_session(tmp_path / "gone") is None
