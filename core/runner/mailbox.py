"""Mailboxes: folders of small files in which processes tell each other of themselves. Not durable.

Each sender has one file, and replaces it whole; so a reader meets the last message or the one
before, however many read, and whoever dies.
"""

import math
import os
import time
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import msgspec

from convscope.core.system.files import write_note

Message = TypeVar("Message", bound=msgspec.Struct)
_SUFFIX = ".msgpack"


class _Seen(NamedTuple, Generic[Message]):
    """A file as it was read."""

    changed: tuple[int, int]
    """Which file it was, and when that was written, in nanoseconds."""
    message: Message


class Mailbox(Generic[Message]):
    """The messages of one kind, by their senders."""

    def __init__(self, folder: Path, kind: type[Message], lifetime: float = math.inf) -> None:
        """Open a mailbox; nothing is made until something is sent.

        Args:
            folder: where its files are.
            kind: of its messages.
            lifetime: seconds after which a message that its sender did not send again is removed.
        """
        self._folder, self._kind, self._lifetime = folder, kind, lifetime
        self._seen: dict[str, _Seen[Message]] = {}

    def send(self, sender: str, message: Message) -> None:
        """Replace what a sender tells.

        On a full disk it is written over the old one, whose room is all there is. A reader that
        meets half of it looks again.

        Raises:
            OSError: it cannot be written.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(sender)
        content = msgspec.msgpack.encode(message)
        try:
            write_note(path, content)
        except OSError:
            path.write_bytes(content)

    def clear(self, sender: str) -> None:
        """Remove what a sender told."""
        self._path(sender).unlink(missing_ok=True)

    def senders(self) -> list[str]:
        """Return who has told anything."""
        try:
            with os.scandir(self._folder) as entries:
                names = [entry.name for entry in entries]
        except OSError:
            return []
        return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))

    def read(self) -> dict[str, Message]:
        """Return what each sender tells, the last that was sent first.

        One that was not sent again since the last call is the same object.
        """
        found = {sender: seen for sender in self.senders() if (seen := self._look(sender))}
        self._seen = found
        newest = sorted(found, key=lambda sender: -found[sender].changed[1])
        return {sender: found[sender].message for sender in newest}

    def _look(self, sender: str) -> "_Seen[Message] | None":
        known = self._seen.get(sender)
        try:
            with self._path(sender).open("rb") as file:
                status = os.fstat(file.fileno())
                if abs(time.time() - status.st_mtime) > self._lifetime:
                    self.clear(sender)
                    return None
                changed = (status.st_ino, status.st_mtime_ns)
                if known is not None and known.changed == changed:
                    return known
                message = msgspec.msgpack.decode(file.read(), type=self._kind)
        except (OSError, msgspec.DecodeError):
            return None
        return _Seen(changed, message)

    def _path(self, sender: str) -> Path:
        return self._folder / f"{sender}{_SUFFIX}"
