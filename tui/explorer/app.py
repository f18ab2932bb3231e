"""The app: it puts feed, selection and screens together, and says goodbye."""

import asyncio
import gc
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from textual import events
from textual.app import App

from core.catalog.models import VGG16
from core.runner.keeper import WorkerKeeper
from tui.explorer.feed import Feed
from tui.explorer.keymap import KEYS, Table
from tui.explorer.local import LocalFeed
from tui.explorer.painter import Painter
from tui.explorer.phrases import closing_line
from tui.explorer.remapping import textual_keymap
from tui.explorer.screens.base import GROUND, FullScreen
from tui.explorer.screens.explore import ExploreScreen
from tui.explorer.selection import Selection
from tui.explorer.session import Session, SessionKeeper, load_session
from tui.explorer.split_keys import SplitKeys
from tui.explorer.theme import DARK, LIGHT
from tui.explorer.toasts import Toasts

NOTE_SECONDS = 1.0
"""Between two looks whether the session changed."""


class ExplorerApp(App[None]):
    """The explorer over any feed.

    Args:
        feed: the door to the world; the caller closes it.
        keys: the table that all screens go by.
        mistakes: sentences about the config file, to be told at the start.
        session: where to go on.
        note_session: told where the person is, as it changes.
    """

    TITLE = "convscope"
    CSS_PATH = "styles/explorer.tcss"
    ENABLE_COMMAND_PALETTE = False  # ours is made from the key map

    def __init__(
        self,
        feed: Feed,
        keys: Table = KEYS,
        mistakes: Sequence[str] = (),
        session: Session | None = None,
        note_session: Callable[[Session], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._feed = feed
        self._session, self._note_session = session, note_session
        self._split_keys = SplitKeys(time.monotonic)
        self.shown: str = GROUND
        """Name of the screen that was seen last."""
        self._mistakes = mistakes
        self.key_table = keys
        self.set_keymap(textual_keymap(keys))
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        # Setting it as usual reads all style sheets a second time: 30 ms of the first frame.
        self.set_reactive(App.theme, DARK.name)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> ExploreScreen:
        """The explore screen is the ground that others are pushed on."""
        ground = ExploreScreen(self._feed, Selection(VGG16), self._painter())
        if self._session is not None:
            ground.restore(self._session)
        self.ground = ground
        return ground

    async def on_event(self, event: events.Event) -> None:
        """Put keys together that a slow line tore apart."""
        if isinstance(event, events.Key):
            meant = self._split_keys.seen(event.key)
            if meant is None:
                return
            if meant != event.key:
                event = events.Key(meant, None)
        await super().on_event(event)

    @property
    def last_session(self) -> Session:
        """Where the person is, or was when the app ended."""
        return self.ground.session(self.shown)

    def _note(self) -> None:
        full = [screen.NAME for screen in self.screen_stack if isinstance(screen, FullScreen)]
        self.shown = full[-1] if full else GROUND
        self._note_session(self.last_session)

    def ensure_screen(self, name: str) -> None:
        """Make a screen when it is asked for first; its code is not for the first frame."""
        if name == GROUND or self.is_screen_installed(name):
            return
        from tui.explorer.screens.gallery import GalleryScreen  # noqa: PLC0415
        from tui.explorer.screens.queue import QueueScreen  # noqa: PLC0415

        made: dict[str, Callable[[], FullScreen]] = {
            "queue": lambda: QueueScreen(self._feed),
            "gallery": lambda: GalleryScreen(self._feed, self._painter()),
        }
        self.install_screen(made[name](), name)

    def _painter(self) -> Painter:
        return Painter(palette_only=self.console.color_system == "256")

    @property
    def failure(self) -> Exception | None:
        """What went wrong that should not, if anything did."""
        return self._exception

    def action_help_quit(self) -> None:
        """Answer ctrl+c, which people press to leave other programs."""
        self.notify("q leaves; queued work goes on", markup=False)

    def _handle_exception(self, error: Exception) -> None:
        """Leave in good order after a mistake of ours, without Textual's traceback.

        Whoever runs the app finds the :attr:`failure`, and has one place for sentences and logs.
        """
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.exit(return_code=1)
        self._close_messages_no_wait()  # a broken app may not come to handle the exit

    def on_mount(self) -> None:
        """Leave in good order when asked to by a signal; settle down after the first frame."""
        self.call_after_refresh(_collect_garbage_from_now_on)
        if self._mistakes:  # they were printed too, where nobody sees them until the end
            more = " (convscope doctor lists all)" if len(self._mistakes) > 1 else ""
            Toasts(self).wrong(self._mistakes[0] + more)
        if self._session is not None and self._session.screen != GROUND:
            self.call_after_refresh(self.ground.action_show, self._session.screen)
        self.set_interval(NOTE_SECONDS, self._note)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))


def run_explorer(
    gallery: Path,
    state: Path,
    *,
    device: str = "auto",
    keys: Table = KEYS,
    mistakes: Sequence[str] = (),
) -> int:
    """Open the explorer and stay until the person leaves; then print the closing line.

    Args:
        gallery: the folder of the pictures.
        state: the folder of queue and live frames.
        device: for the worker, if one is to be started.
        keys: the user's table of keys.
        mistakes: sentences about the config file.

    Returns:
        The exit code.

    Raises:
        UserError: the queue cannot be opened.
        Exception: whatever ended the app before its time.
    """
    _die_with_the_terminal()
    feed = LocalFeed(state, gallery, WorkerKeeper(state, device, time.monotonic), time.monotonic)
    keeper = SessionKeeper(state, time.monotonic)
    app = ExplorerApp(feed, keys, mistakes, load_session(state), keeper.note)
    try:
        app.run()
        keeper.close(app.last_session)
        if app.failure is not None:
            raise app.failure
        feed.poll()
        works = feed.worker_runs or feed.worker_starts
        print(closing_line(feed.counts, gallery, worker_runs=works))
    finally:
        feed.close()
    return app.return_code or 0


def _collect_garbage_from_now_on() -> None:
    """Turn on the collector, which was off for the start, and let it leave alone what stays."""
    gc.freeze()
    gc.enable()


def _die_with_the_terminal() -> None:
    """Let a hang-up end the process at once.

    Unwinding instead can wait for ever: Textual's writer has nowhere left to write to, and its
    queue fills. Nothing needs to be put in order: requests are on disk, and wishes run out.
    """
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
