"""``convscope tag``: favourites, tags and notes of channels."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from convscope.core.catalog.targets import typed_targets
from convscope.core.gallery.annotation_index import all_annotations
from convscope.core.gallery.annotations import (
    NOTHING,
    Annotation,
    Channel,
    annotate,
    read_annotation,
)
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.documents import annotation_document
from convscope.tui.commands.options import typed_options
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import (
    gallery_option,
    json_option,
    targets_argument,
    with_subject_options,
)
from convscope.tui.commands.subjects import Choice, ChosenNetwork, choice_of

HEADER = ("target", "weights", "", "tags", "note")
FAVOURITE = "★"
NOTE_LIMIT = 200

Noted = Sequence[tuple[Channel, Annotation]]


@click.command(cls=Configured)
@targets_argument
@click.option("--add", "added", metavar="TAG", multiple=True, help="Add a tag; may be repeated.")
@click.option(
    "--remove", "removed", metavar="TAG", multiple=True, help="Remove a tag; may be repeated."
)
@click.option("--note", "text", metavar="TEXT", help="Replace the note; '' removes it.")
@click.option(
    "--favourite/--no-favourite", "favourite", default=None, help="Make it a favourite, or not."
)
@with_subject_options
@gallery_option("Folder of the pictures, where tags and notes are kept.")
@json_option
@click.pass_context
def tag(
    context: click.Context,
    /,
    *,
    targets: tuple[str, ...],
    added: tuple[str, ...],
    removed: tuple[str, ...],
    text: str | None,
    favourite: bool | None,
    gallery: str | None,
    as_json: bool,
    **subject: Any,  # noqa: ANN401  as its options read it
) -> None:
    """Mark channels as favourites, tag them, and add notes.

    Prints the tags and notes of the channels afterwards, or as they are if no option is given;
    without a target, all of those in the gallery. In the explorer, f and e do the same, and the
    filter finds channels by them: favourite, tag:eyes, note.
    """
    folder = gallery_folder(gallery)
    changes = bool(added or removed or text is not None or favourite is not None)
    if not targets:
        if changes:
            raise UserError("No target was named; write for example conv5_1:25 --favourite.")
        found: Noted = [(each.of, each.annotation) for each in all_annotations(folder)]
    else:
        choice = choice_of(typed_options(**subject), context.obj.config, here=False, note=note)
        channels = chosen_channels(targets, choice)

        def change(known: Annotation) -> Annotation:
            known = known.tagged(added, removed)
            known = known if text is None else known.noted(text)
            return known if favourite is None else known.starred(favourite)

        change(NOTHING)  # what cannot be is told before anything is written
        found = [(each, _noted(folder, each, change if changes else None)) for each in channels]
    if as_json:
        say_json({"channels": [_document(of, noted) for of, noted in found]})
        return
    _say([(of, noted) for of, noted in found if noted])


def chosen_channels(words: Sequence[str], choice: Choice) -> list[Channel]:
    """Return the channels that were typed, each once, with the weights chosen for its network.

    Raises:
        UserError: a word is not a target, or the weights cannot be used.
    """
    typed = typed_targets(words, choice.model)
    choice.check({each.network.name for each in typed})
    networks = {
        name: ChosenNetwork(name, choice, here=False, note=note)
        for name in dict.fromkeys(each.network.name for each in typed)
    }
    targets = [
        target
        for each in typed
        for target in each.targets(lambda network: networks[network.name].classes)
    ]
    return [
        Channel(target.model, networks[target.model].weights, target.layer, target.channel)
        for target in dict.fromkeys(targets)
    ]


def _noted(
    gallery: Path, of: Channel, change: Callable[[Annotation], Annotation] | None
) -> Annotation:
    return read_annotation(gallery, of) if change is None else annotate(gallery, of, change)


def _say(found: Noted) -> None:
    if not found:
        note("There are no tags or notes yet; convscope tag conv5_1:25 --note TEXT adds one.")
        return
    rows = [
        (
            printable(of.target),
            printable(of.weights.label),
            FAVOURITE if noted.favourite else "",
            printable(", ".join(noted.tags)),
            printable(noted.note, NOTE_LIMIT),
        )
        for of, noted in found
    ]
    click.echo(table([HEADER, *rows], "lllll"))


def _document(of: Channel, noted: Annotation) -> dict[str, object]:
    return {
        "target": str(of.target),
        "weights": of.weights.label,
        **annotation_document(noted),
    }
