"""Only regular files are opened; others are named at once instead of being waited for."""

import os
import socket
from pathlib import Path

import pytest

from convscope.core.system.named_files import open_regular


def test_a_regular_file_is_read_through_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"content"


def test_what_is_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        named = {"pipe": "a pipe", "/dev/zero": "a device", ".": "a folder", "socket": "a socket"}
        for path, what in named.items():
            with pytest.raises(OSError, match=f"{what}, not a file"):
                open_regular(Path(path))


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "missing")
