"""Where answers come up: in the footer's line, so that nothing above it is covered."""

import pytest

from tests.explorer.driving import explore, settle, toasts

SIZES = [(80, 24), (120, 36), (200, 60)]


def toast(app):
    """The place of the toast that came last."""
    return app.screen.query("Toast").last().region


async def answered(pilot, said):
    explore(pilot).toasts.tell(said)
    await settle(pilot)
    return toast(pilot.app)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_short_answer_covers_the_keys_and_nothing_else(app, size):
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        place = await answered(pilot, "unmarked 3; u marks them again")
        footer = explore(pilot).footer.region
        assert (place.y, place.height) == (footer.y, 1)
        assert place.right <= footer.width - len(" crisp 128 px "), "what the footer says stays"


@pytest.mark.parametrize("size", [(80, 24), (93, 24), (120, 36), (137, 36), (200, 60)], ids=str)
async def test_no_key_is_cut_at_the_edge_of_an_answer(app, size):
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        whole = last_line(app)
        place = await answered(pilot, "unmarked 3; u marks them again")
        line = last_line(app)
        first = next(at for at in range(place.right, len(line)) if not line[at].isspace())
        assert whole[first - 2 : first].isspace(), "it begins with a key, not within a word"
        assert line[first:] == whole[first:]
        explore(pilot).toasts.dismiss()
        await settle(pilot)
        assert last_line(app) == whole


def last_line(app):
    """What is to be seen of it, whatever covers what."""
    return app.screen._compositor.render_strips()[-1].text


async def test_a_long_answer_grows_upwards(app):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        place = await answered(pilot, "many words " * 12)
        assert (place.bottom, place.height) == (24, 3)


async def test_what_is_typed_is_not_covered(app):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("slash")
        typed = explore(pilot).filter_line.region
        assert (await answered(pilot, "batch 3 ended")).bottom == typed.y
        await pilot.press("escape")
        assert (await answered(pilot, "batch 4 ended")).bottom == 24


async def test_a_letter_that_does_nothing_is_answered_and_what_went_wrong_stays(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for screen in "123":
            await pilot.press(screen, "Q")
            assert toasts(app) == ["Q does nothing here; ? lists the keys"]
        await pilot.press("1", "f5", "ctrl+k", "alt+e")
        assert toasts(app) == [], "nor is what terminals send by themselves"
        explore(pilot).toasts.wrong("The disk is full.")
        await pilot.press("u", "Q")
        assert toasts(app) == ["The disk is full.", "Q does nothing here; ? lists the keys"]


async def test_what_is_typed_into_a_line_is_no_key_that_does_nothing(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"Q20", "enter")
        assert not any("does nothing" in each for each in toasts(app))
