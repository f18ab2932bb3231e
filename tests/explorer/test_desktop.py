"""Opening and copying pictures where there is a desktop, and saying why not where there is none."""

import os
import sys
import time
from pathlib import Path

import pytest

from convscope.core.system.errors import UserError
from convscope.tui.explorer.desktop import Desktop, start
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, save, task
from tests.explorer.shelving import FOLDED, fill, open_gallery

PICTURE = Path("/pictures/a.png")
X, WAYLAND = {"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}


def all_there(name: str) -> str:
    return f"/usr/bin/{name}"


def none_there(_: str) -> None:
    return None


@pytest.fixture(autouse=True)
def headless(monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


def program(folder: Path, name: str, script: str) -> Path:
    """A program that a desktop could have."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_viewer_of_ones_own_comes_first_with_its_options():
    told = {"VIEWER": "feh --zoom 'fill it'"}
    assert Desktop(told, none_there).viewing(PICTURE) == ["feh", "--zoom", "fill it", str(PICTURE)]


@pytest.mark.parametrize(
    ("environment", "platform", "command"),
    [
        (X, "linux", ["xdg-open", str(PICTURE)]),
        (WAYLAND, "linux", ["xdg-open", str(PICTURE)]),
        ({}, "darwin", ["open", str(PICTURE)]),
    ],
)
def test_the_desktop_opens_it(environment, platform, command):
    assert Desktop(environment, all_there, platform).viewing(PICTURE) == command


@pytest.mark.parametrize(
    ("environment", "platform", "start"),
    [
        (X, "linux", ["xclip", "-selection", "clipboard", "-t", "image/png"]),
        (WAYLAND, "linux", ["wl-copy", "--type", "image/png"]),
        ({}, "darwin", ["osascript", "-e", "on run argv"]),
    ],
)
def test_the_desktop_copies_it(environment, platform, start):
    assert Desktop(environment, all_there, platform).copying(PICTURE)[: len(start)] == start


def test_an_animation_is_copied_as_what_it_is():
    assert Desktop(X, all_there, "linux").copying(Path("a.webp"))[-1] == "image/webp"
    with pytest.raises(UserError, match="only PNGs"):
        Desktop({}, all_there, "darwin").copying(Path("a.webp"))


@pytest.mark.parametrize("command", [Desktop.viewing, Desktop.copying])
def test_without_a_display_or_a_program_there_is_none(command):
    with pytest.raises(UserError, match="no display"):
        command(Desktop({}, all_there, "linux"), PICTURE)
    with pytest.raises(UserError, match="there is n"):
        command(Desktop(X, none_there, "linux"), PICTURE)
    assert not Desktop({"SSH_CONNECTION": "1 2 3 4"}, platform="darwin").has_display


def test_what_was_started_goes_on_and_leaves_no_zombie(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"a picture")
    found = tmp_path / "found"
    told = "import os, sys; print(os.getsid(0), sys.stdin.read())"
    script = f"{sys.executable} -c '{told}' > {found}; exit 3"
    command = [str(program(tmp_path, "copy", script))]
    said = []
    start(command, picture, said.append)
    deadline = time.monotonic() + 30
    while not said and time.monotonic() < deadline:
        time.sleep(0.01)
    assert said == ["copy ended with code 3"]
    session, copied = found.read_text().strip().split(" ", 1)
    assert copied == "a picture"
    assert int(session) != os.getsid(0)
    with pytest.raises(ChildProcessError):  # the session is that of what was started, by its number
        os.waitpid(int(session), os.WNOHANG)


def test_what_cannot_be_started_or_read_is_told(tmp_path):
    picture = tmp_path / "a.png"
    with pytest.raises(UserError, match="the file cannot be read"):
        start(["true"], picture, print)
    picture.write_bytes(b"")
    with pytest.raises(UserError, match=r"^nothing cannot be started \(No such file"):
        start([str(tmp_path / "nothing")], picture, print)


async def test_a_key_opens_the_picture(app, feed, tmp_path, monkeypatch):
    path = feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))
    seen = tmp_path / "seen"
    viewer = program(tmp_path, "viewer", f'echo "$@" > {seen}')
    monkeypatch.setenv("VIEWER", f"{viewer} --big")
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        await pilot.press("O")
        await until(pilot, lambda: seen.exists() and seen.read_text())
        assert seen.read_text().strip() == f"--big {path.absolute()}"
        assert toasts(app) == [f"opening {path.name}"]


async def test_a_viewer_that_fails_is_told_with_the_path(app, feed, tmp_path, monkeypatch):
    path = feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))
    monkeypatch.setenv("VIEWER", str(program(tmp_path, "viewer", "echo trouble >&2; exit 4")))
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        await pilot.press("O")
        await until(pilot, lambda: any("code 4" in told for told in toasts(app)))
        assert f"viewer ended with code 4; the picture is {path}" in toasts(app)


async def test_without_a_display_the_path_is_told_or_copied(app, feed, monkeypatch):
    (path, *_) = fill(feed.gallery, 2)
    copied = []
    async with app.run_test(size=FOLDED) as pilot:
        await open_gallery(pilot)
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        await pilot.press("O")
        await until(pilot, lambda: toasts(app))
        assert toasts(app)[-1] == f"there is no display here; the picture is {path}"
        await pilot.press("Y")
        await until(pilot, lambda: copied)
        assert copied == [str(path.absolute())]
        assert toasts(app)[-1].startswith("there is no display here; copied ")


async def test_with_a_display_the_picture_itself_is_copied(app, feed, tmp_path, monkeypatch):
    path = feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))
    clipboard = tmp_path / "clipboard"
    program(tmp_path, "xclip", f"cat > {clipboard}.part; mv {clipboard}.part {clipboard}")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        await pilot.press("Y")
        await until(pilot, clipboard.exists)
        assert clipboard.read_bytes() == path.read_bytes()
        assert toasts(app) == [f"copied the picture {path.name}"]


async def test_where_there_is_no_file_each_key_says_why(app, feed):
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        for key in ("o", "y", "O", "Y"):
            app.clear_notifications()
            await pilot.press(key)
            assert toasts(app) == [explore(pilot).NO_PICTURE]
