"""The one exception type for what a user can cause and mend."""


class UserError(Exception):
    """A sentence for the user that names the thing and the remedy.

    Raised wherever input is judged, caught in one place for the commands
    (:mod:`tui.commands.main`), in one for the worker and in one for the explorer.
    """
