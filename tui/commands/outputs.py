"""Files that a person names to be written: what is wrong with them, before any work is lost."""

from pathlib import Path

from convscope.core.gallery.saving import refusals
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


def check_output(path: Path, option: str, suffix: str) -> None:
    """Make sure that a file can be written where it was asked for.

    Args:
        path: the file.
        option: the one that named it, for the sentence: ``--out``.
        suffix: what its name should end in.

    Raises:
        UserError: it cannot.
    """
    name = printable(path)
    if path.suffix.lower() != suffix:
        raise UserError(f"{option} {name} should end in {suffix}.")
    refused = next(iter(refusals([path.absolute()]).values()), None)
    if refused is not None:
        raise UserError(f"{name} cannot be saved: {refused}; name another with {option}.")
    if not path.absolute().parent.exists():
        raise UserError(f"The folder of {name} is missing; name another with {option}.")
