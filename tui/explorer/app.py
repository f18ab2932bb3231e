"""The app: it puts feed, selection and screens together, and says goodbye."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.widgets import Input

from convscope.core.catalog.subjects import Subject
from convscope.core.gallery.atlas.reader import Atlas
from convscope.core.runner.keeper import WorkerKeeper
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import KEYS, Pane, Table, bindings
from convscope.tui.explorer.local import LocalFeed
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.pictures import LARGE_SIDE, LARGEST_SIDE, Pictures
from convscope.tui.explorer.pace import PaintPace
from convscope.tui.explorer.phrases import closing_line
from convscope.tui.explorer.remapping import textual_keymap
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import HOME_SCREEN, FullScreen
from convscope.tui.explorer.screens.explore import ExploreScreen
from convscope.tui.explorer.session import Session, SessionKeeper
from convscope.tui.explorer.split_keys import SplitKeys
from convscope.tui.explorer.terminal.app import TerminalApp
from convscope.tui.explorer.terminal.key_order import press
from convscope.tui.explorer.terminal.toasts import Toasts
from convscope.tui.explorer.theme import DARK, all_themes
from convscope.tui.explorer.widgets.one_of import OneOf
from convscope.tui.looks import KITTY, Looks
from convscope.tui.sequences import notice

if TYPE_CHECKING:
    from convscope.tui.explorer.render.pixels import Pixels

NOTE_SECONDS = 1.0
"""Between two looks whether the session changed."""


class ExplorerApp(TerminalApp):
    """The explorer over any feed.

    Args:
        feed: the door to the world; the caller closes it.
        keys: the table that all screens go by.
        mistakes: sentences about the config file, to be told at the start.
        session: where to go on.
        note_session: told where the person is, as it changes.
        subject: what to look into; by default what was looked into last.
        looks: what the person set for this terminal.
    """

    TITLE = "convscope"
    CSS_PATH = "styles/explorer.tcss"
    ENABLE_COMMAND_PALETTE = False  # ours is made from the key map
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.ALWAYS)

    def __init__(
        self,
        feed: Feed,
        keys: Table = KEYS,
        mistakes: Sequence[str] = (),
        session: Session | None = None,
        note_session: Callable[[Session], None] = lambda _: None,
        *,
        subject: Subject | None = None,
        looks: Looks = Looks(),  # noqa: B008  it is frozen
    ) -> None:
        if os.environ.get("NO_COLOR") == "":
            del os.environ["NO_COLOR"]  # empty it asks for nothing (no-color.org), but not Textual
        super().__init__()
        self._feed = feed
        self._session, self._note_session, self._subject = session, note_session, subject
        self._split_keys = SplitKeys(time.monotonic)
        self._notify = looks.notify
        self.shown: str = HOME_SCREEN
        """Name of the screen that was seen last."""
        self._mistakes = mistakes
        self.key_table = keys
        self.set_keymap(textual_keymap(keys))
        self._painter = Painter(
            palette_only=self.console.color_system != "truecolor",
            low_bandwidth=looks.low_bandwidth,
            pixels=self._pixels(looks),
        )
        self._pictures = Pictures(LARGE_SIDE if self._painter.pixels is None else LARGEST_SIDE)
        self._pace = PaintPace(self, self._save_bandwidth, time.monotonic)
        self._themes = all_themes(looks.themes)
        for theme in self._themes.values():
            self.register_theme(theme)
        # Setting it as usual reads all style sheets a second time: 30 ms of the first frame.
        self.set_reactive(App.theme, self._themes.get(looks.theme, DARK).name)
        self.stylesheet.set_variables(self.get_css_variables())
        if looks.low_bandwidth:
            self.animation_level = "none"

    def _pixels(self, looks: Looks) -> "Pixels | None":
        """Return what draws finished pictures in pixels, if it is asked for and can be."""
        system = self.console.color_system
        if looks.graphics != KITTY or self.no_color or system not in ("256", "truecolor"):
            return None
        from convscope.tui.explorer.render.pixels import Pixels  # noqa: PLC0415  few ask for it

        return Pixels(self.write, in_tmux="TMUX" in os.environ)

    def get_default_screen(self) -> ExploreScreen:
        """The explore screen is always there; others are pushed on it."""
        session, asked = self._session, self._subject
        subject = asked or (session.subject if session is not None else Subject())
        home = ExploreScreen(self._feed, NetworkHistory(subject), self._painter, self._pictures)
        if session is not None:
            home.restore(session)
        self.home = home
        return home

    async def on_event(self, event: events.Event) -> None:
        """Put keys together that a slow line tore apart, and take them one by one."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            meant = self._split_keys.seen(event.key)
            self._mind_escape(meant)
            if meant is not None:
                key = event if meant == event.key else events.Key(meant, None)
                await press(self, key, super().on_event, fields=(Input, OneOf))
            return
        await super().on_event(event)

    def _mind_escape(self, meant: str | None) -> None:
        """Let escape do nothing after all where it turns out to be a part of another key."""
        screen = self.screen
        if not isinstance(screen, FullScreen) or meant not in (None, "escape"):
            return
        undo, screen.undo_escape = screen.undo_escape, None
        if meant is None and undo is not None:
            undo()

    @property
    def last_session(self) -> Session:
        """Where the person is, or was when the app ended."""
        return self.home.session(self.shown)

    def _note(self) -> None:
        full = [screen.NAME for screen in self.screen_stack if isinstance(screen, FullScreen)]
        self.shown = full[-1] if full else HOME_SCREEN
        self._note_session(self.last_session)

    def ensure_screen(self, name: str) -> None:
        """Make a screen when it is asked for first; its code is not for the first frame."""
        if name == HOME_SCREEN or self.is_screen_installed(name):
            return
        from convscope.tui.explorer.screens.gallery import GalleryScreen  # noqa: PLC0415
        from convscope.tui.explorer.screens.queue import QueueScreen  # noqa: PLC0415

        made: dict[str, Callable[[], FullScreen]] = {
            "queue": lambda: QueueScreen(self._feed, self._painter, self._pictures),
            "gallery": lambda: GalleryScreen(self._feed, self._painter, self._pictures),
        }
        self.install_screen(made[name](), name)

    def next_theme(self) -> str:
        """Change to the next theme, and return the name that it has in the config file."""
        names = list(self._themes)
        shown = [theme.name for theme in self._themes.values()].index(self.theme)
        name = names[(shown + 1) % len(names)]
        self.theme = self._themes[name].name
        return name

    def announce(self, text: str) -> None:
        """Ring, or notify the desktop, as the person has set it."""
        self.write(notice(self._notify, text, os.environ))

    @property
    def low_bandwidth(self) -> bool:
        """Whether as little is to be drawn as can be."""
        return self._painter.low_bandwidth

    def post_display_hook(self) -> None:
        """Wait with the next frame until the terminal has taken this one."""
        if self.line is not None:
            self._pace.painted(self.line)

    def _save_bandwidth(self) -> None:
        """Draw less: a key waits for as long as the frame that is on its way."""
        if not self._painter.low_bandwidth:
            self._painter.low_bandwidth = True
            Toasts(self).tell("slow connection: growing pictures are half as large from now on")

    def action_suspend_process(self) -> None:
        """Give the terminal back to the shell until it wakes convscope; workers go on."""
        if self.line is not None:
            self.line.suspend()

    def action_help_quit(self) -> None:
        """Answer ctrl+c, which people press to leave other programs."""
        self.notify("q quits; queued work goes on", markup=False)

    def on_mount(self) -> None:
        """Leave in good order when asked to by a signal; settle down after the first frame."""
        self.call_after_refresh(_collect_garbage_from_now_on)
        if self.line is not None and self._painter.pixels is not None:
            self.line.on_leave = self._painter.pixels.suspend
            self.line.on_return = self._painter.pixels.resume
        if self._mistakes:  # they were printed too, where nobody sees them until the end
            more = " (convscope doctor lists all)" if len(self._mistakes) > 1 else ""
            Toasts(self).wrong(self._mistakes[0] + more)
        if self._session is not None and self._session.screen != HOME_SCREEN:
            self.home.action_show(self._session.screen)
        self.set_interval(NOTE_SECONDS, self._note)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))


def run_explorer(
    gallery: Path,
    state: Path,
    *,
    device: str = "auto",
    session: Session | None = None,
    subject: Subject | None = None,
    keys: Table = KEYS,
    mistakes: Sequence[str] = (),
    looks: Looks = Looks(),  # noqa: B008  it is frozen
) -> int:
    """Open the explorer and stay until the person leaves; then print the closing line.

    Args:
        gallery: the folder of the pictures.
        state: the folder of queue and live frames.
        device: for the worker, if one is to be started.
        session: where to go on.
        subject: what to look into; by default what was looked into last.
        keys: the user's table of keys.
        mistakes: sentences about the config file.
        looks: what the person set for this terminal.

    Returns:
        The exit code.

    Raises:
        UserError: the queue cannot be opened.
        Exception: whatever ended the app before its time.
    """
    _die_with_the_terminal()
    worker = WorkerKeeper(state, device, time.monotonic)
    atlas = Atlas() if looks.atlas else None
    feed = LocalFeed(state, gallery, worker, time.monotonic, looks.frame_seconds, atlas)
    keeper = SessionKeeper(state, time.monotonic)
    app = ExplorerApp(feed, keys, mistakes, session, keeper.note, subject=subject, looks=looks)
    try:
        app.run()
        keeper.close(app.last_session)
        if app.failure is not None:
            raise app.failure
        feed.poll()
        works, stopped = feed.worker_runs or feed.worker_starts, feed.worker_stopped
        print(closing_line(feed.counts, gallery, worker_runs=works, worker_stopped=stopped))
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

    That counts as well where hang-ups were ignored so far, as below ``nohup``: without a terminal
    the explorer is of no use, and its reader would be told for ever that the line is closed.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
