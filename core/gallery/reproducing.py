"""The command that makes a picture from nothing but its record, as one would type it."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from convscope.core.ascent.recipes import Recipe, Transforms, renamed
from convscope.core.ascent.tuning import suited
from convscope.core.catalog.networks import DEFAULT_NETWORK, network
from convscope.core.catalog.own import own_network
from convscope.core.catalog.weights import Weights, weights_names
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError

_TYPED = (
    *("resolution", "steps", "lr", "start", "objective", "tap", "restarts", "variants"),
    *("diversity", "parameterization", "optimizer", "transforms", "tv", "l2"),
)
"""The numbers of a recipe that have an option; its name is theirs."""


def render_command(record: Record) -> str:
    """Return ``convscope render …``; '' where no options say all that is in a record.

    Files are named without their folders, which are the business of whoever made the picture.
    """
    if record.direction or record.start_image is not None:
        return ""
    try:
        return shlex.join(["convscope", "render", *_words(record)])
    except (UserError, _UntypedError):
        return ""


class _UntypedError(Exception):
    """A record has numbers that no option changes."""


def _words(record: Record) -> Iterator[str]:
    """Return the words behind the command.

    Raises:
        UserError: the network is not known here.
        _UntypedError: see there.
    """
    own = own_network(record.model)
    place = "" if own or record.model == DEFAULT_NETWORK else f"{record.model}/"
    yield f"{place}{record.layer}:{record.channel}"
    if own:
        yield from ("--model", f"{own.module or Path(own.path).name or 'timm'}:{own.builder}")
    yield from _weights(record)
    recipe = renamed(record.recipe)
    yield from ("--preset", recipe.preset)
    yield from _numbers(recipe, record)
    if record.seed:
        yield from ("--seed", str(record.seed))
    yield from ("--precision", record.precision)


def _weights(record: Record) -> Iterator[str]:
    weights = Weights(record.weights, record.weights_sha256)
    if weights.name != weights_names(record.model)[0]:
        yield from ("--weights", Path(weights.name).name)
    if weights.is_file or record.task().normalization:
        yield from ("--normalize", record.task().input_normalization)


def _numbers(recipe: Recipe, record: Record) -> Iterator[str]:
    known = network(record.model)
    usual = suited(recipe.preset, known, known.layer(record.layer))
    if usual is None:
        raise _UntypedError
    for name in Recipe.__struct_fields__:
        value = getattr(recipe, name)
        if value == getattr(usual, name):
            continue
        if name not in _TYPED:
            raise _UntypedError
        yield f"--{name}"
        yield from _written(value)


def _written(value: object) -> Iterator[str]:
    match value:
        case Transforms():
            moved = {
                "jitter": value.jitter,
                "rotation": value.rotation,
                "scale": value.scale,
                "apart": int(value.exclusive),
                "still": value.identity_every,
            }
            yield ",".join(f"{name}={extent}" for name, extent in moved.items() if extent) or "none"
        case tuple():
            yield from map(str, value)
        case _:
            yield str(value)
