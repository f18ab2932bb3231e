"""Notes: small files by which one process tells others of itself. Not durable."""

import contextlib
import os
from pathlib import Path


def write_note(path: Path, content: bytes) -> None:
    """Replace a note; readers see the old one or the new one.

    It is not forced to the disk, for which a screen or a step would wait: after a power cut it may
    be damaged.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")  # two may write at the same time
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
