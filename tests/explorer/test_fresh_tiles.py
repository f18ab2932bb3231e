"""Nothing is asked again of what did not change; yet what is shown is never out of date."""

import random

import pytest

from convscope.core.runner.live import Live
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import News
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.items import GridItem
from convscope.tui.explorer.screens.explore import ExploreScreen
from tests.explorer.driving import explore, until
from tests.explorer.fakes import CRISP, DRAFT, FakeFeed, frame, save, task

EVENTS = 60
KEYS = (
    "h", "j", "k", "l", "ctrl+d", "ctrl+u", "tab",
    "space", "v", "asterisk", "u", "p", "t", "f", "S",
)  # fmt: skip


class TellingFeed(FakeFeed):
    """Tells what changed, and nothing else: as the real one, unlike other fakes."""

    def poll(self) -> News:
        told = News(any(each.changed for each in self.news), any(each.live for each in self.news))
        self.news.clear()
        return told


class World:
    """What happens while somebody looks, by the dice.

    Args:
        feed: what tells of it.
        seed: of the dice.
    """

    def __init__(self, feed: TellingFeed, seed: int) -> None:
        self.feed, self._dice = feed, random.Random(seed)

    def key(self) -> str:
        """Return the key that is pressed next, often none."""
        return self._dice.choice(KEYS) if self._dice.random() < 0.4 else ""

    def change(self) -> None:
        """Let something happen that the feed tells of."""
        self._dice.choice((self._grow, self._grow, self._grow, self._end, self._save, self._job))()

    def _any(self) -> Visualize:
        layer = self._dice.choice(("conv5_3", "conv5_3", "conv5_2"))
        return task(self._dice.randrange(40), self._dice.choice((DRAFT, CRISP)), layer)

    def _grow(self) -> None:
        those = [self._any() for _ in range(self._dice.randrange(1, 4))]
        frames = [frame(of, steps=self._dice.randrange(1, 64), side=8) for of in those]
        self.feed.live = Live(frames=frames, step=1, steps=64)
        self.feed.news.append(News(live=True))

    def _end(self) -> None:
        self.feed.live = Live(activity="idle")
        self.feed.news.append(News(live=True))

    def _save(self) -> None:
        of = self._any()
        path = self.feed.files[of] = save(self.feed.gallery, of, side=8)
        if self._dice.random() < 0.3:
            path.write_bytes(b"no picture")
        self.feed.news.append(News(changed=True))

    def _job(self) -> None:
        state = self._dice.choice(("queued", "running", "done", "failed", "cancelled"))
        self.feed.put_job(self._any(), state)
        self.feed.news.append(News(changed=True))


def shown(screen: ExploreScreen) -> dict[int, GridItem]:
    """What stands on the screen, by its positions."""
    tiles = screen.tiles
    return dict(tiles._tiles if tiles is screen.grid else tiles._rows)


def asked_anew(screen: ExploreScreen) -> dict[int, GridItem]:
    """What would stand there if nothing were remembered but the frames that there were."""
    kept = screen.source = screen.channels
    screen.source = fresh = ChannelSource(screen.feed, kept.tasks, kept._pictures)
    fresh._frames = kept._frames
    found = {position: screen.tile(position) for position in screen.tiles.in_view}
    screen.source = kept
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_shown_is_what_would_be_found_anew(tmp_path, seed):
    world = World(TellingFeed(gallery=tmp_path), seed)
    app = ExplorerApp(world.feed)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = explore(pilot)
        await until(pilot, lambda: not screen.busy)
        for _ in range(EVENTS):
            world.change()
            if key := world.key():
                await pilot.press(key)
            screen.poll()
            await until(pilot, lambda: not screen.busy)
            assert shown(screen) == asked_anew(screen)


async def test_of_what_did_not_grow_nothing_is_asked_again(app, feed, monkeypatch):
    asked = []
    ask = ChannelSource._item
    monkeypatch.setattr(ChannelSource, "_item", lambda of, n: asked.append(n) or ask(of, n))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: not explore(pilot).busy and explore(pilot).is_ready)
        for channels in ([1], [1, 2], [2], []):
            feed.live = Live(frames=[frame(task(each)) for each in channels])
            feed.news = [News(live=True), *[News()] * 9]
            asked.clear()
            explore(pilot).poll()
            assert set(asked) <= {1, 2}
            assert set(channels) <= set(asked)
