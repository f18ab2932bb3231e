"""How the recipe form and the palette look, in the two sizes that people have."""

import pytest

from tests.explorer.driving import settle, until

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


def typing(*keys):
    """Press keys, each when the one before has been answered."""

    async def press(pilot):
        await settle(pilot)
        first, *others = keys
        await pilot.press(first)
        await until(pilot, lambda: pilot.app.screen.is_modal and pilot.app.screen.focused)
        await pilot.press(*others)
        await pilot.pause()

    return press


@SIZES
@pytest.mark.parametrize(
    "keys",
    [("r",), ("r", "right", "down", "down", "0", "0", "0", "down", "ctrl+u")],
    ids=["fresh", "wrong"],
)
def test_form(snap_compare, app, keys, size):
    assert snap_compare(app, terminal_size=size, run_before=typing(*keys))


@SIZES
@pytest.mark.parametrize("keys", [("ctrl+p",), ("ctrl+p", *"all", "down")], ids=["all", "found"])
def test_palette(snap_compare, app, keys, size):
    assert snap_compare(app, terminal_size=size, run_before=typing(*keys))


@SIZES
def test_annotation(snap_compare, app, size):
    keys = ("e", *"eyes, dogs", "down", *"both")
    assert snap_compare(app, terminal_size=size, run_before=typing(*keys))
