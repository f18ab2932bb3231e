"""Tags and note of a channel, in two fields."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from convscope.core.gallery.annotations import (
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_TAGS,
    NOTHING,
    Annotation,
)
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.explorer.keymap import Pane, bindings, hints, table_of
from convscope.tui.explorer.screens.form import FormInput
from convscope.tui.explorer.terminal.backdrop import OverDimmed

TITLE_LIMIT = 40


@dataclass(frozen=True)
class AnnotationEdit:
    """What was changed in the form; the favourite stays as it is, and so does what others tag."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    note: str | None
    """``None`` where it was left as it was."""

    def change(self, known: Annotation) -> Annotation:
        """Return an annotation with the changes.

        Raises:
            UserError: what is typed cannot be.
        """
        known = known.tagged(self.add, self.remove)
        return known if self.note is None else known.noted(self.note)


class AnnotationScreen(OverDimmed, ModalScreen[AnnotationEdit | None]):
    """Shows what is noted of a channel, and hands back what was changed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.FORM)

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (26, "-narrow"), (44, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
        self._known, self._of = NOTHING, ""
        self._box = VerticalScroll(id="form", can_focus=False)
        self._tags = _field("tags", MOST_TAGS * (LONGEST_TAG + 1), "eyes, dogs")
        self._note = _field("note", LONGEST_NOTE)
        self._trouble = Static("", id="form-trouble", markup=False)

    def compose(self) -> ComposeResult:
        """A line for each."""
        with self._box:
            yield Label("tags")
            yield self._tags
            yield Label("note")
            yield self._note
            yield self._trouble

    def open(
        self, of: str, known: Annotation, then: Callable[[AnnotationEdit | None], None]
    ) -> None:
        """Show what is noted.

        Escape may be a part of another key: what was typed then is still there, where the same
        channel is noted again.

        Args:
            of: the channel.
            known: what is noted of it.
            then: is given what was changed, if something was.
        """
        if (of, known) != (self._of, self._known):
            self._of, self._known = of, known
            self._tags.value = ", ".join(known.tags)
            self._note.value = known.note
            for field in (self._tags, self._note):
                field.cursor_position = len(field.value)
        self._box.border_title = f"tags and note of {printable(of, TITLE_LIMIT)}"
        self._box.border_subtitle = " · ".join(
            f"{hint.keys} {hint.label}" for hint in hints(Pane.FORM, table_of(self.app))
        )
        self._trouble.display = False
        if self.is_mounted:
            self.set_focus(self._tags)
        self.app.push_screen(self, then)

    @property
    def _edit(self) -> AnnotationEdit:
        tags = tuple(self._tags.value.replace(",", " ").split())
        kept = {tag.casefold() for tag in tags}
        note = self._note.value
        return AnnotationEdit(
            add=tuple(tag for tag in tags if not self._known.has_tag(tag)),
            remove=tuple(tag for tag in self._known.tags if tag.casefold() not in kept),
            note=note if note != self._known.note else None,
        )

    def action_field(self, by: int) -> None:
        """Go to the other field."""
        self.set_focus(self._note if self.focused is self._tags else self._tags)

    def action_use(self) -> None:
        """Hand back what was changed; where it cannot be, say why instead."""
        try:
            self._edit.change(self._known)
        except UserError as error:
            self._trouble.update(str(error))
            self._trouble.display = True
            return
        edit, self._of = self._edit, ""  # the next time it begins with what is noted by then
        self.dismiss(edit)

    def action_close(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)


def _field(name: str, most: int, example: str = "") -> FormInput:
    made = FormInput("", example, max_length=most, compact=True, id=f"form-{name}")
    made.select_on_focus = False  # what is typed is added, as a rule
    made.cursor_blink = False  # each blink is sent, over whatever line there is
    return made
