"""What people read is plain English: phrases that once were stilted do not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from convscope.tui.commands.cli import cli
from convscope.tui.commands.lazy import LazyGroup
from tests.conftest import ROOT

STILTED = {
    r"(?<!\.)\brunners?\b": "worker",
    r"no worker runs|worker runs|worker does not run": "is running",
    r"\brests\b|lets (it|them) go on": "pauses, resumes",
    r"give up what is not done": "cancel its remaining jobs",
    r"make it the next": "run it next",
    r"makes (\d+|\{\}) pictures|\bprepares\b": "rendering, loading",
    r"makes? (it|them) in full": "render in full",
    r"\bsees (\d+|\{\}) px": "receptive field",
    r"none is like that": "no matches",
    r"is called so|are called so": "no matching command",
    r"where the picture lies": "show the file path",
    r"next that the filter finds": "next match",
    r"recipe in numbers": "edit recipe",
    r"what differs is bright": "differences are highlighted",
    r"defaults count|none of it counts": "used",
    r"\bbe the (runner|worker)\b": "run in the foreground",
    r"behind the ReLU": "after the ReLU",
    r"\bput (by|aside)\b": "checkpointed",
    r"(?<!there )\b(is|are) no (image|photo|picture|model|tag|text|animation)\b": "is not a",
    r"made anew": "made again",
}
"""Phrases, as patterns, and what to write instead."""
CODE = ("core", "tui")


def literals(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module with their lines, but for docstrings; gaps of f-strings are {}.

    Those of one word are names.
    """
    tree = ast.parse(file.read_text())
    inside = {
        id(part)
        for node in ast.walk(tree)
        for part in (
            [node.value]
            if isinstance(node, ast.Expr)
            else node.values
            if isinstance(node, ast.JoinedStr)
            else ()
        )
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = "" if id(node) in inside else node.value
        else:
            continue
        if " " in text.strip():
            yield node.lineno, text


def helps(command: click.Command, name: str, summary: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield the name, the summary and the help of a command and of all below it."""
    yield name, summary, command.help or ""
    if isinstance(command, LazyGroup):
        for below, (_, summary) in command._lazy.items():
            found = command.get_command(click.Context(command), below)
            assert found is not None
            yield from helps(found, f"{name} {below}", summary)


def sentences() -> Iterator[tuple[str, str]]:
    """Yield everything that people read, each with its place."""
    for folder in CODE:
        for file in (ROOT / folder).rglob("*.py"):
            for line, text in literals(file):
                yield f"{file.relative_to(ROOT)}:{line}", text
        for file in (ROOT / folder).rglob("*.html"):
            yield str(file.relative_to(ROOT)), file.read_text()
    yield from ((name, text) for name, _, text in helps(cli, "convscope"))
    for number, line in enumerate((ROOT / "README.md").read_text().splitlines(), 1):
        yield f"README.md:{number}", line


@pytest.fixture(scope="module")
def read() -> list[tuple[str, str]]:
    return list(sentences())


@pytest.mark.parametrize("stilted", STILTED)
def test_no_stilted_phrase_is_left(stilted: str, read: list[tuple[str, str]]) -> None:
    found = re.compile(stilted, re.IGNORECASE)
    left = [f"{place}: {text}" for place, text in read if found.search(" ".join(text.split()))]
    assert left == [], f"write: {STILTED[stilted]}"


def test_all_that_people_read_is_looked_at(read: list[tuple[str, str]]) -> None:
    text = "\n".join(text for _, text in read)
    for known in ("queue; queued work goes on", "Pause batches, or the whole queue, until"):
        assert known.rpartition("; ")[2] in text
    assert not any("No Textual app" in text for _, text in read)  # a docstring


def test_help_begins_with_one_line_of_what_the_lists_of_commands_say() -> None:
    for name, summary, text in helps(cli, "convscope"):
        first = text.strip().partition("\n\n")[0]
        assert re.fullmatch(r"[A-Z][^\n]{1,98}\.", first), name
        if summary:
            assert summary.partition(" ")[0] == first.partition(" ")[0], name
