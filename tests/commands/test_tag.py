"""``convscope tag``: what is noted of channels, from the command line."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from convscope.core.catalog.weights import EMBEDDED
from convscope.core.gallery.annotations import Channel, annotate
from convscope.core.system.folders import state_folder
from tests.conftest import Ended
from tests.explorer.indexes import indexed

Run = Callable[..., Ended]


def document(run_cli: Run, *words: str) -> list[dict[str, object]]:
    return json.loads(run_cli("tag", *words, "--json").out)["channels"]


def test_what_is_noted_is_printed_and_listed(run_cli: Run, gallery: Path) -> None:
    ended = run_cli("tag", "conv5_1:25", "--add", "eyes", "--note", "both eyes", "--favourite")
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines[1].split() == [
        *("vgg16/conv5_1:25", "embedded", "★", "eyes", "both", "eyes")
    ]
    assert run_cli("tag").lines == ended.lines
    assert run_cli("tag", "conv5_1:20-29").lines == ended.lines


def test_tags_are_added_and_removed_on_several_channels(run_cli: Run, gallery: Path) -> None:
    run_cli("tag", "conv5_1:25", "conv3_1:7-8", "--add", "eyes", "--add", "dogs")
    run_cli("tag", "conv3_1:7", "--remove", "EYES", "--note", "x")
    assert {each["target"]: each["tags"] for each in document(run_cli)} == {
        "vgg16/conv3_1:7": ["dogs"],
        "vgg16/conv3_1:8": ["dogs", "eyes"],
        "vgg16/conv5_1:25": ["dogs", "eyes"],
    }


def test_as_json_channels_of_which_nothing_is_noted_stand_too(run_cli: Run, gallery: Path) -> None:
    assert document(run_cli, "conv5_1:3") == [
        {
            "target": "vgg16/conv5_1:3",
            "weights": "embedded",
            "favourite": False,
            "tags": [],
            "note": "",
        }
    ]
    assert not gallery.exists(), "to look makes nothing"


def test_photos_that_excite_a_channel_are_listed_with_what_is_noted(
    run_cli: Run, gallery: Path
) -> None:
    with closing(indexed(state_folder())):
        pass
    run_cli("tag", "conv5_3:1", "--favourite")
    shown = json.loads(run_cli("exemplars", "show", "conv5_3:1-2", "--json").out)["channels"]
    assert [each["favourite"] for each in shown] == [True, False]


def test_a_favourite_is_one_no_more(run_cli: Run, gallery: Path) -> None:
    run_cli("tag", "conv5_1:25", "--favourite")
    ended = run_cli("tag", "conv5_1:25", "--no-favourite")
    assert (ended.code, ended.out) == (0, "")
    assert "There are no tags or notes yet" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--favourite"], "No target was named"),
        (["conv5_1:25", "--add", "two words"], "'two words' is not a tag"),
        (["conv5_1:600"], "has no channel 600"),
        (["conv5_1:25", "--note", "x" * 1001], "at most 1,000 characters"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run_cli: Run, gallery: Path, words: list[str], said: str
) -> None:
    ended = run_cli("tag", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
    assert not gallery.exists()


def test_a_note_from_elsewhere_is_shown_inert(run_cli: Run, gallery: Path) -> None:
    of = Channel("vgg16", EMBEDDED, "conv5_1", 25)
    annotate(gallery, of, lambda known: known.noted("\x1b]0;title\x07\u202e[/x]"))
    ended = run_cli("tag")
    assert ended.code == 0
    assert all(line.isprintable() for line in ended.lines)
