"""Small files are replaced whole, also where a filesystem says late that it has no room."""

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from convscope.core.system import files
from convscope.core.system.files import open_beside, remove_abandoned, write_note


class Late(io.BytesIO):
    """A file on a network disk that is full: what was written is lost as it is closed."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def test_a_note_is_as_it_was_where_closing_the_new_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def opened(path: Path) -> Iterator[tuple[Path, Late]]:
        with open_beside(path) as (temporary, file):
            yield temporary, Late(file)

    path = tmp_path / "note"
    write_note(path, b"old")
    monkeypatch.setattr(files, "open_beside", opened)
    with pytest.raises(OSError, match="quota"):
        write_note(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_note_is_locked_until_it_is_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[int] = []
    replace = Path.replace

    def watched(temporary: Path, path: Path) -> Path:
        swept.append(remove_abandoned(tmp_path, "*"))
        return replace(temporary, path)

    monkeypatch.setattr(Path, "replace", watched)
    write_note(tmp_path / "note", b"new")
    assert swept == [0]
    assert (tmp_path / "note").read_bytes() == b"new"
