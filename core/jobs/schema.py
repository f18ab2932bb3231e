"""The queue's tables, and how a database comes to have them.

A job row is small: what its pack-mates share (network, layer, recipe, precision) is one row of
``kinds``, so 4,224 jobs of one batch add a channel and a seed each.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize

VERSION = 6

_FIRST = """
CREATE TABLE kinds (
    id INTEGER PRIMARY KEY,
    spec TEXT NOT NULL UNIQUE           -- a task's pack_kind as JSON, keys sorted
);
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    created REAL NOT NULL,              -- seconds since 1970, UTC
    gallery TEXT NOT NULL,              -- absolute folder
    paused INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id INTEGER NOT NULL REFERENCES batches(id),
    kind_id INTEGER NOT NULL REFERENCES kinds(id),
    channel INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempt INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    activation REAL,
    verdict TEXT,
    seconds REAL,
    error TEXT
);
CREATE INDEX jobs_by_state ON jobs (state, priority DESC, id);
CREATE INDEX jobs_by_batch ON jobs (batch_id, state);
CREATE INDEX jobs_by_kind ON jobs (kind_id, seed, channel)
"""

_SECOND = """
-- A larger number was served later: batches take turns.
ALTER TABLE batches ADD COLUMN served INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN direction TEXT;     -- a place's direction as JSON, where there is one
ALTER TABLE jobs ADD COLUMN variant INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN force INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_by_worker ON jobs (worker) WHERE state = 'running';
CREATE TABLE workers (
    name TEXT PRIMARY KEY,
    boot TEXT NOT NULL,                 -- the boot in which the lease counts
    lease REAL NOT NULL                 -- until when, in seconds since that boot
);
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
)
"""

_THIRD = """
CREATE TABLE holds (
    gallery TEXT PRIMARY KEY,           -- as in batches: its jobs wait until it can be written
    path TEXT NOT NULL,                 -- the picture that could not be saved
    bytes INTEGER NOT NULL,             -- that it takes
    reason TEXT NOT NULL,
    since REAL NOT NULL                 -- seconds since 1970, UTC
)
"""

_SIXTH = """
-- Batches run one after the other, the smallest number first. So far they took turns.
ALTER TABLE batches RENAME COLUMN served TO position;
-- Estimates are read from indexes alone, however many jobs there are.
DROP INDEX jobs_by_batch;
CREATE INDEX jobs_by_batch ON jobs (batch_id, state, kind_id);
CREATE INDEX jobs_by_seconds ON jobs (batch_id, kind_id, seconds) WHERE seconds NOT NULL
"""


def create(connection: sqlite3.Connection) -> None:
    """Give a new, empty database its tables."""
    with _transaction(connection):
        _bring_up(connection, 0)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a database to this version in one transaction, with a backup beside it.

    Args:
        connection: to the database.
        path: its file.

    Raises:
        UserError: it was written by a newer convscope; it is left as it is.
    """
    found = _version(connection)
    if found > VERSION:
        raise UserError(
            f"The queue was written by a newer convscope (version {found}, this one knows "
            f"{VERSION}); update convscope, or set CONVSCOPE_STATE to another folder."
        )
    if found == VERSION:
        return
    with _transaction(connection):
        found = _version(connection)  # somebody may have been faster while we waited for the lock
        if found < VERSION:
            _back_up(path, path.with_name(f"{path.name}.version-{found}"))
            _bring_up(connection, found)


def _bring_up(connection: sqlite3.Connection, found: int) -> None:
    for statements, convert in _STEPS[found:]:
        for statement in statements.split(";"):
            connection.execute(statement)
        convert(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _nothing(connection: sqlite3.Connection) -> None:
    """Convert nothing."""


def _divide_kinds(connection: sqlite3.Connection) -> None:
    """Move directions and variants, which belonged to kinds, to the jobs."""
    kinds = connection.execute("SELECT id, spec FROM kinds").fetchall()
    for number, text in kinds:
        task = msgspec.json.decode(text, type=Visualize)
        direction = msgspec.json.encode(task.direction).decode() if task.direction else None
        kind = task.pack_kind.encoded().decode()
        connection.execute("INSERT OR IGNORE INTO kinds (spec) VALUES (?)", (kind,))
        connection.execute(
            "UPDATE jobs SET direction = ?, variant = ?, "
            "kind_id = (SELECT id FROM kinds WHERE spec = ?) WHERE kind_id = ?",
            (direction, task.variant, kind, number),
        )
    connection.execute("DELETE FROM kinds WHERE id NOT IN (SELECT kind_id FROM jobs)")


def _keep_order(connection: sqlite3.Connection) -> None:
    """Number the batches in the order in which they would have been served."""
    batches = connection.execute(
        "SELECT b.id FROM batches b LEFT JOIN jobs j ON j.batch_id = b.id AND j.state = 'queued' "
        "GROUP BY b.id ORDER BY MAX(j.priority) DESC, b.position, b.id"
    ).fetchall()
    connection.executemany(
        "UPDATE batches SET position = ? WHERE id = ?",
        [(position, number) for position, (number,) in enumerate(batches)],
    )


_STEPS: tuple[tuple[str, Callable[[sqlite3.Connection], None]], ...] = (
    (_FIRST, _nothing),
    (_SECOND, _divide_kinds),
    (_THIRD, _nothing),
    ("", _nothing),  # jobs may be surveys from here on, which earlier versions take for damage
    ("", _nothing),  # and animations
    (_SIXTH, _keep_order),
)
"""What leads from each version to the next: statements, and then what converts the rows."""


def _back_up(path: Path, backup: Path) -> None:
    """Copy the database as it was before this connection's transaction; a reader sees just that."""
    backup.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
    backup.chmod(0o600)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
