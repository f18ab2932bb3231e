"""Pictures that the terminal holds: sent once, and taken back when nobody shows them any more."""

import base64
import io
import re

import pytest
from PIL import Image
from textual import constants

from convscope.core.runner.live import Live
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.render.kitty import MOST_CELLS, PLACEHOLDER
from convscope.tui.explorer.render.pixels import CELL, KEPT, Pixels
from convscope.tui.explorer.screens.zoom import ZoomScreen
from convscope.tui.explorer.widgets.picture import Picture
from convscope.tui.explorer.widgets.tiles import TileGrid
from convscope.tui.looks import HALF_BLOCKS, KITTY, Looks
from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import FakeFeed, frame, image, save, task
from tests.explorer.test_low_bandwidth import SlowLine

COMMAND = re.compile(r"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\")


class Held:
    """A terminal's memory of pictures."""

    def __init__(self):
        self.sent = 0
        self.pictures = {}
        self.written = ""
        self._keys, self._data = {}, ""

    def write(self, data):
        self.written += data
        for keys, payload in COMMAND.findall(data):
            given = dict(key.split("=") for key in keys.split(","))
            if given.get("a") == "d":
                del self.pictures[int(given["i"])]
                continue
            if "a" in given:
                self._keys, self._data = given, ""
            self._data += payload
            if given["m"] == "0":
                self.sent += 1
                png = Image.open(io.BytesIO(base64.b64decode(self._data)))
                size = int(self._keys["c"]), int(self._keys["r"])
                self.pictures[int(self._keys["i"])] = (png, size)

    @property
    def images(self):
        return [png for png, _ in self.pictures.values()]


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def pixels(held):
    return Pixels(held.write, in_tmux=False)


def number(strips):
    """The number of the picture that cells show, as far as their colour tells it."""
    return next(iter(strips[0])).style.color.number


def test_the_terminal_gets_the_very_pixels(held, pixels):
    strips = pixels.strips("here", image(3), 20, 10)
    ((name, (png, size)),) = held.pictures.items()
    assert (png.format, png.mode, size) == ("PNG", "RGB", (20, 10))
    assert png.tobytes() == image(3).tobytes()
    assert number(strips) == name & 0xFF
    assert [strip.cell_length for strip in strips] == [20] * 10


def test_what_the_terminal_has_is_not_sent_again(held, pixels):
    first = pixels.strips("here", image(3), 20, 10)
    other = pixels.strips("here", image(4), 20, 10)
    assert number(first) != number(other)
    assert pixels.strips("here", image(3), 20, 10) == first
    assert held.sent == 2
    pixels.strips("here", image(3), 22, 11)
    assert held.sent == 3


def test_of_each_place_the_last_few_are_kept(held, pixels):
    pixels.strips("there", image(0), 20, 10)
    for seed in range(1, 600):
        pixels.strips("here", image(seed), 20, 10)
        assert len(held.pictures) <= KEPT + 1
    assert held.images[0].tobytes() == image(0).tobytes()
    assert held.images[-1].tobytes() == image(599).tobytes()
    pixels.leave("here")
    assert len(held.pictures) == 1
    pixels.leave("here")
    pixels.leave("there")
    assert not held.pictures


def test_no_more_is_sent_than_the_cells_can_show(held, pixels):
    pixels.strips("here", Image.new("RGB", (900, 600)), 30, 10)
    assert held.images[0].size == (300, 200) == (30 * CELL[0], 10 * CELL[1])


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 5), (5, 0)])
def test_nothing_is_sent_where_there_is_no_room(width, height, held, pixels):
    assert pixels.strips("here", image(), width, height) == []
    assert held.written == ""


def test_no_picture_has_more_cells_than_can_be_counted(held, pixels):
    strips = pixels.strips("here", image(), 900, 450)
    assert (strips[0].cell_length, len(strips)) == (MOST_CELLS, MOST_CELLS)
    assert held.pictures.popitem()[1][1] == (MOST_CELLS, MOST_CELLS)


def test_two_explorers_in_one_terminal_have_numbers_of_their_own(held):
    pairs = {Pixels(held.write, in_tmux=False)._high for _ in range(20)}
    assert len(pairs) > 1


def test_a_terminal_that_is_left_for_a_while_is_left_empty(held, pixels):
    pixels.strips("here", image(1), 20, 10)
    pixels.strips("there", image(2), 20, 10)
    before = dict(held.pictures)
    pixels.suspend()
    assert not held.pictures
    written = held.written
    pixels.leave("there")
    assert held.written == written  # it is somebody else's now
    pixels.resume()
    ((name, (png, size)),) = held.pictures.items()
    assert size == before[name][1]
    assert png.tobytes() == image(1).tobytes()


def test_within_tmux_every_command_is_wrapped(held):
    Pixels(held.write, in_tmux=True).strips("here", Image.effect_noise((128, 128), 90), 64, 32)
    assert len(COMMAND.findall(held.written.replace("\x1b\x1b", "\x1b"))) > 2
    rest = re.sub(r"\x1bPtmux;(?:\x1b\x1b|[^\x1b])*\x1b\\", "", held.written)
    assert rest == ""


# ---- in the explorer -----------------------------------------------------------------------


@pytest.fixture
def feed(tmp_path):
    """Two finished pictures."""
    feed = FakeFeed(gallery=tmp_path)
    feed.files = {task(channel): save(tmp_path, task(channel)) for channel in (0, 1)}
    return feed


def opened(feed, held, monkeypatch, graphics=KITTY):
    """An explorer whose terminal remembers pictures."""
    monkeypatch.setattr(ExplorerApp, "write", lambda _, data: held.write(data))
    return ExplorerApp(feed, looks=Looks(graphics=graphics))


def drawn(screen):
    """What is in the cells of a screen's large picture; '' where it has none yet."""
    return "".join(strip.text for each in screen.query(Picture) for strip in each._strips)


async def test_the_right_pane_and_the_zoomed_picture_are_pixels_and_tiles_are_not(
    feed, held, monkeypatch
):
    app = opened(feed, held, monkeypatch)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert PLACEHOLDER in drawn(explore(pilot))
        grid = explore(pilot).query_one(TileGrid)
        assert PLACEHOLDER not in "".join(grid.render_line(y).text for y in range(10))
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen) and drawn(app.screen))
        assert PLACEHOLDER in drawn(app.screen)
        assert {png.tobytes() for png in held.images} == {image(0).tobytes()}
        _, (columns, rows) = max(held.pictures.values(), key=lambda each: each[1])
        assert (columns, rows) == (70, 35)
        await pilot.press("j")
        await until(pilot, lambda: held.images[-1].tobytes() == image(1).tobytes())
        await pilot.press("z")
        await until(pilot, lambda: all(size < (70, 35) for _, size in held.pictures.values()))
    assert not held.pictures


async def test_what_is_magnified_is_sent_as_squares(feed, held, monkeypatch):
    app = opened(feed, held, monkeypatch)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen) and drawn(app.screen))
        await pilot.press("plus")
        assert app.screen.magnification.scale == 16, "48 px were 700 before"
        await until(pilot, lambda: held.pictures)
        png, (columns, rows) = list(held.pictures.values())[-1]
        assert png.size == (columns * CELL[0], rows * CELL[1])
        part = png.crop((0, 0, 48 * 16, 43 * 16))
        squares = part.resize((48, 43), Image.Resampling.NEAREST)
        assert part.tobytes() == squares.resize(part.size, Image.Resampling.NEAREST).tobytes()


async def test_the_gallery_keeps_what_the_terminal_can_show(feed, held, monkeypatch):
    save(feed.gallery, task(2), side=600)
    app = opened(feed, held, monkeypatch)
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.press("3", "z")
        await until(pilot, lambda: any(png.size == (600, 600) for png in held.images))


async def test_a_picture_that_grows_is_drawn_in_half_blocks(feed, held, monkeypatch):
    done, feed.files = feed.files, {}
    feed.live = Live(frames=[frame(task(0))], steps=9)
    app = opened(feed, held, monkeypatch)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert drawn(explore(pilot))
        assert PLACEHOLDER not in drawn(explore(pilot))
        assert held.written == ""
        feed.live, feed.files = Live(activity="idle"), done
        await settle(pilot)
        assert PLACEHOLDER in drawn(explore(pilot))


async def test_on_a_slow_line_only_the_picture_where_the_hand_rests_is_sent(
    feed, held, monkeypatch, tmp_path
):
    feed.files |= {task(channel): save(tmp_path, task(channel)) for channel in range(2, 4)}
    app = opened(feed, held, monkeypatch)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        line, shown = SlowLine(), explore(pilot).picture
        app._pace.painted(line)
        for channel in (1, 2, 3):
            await pilot.press("l")
            await until(pilot, lambda n=channel: str(shown.border_title).endswith(f":{n}"))
        assert held.sent == 1
        line.takes()
        await until(pilot, lambda: held.sent > 1)
        assert [png.tobytes() for png in held.images] == [image(n).tobytes() for n in (0, 3)]


@pytest.mark.parametrize(
    ("colours", "no_color", "graphics"),
    [
        ("truecolor", "1", KITTY),
        ("standard", "", KITTY),
        ("truecolor", "", HALF_BLOCKS),
    ],
)
async def test_nothing_is_sent_where_it_is_not_asked_for_or_colours_are_missing(
    colours, no_color, graphics, feed, held, monkeypatch
):
    monkeypatch.setattr(constants, "COLOR_SYSTEM", colours)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    app = opened(feed, held, monkeypatch, graphics)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("z")
        await until(pilot, lambda: drawn(app.screen))
        assert "▄" in drawn(app.screen)
    assert held.written == ""
