"""How the gallery looks, in the two sizes that people have."""

import sys

import pytest
from textual.widgets import Input

from tests.explorer.driving import until
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import (
    open_gallery,
    read,
    shelve,
    shelve_damaged,
    shelve_foreign,
)

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


def fill(gallery):
    """Ours in every verdict and two recipes, a sheet, a foreign file and a damaged one."""
    for channel, verdict in enumerate(["excited", "weak", "silent", "diverged", "excited"]):
        shelve(gallery, task(channel, CRISP), channel, verdict=verdict)
    shelve(gallery, task(200, layer="conv5_1"), 10, activation=12.3)
    sheet = "conv5_3-20-29-crisp-128px-s0-2x5-0123abcd-sheet.png"
    shelve_foreign(gallery, sheet, 20, (120, 60))
    shelve_foreign(gallery, "holiday.png", 30)
    shelve_damaged(gallery, "conv5_3-0025-crisp-128px-s0-0123abcd.png", 40)


def pressing(*keys):
    """Open the gallery and press keys."""

    async def run(pilot):
        screen = await open_gallery(pilot)
        for box in screen.query(Input):
            box.cursor_blink = False
        await pilot.press(*keys)
        await read(pilot, screen)
        await until(pilot, lambda: not pilot.app._notifications)
        await pilot.pause()

    return run


@SIZES
def test_empty(snap_compare, app, size):
    assert snap_compare(app, terminal_size=size, run_before=pressing())


@SIZES
def test_filled(snap_compare, app, feed, size):
    fill(feed.gallery)
    keys = ("l", "space", "space", "h")
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))


def test_folded_picture(snap_compare, app, feed):
    """At 80×24 the picture takes the place of the grid."""
    fill(feed.gallery)

    async def to_picture(pilot):
        await pressing("l")(pilot)
        await pilot.app.screen.run_action("pane(1)")
        await read(pilot, pilot.app.screen)

    assert snap_compare(app, terminal_size=(80, 24), run_before=to_picture)


@SIZES
def test_filter_with_an_error(snap_compare, app, feed, size):
    fill(feed.gallery)
    keys = ("slash", *"crisp", "space", *"verdict", "colon", "s")
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))


@SIZES
def test_compare(snap_compare, app, feed, size):
    fill(feed.gallery)
    keys = ("space", "l", "l", "l", "l", "c")
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))


@SIZES
def test_zoom(snap_compare, app, feed, size):
    fill(feed.gallery)
    assert snap_compare(app, terminal_size=size, run_before=pressing("z", "j"))


@SIZES
def test_zoomed_sheet(snap_compare, app, feed, size):
    fill(feed.gallery)
    assert snap_compare(app, terminal_size=size, run_before=pressing(*"llllllz"))


@SIZES
@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_hostile_names(snap_compare, app, feed, size):
    name = b"\x1b]52;c;x\x07\xff[x]\xe2\x80\xae[b].png".decode(errors="surrogateescape")
    shelve_foreign(feed.gallery, name)
    shelve_foreign(feed.gallery, "夏休みの写真は海辺で撮りました.png", 1)
    shelve(feed.gallery, task(1, CRISP, "\x1b[2J[/x]"), 2)
    assert snap_compare(app, terminal_size=size, run_before=pressing())
