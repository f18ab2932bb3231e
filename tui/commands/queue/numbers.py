"""Batch numbers as typed, and as a shell offers them."""

import re
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.rows import Batch
from convscope.core.jobs.store import JobStore
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable

_NUMBER = re.compile(r"[0-9]{1,18}")
"""As many digits as fit into a number of the database."""

COMPLETION_PATIENCE = 0.2
"""Seconds a shell waits for somebody else's write: somebody has pressed a key."""


def _any(batch: Batch) -> bool:
    return True


class BatchNumber(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """The number of a batch.

    Args:
        offered: which batches a shell offers.
    """

    name = "B"

    def __init__(self, offered: Callable[[Batch], bool] = _any) -> None:
        self._offered = offered

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401  click's signature
        """Read the number; raises click.UsageError where the word is none."""
        if isinstance(value, int):
            return value
        if _NUMBER.fullmatch(value) is None:
            raise click.UsageError(
                f"{printable(value, 60)} is no number of a batch; convscope queue lists them."
            )
        return int(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the batches that are not typed yet, by number and name, the newest first."""
        typed = ctx.params.get(param.name or "") or ()
        return [
            CompletionItem(str(batch.id), help=printable(batch.name, 60))
            for batch in _batches()
            if self._offered(batch)
            and str(batch.id).startswith(incomplete)
            and not (isinstance(typed, tuple) and batch.id in typed)
        ]


def _batches() -> list[Batch]:
    """Return all batches; none where the queue is missing, busy or damaged."""
    try:
        state = state_folder()
        if not (state / QUEUE_NAME).exists():  # looking shall not make one
            return []
        store = JobStore(state, patience=COMPLETION_PATIENCE)
    except UserError:
        return []
    try:
        return store.batches()
    except UserError:
        return []
    finally:
        store.close()
