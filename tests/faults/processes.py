"""The processes of a state folder, as the system lists them: locks tell only of one each."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


def supervisors(state: Path) -> list[int]:
    """The supervisors of a state folder, those that are about to end as well."""
    return [pid for pid, words in _runners(state) if "--slot" not in words]


def workers(state: Path) -> list[int]:
    """The workers of a state folder, those that are about to end as well."""
    return [pid for pid, words in _runners(state) if "--slot" in words]


def explorers(state: Path) -> list[int]:
    """The explorers, and other commands, of a state folder."""
    variable = f"CONVSCOPE_STATE={state}"
    return [
        pid
        for pid, words in _processes("cmdline")
        if any("convscope.tui.commands" in word for word in words)
        and any(other == pid and variable in words for other, words in _processes("environ"))
    ]


def _runners(state: Path) -> list[tuple[int, list[str]]]:
    return [
        (pid, words)
        for pid, words in _processes("cmdline")
        if "convscope.core.runner" in words and str(state) in words
    ]


def _processes(what: str) -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended, or is not ours
            text = (folder / what).read_bytes().decode(errors="replace")
            yield int(folder.name), text.split("\0")
