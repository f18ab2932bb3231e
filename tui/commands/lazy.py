"""A command group that imports a subcommand only when it is called."""

import pkgutil
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest

Commands = Mapping[str, tuple[str, str]]
"""By the name of each: its module and function below this package, as in ``queue.add:add``; and
what the list of commands says about it."""


class LazyGroup(click.Group):
    """A group whose help needs no subcommand's module.

    Args:
        lazy: the subcommands, in the order in which the help lists them.
        default: the one that is meant where the first word names none; '' for none.
        settings: what click.Group takes.
    """

    def __init__(self, *, lazy: Commands, default: str = "", **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        self._lazy = lazy
        self._default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the subcommands."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        if cmd_name not in self._lazy:
            return None
        place, _ = self._lazy[cmd_name]
        command = pkgutil.resolve_name(f"{__package__}.{place}")
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; those that name no subcommand are the default one's."""
        if self._default and args and args[0] not in (*self._lazy, *ctx.help_option_names):
            args = [self._default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand to run.

        Raises:
            UserError: there is none of that name; the sentence names the nearest.
        """
        name = args[0]
        if name not in self._lazy and not name.startswith("-") and not ctx.resilient_parsing:
            alike = nearest(name, self._lazy) or ", ".join(self._lazy)
            raise UserError(
                f"There is no command {name!r}; did you mean {alike}? "
                f"({ctx.command_path} --help lists them all)"
            )
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the subcommands to a shell without importing them, or the group's options.

        Of a default one, whatever its first argument may be is offered as well.
        """
        names = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in self._lazy.items()
            if name.startswith(incomplete)
        ]
        return [
            *names,
            *click.Command.shell_complete(self, ctx, incomplete),
            *self._complete_default(ctx, incomplete),
        ]

    def _complete_default(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        default = self.get_command(ctx, self._default)
        if default is None:
            return []
        first = next(each for each in default.params if isinstance(each, click.Argument))
        with default.make_context(self._default, [], ctx, resilient_parsing=True) as context:
            return first.shell_complete(context, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self._lazy.items()])


def run_default(context: click.Context, name: str, *, as_json: bool) -> int:
    """Run the subcommand that a group stands for when none is called.

    Raises:
        UserError: ``--json`` was written before the name of another.
    """
    if context.invoked_subcommand is None:
        assert isinstance(context.command, LazyGroup)
        default = context.command.get_command(context, name)
        assert default is not None
        context.invoke(default, as_json=as_json)
    elif as_json:
        raise UserError(f"Write --json after {context.invoked_subcommand}.")
    return 0
