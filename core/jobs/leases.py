"""What leases are timed by: a clock that nobody can set, and the name of this boot.

``CLOCK_BOOTTIME`` goes on while the machine sleeps and starts anew with each boot, so a time on it
means something only together with the boot it was read in.
"""

import subprocess
import time
from functools import cache
from pathlib import Path

LEASE_SECONDS = 20.0
"""A worker that does not renew its lease for so long is taken for dead."""
RENEW_SECONDS = 5.0
"""How often it renews it: three renewals may fail before the lease runs out."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ASK_BOOT_ID = ("sysctl", "-n", "kern.bootsessionuuid")
"""On a Mac."""
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_seconds() -> float:
    """Return the seconds since this machine started, unmoved by its clock being set."""
    return time.clock_gettime(_CLOCK)


@cache
def boot_id() -> str:
    """Return what names this boot of this machine; '' where nothing does."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:  # no Linux
        pass
    try:
        asked = subprocess.run(_ASK_BOOT_ID, capture_output=True, text=True, check=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout.strip()
