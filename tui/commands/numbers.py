"""Numbers as typed behind an option: a word that is none gets a sentence that shows how."""

from collections.abc import Callable
from typing import Any

import click

from convscope.core.system.text import printable


class Number(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """An option's number; its range is the recipe's business.

    Args:
        convert: what reads it, ``int`` or ``float``.
        kind: what to call it in the sentence.
        example: a number that works.
        metavar: what the help calls it.
    """

    def __init__(
        self, convert: Callable[[str], float], kind: str, example: str, metavar: str
    ) -> None:
        self.name = metavar
        self._convert = convert
        self._kind = kind
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  click's signature
        """Read the number; raises click.UsageError where the word is none."""
        try:
            return self._convert(value)
        except (ValueError, OverflowError):
            option = param.opts[-1] if param else self.name
            raise click.UsageError(
                f"{option} {printable(value, 60)} is no {self._kind}; "
                f"write for example {option} {self._example}."
            ) from None


def whole(example: str, metavar: str = "N") -> Number:
    """Return the type of a whole number."""
    return Number(int, "whole number", example, metavar)


def real(example: str, metavar: str = "X") -> Number:
    """Return the type of a number with a point."""
    return Number(float, "number", example, metavar)
