"""What goes to standard output: paths, tables and JSON, each fit for a person and for a program."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from convscope.core.system.text import printable


def say_path(path: Path) -> None:
    """Print a path on a line of its own.

    A program gets its exact bytes; on a terminal nothing in it can act as a control sequence.
    """
    click.echo(printable(path, limit=8192) if sys.stdout.isatty() else os.fsencode(path))


def say_json(document: object) -> None:
    """Print one JSON document; ASCII, because a path may hold bytes that are no text."""
    click.echo(json.dumps(document, indent=2))


def note(sentence: str) -> None:
    """Say something on standard error, where no program reads it."""
    click.echo(f"convscope: {sentence}", err=True)


def table(rows: Sequence[Sequence[str]], aligns: str) -> str:
    """Lay out rows in columns two spaces apart; the last column is not padded.

    Args:
        rows: the cells of each.
        aligns: ``l`` or ``r`` for each column.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if align == "r" else cell.ljust(width)
            for cell, width, align in zip(row, widths, aligns, strict=True)
        ).rstrip()
        for row in rows
    )
