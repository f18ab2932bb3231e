"""Arguments and options that several commands share: their types, and what a shell offers for them.

Nothing heavy is imported before a shell asks, since all commands pay for it.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from convscope.core.catalog.normalization import NAMED
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

R = TypeVar("R")
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


def complete_files(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Leave it to the shell to offer files."""
    return [CompletionItem(word, type="file")]


def complete_weights(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer the names of weights that begin so, and leave it to the shell to offer files."""
    from convscope.core.catalog.weights import weights_names  # noqa: PLC0415

    names = weights_names(_model(context)) if word else ()
    items = [CompletionItem(name) for name in names if name.startswith(word)]
    return [*items, CompletionItem(word, type="file")]


def complete_networks(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer the networks that begin so."""
    from convscope.core.catalog.networks import networks  # noqa: PLC0415

    return [CompletionItem(name) for name in networks() if name.startswith(word)]


def complete_layers(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer the layers that begin as the last one of a list does."""
    from convscope.core.catalog.networks import networks  # noqa: PLC0415

    before, comma, start = word.rpartition(",")
    found = networks().get(_model(context))
    names = [layer.name for layer in found.layers] if found else []
    return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(start)]


def complete_targets(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer networks and layers, up to the colon before the channels, and then names of classes."""
    from convscope.core.catalog.networks import networks  # noqa: PLC0415

    place, colon, channels = word.partition(":")
    name, slash, start = place.rpartition("/")
    found = networks().get(name if slash else _model(context))
    if colon:
        is_class = found is not None and found.is_classifier(start)
        return _complete_classes(context, f"{place}:", channels) if is_class else []
    layers = [
        CompletionItem(f"{name}{slash}{layer.name}:", help=f"{layer.channels} channels")
        for layer in (found.layers if found else ())
        if layer.name.startswith(start)
    ]
    models = [
        CompletionItem(f"{each}/", help=f"{networks()[each].channel_count:,} channels")
        for each in networks()
        if word and not slash and each.startswith(word)
    ]
    return [*layers, *models]


def _complete_classes(context: click.Context, place: str, channels: str) -> list[CompletionItem]:
    """Offer the classes whose names, as one word, begin as the last of the channels."""
    from convscope.core.catalog.classes import as_word, class_names  # noqa: PLC0415
    from convscope.core.catalog.weights import parse_weights  # noqa: PLC0415

    model = place.rpartition("/")[0] or _model(context)
    typed, labels = (context.params.get(name) for name in ("weights", "labels"))
    names = class_names(model, parse_weights(typed, model), labels)
    before, comma, start = channels.rpartition(",")
    words = [as_word(name) for name in names] if start else []
    return [
        CompletionItem(f"{place}{before}{comma}{each}", help=f"class {number}")
        for number, each in enumerate(words)
        if each.casefold().startswith(start.casefold())
    ]


def _model(context: click.Context) -> str:
    """Return the network that a line is about so far."""
    from convscope.core.catalog.networks import DEFAULT_NETWORK  # noqa: PLC0415

    # Where the value of an option is missing yet, click has put no name to the arguments.
    targets = [*(context.params.get("targets") or ()), *context.args]
    places = [target.partition(":")[0] for target in targets]
    named = [place.rpartition("/")[0] for place in places if "/" in place]
    return str([*named, context.params.get("model") or DEFAULT_NETWORK][0])


targets_argument = click.argument(
    "targets", nargs=-1, metavar="TARGETS…", shell_complete=complete_targets
)
labels_option = click.option(
    "--labels",
    metavar="FILE",
    type=TypedFile("The file of --labels"),
    help="File of the classes' names, one per line; torchvision's weights have ImageNet's.",
)
model_option = click.option(
    "--model",
    show_default=True,
    metavar="NETWORK",
    help="Network of targets that name none; vgg16 unless given.",
    shell_complete=complete_networks,
)
_WEIGHTS_OPTIONS = (
    click.option(
        "--weights",
        show_default=True,
        metavar="NAME|FILE",
        help="A file, or a name that convscope networks NETWORK lists; unless given, the embedded "
        "ones of vgg16, or torchvision's default.",
        shell_complete=complete_weights,
    ),
    click.option(
        "--normalize",
        show_default=True,
        metavar="NAME|MEAN/STD",
        help=f"Input that the weights expect: {', '.join(NAMED)}, or MEAN/STD of RGB in 0..1, such "
        "as 0.5/0.25; unless given, what is known of the weights, or imagenet.",
        shell_complete=completer(NAMED.keys),
    ),
)


def with_weights_options(command: Callable[..., R]) -> Callable[..., R]:
    """Let a command take the weights of a network, and what they expect of an image."""
    for option in reversed(_WEIGHTS_OPTIONS):
        command = option(command)
    return command


def with_network_options(command: Callable[..., R]) -> Callable[..., R]:
    """Let a command take which network is looked into, and with which weights."""
    return model_option(with_weights_options(command))


def with_subject_options(command: Callable[..., R]) -> Callable[..., R]:
    """Let a command take the same, and the names of the classes."""
    return with_network_options(labels_option(command))


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
