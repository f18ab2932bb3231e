"""Making what a cluster needs before it runs: certificates, and the file to copy."""

import time
from datetime import timedelta
from pathlib import Path

import msgspec

from convscope.core.runner.cluster.certificates import Authority, make_authority
from convscope.core.runner.cluster.files import (
    Address,
    ClusterFile,
    authority_file,
    cluster_file,
    write_private,
)
from convscope.core.system.errors import UserError

SPARE = timedelta(days=30).total_seconds()
"""Certificates that are valid for no longer than this are made anew when a cluster starts."""


def prepare(state: Path, address: Address) -> ClusterFile:
    """Write what a coordinator at an address and its workers need; what is there stays valid.

    Raises:
        UserError: it cannot be written.
    """
    try:
        authority = read_authority(state)
        if authority is None or authority.until < time.time() + SPARE:
            authority = make_authority()
            write_private(authority_file(state), authority)
        worker = authority.worker
        made = ClusterFile(address, authority.certificate, worker.certificate, worker.key)
        write_private(cluster_file(state), made)
    except OSError as error:
        raise UserError(
            f"{authority_file(state).parent} cannot be written ({error.strerror}); make room there."
        ) from error
    return made


def read_authority(state: Path) -> Authority | None:
    """Return what was signed for this cluster; ``None`` where nothing was."""
    try:
        return msgspec.json.decode(authority_file(state).read_bytes(), type=Authority)
    except (OSError, msgspec.DecodeError):
        return None
