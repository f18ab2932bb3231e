"""Which filesystem a path lies on, and whether that is a network filesystem.

SQLite's locks and ``flock`` hold among processes of one machine; whether they do on a network
filesystem depends on its server, its client and how it is mounted.
"""

import os
import re
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
"""The kernel's list of mounts as this process sees them; only Linux has it (proc(5))."""

_OCTAL = re.compile(r"\\([0-7]{3})")

_NETWORK = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fhgfs", "fuse.beegfs",
    "fuse.blobfuse", "fuse.blobfuse2", "fuse.ceph", "fuse.ceph-fuse", "fuse.cephfs",
    "fuse.curlftpfs", "fuse.davfs", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys",
    "fuse.gvfsd-fuse", "fuse.juicefs", "fuse.mfs", "fuse.moosefs", "fuse.mount-s3", "fuse.quobyte",
    "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "fuse.vmhgfs-fuse", "gfs", "gfs2", "glusterfs",
    "gpfs", "lustre", "ncp", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs",
    "pvfs2", "smb3", "smbfs", "vboxsf", "wekafs",
})  # fmt: skip
"""Types whose files another machine may change, shared folders of virtual machines included."""


def filesystem_of(path: Path, mountinfo: str | None = None) -> str:
    """Return the type of the filesystem that a path lies on, or would lie on once it is made.

    Args:
        path: may be missing, wholly or from some folder on.
        mountinfo: the text of ``/proc/self/mountinfo``; it is read where none is given.

    Returns:
        A name such as ``ext4``, ``nfs4``, ``fuse.sshfs``; '' where the system does not say.
    """
    # Resolving comes first: walking there is what makes an automounter mount. Path.resolve is not
    # used, because it gives up on a loop of links.
    real = os.path.realpath(path)
    if mountinfo is None:
        try:
            mountinfo = os.fsdecode(MOUNTINFO.read_bytes())
        except OSError:
            return ""
    best, found = (-1, False), ""
    for line in mountinfo.split("\n"):  # splitlines would also split at odd characters in names
        point, kind = _parse(line)
        # The trigger of an automounter lies below what it mounted, wherever the list names it.
        rank = (len(point), kind != "autofs")
        # Of several mounts on one point, the last lies on top.
        if _contains(point, real) and rank >= best:
            best, found = rank, kind
    return found


def is_network(fstype: str) -> bool:
    """Whether files on a filesystem of this type may be changed by other machines.

    A type that is not known, and '', counts as local.
    """
    return fstype in _NETWORK


def _parse(line: str) -> tuple[str, str]:
    """Return the mount point and the type; two empty texts for a line of another form.

    The fifth field is the point; a lone hyphen ends a list of optional fields, then comes the type.
    """
    before, separator, after = line.partition(" - ")
    fields, rest = before.split(" "), after.split(" ")
    if not separator or len(fields) < 6:
        return "", ""
    # Space, tab, newline and backslash stand there as octal numbers.
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]), rest[0]


def _contains(point: str, path: str) -> bool:
    return bool(point) and (path == point or path.startswith(f"{point.rstrip('/')}/"))
