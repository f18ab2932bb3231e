"""The user's own networks, and timm's: how they are named, and how their code is found again.

No code is imported here; ``convscope.core.networks.own_code`` does that.
"""

import contextlib
import re
import sys
from pathlib import Path

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.system.files import write_note
from convscope.core.system.folders import state_folder
from convscope.core.system.named_files import absolute_path, digest_of
from convscope.core.system.text import printable

TIMM = "timm."
"""Prefix of the names of timm's networks."""
_NAME = re.compile(r"[A-Za-z0-9._]+_[0-9a-f]{8}")
_EDITION = 1
"""Changes with how networks are described, so that they are described anew."""
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_REMEDY = "write FILE.py:CALLABLE or PACKAGE.MODULE:CALLABLE"


class OwnNetwork(msgspec.Struct, frozen=True, omit_defaults=True):
    """A network that is built by a callable in a Python file, or by timm."""

    builder: str
    """Name of the callable, which takes no arguments and returns an ``nn.Module``; or of timm's
    network."""
    path: str = ""
    """The file, absolute; '' for timm."""
    module: str = ""
    """Its import name, where the user gave that: ``package.module``."""
    sha256: str = ""
    """Digest of the file, which does not cover what it imports."""

    def __str__(self) -> str:
        """Write the network as the user would type it."""
        return f"{self.module or self.path or 'timm'}:{self.builder}"

    @property
    def name(self) -> str:
        """Name in targets, records and file names; it changes with the code."""
        if not self.path:
            return TIMM + self.builder
        label = f"{self.module.rpartition('.')[2] or Path(self.path).stem}.{self.builder}"
        return f"{re.sub(r'[^A-Za-z0-9._]+', '_', label)[:31].strip('._')}_{self.sha256[:8]}"

    @property
    def folder(self) -> Path:
        """The folder that has to be on Python's path."""
        path = Path(self.path)
        if not self.module:
            return path.parent
        below = path.parent if path.name == "__init__.py" else path.with_suffix("")
        return below.parents[self.module.count(".")]


def parse_own(text: str) -> OwnNetwork | None:
    """Read what ``--model`` was given; ``None`` where it is a plain name.

    It is ``timm:NAME``, ``path/to/file.py:CALLABLE``, or ``package.module:CALLABLE``, which is
    searched for in the current folder and then on Python's path.

    Raises:
        UserError: it is none of these, or the file does not exist.
    """
    place, colon, builder = text.rpartition(":")
    if not colon:
        return None
    if place == "timm":
        if not re.fullmatch(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?", builder):
            raise _refused(text, "names no network of timm", "write timm:NAME")
        return OwnNetwork(builder)
    if not _DOTTED.fullmatch(builder):
        raise _refused(text, "names no callable", _REMEDY)
    if place.endswith(".py") or "/" in place:
        path = absolute_path(place, "The model's file", "check the path", about="model")
        return OwnNetwork(builder, str(path), sha256=_digest(path))
    if not _DOTTED.fullmatch(place):
        raise _refused(text, "is not a model", f"{_REMEDY}, or timm:NAME")
    found = _module_file(place)
    if found is None:
        raise _refused(text, f"names a module {printable(place, 80)} that is not here", _REMEDY)
    return OwnNetwork(builder, str(found), place, _digest(found))


def remember(network: OwnNetwork) -> None:
    """Write down where a network's code is: jobs and records hold only its name.

    Raises:
        UserError: there is no state folder.
        OSError: it cannot be written.
    """
    note = _note(network.name)
    note.parent.mkdir(mode=0o700, exist_ok=True)
    if network.path:
        write_note(note, msgspec.json.encode(network))


def is_own(name: str) -> bool:
    """Whether a name is like those of networks of a person's own."""
    return _NAME.fullmatch(name) is not None or (name.startswith(TIMM) and "/" not in name)


def description_path(name: str) -> Path:
    """Return where what is known of the layers of such a network is kept.

    Raises:
        UserError: there is no state folder.
    """
    return _note(f"{name}-layers-{_EDITION}")


def own_network(name: str) -> OwnNetwork | None:
    """Return the network of that name; ``None`` where it is not the user's own or timm's.

    Raises:
        UserError: it is, and where its code is was not written down.
    """
    if name.startswith(TIMM):
        return OwnNetwork(name.removeprefix(TIMM))
    if not is_own(name):
        return None
    try:
        return msgspec.json.decode(_note(name).read_bytes(), type=OwnNetwork)
    except (OSError, msgspec.DecodeError) as error:
        raise UserError(
            f"The code of the model {name} is not known here; name it with --model "
            "FILE.py:CALLABLE.",
            about="model",
        ) from error


def own_names() -> list[str]:
    """Return the networks that were described here and whose file is as it was then, by name."""
    ending = f"-layers-{_EDITION}.json"
    with contextlib.suppress(UserError):  # there is no state folder
        found = (state_folder() / "networks").glob(f"*{ending}")
        names = sorted(path.name.removesuffix(ending) for path in found)
        return [name for name in names if is_own(name) and _is_unchanged(name)]
    return []


def _is_unchanged(name: str) -> bool:
    try:
        network = own_network(name)
        if network is not None:
            check_unchanged(network)
    except UserError:
        return False
    return network is not None


def check_unchanged(network: OwnNetwork) -> None:
    """Make sure that a network's file has not changed since the network was named.

    Raises:
        UserError: it has changed, or cannot be read.
    """
    if network.path and _digest(Path(network.path)) != network.sha256:
        raise UserError(
            f"The model's file {printable(network.path)} has changed since this was asked for; ask "
            "again with the file as it is now.",
            about="model",
        )


def _module_file(module: str) -> Path | None:
    """Return the file of a module without importing the packages that it is in."""
    relative = Path(*module.split("."))
    for folder in (Path.cwd(), *map(Path, sys.path)):
        for path in (folder / relative / "__init__.py", (folder / relative).with_suffix(".py")):
            if path.is_file():
                return path.absolute()
    return None


def _note(name: str) -> Path:
    return state_folder() / "networks" / f"{name}.json"


def _digest(path: Path) -> str:
    return digest_of(path, "The model's file", about="model")


def _refused(text: str, why: str, remedy: str) -> UserError:
    return UserError(f"--model {printable(text, 200)} {why}; {remedy}.", about="model")
