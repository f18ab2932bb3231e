"""Paths as people write them: on the command line, in the environment, in the config file."""

import errno
from pathlib import Path

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


def typed_path(written: str | Path, what: str, remedy: str, *, about: str = "") -> Path:
    """Return the path that a person wrote; a leading ``~`` is a home folder.

    Whether anything is there turns out when it is used.

    Args:
        written: the path.
        what: what it leads to, for the sentence: ``The gallery``.
        remedy: the sentence's second half: ``check the path``.
        about: the setting, as of :class:`UserError`.

    Raises:
        UserError: it leads nowhere, whatever is on the disk: see :func:`why_unusable`.
    """
    if why := why_unusable(written):
        name = printable(written, 200) or '""'
        raise UserError(f"{what} {name} cannot be used ({why}); {remedy}.", about=about)
    return Path(written).expanduser()


def absolute_path(written: str | Path, what: str, remedy: str, *, about: str = "") -> Path:
    """Return the same as :func:`typed_path`, from the root on.

    Raises:
        UserError: as there; the path from the root on may also be too long.
    """
    absolute = typed_path(written, what, remedy, about=about).absolute()
    return typed_path(absolute, what, remedy, about=about)


def why_unusable(written: str | Path) -> str:
    """Say why a path leads nowhere, whatever is on the disk; '' where it may lead somewhere."""
    if written == "":
        return "the path is empty"
    try:
        path = Path(written).expanduser()
    except RuntimeError:
        user = Path(written).parts[0][1:]
        return f"there is no user {printable(user, 80)}" if user else "there is no home folder"
    try:
        if not path.is_absolute():
            Path.cwd()
    except OSError:
        return "the current folder is gone"
    try:
        path.lstat()
    except OSError as error:
        # Everything else depends on what is there.
        return "the path is too long" if error.errno == errno.ENAMETOOLONG else ""
    except ValueError:  # a NUL, or a letter that the locale's encoding does not have
        return "it holds characters that no file name can have"
    return ""
