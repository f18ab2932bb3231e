"""The one exception type for what a user can cause and mend."""


class UserError(Exception):
    """A sentence for the user that names the thing and the remedy.

    Raised wherever input is judged, caught in one place for the commands
    (:mod:`convscope.tui.commands.main`), in one for the worker and in one for the explorer.

    Args:
        sentence: what is shown.
        about: the setting whose value cannot be used, such as ``device``, where it is one. Whoever
            knows that the value was not typed can then say where it stands.
    """

    def __init__(self, sentence: str, *, about: str = "") -> None:
        super().__init__(sentence)
        self.about = about
