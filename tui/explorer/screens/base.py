"""What the screens that fill the terminal have in common: header, footer, a look at the world."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import ended_phrase
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.gpu_words import workers_gpu_words
from convscope.tui.explorer.keymap import Pane, bindings, first_keys, opening, symbol, table_of
from convscope.tui.explorer.messages import RowOpened
from convscope.tui.explorer.phrases import (
    advice_phrases,
    failed_phrase,
    no_action_phrase,
    stopped_phrases,
)
from convscope.tui.explorer.terminal.screens import AsLeft
from convscope.tui.explorer.terminal.toasts import Toasts
from convscope.tui.explorer.widgets.footer import Footer
from convscope.tui.explorer.widgets.header import Header

if TYPE_CHECKING:
    from convscope.tui.explorer.palette import Command

POLL = 0.25
"""Seconds between two looks at the world: as often as the worker shows a frame."""
HEIGHTS = [(0, "-flat"), (9, "-high")]
"""Below nine lines header and footer make room."""
HOME_SCREEN = "explore"
"""The screen that is always there; of the others one at a time lies on it."""

Over = TypeVar("Over", bound=Screen[Any])


class Home(Protocol):
    """What the other screens ask of the one they lie on."""

    def look_at(self, task: Visualize, origin: str) -> None:
        """Choose a task's network and channel, and show it as its recipe makes it.

        Args:
            task: what to look at.
            origin: the name of the screen to go back to.
        """

    def jump_target(self, text: str) -> str:
        """Return the layer or channel that a text names, as one types it; '' for none."""


class Screens(Protocol):
    """What a screen asks of the app."""

    def ensure_screen(self, name: str) -> None:
        """Have a screen ready under its name."""

    def next_theme(self) -> str:
        """Change to another theme, and return its name."""

    def announce(self, text: str) -> None:
        """Ring, or notify the desktop, as the person has set it."""


def kept(app: App[Any], name: str, make: Callable[[], Over]) -> Over:
    """Return a screen that lies over others; made once: to make it takes longer than to show it."""
    if not app.is_screen_installed(name):
        app.install_screen(make(), name)
    return cast(Over, app.get_screen(name))


class FullScreen(AsLeft, Screen[None]):
    """Polls the feed while it is on top, and turns what comes back into header and toasts.

    The app keeps each screen under its :attr:`NAME`, so that coming back finds it
    as it was left. A subclass composes :attr:`header` and :attr:`footer`, and overrides
    :meth:`follow`.

    Args:
        feed: the door to the world.
        subject: what the header says the screen is about, besides its name.
    """

    NAME: ClassVar[str]
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.EVERYWHERE)

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, which paints the whole screen anew whenever the keys go elsewhere."""
    pane: Pane
    """The pane that has the keys."""
    comes_back = False
    """Whether it is about to be shown as it was left, whatever came meanwhile."""
    undo_escape: Callable[[], object] | None = None
    """Takes back what escape has done, where it was a part of another key."""

    def __init__(self, feed: Feed, subject: str = "") -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = HEIGHTS
        self.feed = feed
        self.toasts = Toasts(self.app)
        self.header = Header(self.NAME, subject)
        self.footer = Footer()
        self._begun = False
        self._then = ""
        """An action that waits until the screen is ready."""

    def follow(self, *, changed: bool, live: bool) -> None:
        """Show the world as the last poll found it.

        Args:
            changed: whether queue or gallery are not what they were.
            live: whether what the worker shows is not.
        """
        raise NotImplementedError

    @property
    def is_ready(self) -> bool:
        """Whether it shows what there is, so that something can be done with it."""
        return self._begun

    # ---- the world -------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Look at the world several times a second; the empty frame first: it is there at once."""
        self.call_after_refresh(self._begin)

    def on_screen_resume(self) -> None:
        """Catch up: what changed meanwhile was told to the screen on top."""
        if self._begun:
            self.poll(changed=True)

    def on_screen_suspend(self) -> None:
        """Let the answer to an earlier key not cover what is shown now."""
        self.toasts.dismiss()

    def _begin(self) -> None:
        self._begun = True
        self.poll(changed=True)
        self.set_interval(POLL, self._tick)

    def _tick(self) -> None:
        # Help and forms may lie above; but news come once, and belong to the screen that is seen.
        full = [screen for screen in self.app.screen_stack if isinstance(screen, FullScreen)]
        if full[-1:] == [self]:
            self.poll()

    def poll(self, *, changed: bool = False) -> None:
        """Look at the world now.

        Args:
            changed: whether to draw anew even what did not change since the last poll.
        """
        feed, news = self.feed, self.feed.poll()
        if news.failed:
            self.toasts.wrong(failed_phrase(news.failed[0], len(news.failed)))
        if news.ended:
            said = ended_phrase(news.ended)
            self.toasts.report(said)
            cast(Screens, self.app).announce(said)
        for trouble in news.troubles:
            self.toasts.wrong(trouble)
        if feed.worker_stopped:
            self.header.advise(*stopped_phrases(self.start_key))
        else:
            self.header.advise(*advice_phrases(feed.advice))
        self.header.tell_paused(is_paused=feed.batches.paused)
        self.header.show(
            feed.counts,
            feed.live,
            workers_gpu_words(feed),
            runs=feed.worker_runs,
            starts=feed.worker_starts,
        )
        self.follow(changed=changed or news.changed, live=news.live)
        if self._then and self.is_ready:
            then, self._then = self._then, ""
            self.call_later(self.run_action, then)

    @property
    def start_key(self) -> str:
        """The key that starts the worker."""
        return first_keys(table_of(self.app))["worker.start"]

    # ---- keys that count on each of them ---------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Answer a letter that does nothing; keys that do something do not come here.

        Escape and a letter that is typed soon behind it arrive as one key with ``alt``.
        """
        if event.is_printable and not event.key.startswith("alt+"):
            help_key = first_keys(table_of(self.app))["help"]
            self.toasts.tell(no_action_phrase(symbol(event.key), help_key))

    @on(RowOpened)
    async def _row_opened(self) -> None:
        """Do what enter does."""
        await self.run_action(opening(self.pane))

    def action_show(self, name: str) -> None:
        """Go to another screen by its name."""
        if name == self.NAME:
            return
        cast(Screens, self.app).ensure_screen(name)
        if name == HOME_SCREEN:
            self.app.pop_screen()
        elif self.NAME == HOME_SCREEN:
            self.app.push_screen(name)
        else:
            self.app.switch_screen(name)

    def go_look(self, task: Visualize) -> None:
        """Go to the explore screen, with a channel chosen there."""
        home = cast(Home, self.app.screen_stack[0])
        self.action_show(HOME_SCREEN)
        home.look_at(task, self.NAME)

    def action_help(self) -> None:
        """Show all keys, those of this pane first."""
        from convscope.tui.explorer.screens.help import HelpScreen  # noqa: PLC0415  not for the first frame

        kept(self.app, "help", HelpScreen).open(self.pane)

    def action_palette(self) -> None:
        """Find something that can be done by its name, and do it."""
        from convscope.tui.explorer.screens.palette import PaletteScreen  # noqa: PLC0415  see above

        home = cast(Home, self.app.screen_stack[0])
        kept(self.app, "palette", PaletteScreen).open(self.pane, self.run_command, home.jump_target)

    async def run_command(self, command: "Command | None") -> None:
        """Do something on the screen where it is done."""
        if command is None:
            return
        if command.screen and command.screen != self.NAME:
            self.action_show(command.screen)
        await cast(FullScreen, self.app.screen).do(command.row.action)

    async def do(self, action: str) -> None:
        """Do something, but not before the screen has seen the world for the first time."""
        if self.is_ready:
            await self.run_action(action)
        else:
            self._then = action

    def action_start_worker(self) -> None:
        """Start the worker, also where it was stopped."""
        if self.feed.worker_runs:
            self.toasts.tell("the worker is already running")
            return
        self.feed.start_worker()
        self.poll()
        if self.feed.worker_starts:
            self.toasts.tell("starting the worker")

    def action_theme(self) -> None:
        """Change to the next theme, until convscope is left."""
        name = cast(Screens, self.app).next_theme()
        self.toasts.tell(f'theme {name}, for now; theme = "{name}" in the config file keeps it')

    def action_quit(self) -> None:
        """Leave; the worker goes on."""
        self.app.exit()
