"""``convscope exemplars list``: which indexes there are, and what is missing in one."""

import os
from contextlib import closing

import click

from convscope.core.exemplars.folders import index_names
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.scan import Skipped, names_of
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.commands.exemplars.access import complete_indexes
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import json_option

HEADER = ("index", "photos", "left", "missing", "layers", "network", "folder")


@click.command("list")
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_indexes)
@json_option
def listing(name: str | None, as_json: bool) -> None:
    """List all indexes; with a NAME, also each file that is missing from it, and why.

    Missing files are those that were perhaps meant to be in it: broken photos, pipes, empty files.
    """
    state = state_folder()
    documents, rows, missing = [], [], list[Skipped]()
    for each in [name] if name else index_names(state):
        try:
            with closing(open_index(state, each)) as index:
                documents.append(_document(index, whole=bool(name)))
                rows.append(_row(index))
                missing = index.missing() if name else []
        except UserError as error:
            if name:
                raise
            note(str(error))
    if as_json:
        say_json({"indexes": documents})
    elif not rows:
        click.echo("There is no index yet; convscope exemplars add FOLDER makes one.")
    else:
        click.echo(table([HEADER, *rows], "lrrrrll"))
        for line in names_of(missing):
            click.echo(f"  {line}")


def _row(index: ExemplarIndex) -> tuple[str, ...]:
    facts, counts = index.facts, index.counts()
    return (
        printable(index.name),
        f"{counts.done:,}",
        f"{counts.pending:,}",
        f"{len(index.missing()):,}",
        str(len(facts.layers)),
        printable(facts.subject.title),
        printable(facts.path, 1000),
    )


def _document(index: ExemplarIndex, *, whole: bool) -> dict[str, object]:
    facts, counts, missing = index.facts, index.counts(), index.missing()
    found: dict[str, object] = {
        "name": index.name,
        "folder": str(facts.path),
        "model": facts.subject.model,
        "weights": facts.subject.weights.name,
        "normalize": facts.subject.normalization or facts.subject.weights.usual_normalization,
        "layers": [layer.name for layer in facts.layers],
        "channels": facts.channels,
        "photos": counts.done,
        "left": counts.pending,
        "gone": counts.gone,
        "missing": len(missing),
        "path": str(index.folder),
    }
    if whole:
        found["missing"] = [
            {"file": str(facts.path / os.fsdecode(each.name)), "why": each.why} for each in missing
        ]
    return found
