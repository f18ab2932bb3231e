"""``convscope keys``: every key there is, as the user has it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.tui.explorer.help_page import TITLES
from convscope.tui.explorer.keymap import KEYS
from convscope.tui.explorer.remapping import remap
from tests.conftest import Ended

Run = Callable[..., Ended]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config" / "convscope" / "config.toml"
    file.parent.mkdir(parents=True)
    return file


def test_every_row_is_there_once_below_the_name_of_its_pane(run_cli: Run) -> None:
    ended = run_cli("keys")
    assert (ended.code, ended.err) == (0, "")
    assert all(line.isprintable() for line in ended.lines)
    found, pane = {}, ""
    for line in filter(None, ended.lines):
        if line.startswith("  "):
            written, words, name = re.split(r" {2,}", line.strip())
            assert name not in found
            found[name] = (pane, written, words)
        else:
            pane = line
    assert found == {row.id: (TITLES[row.pane], " ".join(row.written), row.help) for row in KEYS}


def test_as_json_keys_are_the_users_and_may_stand_in_the_config_file(
    run_cli: Run, config: Path
) -> None:
    config.write_text('[keys]\n"queue.channel" = "w"\n"filter.next" = ["ctrl+n", "ctrl+f"]\n')
    ended = run_cli("keys", "--json")
    assert (ended.code, ended.err) == (0, "")
    listed = {row["name"]: row["keys"] for row in json.loads(ended.out)["keys"]}
    assert listed["queue.channel"] == ["w"]
    assert listed["filter.next"] == ["^n", "^f"]
    again = remap(listed)
    assert again.problems == ()
    assert [list(row.written) for row in again.table] == [listed[row.id] for row in KEYS]


def test_what_is_wrong_with_the_users_keys_is_said_and_the_others_count(
    run_cli: Run, config: Path
) -> None:
    config.write_text('[keys]\nquit = "blorp"\nhelp = "H"\n')
    ended = run_cli("keys")
    assert ended.code == 0
    assert "keys.quit is ignored: there is no key blorp" in ended.err
    assert "  H  " in ended.out
