"""Names of devices, judged by their form; whether one is there only torch can say."""

import re

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")


def check_device(name: str) -> str:
    """Return ``name``, or say that no device is called so.

    Raises:
        UserError: it is none of ``auto``, ``cpu``, ``cuda``, ``cuda:N``, ``mps``.
    """
    if _DEVICE.fullmatch(name) is None:
        raise UserError(
            f"There is no device {printable(name)!r}; write auto, cpu, cuda, cuda:1 or mps."
        )
    return name
