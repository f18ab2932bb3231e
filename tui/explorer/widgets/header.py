"""The line at the top: what is looked at, on which device, how the queue stands."""

from textual.content import Content
from textual.widget import Widget

from convscope.core.runner.live import Live
from convscope.core.system.text import printable
from convscope.tui.batch_words import duration
from convscope.tui.explorer.feed import ACTIVITIES, Counts
from convscope.tui.explorer.marks import QUIET, Stage, ink

GAP = 2
"""Cells at least between what stands at the left and at the right."""


class Header(Widget):
    """One line; on a narrow screen the device is said in fewer words."""

    def __init__(self, subject: str) -> None:
        super().__init__(id="header")
        self._subject = printable(subject, 120)
        self._state: tuple[Counts, Live, bool, bool] = (Counts(), Live(), False, False)
        self._advice: tuple[str, ...] = ()

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

    def show(self, counts: Counts, live: Live, *, runs: bool, starts: bool) -> None:
        """Show the queue and the worker; frames play no part."""
        state = (counts, _without_frames(live), runs, starts)
        if state != self._state:
            self._state = state
            self.refresh()

    def render(self) -> Content:
        """Fit the line into the width: the device goes first, then words, then the name.

        A warning stays as long as anything does, and in full words as long as it can.
        """
        width = self.size.width
        name = Content.styled(" convscope ", "$text-primary bold")
        left = name + Content(f"{self._subject} ")
        counts, signs = self._counts(words=True), self._counts(words=False)
        middles, none, time_left = self._middle(), Content(""), self._time_left()
        around = [
            (left, counts + time_left),
            (left, counts),
            (left, signs + time_left),
            (left, signs),
        ]
        if self._advice:
            around.append((name, signs))
            lines = [(before, middle, after) for middle in middles for before, after in around]
            lines += [(name, middle, none) for middle in middles]
        else:
            lines = [(before, middle, after) for before, after in around for middle in middles]
        for before, middle, after in (*lines, (name, none, signs)):
            room = width - before.cell_length - middle.cell_length - after.cell_length
            if room >= GAP:
                return Content.assemble(before, middle, " " * room, after)
        return signs

    def _middle(self) -> list[Content]:
        """What stands between the name and the counts, in ever fewer words."""
        if not self._advice:
            return [Content.styled(f"  {text}" if text else "", QUIET) for text in self._device()]
        return [Content.styled(f"  ⚠ {text}", ink("warning")) for text in self._advice]

    def _device(self) -> list[str]:
        """The worker's device, in ever fewer words."""
        _, live, runs, starts = self._state
        if not runs:
            return ["a worker is starting" if starts else "no worker is running", ""]
        activity = live.activity if live.activity in ACTIVITIES else ""
        parts = (live.device, live.precision, live.memory, activity)
        safe = [printable(part, 32) for part in parts]
        shorter = ([part for part in safe[:count] if part] for count in (4, 3, 2, 1, 0))
        return list(dict.fromkeys(" · ".join(part) for part in shorter))

    def _counts(self, *, words: bool) -> Content:
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
        return Content("  ").join([*written, Content("")])

    def _time_left(self) -> Content:
        """How long the whole queue will take, where that is known."""
        seconds = self._state[0].seconds_left
        return Content.styled(f"{duration(seconds)} left  ", QUIET) if seconds else Content("")


def _without_frames(live: Live) -> Live:
    return Live(
        device=live.device, precision=live.precision, memory=live.memory, activity=live.activity
    )
