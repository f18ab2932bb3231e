"""The line at the top: which screens there are, what is looked at, and how the queue stands."""

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from convscope.core.runner.live import Live
from convscope.core.system.text import printable
from convscope.tui.batch_words import duration
from convscope.tui.explorer.feed import ACTIVITIES, QueueCounts
from convscope.tui.explorer.keymap import Key, action_of, screen_name, screens, symbol, table_of
from convscope.tui.explorer.marks import PAUSED, QUIET, Stage, ink
from convscope.tui.explorer.widgets.clickable import clickable

_State = tuple[QueueCounts, Live, bool, bool, tuple[str, ...]]
GAP = 2
"""Cells at least between what stands at the left and at the right."""


class Header(Widget):
    """One line; on a narrow screen there is less of everything but the tabs.

    Args:
        screen: name of the screen that it is on.
        subject: what that is about, if it is not told by its name; need not be safe to print.
    """

    ALLOW_SELECT = False
    auto_links = False

    def __init__(self, screen: str, subject: str = "") -> None:
        super().__init__(id="header")
        self._screen_name = screen
        self._subject = printable(subject, 120)
        self._state: _State = (QueueCounts(), Live(), False, False, ())
        self._advice: tuple[str, ...] = ()
        self._is_paused = False

    def tell(self, subject: str) -> None:
        """Say what the screen is about; need not be safe to print."""
        self._subject = printable(subject, 120)
        self.refresh()

    def advise(self, *sentences: str) -> None:
        """Show what threatens the work, in place of the device; nothing when nothing does.

        Args:
            sentences: the same in ever fewer words, safe to print.
        """
        if sentences != self._advice:
            self._advice = sentences
            self.refresh()

    def tell_paused(self, *, is_paused: bool) -> None:
        """Show whether the whole queue is paused."""
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            self.refresh()

    def show(
        self, counts: QueueCounts, live: Live, gpu: Sequence[str] = (), *, runs: bool, starts: bool
    ) -> None:
        """Show the queue and the worker; frames play no part, and figures say more than memory."""
        state: _State = (counts, _without_frames(live), runs, starts, tuple(gpu))
        if state != self._state:
            self._state = state
            self.refresh()

    def render(self) -> Content:
        """Show as much as fits.

        Words go first that signs can stand for, then the device, then the names of other screens.
        A warning stays as long as anything does, and in full words as long as it can.
        """
        none, tabs, short = Content(""), self._tabs(words=True), self._tabs(words=False)
        named = Content.styled(" convscope ", "$text-primary bold") + tabs
        subject = Content(f" {self._subject} " if self._subject else "")
        brief = Content(f" {self._subject.partition(' · ')[0]} " if self._subject else "")
        counts, signs, time_left = self._counts(words=True), self._counts(words=False), self._time()
        around = [
            (named + subject, counts + time_left),
            (tabs + subject, counts + time_left),
            (tabs + subject, signs + time_left),
            (tabs + brief, signs + time_left),
        ]
        least = self._counts(words=False, names_pause=False)
        fewer = [(tabs + brief, signs), (tabs, signs), (short, signs), (short, least)]
        if self._advice:
            middles = [Content.styled(f" ⚠ {text}", ink("warning")) for text in self._advice]
            lines = [(left, each, right) for each in middles for left, right in around + fewer]
            lines += [(left, each, none) for each in middles for left in (short, none)]
        else:
            middles = [Content.styled(f" {text}", QUIET) for text in self._device()]
            lines = [(left, each, right) for left, right in around for each in middles]
            if self._state[-1]:  # figures of a GPU tell more than the words of counts
                lines.sort(key=lambda line: -line[1].cell_length)
            lines += [(left, none, right) for left, right in around + fewer]
        for left, middle, right in lines:
            gap = self.size.width - left.cell_length - middle.cell_length - right.cell_length
            if gap >= GAP:
                return Content.assemble(left, middle, " " * gap, right)
        return least

    def _tabs(self, *, words: bool) -> Content:
        """The screens and their keys; without words the one that is shown has its name alone."""
        return Content("").join(
            self._tab(row, has_word=words or screen_name(row) == self._screen_name)
            for row in screens(table_of(self.app))
        )

    def _tab(self, row: Key, *, has_word: bool) -> Content:
        name, key = screen_name(row), symbol(row.keys[0])
        word = f" {name.capitalize()} " if has_word else " "
        if name == self._screen_name:  # ink and ground change places: seen without colours as well
            return Content.styled(f" {key}{word}", "$text-primary bold reverse")
        tab = Content.assemble((f" {key}", "$text-primary bold"), (word, QUIET))
        return clickable(tab, action_of(row))

    def _device(self) -> list[str]:
        """The worker's device, in ever fewer words."""
        _, live, runs, starts, gpu = self._state
        if not runs:
            return ["a worker is starting" if starts else "no worker is running"]
        activity = live.activity if live.activity in ACTIVITIES else ""
        rest = (*gpu, live.precision) if gpu else (live.precision, live.memory)
        parts = (live.device, *rest, activity)
        safe = [printable(part, 32) for part in parts]
        shorter = ([part for part in safe[:count] if part] for count in range(len(safe), 0, -1))
        return list(dict.fromkeys(" · ".join(part) for part in shorter if part))

    def _counts(self, *, words: bool, names_pause: bool = True) -> Content:
        counts = self._state[0]
        parts = [
            (counts.queued, Stage.QUEUED.value, "queued"),
            (counts.running, Stage.MAKING.value, "running"),
            (counts.done, Stage.SAVED.value, "done"),
            (counts.failed, Stage.FAILED.value, "failed"),
        ]
        written = [
            Content.styled(
                f"{mark.sign} {number} {word}" if words else f"{mark.sign} {number}",
                ink(mark.tone if number else "muted"),
            )
            for number, mark, word in parts
        ]
        if self._is_paused:
            paused = f"{PAUSED.sign} {PAUSED.word}" if names_pause else PAUSED.sign
            written.insert(0, Content.styled(paused, ink(PAUSED.tone)))
        return clickable(Content("  ").join([*written, Content("")]), "screen.show('queue')")

    def _time(self) -> Content:
        """How long the whole queue will take, where that is known."""
        seconds = self._state[0].seconds_left
        return Content.styled(f"{duration(seconds)} left  ", QUIET) if seconds else Content("")


def _without_frames(live: Live) -> Live:
    return Live(
        device=live.device, precision=live.precision, memory=live.memory, activity=live.activity
    )
