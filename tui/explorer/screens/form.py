"""The recipe in fields that are checked as they are typed in."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from convscope.tui.explorer.keymap import Pane, bindings, first_keys, hints, table_of
from convscope.tui.explorer.recipe_form import CHOICES, FilledForm, Mistake, RecipeField, RecipeForm
from convscope.tui.explorer.terminal.backdrop import OverDimmed
from convscope.tui.explorer.terminal.toasts import Toasts
from convscope.tui.explorer.widgets.one_of import OneOf

_LONGEST = 40
"""Characters that a field takes; no number needs as many."""


class RecipeScreen(OverDimmed, ModalScreen[FilledForm | None]):
    """Shows a form, and hands back what it was filled in with.

    Args:
        form: what is shown first.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.FORM)

    def __init__(self, form: RecipeForm) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (26, "-narrow"), (44, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
        self._form = form
        self._box = VerticalScroll(id="form", can_focus=False)
        self._controls = {field: _control(form, field) for field in RecipeField}
        self._labels = {field: Label(field.value) for field in RecipeField}
        self._trouble = _Trouble(self._reveal)
        self._cost = Static("", id="form-cost", markup=False)

    def compose(self) -> ComposeResult:
        """A line for each field, and what a picture costs."""
        with self._box:
            for field, control in self._controls.items():
                yield self._labels[field]
                yield control
            yield self._trouble
            yield self._cost

    def open(self, form: RecipeForm, then: Callable[[FilledForm | None], None]) -> None:
        """Show a form.

        Args:
            form: keeps what is typed; given again, it is as it was left.
            then: is given what it was filled in with, if it was.
        """
        self._form = form
        self._box.border_title = "edit recipe · not used yet" if form.is_edited else "edit recipe"
        with self.prevent(Input.Changed):
            for field, control in self._controls.items():
                _show(control, form, field)
        if self.is_mounted:
            self._judge()
            self.set_focus(self._controls[RecipeField.PRESET])
        self.app.push_screen(self, then)

    def on_mount(self) -> None:
        """Say what is wrong with a form that was left so."""
        self._judge()

    def on_descendant_focus(self) -> None:
        """Name the keys that count in the field that has them."""
        keys = [f"{hint.keys} {hint.label}" for hint in hints(Pane.FORM, table_of(self.app))]
        if isinstance(self.focused, OneOf):
            keys = ["← → choose", *keys]
        self._box.border_subtitle = " · ".join(keys)

    # ---- what is typed ---------------------------------------------------------------------

    @on(Input.Changed)
    @on(OneOf.Changed)
    def _changed(self) -> None:
        self._read()
        self._judge()

    def _read(self) -> None:
        """Take over what stands in the fields now: a message about them may be behind the keys."""
        preset = self._controls[RecipeField.PRESET].value
        is_another = preset != self._form.text(RecipeField.PRESET)
        for field, control in self._controls.items():
            if field is RecipeField.PRESET or not is_another:
                self._form.type(field, control.value)
            else:  # what stood there was for the preset before
                _show(control, self._form, field)

    def _judge(self) -> None:
        """Show what is wrong, or what a picture costs."""
        found = self._form.check()
        shown = self._form.fields
        for field, control in self._controls.items():
            control.display = self._labels[field].display = field in shown
        wrong = found.field if isinstance(found, Mistake) else None
        if isinstance(found, Mistake):
            self._trouble.update(found.sentence)
            self._place_trouble(found.field)
        else:
            self._cost.update(f"a picture: {self._form.cost()}")
        self._trouble.display = wrong is not None
        self._cost.display = wrong is None
        for field, label in self._labels.items():
            label.set_class(field is wrong, "-wrong")

    def _place_trouble(self, field: RecipeField) -> None:
        """Say what is wrong in the place of the cost, where it moves no field.

        On a low screen it stands below its field: both are to be seen.
        """
        below = field if self.has_class("-low") else list(self._controls)[-1]
        self._box.move_child(self._trouble, after=self._controls[below])

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._judge)  # its place depends on the height

    def _reveal(self) -> None:
        """Keep the field and what is wrong with it on a low screen; the field, if only one fits."""
        found = self._form.check()
        if self.focused is None or not isinstance(found, Mistake):
            return
        both = self.focused.virtual_region
        if self.focused is self._controls[found.field]:
            both = both.union(self._trouble.virtual_region)
        is_too_high = both.height > self._box.scrollable_content_region.height
        self._box.scroll_to_region(both, top=is_too_high, animate=False)

    # ---- keys ------------------------------------------------------------------------------

    def action_field(self, by: int) -> None:
        """Go to the next field or the one before."""
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_use(self) -> None:
        """Hand the recipe back; where there is a mistake, go to it instead."""
        self._read()
        found = self._form.check()
        if isinstance(found, Mistake):
            self._judge()
            self.set_focus(self._controls[found.field])
        else:
            self.dismiss(found)

    def action_close(self) -> None:
        """Leave the recipe as it was, and the form as it is: escape may be a part of a key."""
        self._read()
        if self._form.is_edited:
            key = first_keys(table_of(self.app))["recipe.form"]
            Toasts(self.app).tell(f"recipe unchanged; {key} brings your edits back")
        self.dismiss(None)


class FormInput(Input):
    """A text field; the keys of the form come before those that a text field has by itself."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.FORM)


class _Choice(OneOf):
    """Words to choose from; likewise: in a low terminal the box would scroll by the arrows."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.FORM)


class _Trouble(Static):
    """What is wrong with a field.

    Args:
        shown: called when it is on the screen, or its height is another than before.
    """

    def __init__(self, shown: Callable[[], None]) -> None:
        super().__init__("", id="form-trouble", markup=False)
        self._shown = shown

    def on_resize(self) -> None:
        """Only now it is known where it is."""
        self._shown()


_Control = FormInput | OneOf


def _control(form: RecipeForm, field: RecipeField) -> _Control:
    name = f"form-{field.value}"
    if field in CHOICES:
        return _Choice(form.choices(field), form.text(field), id=name)
    made = FormInput(
        form.text(field),
        form.default(field),
        max_length=_LONGEST,
        compact=True,
        id=name,
    )
    made.cursor_blink = False  # each blink is sent, over whatever line there is
    return made


def _show(control: _Control, form: RecipeForm, field: RecipeField) -> None:
    if isinstance(control, OneOf):
        control.offer(form.choices(field))
        control.show(form.text(field))
        return
    control.placeholder = form.default(field)
    control.value = form.text(field)
    control.cursor_position = len(control.value)
