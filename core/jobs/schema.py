"""The queue's tables, and how a database comes to have them.

A job row is small: what its pack-mates share (network, layer, recipe, precision) is one row of
``kinds``, so 4,224 jobs of one batch add a channel and a seed each.
"""

import sqlite3

from core.errors import UserError

VERSION = 1

_TABLES = """
CREATE TABLE kinds (
    id INTEGER PRIMARY KEY,
    spec TEXT NOT NULL UNIQUE           -- JobSpec.kind as JSON, keys sorted
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
CREATE INDEX jobs_by_kind ON jobs (kind_id, seed, channel);
"""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to this version in one transaction.

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
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) == 0:  # nobody was faster while we waited for the lock
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
