"""Going between the screens, which keep their state while another is seen."""

from tests.explorer.driving import explore, settle


async def test_digits_lead_to_every_screen_and_back(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        seen = []
        for key in "231321":
            await pilot.press(key)
            await pilot.pause()
            seen.append(app.screen.NAME)
        assert seen == ["queue", "gallery", "explore", "gallery", "queue", "explore"]
        assert app.screen is explore(pilot)
        assert len(app.screen_stack) == 1


async def test_every_screen_can_be_left_with_q(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("3", "2", "q")
        await pilot.pause()
        assert app.return_code == 0
