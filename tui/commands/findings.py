"""What the doctor finds: one thing looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "advice", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    name: str
    state: State
    """``advice``: works, and could be better; ``problem``: something will not work."""
    detail: str
    remedy: str = ""
    """What to do; empty when all is well."""
