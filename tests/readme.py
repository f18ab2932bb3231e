"""What the README has between its fences, and which commands a shell runs when it is given that.

A real bash reads the blocks, with programs in place of ``convscope``, ``ssh`` and the like that
write down what they are given: what counts is what quotes, loops and substitutions come to.
"""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAMS = {
    "convscope": """all=$(for each; do printf '%s\\037' "$each"; done)
        printf '%s\\n' "$all" >>"$LOG"  # at once, since a loop runs some side by side
        if [ "$1 $2" = "cluster start" ]; then touch cluster.json; echo cluster.json; fi""",
    "git": 'mkdir "$3"',
    "python3": 'mkdir -p "$3/bin"; cp "$STUBS"/* "$3/bin"',
    "pip": "",
    "python": "",
    "ssh": 'shift; exec "$@"',
    "sbatch": 'for last; do :; done; SLURM_ARRAY_TASK_ID=7 exec sh -c "$last"',
}
"""What stands in for each program: other machines, and an array's eighth task, are here."""


def fenced(language: str) -> list[str]:
    """Return the blocks of one language."""
    return [text for found, text in _FENCE.findall(README) if found == language]


def prose() -> str:
    """Return what stands outside the fences."""
    return _FENCE.sub("", README)


@cache
def commands() -> tuple[tuple[str, ...], ...]:
    """Return what ``convscope`` is given by all blocks of shell, each once.

    They are sorted, since a loop runs some side by side. ``~`` is the folder ``/home/ada``.
    """
    with tempfile.TemporaryDirectory() as folder:
        stubs, log = Path(folder, "stubs"), Path(folder, "log")
        stubs.mkdir()
        for name, script in _PROGRAMS.items():
            (stubs / name).write_text(f"#!/bin/sh\n{script}\n")
            (stubs / name).chmod(0o755)
        blocks = "\n".join(
            f"(mkdir {at}; cd {at}\n{text}\nwait)" for at, text in enumerate(fenced("sh"))
        )
        subprocess.run(
            ["bash", "-euc", blocks],
            cwd=folder,
            env={
                "PATH": f"{stubs}:/usr/bin:/bin",
                "STUBS": str(stubs),
                "LOG": str(log),
                "HOME": "/home/ada",
            },
            check=True,
        )
        lines = log.read_text().splitlines()
    return tuple(sorted({tuple(line.split("\037")[:-1]) for line in lines}))
