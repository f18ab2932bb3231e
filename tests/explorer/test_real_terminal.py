"""What the explorer writes into a real terminal, and that a slow one does not make it slow."""

import contextlib
import os
import re
import select
import statistics
import sys
import time

import pytest

from tests.terminal import Terminal

RATE = 200_000
"""Bytes a second of a slow line."""
CHUNK = 4000


class SlowTerminal(Terminal):
    """A terminal behind a slow line."""

    rate: float = RATE

    def read(self, seconds: float = 0) -> None:
        """Read a little, and be busy with it for as long as the line would be."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            with contextlib.suppress(OSError):
                chunk = os.read(self._master, CHUNK)
                self.screen += chunk
                time.sleep(len(chunk) / self.rate)

    def seconds_until(self, words: bytes) -> float:
        """Read on until something is drawn that is not on the screen now."""
        self.screen, began = b"", time.monotonic()
        self.until(lambda: words in self.screen)
        return time.monotonic() - began


@pytest.fixture
def lively(tmp_path):
    """Open an explorer whose picture grows for ever; it is left when the test ends."""
    opened = []

    def begin(*flags, terminal=Terminal, rows=36, columns=120):
        command = [sys.executable, "-m", "tests.explorer.lively", str(tmp_path), *flags]
        found = terminal(command, rows=rows, columns=columns)
        opened.append(found)
        found.until(lambda: "▄" in found.text)
        return found

    yield begin
    for terminal in opened:
        terminal.type("q")
        assert terminal.ended() == 0


def test_motions_of_the_mouse_are_not_asked_for_but_clicks_and_the_wheel_are(lively):
    terminal = lively()
    asked = set(re.findall(rb"\x1b\[\?(100\d)h", terminal.screen))
    assert {b"1000", b"1002", b"1006"} <= asked
    assert b"1003" not in asked
    terminal.type("q")
    terminal.until(lambda: b"\x1b[?1049l" in terminal.screen)
    assert re.search(rb"\x1b\[\?1002l.*\x1b\[\?1049l", terminal.screen, re.DOTALL)


def test_a_click_chooses_a_channel(lively):
    terminal = lively()
    terminal.type("\x1b[<0;40;6M\x1b[<0;40;6m")
    terminal.until(lambda: "conv5_3:1" in terminal.text)


def test_a_terminal_of_256_colours_gets_no_others(lively):
    terminal = lively()
    assert re.search(rb"\x1b\[38;5;\d+;48;5;\d+m\xe2\x96\x84", terminal.screen)
    assert b"8;2;" not in terminal.screen


def test_a_terminal_of_16_million_colours_gets_them(lively, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    assert re.search(rb"\x1b\[38;2;[\d;]+m\xe2\x96\x84", lively().screen)


def test_a_picture_that_grows_does_not_keep_keys_waiting_on_a_slow_line(lively, monkeypatch):
    """Drawn whole, a frame of this picture would be 90 KB, and there are four a second."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    terminal = lively(terminal=SlowTerminal, rows=50, columns=182)
    seconds = []
    for _ in range(4):
        for key, words in (("3", b"gallery"), ("1", b"conv5_3")):
            terminal.type(key)
            seconds.append(terminal.seconds_until(words))
            pause = time.monotonic() + 0.4
            terminal.until(lambda end=pause: time.monotonic() > end)
    assert statistics.median(seconds) < 1  # it is a tenth; behind queued frames it is seconds


@pytest.mark.long
def test_on_an_even_slower_line_it_is_drawn_half_as_large(lively, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setattr(SlowTerminal, "rate", RATE / 5)
    terminal = lively(terminal=SlowTerminal, rows=50, columns=182)
    terminal.until(lambda: b"half as large" in terminal.screen)
