"""What is known of weights before a job with them is queued or made. No torch until it is needed.

A file is examined once for a network: what was found stands in the state folder, under the file's
digest and the network's name. So are the weights that the user's own network is built with.
"""

import contextlib
import sys
from pathlib import Path

import msgspec

from convscope.core.catalog.networks import network
from convscope.core.catalog.published import published_as
from convscope.core.catalog.weights import EMBEDDED_NAME, Weights, WeightsFacts
from convscope.core.runner.apart import answer, ask_apart
from convscope.core.runner.torch_room import importing_torch
from convscope.core.system.errors import UserError
from convscope.core.system.files import write_note
from convscope.core.system.folders import state_folder

_EDITION = 3
"""Changes with what is found out, so that files are examined anew."""


def examined(model: str, weights: Weights, *, here: bool) -> WeightsFacts:
    """Return what is known of weights, after making sure that they can be used.

    Args:
        model: the network's name.
        weights: those; embedded ones and torchvision's need no examination.
        here: whether to do it in this process, which imports torch; another does it otherwise.

    Raises:
        UserError: they cannot be used.
        NoAnswerError: the other process failed.
    """
    if weights.name == EMBEDDED_NAME:
        return WeightsFacts(weights.usual_normalization, missing=_head(model))
    if known := published_as(model, weights.name):
        missing = () if known.has_classes else _head(model)
        return WeightsFacts(known.normalization, classes=known.classes, missing=missing)
    with contextlib.suppress(OSError, UserError, msgspec.DecodeError):
        return msgspec.json.decode(_note(model, weights).read_bytes(), type=WeightsFacts)
    facts = (_examine_here if here else _examine_apart)(model, weights)
    with contextlib.suppress(OSError, UserError):  # then the next one takes as long
        note = _note(model, weights)
        note.parent.mkdir(mode=0o700, exist_ok=True)
        write_note(note, msgspec.json.encode(facts))
    return facts


def _head(model: str) -> tuple[str, ...]:
    return tuple(layer.node for layer in network(model).head)


def _note(model: str, weights: Weights) -> Path:
    return state_folder() / "weights" / f"{weights.sha256 or weights.label}-{model}-{_EDITION}.json"


def _examine_here(model: str, weights: Weights) -> WeightsFacts:
    with importing_torch():
        from convscope.core.networks.loaders import examine  # noqa: PLC0415  torch, for files and own networks only

    return examine(model, weights)


def _examine_apart(model: str, weights: Weights) -> WeightsFacts:
    return ask_apart(__name__, model, weights.name, weights.sha256, kind=WeightsFacts)


if __name__ == "__main__":
    answer(lambda: _examine_here(sys.argv[1], Weights(*sys.argv[2:])))
