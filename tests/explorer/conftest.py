"""The explorer over a fake feed, the same under any terminal."""

import time
from pathlib import Path

import pytest
from textual import app as textual_app
from textual import constants, pilot
from textual import screen as textual_screen

from convscope.tui.explorer.app import ExplorerApp
from tests.explorer.fakes import FakeFeed
from tests.explorer.idle import wait_for_idle

TERMINAL = ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "CONVSCOPE_GALLERY")
DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "VIEWER")
"""Else a test would open pictures on the desktop of whoever runs it."""


@pytest.fixture(autouse=True)
def any_terminal(monkeypatch):
    """Take away what would tell a run on one terminal from a run on another."""
    for name in (*TERMINAL, *DESKTOP):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(constants, "COLOR_SYSTEM", "truecolor")
    monkeypatch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")


@pytest.fixture(autouse=True)
def no_longer_than_needed(monkeypatch):
    """Go on as soon as the app has nothing to do, and let it paint without waiting for a frame."""
    monkeypatch.setattr(textual_screen, "UPDATE_PERIOD", 0.002)
    for module in (textual_app, pilot):
        monkeypatch.setattr(module, "wait_for_idle", wait_for_idle)


@pytest.fixture
def feed(tmp_path, monkeypatch):
    """A feed whose pictures have the same paths on every machine: relative ones."""
    monkeypatch.chdir(tmp_path)
    return FakeFeed(gallery=Path("home/someone/pictures/convscope-gallery"))


@pytest.fixture
def app(feed):
    return ExplorerApp(feed)
