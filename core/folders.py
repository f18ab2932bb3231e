"""Where convscope keeps things: the gallery, the state, the user's config file.

Order of settings: what was typed, then the environment, then the config file, then the default.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

import platformdirs

from core.errors import UserError
from core.text import printable

GALLERY_DEFAULT = "convscope-gallery"


def gallery_folder(typed: str | Path | None = None) -> Path:
    """Return the absolute folder of the pictures; it need not exist yet."""
    chosen = typed or os.environ.get("CONVSCOPE_GALLERY") or GALLERY_DEFAULT
    return Path(chosen).expanduser().absolute()


def state_folder() -> Path:
    """Return the folder of the queue, live frames and logs, made private (0700) if it is missing.

    A folder that was there before keeps its mode.

    Raises:
        UserError: it cannot be made or written, or others could write in it too.
    """
    chosen = os.environ.get("CONVSCOPE_STATE") or platformdirs.user_state_dir("convscope")
    folder = Path(chosen).expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError as error:
        raise _unusable_state(folder, f"cannot be used ({error.strerror})") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unusable_state(folder, "cannot be written")
    # Whoever writes there decides what runs and what is deleted: another queue, another lock.
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _unusable_state(folder, "can be written by others")
    return folder


def _unusable_state(folder: Path, why: str) -> UserError:
    return UserError(
        f"The state folder {printable(folder)} {why}; "
        "set CONVSCOPE_STATE to a folder of yours on a local disk."
    )


def ensure_writable_gallery(folder: Path) -> Path:
    """Prove that pictures can be saved in the gallery, leaving nothing behind.

    Weights that cannot be used are only found out later; until a picture is made, there shall be no
    empty folder. Saving makes the folders it needs.

    Raises:
        UserError: it is no folder, cannot be made, or is read-only.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"The gallery {printable(folder)} cannot be written ({error.strerror}); "
            "choose another with --gallery or CONVSCOPE_GALLERY."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # somebody else uses it by now, or it was never made
            for path in missing:
                path.rmdir()
    return folder
