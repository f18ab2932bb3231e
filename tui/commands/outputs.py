"""Files that a person names to be written: what is wrong with them, before any work is lost."""

from pathlib import Path

from convscope.core.gallery.saving import refusals
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


def check_output(path: Path, option: str, *suffixes: str, size: int = 0) -> None:
    """Make sure that a file can be written where it was asked for.

    Args:
        path: the file.
        option: the one that named it, for the sentence: ``--out``.
        suffixes: one of which its name should end in.
        size: of the file, in bytes.

    Raises:
        UserError: it cannot.
    """
    name = printable(path)
    if path.suffix.lower() not in suffixes:
        *others, last = suffixes
        listed = f"{', '.join(others)} or {last}" if others else last
        raise UserError(f"{option} {name} should end in {listed}.")
    refused = next(iter(refusals([path.absolute()], size).values()), None)
    if refused is not None:
        raise UserError(f"{name} cannot be saved: {refused}; name another with {option}.")
    if not path.absolute().parent.exists():
        raise UserError(f"The folder of {name} is missing; name another with {option}.")


def check_new(path: Path, option: str, *, force: bool) -> None:
    """Make sure that no file is replaced unasked.

    Raises:
        UserError: one would be.
    """
    if path.exists() and not force:
        raise UserError(
            f"{printable(path)} exists already; name another with {option}, or add --force."
        )
