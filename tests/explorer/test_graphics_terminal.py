"""Pictures in pixels, in a real terminal: what it is sent, and that nothing of it stays."""

import base64
import fcntl
import io
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios

import pytest
from PIL import Image

from convscope.tui.explorer.render.kitty import MARKS, PLACEHOLDER
from tests.explorer.fakes import image
from tests.terminal import Terminal

COMMAND = re.compile(rb"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\")
LEFT = b"\x1b[?1049l"
"""What is written when the terminal is left as it was."""


@pytest.fixture
def still(tmp_path):
    """The command of an explorer of finished pictures."""
    return [sys.executable, "-m", "tests.explorer.still", str(tmp_path)]


@pytest.fixture
def tmux(tmp_path, monkeypatch):
    """The command of a tmux that hands pictures on; its server ends with the test."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("TMUX", raising=False)
    settings = tmp_path / "tmux.conf"
    settings.write_text("set -g allow-passthrough on\nset -g status off\n")
    command = [shutil.which("tmux"), "-u", "-S", str(tmp_path / "socket"), "-f", str(settings)]
    yield command
    subprocess.run([*command, "kill-server"], capture_output=True, check=False)


def held(written):
    """The pictures that a terminal holds after it was sent this; each fits into one command."""
    pictures = {}
    for keys, payload in COMMAND.findall(written):
        given = dict(key.split("=") for key in keys.decode().split(","))
        if given["a"] == "d":
            del pictures[given["i"]]
        else:
            png = Image.open(io.BytesIO(base64.b64decode(payload)))
            pictures[given["i"]] = (png.tobytes(), int(given["c"]), int(given["r"]))
    return pictures


def zoomed(terminal):
    """Look at the picture on the whole screen; returns its pixels, columns and rows."""
    terminal.type("z")
    terminal.until(lambda: any(columns == 70 for _, columns, _ in held(terminal.screen).values()))
    return list(held(terminal.screen).values())[-1]


def test_the_zoomed_picture_is_sent_in_pixels_and_taken_back_at_the_end(still):
    terminal = Terminal([*still, "kitty"])
    terminal.until(lambda: PLACEHOLDER in terminal.text)
    assert zoomed(terminal) == (image(0).tobytes(), 70, 35)
    terminal.until(lambda: terminal.text.count(PLACEHOLDER) >= 70 * 35)
    terminal.type("zq")
    assert terminal.ended() == 0
    before, after = terminal.screen.split(LEFT)
    assert held(before) == {}
    assert b"\x1b_G" not in after


def settled(terminal):
    """Wait until an explorer has drawn all there is; returns how much that was."""
    drawn = -1
    while drawn < len(terminal.screen):
        drawn = len(terminal.screen)
        terminal.read(0.5)
    return drawn


def leave_when_drawn_since(drawn, terminal):
    """Leave an explorer as soon as all parts of its screen were drawn after so much."""
    for word in ("1 Explore", "conv1_1", "draft; press", "▄", " help"):
        terminal.until(lambda word=word: word.encode() in terminal.screen[drawn:])
    terminal.type("q")
    assert terminal.ended() == 0


def stop(terminal):
    """Stop an explorer that has drawn all there is; returns how much was drawn until then."""
    settled(terminal)
    os.kill(terminal.pid, signal.SIGTSTP)
    terminal.until(lambda: LEFT in terminal.screen)
    os.waitpid(terminal.pid, os.WUNTRACED)
    return len(terminal.screen)


def test_without_the_option_nothing_of_it_is_written(still):
    terminal = Terminal(still)
    terminal.until(lambda: "▄" in terminal.text)
    terminal.type("z")
    terminal.until(lambda: " back" in terminal.text)
    terminal.type("zq")
    assert terminal.ended() == 0
    assert b"\x1b_" not in terminal.screen
    assert b"\x1bP" not in terminal.screen
    assert PLACEHOLDER not in terminal.text


def test_a_stopped_explorer_holds_nothing_and_shows_its_pictures_again(still):
    terminal = Terminal([*still, "kitty"])
    terminal.until(lambda: PLACEHOLDER in terminal.text)
    terminal.until(lambda: "draft; press" in terminal.text)
    stopped = stop(terminal)
    assert held(terminal.screen) == {}
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until(lambda: PLACEHOLDER.encode() in terminal.screen[stopped:])
    assert {png for png, _, _ in held(terminal.screen).values()} == {image(0).tobytes()}
    terminal.type("q")
    assert terminal.ended() == 0
    assert held(terminal.screen) == {}


@pytest.mark.parametrize("size", [(36, 120), (30, 110)])
def test_an_explorer_that_was_stopped_draws_the_whole_screen_again(size, still):
    terminal = Terminal(still)
    terminal.until(lambda: "draft; press" in terminal.text)
    stopped = stop(terminal)
    fcntl.ioctl(terminal._master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    os.kill(terminal.pid, signal.SIGCONT)
    leave_when_drawn_since(stopped, terminal)


def test_a_terminal_that_changed_its_size_and_back_is_drawn_again(still):
    terminal = Terminal(still)
    terminal.until(lambda: "draft; press" in terminal.text)
    drawn = settled(terminal)
    os.kill(terminal.pid, signal.SIGWINCH)  # as it is told of both changes at once
    leave_when_drawn_since(drawn, terminal)


def test_through_tmux_the_terminal_gets_pictures_and_cells(still, tmux):
    terminal = Terminal([*tmux, "new-session", *still, "kitty"])
    terminal.until(lambda: PLACEHOLDER in terminal.text)
    assert zoomed(terminal) == (image(0).tobytes(), 70, 35)
    (number,) = [name for name, (_, columns, _) in held(terminal.screen).items() if columns == 70]
    ink = f"\x1b[38;5;{int(number) & 0xFF}m".encode()
    marks = "".join(MARKS[count] for count in (34, 0, int(number) >> 24))
    terminal.until(lambda: f"{PLACEHOLDER}{marks}" in terminal.text)
    assert ink in terminal.screen
    settled(terminal)  # tmux throws away what a terminal does not take in time, escapes too
    terminal.type("z")
    terminal.until(lambda: number not in held(terminal.screen))
    terminal.type("q")  # what a pane writes at its end, tmux may keep to itself
    assert terminal.ended() == 0
