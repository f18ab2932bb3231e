"""Every path that a person can write: one sentence where it leads nowhere, and never a hang."""

import os
import shlex
import socket
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder, state_folder
from convscope.core.system.named_files import why_unusable
from convscope.tui.commands.settings import read_settings
from tests.conftest import COMMAND, Ended
from tests.samples import job, save

Run = Callable[..., Ended]

NOWHERE = {
    "~nobody-here/x": "there is no user nobody-here",
    "a\0b": "it holds characters that no file name can have",
    "x" * 5000: "the path is too long",
    "a/" * 2500: "the path is too long",
    "": "the path is empty",
}

PLACES = [
    "inspect {}",
    "reproduce {}",
    "reproduce made.png --output {}",
    "render conv1_1:1 --gallery {}",
    "sheet conv1_1:1 --gallery {}",
    "queue add conv1_1:1 --gallery {}",
    "render conv1_1:0 --direction {}",
]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The working folder of ``run_here``, with a picture in it."""
    save(tmp_path / "aside", job("conv5_1:25")).rename(tmp_path / "made.png")
    return tmp_path


@pytest.mark.parametrize("place", PLACES)
def test_a_path_that_leads_nowhere_is_one_sentence(
    place: str, here: Path, run_here: Run, gallery: Path
) -> None:
    for path, why in NOWHERE.items():
        ended = run_here(*(word.format(path) for word in place.split()))
        assert (ended.code, ended.out) == (2, ""), path
        assert f"cannot be used ({why}); " in ended.err
        assert ended.err.count("\n") == 1
    assert not gallery.exists()


def test_weights_that_lead_nowhere_are_one_sentence(here: Path, run_here: Run) -> None:
    for path, why in NOWHERE.items():
        ended = run_here("render", "conv1_1:1", "--weights", path and f"{path}x.pth")
        assert ended.code == 2
        assert not path or f"cannot be used ({why}); check the path" in ended.err


@pytest.mark.parametrize("path", ["~nobody-here/x", "x" * 5000])
def test_the_environment_and_the_file_are_judged_as_what_is_typed(
    path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONVSCOPE_GALLERY", path)
    with pytest.raises(UserError, match=r"The gallery .* cannot be used .*CONVSCOPE_GALLERY"):
        gallery_folder()
    monkeypatch.setenv("CONVSCOPE_STATE", path)
    with pytest.raises(UserError, match=r"The state folder .* cannot be used .*CONVSCOPE_STATE"):
        state_folder()
    config = tmp_path / "config" / "convscope" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'gallery = "{path}"\nweights = "{path}.pth"')
    assert [problem.what for problem in read_settings().problems] == [
        f"{setting} is ignored: {NOWHERE[path]}" for setting in ("gallery", "weights")
    ]
    monkeypatch.setenv("CONVSCOPE_CONFIG", path)
    (problem,) = read_settings().problems
    assert NOWHERE[path] in problem.what


def test_what_leads_somewhere_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for path in ("~", "~/new", "new", "/", "é…", "\udcff", "x" * 255, "../..", "-"):
        assert why_unusable(path) == ""
    assert gallery_folder("~/new") == tmp_path / "new" == gallery_folder("new")


def test_the_deleted_current_folder_is_named(
    run_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.delenv("CONVSCOPE_GALLERY")
    with pytest.raises(UserError, match="the current folder is gone"):
        gallery_folder()
    assert gallery_folder(tmp_path / "there") == tmp_path / "there"
    assert why_unusable("a.png") == "the current folder is gone"


@pytest.mark.long
def test_pictures_are_made_from_a_deleted_folder(tmp_path: Path, gallery: Path) -> None:
    line = shlex.join([*COMMAND, "render", "conv1_1:0", "--steps", "1", "--resolution", "16"])
    ended = subprocess.run(
        ["/bin/sh", "-c", f"mkdir gone; cd gone; rmdir ../gone; exec {line} --device cpu"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert len(list(gallery.rglob("*.png"))) == 1


# ---- files that are no files -------------------------------------------------------------------


@pytest.fixture
def odd(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A pipe, a socket, a folder and two devices."""
    monkeypatch.chdir(here)
    os.mkfifo("pipe.png")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.png")
    Path("folder.png").mkdir()
    return ["pipe.png", "socket.png", "folder.png", "/dev/zero", "/dev/tty"]


def test_only_regular_files_are_read(odd: list[str], run_here: Run) -> None:
    for name in odd:
        for line in ("inspect", "reproduce", "render conv1_1:0 --direction"):
            ended = run_here(*line.split(), name)
            assert (ended.code, ended.out) == (2, "")
            assert ended.err.startswith(f"convscope: {name} ")
            assert "not a file" in ended.err


def test_a_config_file_that_is_no_file_is_told(
    odd: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in odd:
        monkeypatch.setenv("CONVSCOPE_CONFIG", name)
        (problem,) = read_settings().problems
        assert "not a file" in problem.what


def test_a_huge_picture_is_a_sentence_without_warnings(tmp_path: Path, run_cli: Run) -> None:
    for side in (13_000, 2**31 - 1):
        (tmp_path / "huge.png").write_bytes(_png(side))
        ended = run_cli("inspect", "huge.png")
        assert (ended.code, ended.out) == (2, "")
        (said,) = ended.err.splitlines()
        assert f"huge.png has {side:,} x {side:,} pixels" in said


def _png(side: int) -> bytes:
    """Return a grey PNG of that size without its pixels: enough to warn of."""
    chunks = [(b"IHDR", struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)), (b"IEND", b"")]
    written = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)
