"""The queue's SQLite file: how it is opened, written in transactions, and what its errors mean.

Rollback journal with ``synchronous=EXTRA``: what was acknowledged survives a power cut. A
write-ahead log would not work on network filesystems, and at the queue's rates gains nothing.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from convscope.core.jobs.schema import create, migrate
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

QUEUE_NAME = "queue.sqlite3"
ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite's module raises; the latter where a damaged file spoils even the error's text."""

LOOKING_SECONDS = 0.08
"""For so long SQLite checks every few milliseconds whether others have finished."""


class QueueError(UserError):
    """The queue cannot be used: its disk is full, or it is read-only."""


class QueueBusyError(QueueError):
    """Another process wrote for longer than one was willing to wait; trying again will help."""


class QueueDamagedError(QueueError):
    """The file is not a valid database any more.

    :mod:`convscope.core.gallery.rescue` puts a new one in its place.
    """


class Database:
    """The queue's file. A connection belongs to one thread.

    Every method may raise :class:`QueueError`. After the file was replaced by another, as happens
    when a damaged one is set aside, the next call opens the new one.

    Args:
        path: the file; it is made if it is missing.
        patience: seconds to wait for another process's write.

    Raises:
        QueueError: the file is not a queue, or cannot be used.
        UserError: it is one of a newer version; it is left as it is.
    """

    def __init__(self, path: Path, *, patience: float = 10.0) -> None:
        self.path = path
        self._patience = patience
        self._opened = 0
        self.is_written = False
        """Whether a transaction is being written, for other threads to see."""
        self._file: tuple[int, int] | None = None
        self._open()

    def be_patient(self, seconds: float) -> None:
        """Change how long to wait for another process's write."""
        self._patience = seconds
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed; the next one gets it
            self._wait_for_others(seconds)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        self._follow()
        try:
            return self._connection.execute(query, values).fetchall()
        except ERRORS as error:
            raise self._explained(error) from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Write in one immediate transaction; what was written is on disk when this ends."""
        self._follow()
        try:
            self._begin()
            self.is_written = True
            yield self._connection
            self._connection.execute("COMMIT")
        except ERRORS as error:
            self._roll_back()
            raise self._explained(error) from error
        except BaseException:
            self._roll_back()
            raise
        finally:
            self.is_written = False

    def data_version(self) -> tuple[int, int]:
        """Return a version that changes when another connection has written."""
        ((version,),) = self.read("PRAGMA data_version")
        return self._opened, int(version)

    def check(self) -> None:
        """Look through the whole file for damage; some 50 ms for each 10,000 jobs.

        Raises:
            QueueDamagedError: there is some.
        """
        # The quick check is twice as fast, but misses damage that a query fails on.
        ((found,),) = self.read("PRAGMA integrity_check(1)")
        if found != "ok":
            raise self._damaged(found)

    # ---- inside ----------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            if not self.path.exists():
                self._make()
            # A file that is there is never empty, since it was linked whole; one that is empty
            # was cut off, and SQLite would take it for a new one.
            if self.path.stat().st_size == 0:
                raise self._damaged("it is empty")
            file = _identity(self.path)
        except OSError as error:
            raise self._unusable(error.strerror) from error
        try:
            self._connection = _connect(self.path, self._patience)
            migrate(self._connection, self.path)
        except ERRORS as error:
            raise self._explained(error) from error
        self._file = file  # only once it can be used: until then each call tries to open it
        self._opened += 1

    def _make(self) -> None:
        """Make the file beside its place and link it there, unless another process was faster."""
        temporary = self.path.with_name(f".{QUEUE_NAME}.{os.urandom(4).hex()}.tmp")
        try:
            with contextlib.closing(_connect(temporary, self._patience)) as connection:
                create(connection)
            temporary.chmod(0o600)
            _link(temporary, self.path)
        except sqlite3.Error as error:
            raise self._explained(error) from error
        finally:
            temporary.unlink(missing_ok=True)

    def _follow(self) -> None:
        """Open the file anew where another has taken its place."""
        try:
            is_same = _identity(self.path) == self._file
        except FileNotFoundError:
            is_same = False
        except OSError as error:
            raise self._unusable(error.strerror) from error
        if not is_same:
            self._file = None
            self._connection.close()
            self._open()

    def _begin(self) -> None:
        """Begin a transaction once no other process writes.

        SQLite checks for that ever more rarely, ten times a second in the end, so a process might
        never find a gap between several busy writers. Each new attempt checks often again.
        """
        until = time.monotonic() + self._patience
        try:
            self._wait_for_others(min(LOOKING_SECONDS, self._patience))
            while True:
                try:
                    self._connection.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                        raise
                else:
                    return
        finally:
            self._wait_for_others(self._patience)

    def _wait_for_others(self, seconds: float) -> None:
        self._connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")

    def _roll_back(self) -> None:
        # An error of the disk has rolled back already; rolling back again may fail likewise.
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _explained(self, error: Exception) -> QueueError:
        extended = getattr(error, "sqlite_errorcode", 0)
        code = extended & 0xFF
        # Moved: it was just set aside, and a new one is about to take its place.
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or extended in _MOVED:
            return QueueBusyError(
                f"The queue {printable(self.path)} is in use by another process; try again in a "
                "moment."
            )
        if code == sqlite3.SQLITE_FULL:
            return QueueError(
                f"The disk of the queue {printable(self.path)} is full; make room there."
            )
        is_no_text = code == 0 and not isinstance(error, sqlite3.ProgrammingError)
        if is_no_text or code in _DAMAGED:
            return self._damaged(str(error))
        return self._unusable(str(error))

    def _damaged(self, how: str) -> QueueDamagedError:
        return QueueDamagedError(
            f"The queue {printable(self.path)} is damaged ({printable(how, 100)}); move that file "
            "away to start with an empty queue. Pictures are not affected."
        )

    def _unusable(self, why: str | None) -> QueueError:
        return QueueError(
            f"The queue {printable(self.path)} cannot be used ({printable(why, 100)}); check that "
            "its folder is there and can be written."
        )


_MOVED = (sqlite3.SQLITE_READONLY_DBMOVED, sqlite3.SQLITE_IOERR_DELETE_NOENT)

# SQLITE_ERROR: our statements are right, so the tables are wrong.
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)


def _link(made: Path, path: Path) -> None:
    """Put a whole file in its place, unless there is one already."""
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    except OSError:  # a filesystem without links; the moment between the two is short
        if not path.exists():
            made.replace(path)


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino
