"""What is known of weights before a job with them is queued or made. No torch until it is needed.

A file is examined once for a network: what was found stands in the state folder, under the file's
digest and the network's name. So are the weights that the user's own network is built with.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

import msgspec

from convscope.core.catalog.published import published_as
from convscope.core.catalog.weights import EMBEDDED_NAME, Weights, WeightsFacts
from convscope.core.runner.torch_room import NoRoomForTorchError, importing_torch
from convscope.core.system.errors import UserError
from convscope.core.system.files import write_note
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable

PATIENCE = 120.0
"""Seconds for torch to come and read the file, from a slow network disk if need be."""
_EDITION = 2
"""Changes with what is found out, so that files are examined anew."""


class _Refusal(msgspec.Struct, frozen=True, tag=True):
    """Why weights cannot be used."""

    sentence: str


class _Facts(msgspec.Struct, frozen=True, tag=True):
    """That they can be used, and what is known of them."""

    facts: WeightsFacts


class UnexaminedError(Exception):
    """Weights could not be examined, which says nothing against them; why stands in the text."""


def examined(model: str, weights: Weights, *, here: bool) -> WeightsFacts:
    """Return what is known of weights, after making sure that they can be used.

    Args:
        model: the network's name.
        weights: those; embedded ones and torchvision's need no examination.
        here: whether to do it in this process, which imports torch; another does it otherwise.

    Raises:
        UserError: they cannot be used.
        UnexaminedError: the other process failed.
    """
    if weights.name == EMBEDDED_NAME:
        return WeightsFacts(weights.usual_normalization)
    if known := published_as(model, weights.name):
        return WeightsFacts(known.normalization, classes=known.classes)
    with contextlib.suppress(OSError, UserError, msgspec.DecodeError):
        return msgspec.json.decode(_note(model, weights).read_bytes(), type=WeightsFacts)
    facts = (_examine_here if here else _examine_apart)(model, weights)
    with contextlib.suppress(OSError, UserError):  # then the next one takes as long
        note = _note(model, weights)
        note.parent.mkdir(mode=0o700, exist_ok=True)
        write_note(note, msgspec.json.encode(facts))
    return facts


def _note(model: str, weights: Weights) -> Path:
    return state_folder() / "weights" / f"{weights.sha256 or weights.label}-{model}-{_EDITION}.json"


def _examine_here(model: str, weights: Weights) -> WeightsFacts:
    with importing_torch():
        from convscope.core.networks.loaders import examine  # noqa: PLC0415  torch, for files and own networks only

    return examine(model, weights)


def _examine_apart(model: str, weights: Weights) -> WeightsFacts:
    command = [
        sys.executable,
        "-P",
        "-m",
        "convscope.core.runner.examined",
        model,
        weights.name,
        weights.sha256,
    ]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        answer = msgspec.json.decode(ended.stdout, type=_Facts | _Refusal)
    except subprocess.TimeoutExpired:
        raise UnexaminedError(f"torch did not answer within {PATIENCE:.0f} s") from None
    except OSError as error:
        raise UnexaminedError(error.strerror or str(error)) from error
    except msgspec.DecodeError:
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        code = ended.returncode
        why = f"signal {-code}" if code < 0 else lines[-1].rstrip(".") if lines else f"exit {code}"
        raise UnexaminedError(printable(why, 160)) from None
    if isinstance(answer, _Refusal):
        raise UserError(answer.sentence, about="weights")
    return answer.facts


def main(model: str, name: str, sha256: str) -> None:
    """Examine weights for another process: write what was found on standard output."""
    answer: _Facts | _Refusal
    try:
        answer = _Facts(_examine_here(model, Weights(name, sha256)))
    except NoRoomForTorchError as error:  # which is not the weights' fault
        sys.exit(str(error))
    except UserError as error:
        answer = _Refusal(str(error))
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
