"""Questions that take torch to answer, put to another process by one that does without."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from convscope.core.runner.torch_room import NoRoomForTorchError
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

PATIENCE = 120.0
"""Seconds for torch to come and read a file, from a slow network disk if need be."""

Answer = TypeVar("Answer")


class NoAnswerError(Exception):
    """The other process failed, which says nothing against what was asked; why is in the text."""


class _Reply(msgspec.Struct, frozen=True):
    answer: msgspec.Raw = msgspec.Raw(b"null")
    refusal: str = ""
    """The sentence of a :class:`UserError` in place of an answer."""
    about: str = ""


def ask_apart(
    module: str,
    *arguments: str,
    kind: type[Answer],
    patience: float = PATIENCE,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Return what a module answers that is run as a program, and answers by :func:`answer`.

    Args:
        module: its name.
        arguments: of the program.
        kind: of the answer.
        patience: seconds to wait for it.
        environment: variables, besides those there are.

    Raises:
        UserError: the answer is one.
        NoAnswerError: there is none.
    """
    command = [sys.executable, "-P", "-m", module, *arguments]
    try:
        ended = subprocess.run(
            command,
            capture_output=True,
            timeout=patience,
            check=False,
            env={**os.environ, **environment},
        )
        reply = msgspec.json.decode(ended.stdout, type=_Reply)
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"torch did not answer within {patience:.0f} s") from None
    except OSError as error:
        raise NoAnswerError(error.strerror or str(error)) from error
    except msgspec.DecodeError:
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        why = lines[-1].rstrip(".") if lines else f"exit {ended.returncode}"
        if ended.returncode < 0:
            why = f"torch crashed with signal {-ended.returncode}"
        raise NoAnswerError(printable(why, 160)) from None
    if reply.refusal:
        raise UserError(reply.refusal, about=reply.about)
    return msgspec.json.decode(reply.answer, type=kind)


def answer(find: Callable[[], object]) -> None:
    """Write what a function returns, or the :class:`UserError` it raises, for the one who asks."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            reply = _Reply(msgspec.Raw(msgspec.json.encode(find())))
    except NoRoomForTorchError as error:  # of which nothing that was asked about is the cause
        sys.exit(str(error))
    except UserError as error:
        reply = _Reply(refusal=str(error), about=error.about)
    sys.stdout.buffer.write(msgspec.json.encode(reply))
