"""Forms leave the explorer in sight: dimmed, as it was, and not over a slow line."""

import pytest
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from convscope.core.runner.live import Live
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.terminal.backdrop import PLACEHOLDER, SETTLED, Dimmer, OverDimmed
from convscope.tui.looks import Looks
from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import frame, save, task
from tests.explorer.test_contrast import contrast

GREY = ColorTriplet(0, 0, 0)


def dimmed(*segments):
    """What becomes of a line, as text, ink and ground."""
    strip = Dimmer(GREY).dimmed(Strip(segments))
    return [(text, style.color, style.bgcolor) for text, style, _ in strip]


def colour(name):
    return Style.parse(name).color.get_truecolor()


def test_words_keep_their_colours_but_not_their_contrast():
    ((text, ink, ground),) = dimmed(Segment("word", Style.parse("bold #ffffff on #141414")))
    assert (text, tuple(ink.triplet), tuple(ground.triplet)) == ("word", (102,) * 3, (8,) * 3)


def test_what_is_reversed_stays_so():
    ((_, ink, ground),) = dimmed(Segment("word", Style.parse("reverse #ffffff on #000000")))
    assert (tuple(ink.triplet), tuple(ground.triplet)) == ((0,) * 3, (102,) * 3)


def test_two_cells_of_a_picture_are_one_pixel_and_more_where_they_are_nearly_alike():
    blues = (0, 200, 2, 0, 200, 0)
    cells = [Segment("▄", Style.parse(f"#ff00{blue:02x} on #00ff00")) for blue in blues]
    found = dimmed(*cells)
    assert [text for text, *_ in found] == ["    ", "  "]
    assert tuple(found[0][2].triplet) == (48, 48, 0)


def test_colours_of_the_palette_are_dimmed_too():
    ((_, _, ground),) = dimmed(Segment("▄", Style.parse("color(231) on color(231)")))
    assert tuple(ground.triplet) == (96, 96, 96)


def test_numbers_of_pictures_in_pixels_stay():
    segment = Segment(PLACEHOLDER, Style.parse("#010203"))
    assert list(Dimmer(GREY).dimmed(Strip([segment]))) == [segment]


def shown(app):
    """The whole screen as text, but for what pictures are drawn with."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("key", ["r", "ctrl+p", "M", "I"])
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_the_explorer_stays_in_sight_dimmed(app, feed, key, size):
    feed.files[task(0)] = save(feed.gallery, task(0))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, OverDimmed) and app.screen.below)
        assert "1 Explore  2 Queue" in shown(app)
        screen = app.screen
        screen.query("#form, #palette").first().display = False
        await pilot.pause()
        assert max(contrast(ink, ground) for _, ink, ground in words_below(app)) < 4.5


def words_below(app):
    """What is written on the screen below."""
    from textual.color import Color

    for strip in app.screen.below:
        for text, style, _ in strip:
            if text.strip().isalnum():
                yield text, *map(Color.from_rich_color, (style.color, style.bgcolor))


@pytest.mark.parametrize("key", ["r", "ctrl+p", "e"])
async def test_the_form_comes_before_what_lies_around_it(app, key, monkeypatch):
    sent, diff = [], app.screen_diff.diff
    monkeypatch.setattr(app.screen_diff, "diff", lambda *told: sent.append(diff(*told)) or sent[-1])
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for _ in range(2):
            sent.clear()
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, OverDimmed) and app.screen.below)
            form = app.screen.query("#form, #palette").first().region
            first, *others = filter(None, sent)
            assert all(form.contains(x, y) for y, x, _ in first._pieces)
            around = (run for each in others for *_, run in each._pieces)
            assert "1 Explore" in "".join(segment.text for run in around for segment in run)
            await pilot.press("escape")


async def test_what_grows_below_costs_nothing(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("r")
        await until(pilot, lambda: app.screen.focused and app.screen.below)
        below = app.screen.below
        feed.live = Live(frames=[frame(task(0))], step=1, steps=9)
        explore(pilot).poll()
        await pilot.pause()
        assert app.screen.below is below


async def test_what_follows_the_keys_a_moment_later_is_on_it(app, feed):
    for channel in range(3):
        feed.files[task(channel)] = save(feed.gallery, task(channel))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("l", "l", "r")
        await until(pilot, lambda: app.screen.focused and app.screen.below)
        await until(
            pilot, lambda: "conv5_3-0002" in "".join(line.text for line in app.screen.below)
        )


async def test_it_is_another_copy_the_next_time_and_in_another_size(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("r", "escape", "l", "l", "ctrl+p")
        await until(pilot, lambda: app.screen.focused and app.screen.below)
        await pilot.press("escape", "less_than_sign", "r")
        await until(pilot, lambda: app.screen.focused and app.screen.below)
        assert "conv5_2 · 512" in shown(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause(2 * SETTLED)
        assert len(app.screen.below) == 24
        assert "conv5_2 · 512" in shown(app)


async def test_over_a_slow_line_the_ground_is_empty(feed):
    app = ExplorerApp(feed, looks=Looks(low_bandwidth=True))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("r")
        await until(pilot, lambda: app.screen.focused)
        await pilot.pause()
        assert "1 Explore" not in shown(app)
        assert "resolution" in shown(app)
