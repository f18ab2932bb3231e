"""A field in which one of a few words is chosen; all are seen where they fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from convscope.tui.explorer.marks import QUIET

_GAP = "  "


class OneOf(Widget, can_focus=True):
    """One line. The keys are those that move in a text field, and the words' first letters.

    Args:
        choices: the words.
        value: the one that is chosen.
        id: for the style sheet.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "choose(1)", show=False),
        Binding("left", "choose(-1)", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another word was chosen."""

        field: "OneOf"

        @property
        def control(self) -> "OneOf":
            """The field."""
            return self.field

    def __init__(self, choices: Sequence[str], value: str, *, id: str) -> None:
        super().__init__(id=id)
        self._choices = list(choices)
        self.value = value

    def action_choose(self, by: int) -> None:
        """Choose the next word or the one before."""
        at = self._choices.index(self.value) if self.value in self._choices else -1
        self._choose(self._choices[(at + by) % len(self._choices)])

    def offer(self, choices: Sequence[str]) -> None:
        """Let other words be chosen."""
        if list(choices) != self._choices:
            self._choices = list(choices)
            self.refresh()

    def show(self, value: str) -> None:
        """Choose a word without telling."""
        if value != self.value:
            self.value = value
            self.refresh()

    def _choose(self, value: str) -> None:
        if value != self.value:
            self.show(value)
            self.post_message(self.Changed(self))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a word begins with this letter."""
        return bool(self._alike(character))

    def _alike(self, character: str | None) -> list[str]:
        return [word for word in self._choices if word.startswith(character or " ")]

    def on_key(self, event: events.Key) -> None:
        """Choose the next word that begins with a letter."""
        if alike := self._alike(event.character):
            event.stop()
            at = alike.index(self.value) if self.value in alike else -1
            self._choose(alike[(at + 1) % len(alike)])

    def on_click(self, event: events.Click) -> None:
        """Choose the word under the mouse."""
        at = event.get_content_offset(self)
        start = 0
        for word in self._choices if self._fits else []:
            if at is not None and start <= at.x < start + len(word):
                self._choose(word)
            start += len(word) + len(_GAP)

    @property
    def _fits(self) -> bool:
        return len(_GAP.join(self._choices)) <= self.content_size.width

    def render(self) -> Content:
        """Write all words, the chosen one bright; in a narrow field that one only."""
        if not self._fits:
            return Content.styled(f"‹ {self.value} ›", self._ink)
        return Content(_GAP).join(
            Content.styled(word, self._ink if word == self.value else QUIET)
            for word in self._choices
        )

    @property
    def _ink(self) -> str:
        return "$text-primary bold reverse" if self.has_focus else "$text-primary bold"
