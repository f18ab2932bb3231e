"""The one exception type for what a user can cause and put right."""


class UserError(Exception):
    """A sentence for the user that names the thing and the remedy.

    Raised wherever input is checked, caught in one place for the commands
    (:mod:`convscope.tui.commands.main`), in one for the worker and in one for the explorer.

    Args:
        sentence: what is shown.
        about: the setting whose value cannot be used, such as ``device``, if it is one. Where the
            value was not typed, its place in the config file can then be named.
    """

    def __init__(self, sentence: str, *, about: str = "") -> None:
        super().__init__(sentence)
        self.about = about
