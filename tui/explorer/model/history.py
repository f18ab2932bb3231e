"""The networks that were looked into, each as it was left. Plain; no Textual."""

import msgspec

from convscope.core.ascent.recipes import Recipe
from convscope.core.catalog.subjects import Subject
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.session import ScreenName, Session

RECENT = 8
"""Networks that are remembered from one session to the next."""


class NetworkHistory:
    """The network that is shown, and those before it.

    Raises:
        UserError: there is no such network.
    """

    def __init__(self, subject: Subject) -> None:
        self.selection = Selection(subject)
        """What is chosen in the network that is shown."""
        self._selections = {subject: self.selection}
        """Those of all networks that were looked into since the start, the newest last."""
        self._earlier: list[Subject] = []
        """What was looked into before the start, the newest first."""

    @property
    def recent(self) -> list[Subject]:
        """What was looked into, the newest first."""
        return list(dict.fromkeys([*reversed(self._selections), *self._earlier]))[:RECENT]

    def find(self, subject: Subject) -> Selection:
        """Return a network as it was left, or with its deepest layer chosen.

        Raises:
            UserError: there is no such network.
        """
        return self._selections.get(subject) or Selection(subject)

    def place(self, task: Visualize) -> tuple[Selection, int]:
        """Return the network of a task, and the position of its layer.

        Raises:
            UserError: there is no such network, or no such layer in it.
        """
        wanted = Subject(task.model, task.weights, task.normalization)
        known = [self.selection, *self._selections.values()]
        like = (each for each in known if each.subject.is_like(wanted))
        try:
            selection = next(like, None) or Selection(wanted)
            names = [layer.name for layer in selection.layers]
            return selection, names.index(selection.network.layer(task.layer).name)
        except (UserError, ValueError):
            raise UserError(
                f"{printable(task.target, 80)} is of a network that is not known here"
            ) from None

    def show(self, selection: Selection) -> None:
        """Make a network the one that is shown."""
        self.selection = selection
        self._selections.pop(selection.subject, None)
        self._selections[selection.subject] = selection  # the newest is the last

    # ---- from one session to the next ------------------------------------------------------

    def session(self, recipe: Recipe, seed: int, screen: str) -> Session:
        """Return where the person is."""
        selection, subject = self.selection, self.selection.subject
        return Session(
            model=subject.model,
            weights=subject.weights,
            normalization=subject.normalization,
            labels=subject.labels,
            classes=subject.classes,
            recent=self.recent,
            layer=selection.layer.name,
            channels=selection.channels,
            recipe=recipe,
            seed=seed,
            screen=msgspec.convert(screen, ScreenName),
        )

    def restore(self, session: Session) -> None:
        """Go on where somebody left, if it is this network that they looked into."""
        self._earlier = session.recent
        selection = self.selection
        if session.subject != selection.subject:
            return
        for index, channel in enumerate(session.channels):
            if channel:
                selection.select_layer(index)
                selection.select_channel(channel)
        names = [layer.name for layer in selection.layers]
        selection.select_layer(names.index(session.layer))
