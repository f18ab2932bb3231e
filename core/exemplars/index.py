"""An index: which photos excite each channel, and where. Photos are found, looked at, and change.

Row numbers are given when a folder is scanned and never move: workers fill the rows of their jobs
in any order, and filling one twice changes nothing.
"""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec

from convscope.core.exemplars.arrays import LayerArrays
from convscope.core.exemplars.database import IndexDatabase, create
from convscope.core.exemplars.facts import FORMAT, INDEX_FILE, Facts
from convscope.core.exemplars.results import SurveyResult
from convscope.core.exemplars.scan import PhotoFile, Scan, Skipped
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


class Update(NamedTuple):
    """What a scan has changed, in photos."""

    new: int
    changed: int
    gone: int
    """Missing since the last scan."""
    kept: int
    """As they were."""


@dataclass(frozen=True)
class PendingPhoto:
    """A photo that is still to be looked at."""

    row: int
    path: Path
    size: int
    modified: int


class PhotoCounts(NamedTuple):
    """How the photos of an index stand."""

    done: int
    pending: int
    unreadable: int
    gone: int


class SurveyPace(msgspec.Struct, frozen=True):
    """How fast photos were looked at, the last time."""

    seconds: float
    """A photo."""
    device: str


class ExemplarIndex:
    """One index; one thread at a time may use it.

    Args:
        folder: where it is.

    Raises:
        UserError: there is none, or it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = IndexDatabase(folder / INDEX_FILE)

    def close(self) -> None:
        """Close the connection."""
        self.database.close()

    @property
    def name(self) -> str:
        """What people call it. Not safe to print."""
        return self.folder.name

    @cached_property
    def facts(self) -> Facts:
        """What it is of.

        Raises:
            UserError: it was written by a newer version, or is damaged.
        """
        note = self._note("facts")
        try:
            if note is not None and msgspec.json.decode(note, type=_Header).format > FORMAT:
                raise UserError(
                    f"The index {printable(self.name)} was written by a newer convscope; update "
                    "convscope to read it."
                )
            return msgspec.json.decode(note or b"", type=Facts)
        except msgspec.DecodeError as error:
            raise UserError(
                f"The index {printable(self.name)} is damaged ({printable(error, 100)}); convscope "
                f"exemplars remove {printable(self.name)} and add its folder again."
            ) from error

    @property
    def pace(self) -> SurveyPace | None:
        """How fast photos were looked at; ``None`` before the first."""
        note = self._note("pace")
        return None if note is None else msgspec.json.decode(note, type=SurveyPace)

    def counts(self) -> PhotoCounts:
        """Count its photos."""
        ((done, pending, unreadable, gone),) = self.database.read(
            "SELECT COUNT(CASE WHEN state = 'done' AND NOT is_gone THEN 1 END), "
            "COUNT(CASE WHEN state = 'pending' AND NOT is_gone THEN 1 END), "
            "COUNT(CASE WHEN state = 'unreadable' AND NOT is_gone THEN 1 END), "
            "COUNT(CASE WHEN is_gone THEN 1 END) FROM photos"
        )
        return PhotoCounts(done, pending, unreadable, gone)

    def missing(self) -> list[Skipped]:
        """Return what is not in it although it may have been meant, each with its reason."""
        rows = self.database.read(
            "SELECT name, reason FROM photos WHERE state = 'unreadable' AND NOT is_gone "
            "UNION ALL SELECT name, why FROM skipped ORDER BY 1"
        )
        return [Skipped(bytes(name), str(why)) for name, why in rows]

    # ---- which photos there are ------------------------------------------------------------

    def update(self, scan: Scan) -> Update:
        """Take note of what is in the folder now.

        A photo that has changed gets a new row. One that is missing is left out, but comes back
        with what it has if it is there again: a disk may just not be mounted.
        """
        new = changed = kept = 0
        with self.database.write() as db:
            known = {
                name: (row, size, modified, is_gone)
                for row, name, size, modified, is_gone in db.execute(
                    "SELECT row, name, size, modified, is_gone FROM photos WHERE state != 'changed'"
                )
            }
            for photo in scan.photos:
                row, size, modified, is_gone = known.pop(photo.name, (-1, 0, 0, 0))
                if (size, modified) == photo[1:] and row >= 0:
                    kept += 1
                    if is_gone:
                        db.execute("UPDATE photos SET is_gone = 0 WHERE row = ?", (row,))
                    continue
                if row >= 0:
                    db.execute("UPDATE photos SET state = 'changed' WHERE row = ?", (row,))
                changed, new = changed + (row >= 0), new + (row < 0)
                _insert(db, photo)
            missing = [(row,) for row, _, _, is_gone in known.values() if not is_gone]
            db.executemany("UPDATE photos SET is_gone = 1 WHERE row = ?", missing)
            db.execute("DELETE FROM skipped")
            db.executemany("INSERT INTO skipped VALUES (?, ?)", scan.skipped)
        return Update(new, changed, len(missing), kept)

    def pending(self, first: int = 0, rows: int = 2**62) -> list[PendingPhoto]:
        """Return the photos still to be looked at, of so many rows from the first."""
        found = self.database.read(
            "SELECT row, name, size, modified FROM photos WHERE state = 'pending' AND NOT is_gone "
            "AND row >= ? AND row < ? ORDER BY row",
            (first, first + rows),
        )
        folder = self.facts.folder
        return [
            PendingPhoto(row, Path(os.fsdecode(os.path.join(folder, name))), size, modified)  # noqa: PTH118
            for row, name, size, modified in found
        ]

    # ---- what they excite ------------------------------------------------------------------

    def arrays(self) -> list[LayerArrays]:
        """Return the arrays of its layers, in order."""
        return [
            LayerArrays(self.folder, number, layer)
            for number, layer in enumerate(self.facts.layers)
        ]

    def save(self, result: SurveyResult, still: Callable[[], bool]) -> bool:
        """Enter what photos excite; when this returns, it is on disk.

        Args:
            result: of some rows; those that have one by now keep it.
            still: asked when the arrays are written whether it is still to count.

        Returns:
            What ``still`` said.

        Raises:
            OSError: the disk is full or the folder cannot be written.
            UserError: it is of another index that had this name before.
        """
        if result.key != self.facts.key:
            raise UserError(
                f"The index {printable(self.name)} was removed and made again; this belongs to the "
                "one before."
            )
        if not still():
            return False
        rows = [seen.row for seen in result.seen]
        layers = result.layers if rows else ()
        for arrays, layer, values in zip(self.arrays(), self.facts.layers, layers, strict=False):
            arrays.write(rows, values.arrays(layer.channels))
        if not still():
            return False
        with self.database.write() as db:
            if rows:
                _keep_once(db, "fields", result.fields)
                pace = msgspec.json.encode(SurveyPace(result.seconds, result.device))
                db.execute("INSERT OR REPLACE INTO notes VALUES ('pace', ?)", (pace,))
            for seen in result.seen:
                db.execute(
                    "INSERT OR IGNORE INTO maps VALUES (?, ?, ?)",
                    (seen.width, seen.height, msgspec.json.encode(seen.maps)),
                )
                db.execute(
                    "UPDATE photos SET state = 'done', width = ?, height = ? "
                    "WHERE row = ? AND state = 'pending'",
                    (seen.width, seen.height, seen.row),
                )
            for missed in result.missed:
                if missed.state == "gone":  # as at a scan: it is still to be looked at
                    db.execute("UPDATE photos SET is_gone = 1 WHERE row = ?", (missed.row,))
                    continue
                db.execute(
                    "UPDATE photos SET state = ?, reason = ? WHERE row = ? AND state = 'pending'",
                    (missed.state, missed.reason, missed.row),
                )
        return True

    def _note(self, name: str) -> bytes | None:
        found = self.database.read("SELECT value FROM notes WHERE name = ?", (name,))
        return bytes(found[0][0]) if found else None


class _Header(msgspec.Struct):
    format: int


def make_index(folder: Path, facts: Facts) -> ExemplarIndex:
    """Make an empty index; it is there whole or not at all.

    Args:
        folder: where it is to be.
        facts: what it is of.

    Raises:
        UserError: there is one already.
        OSError: it cannot be written.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = folder.with_name(f".{os.urandom(8).hex()}.new")
    beside.mkdir(mode=0o700)
    try:
        create(beside / INDEX_FILE)
        with contextlib.closing(ExemplarIndex(beside)) as made, made.database.write() as db:
            _keep_once(db, "facts", facts)
        beside.rename(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        raise UserError(f"There is an index {printable(folder.name)} already.") from error
    finally:
        with contextlib.suppress(OSError):  # it was moved
            (beside / INDEX_FILE).unlink(missing_ok=True)
            beside.rmdir()
    return ExemplarIndex(folder)


def _keep_once(db: sqlite3.Connection, name: str, value: object) -> None:
    db.execute("INSERT OR IGNORE INTO notes VALUES (?, ?)", (name, msgspec.json.encode(value)))


def _insert(db: sqlite3.Connection, photo: PhotoFile) -> None:
    db.execute(
        "INSERT INTO photos (row, name, size, modified) "
        "SELECT COALESCE(MAX(row), -1) + 1, ?, ?, ? FROM photos",
        photo,
    )
