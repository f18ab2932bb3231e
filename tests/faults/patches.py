"""Faults inside the runner's own processes, without hooks for them in the program.

A ``sitecustomize.py`` on the path of a process is run when it starts. It waits until a worker's
process is about to work, and then changes what the test wants changed there.
"""

import os
from pathlib import Path

import pytest

from tests.conftest import ROOT

_SITE = """
import convscope.core.runner.process as process

whole = process.run_worker


def run_worker(*arguments, **options):
{body}
    return whole(*arguments, **options)


process.run_worker = run_worker
"""

CHECKPOINTS_OFTEN = """
import convscope.core.runner.queued
convscope.core.runner.queued.CHECKPOINT_SECONDS = 0.02
"""

_BETWEEN_STEPS = """
import os, pathlib, signal, convscope.core.runner.rendering
steps = convscope.core.runner.rendering.PackRun.__iter__

def watched(self):
    is_first = True
    for step in steps(self):
{body}
        is_first = False
        yield step

convscope.core.runner.rendering.PackRun.__iter__ = watched
"""


def between_steps(body: str) -> str:
    """Return what runs ``body`` before each step of a pack is passed on.

    It meets the pack as ``self``, the ``step``, and whether it ``is_first``.
    """
    return _BETWEEN_STEPS.format(body=_indented(body, 8))


def patch_workers(monkeypatch: pytest.MonkeyPatch, folder: Path, *bodies: str) -> None:
    """Have all workers that are started from now on run ``bodies`` before they work."""
    folder.mkdir(exist_ok=True)
    body = _indented("\n".join(bodies), 4)
    (folder / "sitecustomize.py").write_text(_SITE.format(body=body))
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")


def _indented(text: str, spaces: int) -> str:
    return "\n".join(" " * spaces + line for line in text.strip("\n").splitlines())
