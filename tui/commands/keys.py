"""``convscope keys``: every key of the explorer, as the user has it."""

import click

from convscope.core.system.config import ConfigFile
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import json_option
from convscope.tui.commands.settings import mistakes
from convscope.tui.start import key_blocks, key_table


@click.command(cls=Configured, says_mistakes=False)
@json_option
@click.pass_obj
def keys(file: ConfigFile, as_json: bool) -> None:
    """List the explorer's keys, with their names for the config file.

    \b
    The names in the last column change them in the config file:
      [keys]
      "queue.channel" = "w"
      "filter.next" = ["ctrl+n", "ctrl+f"]

    In the explorer, ? shows the keys of where you are.
    """  # noqa: D301  click wants the character itself
    rows, file = key_table(file)
    for sentence in mistakes(file):
        note(sentence)
    blocks = [block for block in key_blocks(rows) if block.rows]
    if as_json:
        say_json(
            {
                "keys": [
                    {"name": row.id, "where": block.title, "keys": row.written, "help": row.help}
                    for block in blocks
                    for row in block.rows
                ]
            }
        )
        return
    cells = [(" ".join(row.written), row.help, row.id) for block in blocks for row in block.rows]
    lines = iter(table(cells, "lll").splitlines())
    for at, block in enumerate(blocks):
        click.secho(("\n" if at else "") + block.title, bold=True)
        for _ in block.rows:
            click.echo(f"  {next(lines)}")
