"""The panes' borders: they follow the keys, and what stands inside is not drawn again for that."""

import pytest
from textual.pilot import Pilot

from tests.explorer.driving import explore, settle
from tests.explorer.fakes import save, task

WIDE = (120, 36)


@pytest.fixture
def drawn(feed, tmp_path):
    """For the lines of tiles that are drawn, of a layer with pictures."""
    feed.gallery = tmp_path
    for channel in range(40):
        feed.files[task(channel)] = save(tmp_path, task(channel))
    return []


def count_lines(pilot: Pilot, drawn: list[int], monkeypatch) -> None:
    grid = explore(pilot).grid
    draw = grid.render_line

    def counted(y):
        drawn.append(y)
        return draw(y)

    monkeypatch.setattr(grid, "render_line", counted)


def screen_text(pilot: Pilot) -> list[str]:
    return [strip.text for strip in pilot.app.screen._compositor.render_strips()]


def frame_colours(pilot: Pilot, widget) -> set[str]:
    """The colours of a pane's border, on all its sides, as they are on the screen."""
    region = widget.region
    strips = pilot.app.screen._compositor.render_strips()
    cells = [(x, y) for x in (region.x, region.right - 1) for y in range(region.y, region.bottom)]
    cells += [(region.x + 1, y) for y in (region.y, region.bottom - 1)]
    return {next(iter(strips[y].crop(x, x + 1))).style.color.name for x, y in cells}


async def test_the_border_is_bright_on_all_sides_where_the_keys_are(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        panes = (screen.grid, screen.picture, screen.layer_list)
        bright, quiet = frame_colours(pilot, panes[0]), frame_colours(pilot, panes[1])
        assert len(bright) == len(quiet) == 1
        assert bright != quiet
        for pane in (*panes[1:], *panes):
            await pilot.press("tab")
            await pilot.pause()
            assert screen.focused is pane
            for each in panes:
                assert frame_colours(pilot, each) == (bright if each is pane else quiet)


async def test_only_the_chosen_tile_is_drawn_again_when_the_keys_go(app, drawn, monkeypatch):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        before = screen_text(pilot)
        count_lines(pilot, drawn, monkeypatch)
        await pilot.press("tab")
        await pilot.pause()
        assert set(drawn) <= set(range(7))
        await pilot.press("tab", "tab")
        await pilot.pause()
        assert screen_text(pilot) == before


async def test_another_title_draws_no_tile_again(app, drawn, monkeypatch):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        count_lines(pilot, drawn, monkeypatch)
        screen.grid.entitle("another", "one")
        await pilot.pause()
        top = screen_text(pilot)[screen.grid.region.y]
        assert " another " in top
        assert set(drawn) <= {0}  # one line shows how the border looks beside all others


async def test_what_changes_together_with_the_border_is_drawn(app, feed, tmp_path):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "tab")
        await pilot.pause()
        text = "\n".join(screen_text(pilot))
        assert "◆0" in text
        assert "1 marked" in text


async def test_the_border_takes_the_colours_of_another_theme(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        grid = explore(pilot).grid
        before = frame_colours(pilot, grid)
        await pilot.press("T")
        await pilot.pause()
        await pilot.pause()
        assert len(frame_colours(pilot, grid)) == 1
        assert frame_colours(pilot, grid) != before


async def test_a_pane_that_is_styled_anew_while_the_keys_go_is_quiet(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        quiet = frame_colours(pilot, screen.picture)
        screen.set_focus(screen.picture)
        screen.grid.notify_style_update()
        await pilot.pause()
        assert frame_colours(pilot, screen.grid) == quiet


async def test_a_screen_that_comes_back_has_the_theme_of_now(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("2", "1", "T")
        await pilot.pause()
        header = app.screen.header.background_colors
        await pilot.press("2")
        await pilot.pause()
        assert app.screen.header.background_colors == header


async def test_a_screen_that_was_seen_in_another_theme_comes_back_in_that_of_now(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("2", "1")
        await pilot.pause()
        header = app.screen.header.background_colors
        for key in "2T1T2":
            await pilot.press(key)
            await pilot.pause()
        assert app.screen.header.background_colors == header
        for key in "3T2T3":
            await pilot.press(key)
            await pilot.pause()
        assert app.screen.header.background_colors == header
