"""Where convscope keeps things: the gallery, the state, the user's config file.

Order of settings: what was typed, then the environment, then the config file, then the default.
"""

import contextlib
import os
import stat
from pathlib import Path

import platformdirs

from convscope.core.system.config import load_config
from convscope.core.system.errors import UserError
from convscope.core.system.mounts import filesystem_of, is_network
from convscope.core.system.named_files import absolute_path
from convscope.core.system.text import printable

GALLERY_DEFAULT = "convscope-gallery"

_OTHER_GALLERY = "choose another with --gallery, CONVSCOPE_GALLERY or the config file"
_OTHER_STATE = "set CONVSCOPE_STATE to a folder of yours on a local disk"

LOCAL_STATE = Path("/var/tmp")
"""Where the state goes when the home folder is on a network filesystem: usually a local disk, and
kept across reboots, unlike ``/tmp``."""


def gallery_folder(typed: str | Path | None = None) -> Path:
    """Return the absolute folder of the pictures; it need not exist yet.

    Args:
        typed: what was typed; without it, the environment is used, then the config file.

    Raises:
        UserError: it cannot be used, see :func:`convscope.core.system.named_files.typed_path`.
    """
    if typed is None:
        chosen = os.environ.get("CONVSCOPE_GALLERY")
        typed = chosen or load_config().config.gallery or GALLERY_DEFAULT
    return absolute_path(typed, "The gallery", _OTHER_GALLERY)


def state_folder(mountinfo: str | None = None, spare: Path = LOCAL_STATE) -> Path:
    """Return the folder of the queue, live frames and logs, made private (0700) if it is missing.

    ``CONVSCOPE_STATE``; else the platform's user state folder; else, where that is on a network
    filesystem, a private folder on this machine. A folder that exists already keeps its mode.

    Args:
        mountinfo: the text of ``/proc/self/mountinfo``; it is read where none is given.
        spare: the folder in which the private one is made.

    Raises:
        UserError: it cannot be made or written, or others could write in it too.
    """
    chosen = os.environ.get("CONVSCOPE_STATE")
    if not chosen and state_network(mountinfo):
        return _private_folder(spare / f"convscope-{os.geteuid()}")
    written = chosen or _usual_state()
    if written is None:
        raise UserError(f"There is no home folder to keep the state in; {_OTHER_STATE}.")
    folder = absolute_path(written, "The state folder", _OTHER_STATE)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError as error:
        raise _unusable_state(folder, f"cannot be used ({error.strerror})") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unusable_state(folder, "cannot be written")
    # Whoever can write there decides what runs and what is deleted, by another queue or lock.
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _unusable_state(folder, "can be written by others")
    return folder


def state_network(mountinfo: str | None = None) -> str:
    """Return the type of the network filesystem of the platform's state folder; '' if it is local.

    The queue's locks cannot be relied on there.
    """
    usual = _usual_state()
    kind = filesystem_of(usual, mountinfo) if usual else ""
    return kind if is_network(kind) else ""


def _usual_state() -> Path | None:
    """Return the platform's state folder; ``None`` for a user without home."""
    try:
        return Path(platformdirs.user_state_dir("convscope")).expanduser()
    except RuntimeError:  # neither HOME nor an entry of passwd, as in many containers
        return None


def _private_folder(folder: Path) -> Path:
    """Create this user's folder where everybody may create some, or accept one that exists.

    Its name is predictable, so somebody else may have put a folder or a link there first. Once it
    is known to be ours, the sticky bit of its parent keeps others from replacing it.
    """
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError as error:
        raise _unusable_state(folder, f"cannot be used ({error.strerror})") from error
    if not stat.S_ISDIR(found.st_mode):
        raise _unusable_state(folder, "is a link or no folder")
    if found.st_uid != os.geteuid():
        raise _unusable_state(folder, "belongs to another user")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _unusable_state(folder, "is open to others")
    if found.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        raise _unusable_state(folder, "cannot be written")
    return folder


def _unusable_state(folder: Path, why: str) -> UserError:
    return UserError(f"The state folder {printable(folder)} {why}; {_OTHER_STATE}.")
