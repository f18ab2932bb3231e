"""Where commands come to the explorer; nothing of it, and no Textual, is imported before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convscope.core.catalog.subjects import Subject
    from convscope.core.system.config import ConfigFile
    from convscope.tui.explorer.help_page import Block
    from convscope.tui.explorer.keymap import Table
    from convscope.tui.explorer.session import Session
    from convscope.tui.looks import Looks


def key_table(file: "ConfigFile") -> "tuple[Table, ConfigFile]":
    """Return the explorer's keys as the file has them, and the file with what is wrong there."""
    from convscope.tui.explorer.remapping import remap  # noqa: PLC0415

    remapped = remap(file.config.keys, file.where_key)
    return remapped.table, replace(file, problems=(*file.problems, *remapped.problems))


def key_blocks(table: "Table") -> "list[Block]":
    """Return the keys of each pane, in the order of the explorer's help."""
    from convscope.tui.explorer.help_page import blocks  # noqa: PLC0415

    return blocks(table)


def last_session(state: Path) -> "Session | None":
    """Return where the person was when the explorer was left, if that can be gone on with."""
    from convscope.tui.explorer.session import load_session  # noqa: PLC0415

    return load_session(state)


def start_explorer(
    gallery: Path,
    state: Path,
    *,
    device: str,
    session: "Session | None" = None,
    subject: "Subject | None" = None,
    keys: "Table",
    mistakes: Sequence[str],
    looks: "Looks",
) -> int:
    """Open the explorer, and stay until the person leaves."""
    from convscope.tui.explorer.app import run_explorer  # noqa: PLC0415

    return run_explorer(
        gallery,
        state,
        device=device,
        session=session,
        subject=subject,
        keys=keys,
        mistakes=mistakes,
        looks=looks,
    )
