"""Runs command lines in forks of one process that has imported the commands. No torch in it.

``python -m tests.faults.forking`` reads a JSON document of arguments on each line of standard
input, and answers with how convscope ended. That costs milliseconds in place of a quarter of a
second. What it leaves out is the start: the interpreter's own, and imports at the moment they
usually come.
"""

import importlib
import json
import os
import pkgutil
import sys
import time
from pathlib import Path

import convscope.tui.commands
from convscope.tui.commands.main import main
from tests.faults.hostile_places import wait

WAITING = ("wait", "--follow", "run")
"""Words of commands that wait for something that never comes here."""
MOMENT = 1.0


def serve() -> None:
    """Answer until standard input ends."""
    for module in pkgutil.walk_packages(convscope.tui.commands.__path__, "convscope.tui.commands."):
        if "directions" not in module.name:  # NumPy starts threads, and forks have but one
            importlib.import_module(module.name)
    output = Path("output")
    for line in sys.stdin:
        arguments = [os.fsdecode(bytes.fromhex(word)) for word in json.loads(line)]
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _be_convscope(arguments, output)
        waits = any(word in WAITING for word in arguments)
        code = wait(pid, MOMENT if waits else None)
        seconds = time.monotonic() - began
        print(json.dumps([code, seconds, output.read_text(errors="replace")]), flush=True)


def _be_convscope(arguments: list[str], output: Path) -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number, found in enumerate((null, file, file)):
        os.dup2(found, number)
    sys.argv = ["convscope", *arguments]
    code: object = 1
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:  # noqa: BLE001  what main must not let through
        print("Traceback", repr(error), flush=True)
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve()
