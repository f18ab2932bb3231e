"""The large picture while it grows: parts of one picture at a time, and all of it in the end."""

from convscope.core.runner.live import Live, LiveFrame
from tests.explorer.driving import explore, settle
from tests.explorer.fakes import image, save, task
from tests.explorer.lively import smooth_noise

SIDE = 64


def live(picture, step, channel=0):
    of = task(channel)
    frame = LiveFrame(
        key=of.digest, model=of.model, layer=of.layer, channel=channel, preset="draft",
        curve=[float(n) for n in range(step)], size=SIDE, rgb=picture.tobytes(),
    )  # fmt: skip
    return Live(frames=[frame], step=step, steps=64)


def show(pilot, feed, live):
    """Let the explorer look at the world once; returns what the large picture is then."""
    feed.live = live
    explore(pilot).poll()
    return list(explore(pilot).picture._picture._strips)


def colours(strips):
    """Upper and lower colour of every cell; a blank has one."""
    return [
        (segment.style.bgcolor, segment.style.color or segment.style.bgcolor)
        for strip in strips
        for segment in strip
        for _ in segment.text
    ]


def drawn(pilot, picture):
    """The colours of an image that is drawn in one go at the size of the large picture."""
    strips = explore(pilot).picture._picture._strips
    painter = explore(pilot).painter
    return colours(painter.strips(picture, strips[0].cell_length, len(strips), grows=True))


async def test_a_frame_is_drawn_in_parts_and_wholly_if_it_stays(app, feed):
    first, second = smooth_noise(SIDE), smooth_noise(SIDE)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert colours(show(pilot, feed, live(first, 1))) == drawn(pilot, first)
        part = colours(show(pilot, feed, live(second, 2)))
        assert part not in (drawn(pilot, first), drawn(pilot, second))
        for _ in range(12):
            strips = show(pilot, feed, live(second, 2))
        assert colours(strips) == drawn(pilot, second)


async def test_the_first_frame_of_another_channel_has_nothing_of_the_one_before(app, feed):
    first, second = smooth_noise(SIDE), smooth_noise(SIDE)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        show(pilot, feed, live(first, 1))
        explore(pilot).selection.select_channel(1)
        strips = show(pilot, feed, live(second, 1, channel=1))
        assert colours(strips) == drawn(pilot, second)


async def test_a_finished_picture_is_drawn_whole_at_once(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for step in (1, 2):
            show(pilot, feed, live(smooth_noise(SIDE), step))
        feed.files[task(0)] = save(feed.gallery, task(0))
        show(pilot, feed, Live(activity="idle"))
        await settle(pilot)
        strips = list(explore(pilot).picture._picture._strips)
        size = strips[0].cell_length, len(strips)
        assert strips == explore(pilot).painter.strips(image(0), *size)


async def test_the_world_is_looked_at_by_one_clock(app):
    async with app.run_test() as pilot:
        await settle(pilot)
        screen = explore(pilot)
        assert [timer._callback for timer in screen._timers].count(screen._tick) == 1
