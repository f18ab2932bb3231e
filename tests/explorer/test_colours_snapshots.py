"""How the explorer looks where there are no colours, or few: nothing is told by colour alone."""

import pytest
from textual import constants

from convscope.tui.explorer.app import ExplorerApp
from tests.explorer.driving import settle
from tests.explorer.fakes import task
from tests.explorer.test_gallery_snapshots import fill, pressing
from tests.explorer.test_snapshots import failed, filling

WIDE = (120, 36)


@pytest.fixture(params=["no_colours", "256_colours"])
def poor_app(request, feed, monkeypatch):
    """The explorer on such a terminal."""
    if request.param == "no_colours":
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.setattr(constants, "COLOR_SYSTEM", "256")
    return ExplorerApp(feed)


def keys(*pressed):
    """Press keys on the explore screen."""

    async def run(pilot):
        await settle(pilot)
        await pilot.press(*pressed)
        await settle(pilot)

    return run


def test_channels_with_marks(snap_compare, poor_app, feed):
    filling(feed)
    feed.put_job(task(1), "failed", "for a reason")
    pressed = keys("l", "space", "space")
    assert snap_compare(poor_app, terminal_size=WIDE, run_before=pressed)


def test_the_keys_in_the_picture(snap_compare, poor_app, feed):
    failed(feed)
    assert snap_compare(poor_app, terminal_size=WIDE, run_before=keys("tab"))


def test_list(snap_compare, poor_app, feed):
    filling(feed)
    assert snap_compare(poor_app, terminal_size=WIDE, run_before=keys("t", "j", "space"))


def test_gallery(snap_compare, poor_app, feed):
    fill(feed.gallery)
    pressed = pressing("l", "space", "space", "h")
    assert snap_compare(poor_app, terminal_size=WIDE, run_before=pressed)


def test_palette(snap_compare, poor_app):
    assert snap_compare(poor_app, terminal_size=WIDE, run_before=keys("ctrl+p", *"theme"))


def test_form(snap_compare, poor_app):
    assert snap_compare(poor_app, terminal_size=WIDE, run_before=keys("r", "tab"))


@pytest.mark.parametrize(("value", "has_colours"), [("", True), ("0", False), ("1", False)])
def test_only_what_is_not_empty_takes_the_colours_away(feed, monkeypatch, value, has_colours):
    monkeypatch.setenv("NO_COLOR", value)
    assert ExplorerApp(feed).no_color is not has_colours
