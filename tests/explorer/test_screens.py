"""Going between the screens, which keep their state while another is seen."""

from convscope.tui.explorer.app import ExplorerApp
from tests.explorer.driving import explore, settle, until


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


async def test_the_next_explorer_goes_on_where_this_one_was(feed):
    noted = []
    app = ExplorerApp(feed, note_session=noted.append)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("h", "k", "l", "j", "p", "t", "2")
        await pilot.pause()
        app._note()
    again = ExplorerApp(feed, session=noted[-1])
    async with again.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: again.screen.NAME == "queue")
        await pilot.press("1")
        await settle(pilot)
        selection = explore(pilot).selection
        assert (selection.layer.name, selection.channel) == ("conv5_2", 4)
        assert explore(pilot).tasks.recipe.preset == "classic"
        assert explore(pilot).tiles is explore(pilot).channel_list
        assert explore(pilot).channel_list.display
