"""Files as typed."""

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from convscope.core.system.typed_paths import typed_path


class TypedFile(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """The path of a file, which need not be there; a leading ``~`` is a home folder.

    Args:
        what: what the file is, for a sentence: ``The picture``.
    """

    name = "path"

    def __init__(self, what: str) -> None:
        self._what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401  click's signature
        """Read the path; raises UserError where it leads nowhere."""
        return typed_path(value, self._what, "check the path")

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell to offer files."""
        return [CompletionItem(incomplete, type="file")]
