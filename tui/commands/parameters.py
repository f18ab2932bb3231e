"""Arguments and options that several commands share: their types, and what a shell offers for them.

Nothing heavy is imported before a shell asks, since all commands pay for it.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from convscope.core.system.named_files import typed_path
from convscope.core.system.text import printable

DEVICES = {
    "auto": "the best that torch sees",
    "cpu": "the processor",
    "cuda": "the first GPU",
    "cuda:0": "a GPU by its number",
    "cuda:1": "a GPU by its number",
    "mps": "the GPU of a Mac",
}
"""Only torch knows which of them exist, and loading it takes too long for a key press."""

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


class Number(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A number whose range the recipe checks.

    Args:
        convert: what reads it, ``int`` or ``float``.
        example: a number that works.
        metavar: what the help calls it.
    """

    def __init__(self, convert: Callable[[str], float], example: str, metavar: str = "") -> None:
        self.name = metavar or ("N" if convert is int else "X")
        self._convert = convert
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  click's signature
        """Read the number; raises click.UsageError where the word is not one."""
        try:
            return self._convert(value)
        except (ValueError, OverflowError):
            option = param.opts[-1] if param else self.name
            kind = "whole number" if self._convert is int else "number"
            raise click.UsageError(
                f"{option} {printable(value, 60)} is not a {kind}; "
                f"write for example {option} {self._example}."
            ) from None


class TypedFile(click.Path):
    """The path of a file, which need not exist; a leading ``~`` is a home folder.

    Args:
        what: what the file is, for a sentence: ``The picture``.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401  click's signature
        """Read the path; raises UserError where it cannot be one."""
        return typed_path(value, self._what, "check the path")


def completer(choices: Callable[[], Mapping[str, str] | Iterable[str]]) -> Completer:
    """Offer those choices that begin with the word, with what each of them is where that is known.

    Args:
        choices: called when a shell asks.
    """

    def complete(_: click.Context, __: click.Parameter, word: str) -> list[CompletionItem]:
        found = choices()
        helps = found if isinstance(found, Mapping) else {}
        return [
            CompletionItem(name, help=helps.get(name)) for name in found if name.startswith(word)
        ]

    return complete


def complete_folders(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Leave it to the shell to offer folders."""
    return [CompletionItem(word, type="dir")]


def complete_weights(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer the names of weights that begin so, and leave it to the shell to offer files."""
    from convscope.core.catalog.networks import DEFAULT_NETWORK  # noqa: PLC0415
    from convscope.core.catalog.weights import weights_names  # noqa: PLC0415

    names = weights_names(DEFAULT_NETWORK) if word else ()
    items = [CompletionItem(name) for name in names if name.startswith(word)]
    return [*items, CompletionItem(word, type="file")]


def _complete_targets(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer models and layers, up to the colon before the channels."""
    from convscope.core.catalog.networks import DEFAULT_NETWORK, networks  # noqa: PLC0415

    name, slash, start = word.rpartition("/")
    found = networks().get(name if slash else DEFAULT_NETWORK)
    layers = [
        CompletionItem(f"{name}{slash}{layer.name}:", help=f"{layer.channels} channels")
        for layer in (found.layers if found else ())
        if f"{layer.name}:".startswith(start) and f"{layer.name}:" != start
    ]
    models = [
        CompletionItem(f"{each}/", help=f"{networks()[each].channel_count:,} channels")
        for each in networks()
        if word and not slash and each.startswith(word)
    ]
    return [*layers, *models]


targets_argument = click.argument(
    "targets", nargs=-1, metavar="TARGETS…", shell_complete=_complete_targets
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def device_option(
    help: str = "auto, cpu, cuda, cuda:1 or mps.", default: str | None = "auto"
) -> Callable[[Any], Any]:
    """Take the name of a device."""
    return click.option(
        "--device",
        default=default,
        show_default=default is not None,
        metavar="DEVICE",
        help=help,
        shell_complete=completer(lambda: DEVICES),
    )


def gallery_option(help: str) -> Callable[[Any], Any]:
    """Take the folder of the pictures."""
    return click.option("--gallery", metavar="DIR", help=help, shell_complete=complete_folders)
