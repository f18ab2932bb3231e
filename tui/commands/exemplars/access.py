"""How the commands find indexes, and what a shell offers for their names."""

import click
from click.shell_completion import CompletionItem

from convscope.core.exemplars.folders import index_names
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder


def complete_indexes(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer the indexes that begin so."""
    try:
        names = index_names(state_folder())
    except UserError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(word)]


name_option = click.option(
    "--name",
    metavar="NAME",
    default="",
    help="Name of the index; needed if there are several.",
    shell_complete=complete_indexes,
)
