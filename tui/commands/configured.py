"""A command whose options get their defaults from the user's config file."""

from typing import Any

import click
from click.core import ParameterSource

from convscope.core.system.config import ConfigFile
from convscope.core.system.errors import UserError
from convscope.tui.commands.output import note
from convscope.tui.commands.settings import mistakes, read_settings

PARAMETERS = {
    "model": "model",
    "preset": "preset_name",
    "device": "device",
    "weights": "weights",
    "normalize": "normalize",
}
"""The parameter whose default each setting replaces. The gallery is not among them: there the
environment takes precedence over the file, see :mod:`convscope.core.system.folders`."""


class Configured(click.Command):
    """A command that reads the config file; ``--help`` shows the defaults as they are then.

    Args:
        says_mistakes: whether to say what is wrong with the file, before the work.
        settings: what click.Command takes.
    """

    def __init__(self, *, says_mistakes: bool = True, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        self._says_mistakes = says_mistakes

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, the file's settings in place of the options' own defaults."""
        file = ctx.obj = read_settings()
        ctx.default_map = {
            parameter: value
            for setting, parameter in PARAMETERS.items()
            if (value := getattr(file.config, setting)) is not None
        }
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  as click has it
        """Run the command.

        Raises:
            UserError: as the command does; if the file named what cannot be used, with its place.
        """
        assert isinstance(ctx.obj, ConfigFile)
        if self._says_mistakes:
            for sentence in mistakes(ctx.obj):
                note(sentence)
        try:
            return super().invoke(ctx)
        except UserError as error:
            if place := place_of(ctx, error.about):
                raise UserError(f"{place}: {error}") from error
            raise


def place_of(ctx: click.Context, setting: str) -> str:
    """Return the place of a setting in the config file; '' where its value is from elsewhere."""
    source = ctx.get_parameter_source(PARAMETERS.get(setting, ""))
    return ctx.obj.where(setting) if source is ParameterSource.DEFAULT_MAP else ""
