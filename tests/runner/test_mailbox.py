"""What processes tell each other through small files."""

import errno
import os
import time
from pathlib import Path

import msgspec
import pytest

from convscope.core.runner import mailbox
from convscope.core.runner.mailbox import Mailbox


class Word(msgspec.Struct):
    """A message."""

    text: str


def test_the_last_that_was_sent_comes_first(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "box", Word)
    assert box.read() == {}
    for sender, age in (("a", 10), ("b", 20)):
        box.send(sender, Word(sender))
        os.utime(tmp_path / "box" / f"{sender}.msgpack", (time.time() - age,) * 2)
    assert list(box.read()) == ["a", "b"]
    box.clear("a")
    assert box.read() == {"b": Word("b")}


def test_a_message_is_the_same_object_until_another_is_sent(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "box", Word)
    box.send("a", Word("one"))
    before = box.read()["a"]
    assert box.read()["a"] is before
    box.send("a", Word("one"))
    assert box.read()["a"] is not before


def test_one_that_is_not_sent_again_in_time_is_removed(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "box", Word, lifetime=5)
    box.send("a", Word("one"))
    assert box.read()
    os.utime(tmp_path / "box" / "a.msgpack", (time.time() - 6,) * 2)
    assert not box.read()
    assert not list((tmp_path / "box").iterdir())


def test_what_is_half_written_or_of_another_kind_is_passed_over(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "box", Word)
    box.send("a", Word("one"))
    (tmp_path / "box" / "b.msgpack").write_bytes(b"\x81")
    assert box.read() == {"a": Word("one")}


def test_a_full_disk_has_room_for_what_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    box = Mailbox(tmp_path / "box", Word)
    box.send("a", Word("one"))
    monkeypatch.setattr(mailbox, "write_note", full)
    box.send("a", Word("two"))
    assert box.read() == {"a": Word("two")}
