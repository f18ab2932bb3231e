"""The SQLite file of an index: which photos there are, and how each stands."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

_PATIENCE = 30.0
"""Seconds to wait for another process's write."""
_SCHEMA = """
CREATE TABLE notes (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL                 -- as JSON
) WITHOUT ROWID;
CREATE TABLE photos (
    row INTEGER PRIMARY KEY,            -- of the arrays
    name BLOB NOT NULL,                 -- its path below the folder
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,          -- in nanoseconds
    state TEXT NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'done', 'unreadable', 'changed')),
    reason TEXT NOT NULL DEFAULT '',
    is_gone INTEGER NOT NULL DEFAULT 0, -- whether it was missing at the last scan
    width INTEGER NOT NULL DEFAULT 0,   -- of the image that the network was given
    height INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX photos_by_state ON photos (state, is_gone, row);
CREATE TABLE maps (
    width INTEGER NOT NULL,             -- of such an image
    height INTEGER NOT NULL,
    sizes BLOB NOT NULL,                -- height and width of each layer's map, as JSON
    PRIMARY KEY (width, height)
) WITHOUT ROWID;
CREATE TABLE skipped (
    name BLOB NOT NULL,
    why TEXT NOT NULL
)
"""


class IndexDatabase:
    """A connection to the file of one index; one thread at a time may use it.

    Args:
        path: the file, which has to be there.

    Raises:
        UserError: it is not there, damaged or in use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise UserError(
                f"There is no index {printable(path.parent.name)}; convscope exemplars list names "
                "those there are."
            )
        with self._explaining():
            self._connection = _connect(path)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._explaining():
            return self._connection.execute(query, values).fetchall()

    def data_version(self) -> int:
        """Return what changes when another connection has written."""
        ((version,),) = self.read("PRAGMA data_version")
        return int(version)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction; what was written is on disk when this ends.

        Raises:
            OSError: the disk is full.
        """
        with self._explaining():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                with contextlib.suppress(sqlite3.Error):
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.Error) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        name = printable(self._path.parent.name)
        if code == sqlite3.SQLITE_FULL:
            return OSError(errno.ENOSPC, "No space left on device", str(self._path))
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return UserError(f"The index {name} is in use by another process; try again soon.")
        return UserError(
            f"The index {name} cannot be used ({printable(error, 100)}); convscope exemplars "
            f"remove {name} and add its folder again."
        )


def create(path: Path) -> None:
    """Make the file of a new index.

    Raises:
        OSError: it cannot be written.
    """
    try:
        with contextlib.closing(_connect(path)) as connection:
            connection.executescript(_SCHEMA)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error), str(path)) from error
    path.chmod(0o600)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection
