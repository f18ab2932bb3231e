"""Pictures on a screen of their own: magnified, moved, flipped, and with all commands at hand."""

from PIL import Image

from convscope.core.gallery.paths import picture_path
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.screens.compare import CompareScreen
from convscope.tui.explorer.screens.help import HelpScreen
from convscope.tui.explorer.screens.palette import PaletteScreen
from convscope.tui.explorer.screens.zoom import ZoomScreen
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, record, task
from tests.explorer.shelving import WIDE, fill, open_gallery, shelve_foreign
from tests.samples import write_picture


def shelve_noise(feed, side=128, channel=0):
    """A picture of which each pixel can be told from its neighbours."""
    of = task(channel, CRISP)
    image = Image.effect_noise((side, side), 120).convert("RGB")
    path = picture_path(feed.gallery, of)
    write_picture(path, image, record(of))
    feed.files[of] = path
    return image.point([min(255, round(value / 4) * 4) for value in range(256)] * 3)


def upper_left(picture):
    """The colour of the first pixel that is drawn."""
    return tuple(next(iter(picture._strips[0])).style.bgcolor.triplet)


async def zoom(pilot):
    await settle(pilot)
    await pilot.press("z")
    screen = pilot.app.screen
    assert isinstance(screen, ZoomScreen)
    await until(pilot, lambda: screen.seen._strips)
    return screen


async def test_help_begins_with_the_keys_that_count_there(app, feed):
    fill(feed.gallery, 2)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("space", "space", "c", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and app.screen.focused)
        await until(pilot, lambda: str(app.screen.query_one("#help-text").content))
        page = str(app.screen.query_one("#help-text").content).split("\n")
        titles = [line.strip() for line in page if line.startswith(("comparison", "full-screen"))]
        assert titles[0].startswith("comparison")
        await pilot.press("escape")
        assert isinstance(app.screen, CompareScreen)


async def test_a_pixel_is_shown_as_one_then_four_then_sixteen(app, feed):
    image = shelve_noise(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await zoom(pilot)
        whole = screen.caption.text
        for scale, left, top in [(1, 4, 29), (2, 34, 46), (4, 49, 55)]:
            await pilot.press("plus")
            assert screen.magnification.text == f"{scale}:1"
            assert f"{whole} · {scale}:1" in screen.caption.render().plain
            shown = screen.magnification.box(image.size, (120, 70))
            assert shown[:2] == (left, top)
            assert upper_left(screen.seen) == image.getpixel((left, top))
        await pilot.press("plus", "minus", "minus", "minus", "minus")
        assert screen.magnification.scale == 0


async def test_all_keys_are_told_in_80_columns(app, feed):
    shelve_noise(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await zoom(pilot)
        assert "  jk next  +- size  z back " in screen.caption.render().plain
        screen.caption.show(f"{screen.caption.text} and")  # a longer number
        await pilot.press("plus")
        assert "  hjkl  +-  z back " in screen.caption.render().plain


async def test_keys_move_what_is_magnified_and_else_go_to_the_next(app, feed):
    image = shelve_noise(feed)
    shelve_noise(feed, channel=1)
    async with app.run_test(size=WIDE) as pilot:
        screen = await zoom(pilot)
        await pilot.press("plus", "plus", "right", "j", "j")
        assert explore(pilot).selection.channel == 0
        left, top, _, _ = screen.magnification.box(image.size, (120, 70))
        assert (left, top) == (49, 62)
        assert upper_left(screen.seen) == image.getpixel((left, top))
        await pilot.press("J")
        assert explore(pilot).selection.channel == 1
        assert screen.magnification.scale == 2
        await pilot.press("minus", "minus", "j")
        assert explore(pilot).selection.channel == 2


async def test_what_was_scaled_down_is_read_in_full_to_be_magnified(app, feed):
    shelve_foreign(feed.gallery, "large.png", size=(1600, 1200))
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("z")
        zoomed = pilot.app.screen
        await until(pilot, lambda: zoomed.seen._strips)
        assert max(zoomed.seen._image.size) == 384
        await pilot.press("plus")
        await until(pilot, lambda: zoomed.seen._image.size == (1600, 1200))
        assert screen.above is zoomed


async def test_the_same_picture_is_told_of_alike_from_every_screen(app, feed):
    of = task(0, CRISP)
    shelve_noise(feed)
    feed.batches.put("one", [of], "done")
    async with app.run_test(size=WIDE) as pilot:
        told = [(await zoom(pilot)).caption.text]
        for key in ("2", "3"):
            await pilot.press("q", key)
            await until(pilot, lambda: not getattr(app.screen, "busy", True))
            await pilot.press("z")
            zoomed = app.screen
            await until(pilot, lambda: zoomed.seen._strips)  # noqa: B023
            told.append(zoomed.caption.text)
        assert len(set(told)) == 1
        assert told[0].replace("\u00a0", " ").endswith("● excited · crisp 128 px · seed 0")


async def test_a_command_is_found_from_the_full_screen_picture(app, feed):
    shelve_noise(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await zoom(pilot)
        await pilot.press("ctrl+p", *"magnify: a", "enter")
        assert app.screen is screen
        assert screen.magnification.scale
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, PaletteScreen)
        await pilot.press(*"go to the queue", "enter")
        await until(pilot, lambda: getattr(app.screen, "NAME", "") == "queue")
        await pilot.press("1")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert explore(pilot).above is None


async def test_the_file_of_what_fills_the_screen_is_told_and_copied(app, feed):
    shelve_noise(feed)
    shelve_noise(feed, channel=1)
    async with app.run_test(size=WIDE) as pilot:
        screen = await zoom(pilot)
        assert "y copy path" in screen.caption.render().plain
        for key in ("o", "y"):
            await pilot.press(key)
            assert str(feed.files[task(0, CRISP)]) in toasts(app)[-1]
        await pilot.press("j")
        await until(pilot, lambda: screen.path == feed.files[task(1, CRISP)])
        await pilot.press("j", "y")
        assert toasts(app)[-1] == "this picture has no file of its own"
        assert app.screen is screen


async def test_the_file_of_a_sheet_is_the_sheet_s_own(app, feed):
    fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("asterisk", "s")
        await until(pilot, lambda: any("-sheet.png" in said for said in toasts(app)))
        await pilot.press("L")
        await until(pilot, lambda: app.screen.path is not None)
        await pilot.press("y")
        (sheet,) = feed.gallery.rglob("*-sheet.png")
        assert toasts(app)[-1] == f"copied {sheet}, if this terminal allows it"


async def test_of_two_pictures_the_one_shown_alone_is_copied(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await compare(pilot, feed)
        copied = []
        for keys in (["y"], ["space", "y"], ["space", "y"]):
            await pilot.press(*keys)
            copied.append(toasts(app)[-1])
        assert copied[0] == copied[1] != copied[2]


async def compare(pilot, feed):
    fill(feed.gallery, 3)
    await open_gallery(pilot)
    await pilot.press("space", "c")
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await until(pilot, lambda: all(picture._strips for picture in screen.pictures))
    return screen


async def test_one_key_flips_two_pictures_in_the_same_place(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        screen = await compare(pilot, feed)
        assert screen.caption.text == "differences are highlighted"
        places = []
        for alone in (0, 1, 0):
            await pilot.press("space")
            await pilot.pause()
            shown = [picture for picture in screen.pictures if picture.region.area]
            assert shown == [screen.pictures[alone]]
            assert f"{alone + 1} of 2: conv5_3:{alone}" in screen.caption.text
            places.append(shown[0].region)
        assert len(set(places)) == 1
        assert places[0].width > 100
        await pilot.press("z")
        assert app.screen is screen
        await pilot.pause()
        assert all(picture.region.area for picture in screen.pictures)
        await pilot.press("z")
        assert app.screen is not screen


async def test_both_sides_are_magnified_at_the_same_place(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        screen = await compare(pilot, feed)
        await pilot.press("plus", "plus", "l")
        assert screen.magnification.scale > 1
        assert [len(picture._strips) for picture in screen.pictures] == [
            screen.pictures[0].size.height
        ] * 2
        assert screen.PANE is Pane.COMPARE


async def test_a_pane_too_low_for_facts_shows_the_picture(app, feed):
    shelve_noise(feed)
    async with app.run_test(size=(20, 5)) as pilot:
        await settle(pilot)
        await pilot.press("tab")
        picture = explore(pilot).picture._picture
        await until(pilot, lambda: len(picture._strips) == 3)
        assert picture.region.height == 3
