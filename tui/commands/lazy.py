"""A command group that imports a subcommand only when it is called."""

import importlib
from dataclasses import dataclass
from typing import Any

import click
from click.shell_completion import CompletionItem

from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest


@dataclass(frozen=True)
class LazyCommand:
    """Where a subcommand is defined, and what the list of commands says about it."""

    module: str
    name: str
    summary: str


class LazyGroup(click.Group):
    """A group whose help needs no subcommand's module.

    Args:
        lazy: the subcommands by name, in the order the help lists them.
        settings: what click.Group takes.
    """

    def __init__(self, *, lazy: dict[str, LazyCommand], **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the subcommands."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        found = self._lazy.get(cmd_name)
        if found is None:
            return None
        command = getattr(importlib.import_module(found.module), found.name)
        assert isinstance(command, click.Command)
        return command

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
        """Offer the subcommands to a shell without importing them, or the group's options."""
        names = [
            CompletionItem(name, help=command.summary)
            for name, command in self._lazy.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in self._lazy.items()])
